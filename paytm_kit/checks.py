"""Django system checks: every setting that is missing, misspelt or unsafe, with an id and the way to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import NoReverseMatch, reverse

from paytm_kit import conf, gateways
from paytm_kit.gateways.base import Account, ConfigurationError, Flow, GatewayError

KEY_LENGTHS = (16, 24, 32)


@register("paytm_kit")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Errors that make payments impossible, whatever the environment."""
    try:
        names = list(_misspelt())
        accounts, broken = _accounts()
    except ConfigurationError as error:
        return [Error(str(error), hint="See settings.example.env.", id="paytm_kit.E001")]
    return [*names, *broken, *_base_url(), *_routes(), *(found for account in accounts for found in _account(account))]


@register("paytm_kit", deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What is harmless on a laptop and unsafe in public."""
    try:
        accounts, _ = _accounts()
        base_url = conf.kit().base_url
    except ConfigurationError:
        return []  # check_settings has already said so
    return list(_deployed(accounts, base_url))


def _deployed(accounts: list[Account], base_url: str) -> Iterator[CheckMessage]:
    if not conf.is_public_https(base_url):
        yield Error(
            f"BASE_URL {base_url} cannot be reached from outside over https.",
            hint="Set PAYTM_BASE_URL to the shop's public https:// address: Paytm sends shoppers and webhooks there.",
            id="paytm_kit.E010",
        )
    if settings.DEBUG:
        yield Error("DEBUG is on.", hint="Set DEBUG = False: error pages show settings.", id="paytm_kit.E011")
    for account in accounts:
        if account.environment != "production":
            yield Error(
                f'Account "{account.name}" takes {account.environment} money.',
                hint="Set ENVIRONMENT to production with the production MID and key.",
                id="paytm_kit.E012",
            )
        if not account.require_signed_responses:
            yield Error(
                f'Account "{account.name}" believes unsigned answers.',
                hint="Remove REQUIRE_SIGNED_RESPONSES.",
                id="paytm_kit.E013",
            )
        if account.flow is Flow.JS:
            yield Warning(
                f'Account "{account.name}" runs Paytm\'s script on your page.',
                hint="PCI DSS SAQ A asks for script controls then; the hosted page does not need them.",
                id="paytm_kit.W014",
            )


def _accounts() -> tuple[list[Account], list[CheckMessage]]:
    good, broken = [], []
    for name in conf.raw_accounts():
        try:
            good.append(conf.account(name))
        except ConfigurationError as error:
            broken.append(Error(str(error), hint="See settings.example.env.", id="paytm_kit.E002"))
    return good, broken


def _misspelt() -> Iterator[CheckMessage]:
    known = {setting.name for setting in conf.KIT_SETTINGS} | {"ACCOUNTS"}
    yield from _unknown("PAYTM_KIT", conf.raw(), known)
    for name, values in conf.raw_accounts().items():
        yield from _unknown(f"account {name}", values, {setting.name for setting in conf.ACCOUNT_SETTINGS})


def _unknown(where: str, given: Any, known: set[str]) -> Iterator[CheckMessage]:
    for name in given:
        if name not in known:
            near = get_close_matches(str(name).upper(), known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Known names: {', '.join(sorted(known))}."
            yield Error(f"{where} has an unknown setting {name!r}.", hint=hint, id="paytm_kit.E003")


def _base_url() -> Iterator[CheckMessage]:
    try:
        url = conf.kit().base_url
    except ConfigurationError as error:
        yield Error(
            str(error), hint="Set PAYTM_BASE_URL, for example https://shop.your-domain.in.", id="paytm_kit.E004"
        )
        return
    if not url.startswith(("http://", "https://")):
        yield Error(
            f"BASE_URL {url!r} is not a web address.",
            hint="Write it with https:// and without a path.",
            id="paytm_kit.E004",
        )


def _routes() -> Iterator[CheckMessage]:
    try:
        reverse("paytm_kit:callback")
    except NoReverseMatch:
        yield Error(
            "The kit's addresses are not mounted.",
            hint='Add path("paytm/", include("paytm_kit.urls")) to your URLconf.',
            id="paytm_kit.E005",
        )


def _account(account: Account) -> Iterator[CheckMessage]:
    for key in account.keys:
        if len(key.encode()) not in KEY_LENGTHS:
            yield Error(
                f'The merchant key of account "{account.name}" has {len(key.encode())} bytes; it must have 16.',
                hint="Was it cut at a # or a quote, or does it carry a space or line break? Quote it in .env.",
                id="paytm_kit.E006",
            )
    if not (account.merchant_id.isascii() and account.merchant_id.isalnum() and len(account.merchant_id) <= 20):
        yield Error(
            f'The MID of account "{account.name}" must be at most 20 letters and digits.',
            hint="Copy it from API keys in Paytm's dashboard.",
            id="paytm_kit.E007",
        )
    if account.environment == "production":
        yield from _production(account)
    try:
        gateways.build(account)
    except GatewayError as error:
        yield Error(str(error), hint="See settings.example.env.", id="paytm_kit.E008")


def _production(account: Account) -> Iterator[CheckMessage]:
    if account.website == "WEBSTAGING":
        yield Warning(
            f'Account "{account.name}" is production but its website is WEBSTAGING.',
            hint="Set WEBSITE to the name in the dashboard, usually DEFAULT: else Paytm answers 501 System Error.",
            id="paytm_kit.W009",
        )
    if any(word in account.host for word in ("stage", "localhost", "127.0.0.1")):
        yield Error(
            f'Account "{account.name}" is production but its host is {account.host}.',
            hint="Remove HOST, or set ENVIRONMENT to what that host is.",
            id="paytm_kit.E015",
        )
