"""Django system checks: every setting that is missing, misspelt or unsafe, with an id and the way to mend it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Warning, register
from django.db import connections, router
from django.urls import NoReverseMatch, reverse

from paytm_kit import broker, conf, gateways
from paytm_kit.gateways.base import Account, ConfigurationError, Flow, GatewayError
from paytm_kit.ledger import waiting
from paytm_kit.models import Payment

SEE_EXAMPLE = "settings.example.env names every setting with its meaning."


@register("paytm_kit")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Errors that make payments impossible, whatever the environment."""
    try:
        names = [*_misspelt(), *_account_names(), *_misspelt_variables()]
        accounts, broken = _accounts()
    except ConfigurationError as error:
        return [Error(str(error), hint=SEE_EXAMPLE, id="paytm_kit.E001")]
    each = (found for account in accounts for found in _account(account))
    site = (*_base_url(), *_routes(), *_isolation(), *_workers(), *_outgoing())
    return [*names, *broken, *site, *each, *_together(accounts)]


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
    good: list[Account] = []
    broken: list[CheckMessage] = []
    for name in conf.raw_accounts():
        try:
            good.append(conf.account(name))
        except ConfigurationError as error:
            broken.append(Error(str(error), hint=SEE_EXAMPLE, id="paytm_kit.E002"))
    return good, broken


def _misspelt() -> Iterator[CheckMessage]:
    kit, account = (
        {setting.name: setting.env for setting in table} for table in (conf.KIT_SETTINGS, conf.ACCOUNT_SETTINGS)
    )
    yield from unknown("PAYTM_KIT", conf.raw(), {**kit, "ACCOUNTS": "ACCOUNTS"}, account, "in an account of ACCOUNTS")
    for name, values in conf.raw_accounts().items():
        yield from unknown(f'Account "{name}"', values, account, kit, "in PAYTM_KIT itself, outside ACCOUNTS")


def unknown(
    where: str, given: Any, known: dict[str, str], elsewhere: dict[str, str], place: str
) -> Iterator[CheckMessage]:
    """Names that are no setting, with the one that may be meant.

    ``known`` and ``elsewhere`` map names to the ends of their environment variables, which people also write.
    """
    spellings = {env: name for name, env in known.items()} | {name: name for name in known}
    for name in given:
        if name in known:
            continue
        wanted = str(name).upper().removeprefix("PAYTM_")
        near = get_close_matches(wanted, spellings, n=1, cutoff=0.6)
        if wanted in elsewhere:
            hint = f"{wanted} belongs {place}."
        elif near:
            hint = f"Did you mean {spellings[near[0]]}?"
        else:
            hint = f"Known names: {', '.join(sorted(known))}."
        yield Error(f"{where} has an unknown setting {name!r}.", hint=hint, id="paytm_kit.E003")


def _misspelt_variables() -> Iterator[CheckMessage]:
    """Only what resembles a name of ours: a project may have PAYTM_ variables of its own."""
    known = conf.variables()
    for name in conf.written_variables():
        near = [] if name in known else get_close_matches(name, known, n=1, cutoff=0.9)
        if near:
            yield Warning(
                f"The environment (or .env) sets {name}, which the kit does not read.",
                hint=f"Did you mean {near[0]}?",
                id="paytm_kit.W017",
            )


def _account_names() -> Iterator[CheckMessage]:
    taken = {conf.variable(setting) for setting in (*conf.KIT_SETTINGS, *conf.ACCOUNT_SETTINGS)}
    for name in conf.raw_accounts():
        own = {conf.variable(setting, name) for setting in conf.ACCOUNT_SETTINGS}
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", name) or (name != "default" and own & taken):
            yield Error(
                f"{name!r} cannot be the name of an account.",
                hint="It stands in callback URLs and variables: a-z, 0-9, _ and -, at most 40, and not a word of ours.",
                id="paytm_kit.E016",
            )


def _base_url() -> Iterator[CheckMessage]:
    try:
        url = conf.kit().base_url
    except ConfigurationError as error:
        hint = "Set PAYTM_BASE_URL, for example https://shop.your-domain.in."
        yield Error(str(error), hint=hint, id="paytm_kit.E004")
        return
    if not _is_origin(url):
        yield Error(
            f"BASE_URL {url!r} is not the address of a site.",
            hint="Write scheme and host and nothing more: https://shop.your-domain.in, without a path.",
            id="paytm_kit.E004",
        )


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.port != 0  # .port raises ValueError when it is no number
    except ValueError:
        return False
    bare = not (parts.path or parts.query or parts.fragment or parts.username is not None)
    return parts.scheme in ("http", "https") and sound and bare and re.fullmatch(r"[!-~]+", url) is not None


def _routes() -> Iterator[CheckMessage]:
    try:
        reverse("paytm_kit:callback")
    except NoReverseMatch:
        yield Error(
            "The kit's addresses are not mounted.",
            hint='Add path("paytm/", include("paytm_kit.urls")) to your URLconf.',
            id="paytm_kit.E005",
        )


def _workers() -> Iterator[CheckMessage]:
    try:
        wanted = conf.kit().webhooks_in_background
    except ConfigurationError:
        return  # _base_url has already said so
    if not wanted:
        return
    if find_spec("celery") is None:
        yield Error(
            "WEBHOOKS_IN_BACKGROUND is on, but Celery is not installed, so every webhook is processed at once.",
            hint='Install it: pip install "paytm-kit[celery]". Or remove the setting.',
            id="paytm_kit.E023",
        )
    elif not broker.is_set():
        yield Error(
            "WEBHOOKS_IN_BACKGROUND is on, but Celery has no broker, so every webhook is processed at once.",
            hint="Set your Celery app's broker_url, and import the app where Django starts. Or remove the setting.",
            id="paytm_kit.E024",
        )


def _outgoing() -> Iterator[CheckMessage]:
    """That app has checks of its own; this one is for where it is missing."""
    if apps.is_installed("paytm_kit.outgoing"):
        return
    try:
        wanted = conf.outgoing().outgoing_webhooks
    except ConfigurationError:
        wanted = {"?": {}}
    if wanted:
        yield Warning(
            "OUTGOING_WEBHOOKS is set, but paytm_kit.outgoing is not installed: no other system is told of payments.",
            hint="Add paytm_kit.outgoing to INSTALLED_APPS and run manage.py migrate. Or remove the setting.",
            id="paytm_kit.W070",
        )


def _isolation() -> Iterator[CheckMessage]:
    if why := waiting.unsafe(connections[router.db_for_write(Payment)]):
        text, hint = why.split(". ", 1)
        yield Error(f"{text}.", hint=hint, id="paytm_kit.E022")


def _account(account: Account) -> Iterator[CheckMessage]:
    told = [
        (Error if fault.serious else Warning)(fault.what, hint=fault.todo, id=f"paytm_kit.{fault.id}")
        for fault in gateways.faults(account)
    ]
    found = [*told, *_production(account)]
    yield from found
    if any(message.level >= ERROR for message in found):
        return
    try:
        gateways.build(account)
    except GatewayError as error:
        yield Error(str(error), hint=SEE_EXAMPLE, id="paytm_kit.E008")


def _production(account: Account) -> Iterator[CheckMessage]:
    if account.environment != "production":
        return
    if account.host and ("stag" in account.host or not conf.is_public_https(account.host)):
        yield Error(
            f'Account "{account.name}" is production but its host is {account.host}.',
            hint="Remove HOST, or set ENVIRONMENT to what that host is.",
            id="paytm_kit.E015",
        )
    if settings.DEBUG:
        yield Warning(
            f'Account "{account.name}" takes real money while DEBUG is on.',
            hint="Set DEBUG = False: error pages show variables and settings to whoever meets them.",
            id="paytm_kit.W021",
        )
    if apps.is_installed("paytm_kit.simulator"):
        yield Error(
            f'Account "{account.name}" takes real money, and the simulator is installed beside it.',
            hint="Remove paytm_kit.simulator from INSTALLED_APPS.",
            id="paytm_kit.E020",
        )


def _together(accounts: list[Account]) -> Iterator[CheckMessage]:
    counts = Counter(map(_whose, accounts))
    for whose, count in counts.items():
        if count > 1:
            names = ", ".join(account.name for account in accounts if _whose(account) == whose)
            yield Warning(
                f"These accounts have the same MID: {names}.",
                hint="One is enough: a merchant needs a second account for another currency only.",
                id="paytm_kit.W019",
            )


def _whose(account: Account) -> tuple[str, str, str, str]:
    """One merchant may well have an account for each currency."""
    return account.gateway, account.environment, account.merchant_id, account.currency
