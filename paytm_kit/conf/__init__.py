"""Settings: ``settings.PAYTM_KIT`` first, then the environment or ``.env`` (python-decouple), then the default.

Nothing is read at import; everything is read once, and again after Django's ``setting_changed``. An empty value is the
same as none. ``tables`` says what there is to set, ``reading`` where a value comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.signals import setting_changed

from paytm_kit.conf.addresses import is_public_https
from paytm_kit.conf.endpoints import Endpoint, OutgoingSettings
from paytm_kit.conf.reading import keys_stay_inside, raw, raw_accounts, resolve, variable, written_variables
from paytm_kit.conf.tables import ACCOUNT_SETTINGS, ENDPOINT_SETTINGS, KIT_SETTINGS
from paytm_kit.conf.throttles import ApiSettings
from paytm_kit.gateways.base import Account, ConfigurationError, Flow
from paytm_kit.risk.limits import Limits
from paytm_kit.risk.rules import Rulebook

__all__ = [
    "ACCOUNT_SETTINGS",
    "KIT_SETTINGS",
    "KitSettings",
    "MailSettings",
    "RiskSettings",
    "Seller",
    "account",
    "api",
    "endpoint",
    "is_public_https",
    "kit",
    "mail",
    "namesakes",
    "outgoing",
    "raw",
    "raw_accounts",
    "risk",
    "seller",
    "variable",
    "variables",
    "written_variables",
]


@dataclass(frozen=True, slots=True)
class KitSettings:
    """The settings that are not an account's."""

    base_url: str
    minimum_amount: Decimal
    trusted_proxies: int
    unverified_asks: int
    wire_retention_days: int
    personal_data_retention_days: int
    webhooks_in_background: bool
    settlement_grace_days: int


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The settings of letters, whose names begin with EMAIL. Days, minutes and seconds as their names say."""

    email: bool
    email_from: str
    email_reply_to: str
    email_merchant: tuple[str, ...]
    email_shopper_kinds: tuple[str, ...]
    email_merchant_kinds: tuple[str, ...]
    email_pending_minutes: int
    email_at_once: bool
    email_timeout: float
    email_give_up_days: int


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """The settings against abuse: how much is too much, which rules are in force, how long is remembered."""

    limits: Limits
    risk_rules: Rulebook
    risk_retention_days: int
    device_cookie_days: int


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, as receipts say it; every text may be empty."""

    seller_name: str
    seller_address: str
    seller_gstin: str


@lru_cache(maxsize=1)
@keys_stay_inside
def kit() -> KitSettings:
    """The kit's own settings. Raises ConfigurationError."""
    return KitSettings(**_group(""))


def _group(name: str) -> dict[str, Any]:
    return {setting.name.lower(): resolve(setting, raw()) for setting in KIT_SETTINGS if setting.group == name}


@lru_cache(maxsize=1)
@keys_stay_inside
def mail() -> MailSettings:
    """What is set about letters. Raises ConfigurationError; no payment needs it."""
    return MailSettings(**_group("mail"))


@lru_cache(maxsize=1)
@keys_stay_inside
def risk() -> RiskSettings:
    """What is set against abuse. Raises ConfigurationError; no message of the gateway waits for it."""
    return RiskSettings(**_group("risk"))


@lru_cache(maxsize=1)
@keys_stay_inside
def seller() -> Seller:
    """Who sells. Raises ConfigurationError; no payment needs it."""
    return Seller(**_group("seller"))


@lru_cache(maxsize=32)
@keys_stay_inside
def account(name: str = "default") -> Account:
    """One account by its name. Raises ConfigurationError that names what is missing, never a key."""
    accounts = raw_accounts()
    if name not in accounts:
        raise ConfigurationError(f'There is no account "{name}". PAYTM_KIT["ACCOUNTS"] has: {", ".join(accounts)}.')
    value = {setting.name: resolve(setting, accounts[name], name) for setting in ACCOUNT_SETTINGS}
    if value["ENVIRONMENT"] == "simulator" and not value["HOST"]:
        host = next(variable(setting, name) for setting in ACCOUNT_SETTINGS if setting.name == "HOST")
        raise ConfigurationError(
            f'Account "{name}" uses the simulator, but HOST (in PAYTM_KIT, or {host}) does not say where it runs.'
        )
    if len(value["MERCHANT_ID"]) == 16 and len(value["MERCHANT_KEY"]) == 20:
        # Said here, and not by a check, because everything else would print the "MID".
        raise ConfigurationError(
            f'MERCHANT_ID and MERCHANT_KEY of account "{name}" look exchanged: Paytm\'s MIDs have 20 characters, '
            "its keys 16."
        )
    return Account(
        name=name,
        gateway=value["GATEWAY"],
        environment=value["ENVIRONMENT"],
        merchant_id=value["MERCHANT_ID"],
        keys=tuple(key for key in (value["MERCHANT_KEY"], value["PREVIOUS_MERCHANT_KEY"]) if key),
        website=value["WEBSITE"],
        industry_type=value["INDUSTRY_TYPE"],
        channel=value["CHANNEL"],
        host=value["HOST"],
        flow=Flow(value["FLOW"]),
        connect_timeout=value["CONNECT_TIMEOUT"],
        read_timeout=value["READ_TIMEOUT"],
        require_signed_responses=value["REQUIRE_SIGNED_RESPONSES"],
        settlement_signature=value["SETTLEMENT_SIGNATURE"],
        client_id=value["CLIENT_ID"],
        webhook_secrets=tuple(key for key in (value["WEBHOOK_SECRET"], value["PREVIOUS_WEBHOOK_SECRET"]) if key),
        webhook_id=value["WEBHOOK_ID"],
        currency=value["CURRENCY"],
        page_version=value["PAGE_VERSION"],
        offered=value["OFFERED"],
        label=value["LABEL"],
    )


def namesakes(name: str) -> list[str]:
    """The accounts of the same merchant at the same gateway, this one included: one for each currency, say.

    Whatever the gateway signs for one of them may be about a payment of another. Raises ConfigurationError for a name
    unknown; others that cannot be read are left out.
    """
    chosen = account(name)
    return [other for other in raw_accounts() if other == name or _is_same_merchant(chosen, other)]


def _is_same_merchant(chosen: Account, name: str) -> bool:
    try:
        other = account(name)
    except ConfigurationError:
        return False
    ours = (chosen.gateway, chosen.environment, chosen.merchant_id)
    return (other.gateway, other.environment, other.merchant_id) == ours


@lru_cache(maxsize=1)
@keys_stay_inside
def outgoing() -> OutgoingSettings:
    """What is set about webhooks of ours. Raises ConfigurationError; no payment needs it."""
    return OutgoingSettings(**_group("outgoing"))


@lru_cache(maxsize=32)
@keys_stay_inside
def endpoint(name: str) -> Endpoint:
    """One of OUTGOING_WEBHOOKS by its name. Raises ConfigurationError that names what is missing, never a secret."""
    endpoints = outgoing().outgoing_webhooks
    if name not in endpoints:
        known = ", ".join(endpoints) or "none"
        raise ConfigurationError(f'There is no endpoint "{name}". OUTGOING_WEBHOOKS has: {known}.')
    value = {
        setting.name: resolve(setting, endpoints[name], f"outgoing-{name}", called=f'endpoint "{name}"')
        for setting in ENDPOINT_SETTINGS
    }
    return Endpoint(
        name=name,
        url=value["URL"],
        secrets=tuple(secret for secret in (value["SECRET"], value["PREVIOUS_SECRET"]) if secret),
        events=value["EVENTS"],
        enabled=value["ENABLED"],
        allow_private=value["ALLOW_PRIVATE"],
    )


def variables() -> set[str]:
    """Every environment variable that the kit reads, for all accounts as they stand."""
    found = {variable(setting) for setting in KIT_SETTINGS}
    return found.union(variable(setting, name) for name in raw_accounts() for setting in ACCOUNT_SETTINGS)


@lru_cache(maxsize=1)
@keys_stay_inside
def api() -> ApiSettings:
    """What is set about the REST API. Raises ConfigurationError; no payment of the shop's pages needs it."""
    return ApiSettings(**_group("api"))


def _forget(*, setting: str, **_: object) -> None:
    if setting in ("PAYTM_KIT", "BASE_DIR"):
        kit.cache_clear()
        mail.cache_clear()
        risk.cache_clear()
        seller.cache_clear()
        account.cache_clear()
        outgoing.cache_clear()
        api.cache_clear()
        endpoint.cache_clear()


setting_changed.connect(_forget, dispatch_uid="paytm_kit.conf")
