"""System checks of webhooks of ours: every setting that is missing, misspelt or unsafe. None of it stops a payment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register

from paytm_kit import conf
from paytm_kit.checks import unknown
from paytm_kit.conf.endpoints import Endpoint, OutgoingSettings
from paytm_kit.conf.tables import ENDPOINT_SETTINGS
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.outgoing import addresses

NOTHING_SENT = "Mend it: until then its webhooks wait; payments go on."
PREFIX = "PAYTM_OUTGOING_"


@register("paytm_kit")
def check_outgoing(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What would keep webhooks from being sent, or would send them where they do not belong."""
    try:
        conf.raw()
    except ConfigurationError:
        return []  # check_settings says so
    try:
        chosen = conf.outgoing()
    except ConfigurationError as error:
        hint = "Mend it: until then no other system is told of payments; payments go on."
        return [Error(str(error), hint=hint, id="paytm_kit.E071")]
    found: list[CheckMessage] = []
    usable = []
    for name, given in chosen.outgoing_webhooks.items():
        known = {setting.name: setting.env for setting in ENDPOINT_SETTINGS}
        found += unknown(f'Endpoint "{name}"', given, known, {}, "")
        try:
            endpoint = conf.endpoint(name)
        except ConfigurationError as error:
            found.append(Error(str(error), hint=NOTHING_SENT, id="paytm_kit.E072"))
            continue
        usable.append(endpoint)
        found += _faults(endpoint)
    return [*found, *_secrets(usable), *_retention(chosen), *_misspelt(chosen)]


def _faults(endpoint: Endpoint) -> Iterator[CheckMessage]:
    for fault in addresses.faults(endpoint):
        yield Error(fault.what, hint=fault.todo, id=f"paytm_kit.{fault.id}")


def _secrets(endpoints: Sequence[Endpoint]) -> Iterator[CheckMessage]:
    whose: dict[str, list[str]] = {}
    for endpoint in endpoints:
        for secret in dict.fromkeys(endpoint.secrets):
            whose.setdefault(secret, []).append(endpoint.name)
        if len(endpoint.secrets) > len(set(endpoint.secrets)):
            yield Warning(
                f'SECRET and PREVIOUS_SECRET of endpoint "{endpoint.name}" are the same.',
                hint="Make a new SECRET, or remove PREVIOUS_SECRET.",
                id="paytm_kit.W079",
            )
    for names in whose.values():
        if len(names) > 1:
            yield Warning(
                f"These endpoints have the same secret: {', '.join(names)}.",
                hint="Give each its own: whoever knows one could speak to the other as if it were you.",
                id="paytm_kit.W078",
            )


def _retention(chosen: OutgoingSettings) -> Iterator[CheckMessage]:
    try:
        personal = conf.kit().personal_data_retention_days
    except ConfigurationError:
        return  # check_settings says so
    kept = chosen.outgoing_retention_days
    if chosen.outgoing_webhooks and personal and (not kept or kept > personal):
        yield Warning(
            "OUTGOING_RETENTION_DAYS keeps webhooks for longer than PERSONAL_DATA_RETENTION_DAYS keeps orders' names.",
            hint="A stored webhook holds its order's name: set a shorter time.",
            id="paytm_kit.W080",
        )


def _misspelt(chosen: OutgoingSettings) -> Iterator[CheckMessage]:
    """Whatever begins like one of ours and is none: a setting of an endpoint that somebody believes to be set."""
    try:
        read = conf.variables()
    except ConfigurationError:
        return  # check_settings says so
    known = read | {
        conf.variable(setting, f"outgoing-{name}") for name in chosen.outgoing_webhooks for setting in ENDPOINT_SETTINGS
    }
    for name in conf.written_variables():
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f"Did you mean {near[0]}?" if near else "Name the endpoint in OUTGOING_WEBHOOKS, or remove it."
            yield Warning(
                f"The environment (or .env) sets {name}, which no endpoint reads.", hint=hint, id="paytm_kit.W081"
            )
