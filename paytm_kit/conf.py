"""Settings: ``settings.PAYTM_KIT`` first, then the environment or ``.env`` (python-decouple), then the default.

Nothing is read at import; everything is read once, and again after Django's ``setting_changed``. The two tables below
are the documentation: every name, its environment variable, what it means and its default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from decouple import AutoConfig, UndefinedValueError, strtobool
from django.conf import settings
from django.core.signals import setting_changed

from paytm_kit.gateways.base import Account, ConfigurationError, Flow

REQUIRED = object()


def _bool(value: object) -> bool:
    return value if isinstance(value, bool) else bool(strtobool(str(value)))


def _text(value: object) -> str:
    return str(value).strip()


def _verbatim(value: object) -> str:
    """Keys are never trimmed or unquoted here: what the environment holds is what signs."""
    return str(value)


def _origin(value: object) -> str:
    return _text(value).rstrip("/")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in ``PAYTM_KIT``, the end of its environment variable, its meaning."""

    name: str
    env: str  # after PAYTM_ (or PAYTM_<ACCOUNT>_ for accounts other than "default")
    cast: Callable[[Any], Any]
    default: Any
    help: str


ACCOUNT_SETTINGS = (
    Setting("GATEWAY", "GATEWAY", _text, "paytm", "Which gateway this account belongs to: paytm."),
    Setting(
        "ENVIRONMENT",
        "ENVIRONMENT",
        _text,
        REQUIRED,
        "production, staging, or simulator (needs HOST). Keys of one environment never work in another.",
    ),
    Setting("MERCHANT_ID", "MID", _text, REQUIRED, "The MID from Paytm's dashboard, at most 20 characters."),
    Setting(
        "MERCHANT_KEY",
        "MERCHANT_KEY",
        _verbatim,
        REQUIRED,
        "The merchant key: 16 characters (24 and 32 work). Quote it in .env if it begins or ends with a quote.",
    ),
    Setting(
        "PREVIOUS_MERCHANT_KEY",
        "PREVIOUS_MERCHANT_KEY",
        _verbatim,
        "",
        "During a key rotation: the old key, which still verifies what Paytm signs but no longer signs.",
    ),
    Setting("WEBSITE", "WEBSITE", _text, "WEBSTAGING", "Website name: WEBSTAGING on staging; see the dashboard else."),
    Setting("INDUSTRY_TYPE", "INDUSTRY_TYPE", _text, "Retail", "Industry type, used by the legacy flow only."),
    Setting("CHANNEL", "CHANNEL", _text, "WEB", "WEB or WAP."),
    Setting("HOST", "HOST", _origin, "", "https://host of the gateway, if not the environment's own."),
    Setting("FLOW", "FLOW", _text, "hosted", "hosted (the gateway's page), js (JS Checkout) or legacy (signed form)."),
    Setting("CONNECT_TIMEOUT", "CONNECT_TIMEOUT", float, 5.0, "Seconds to wait for a connection to the gateway."),
    Setting("READ_TIMEOUT", "READ_TIMEOUT", float, 30.0, "Seconds to wait for the gateway's answer."),
    Setting(
        "REQUIRE_SIGNED_RESPONSES",
        "REQUIRE_SIGNED_RESPONSES",
        _bool,
        True,
        "Refuse a success from the gateway's API that carries no signature. Leave on.",
    ),
)

KIT_SETTINGS = (
    Setting(
        "BASE_URL",
        "BASE_URL",
        _origin,
        REQUIRED,
        "https://your.shop: the callback URL is made from it, never from the request's Host header.",
    ),
    Setting("MINIMUM_AMOUNT", "MINIMUM_AMOUNT", Decimal, Decimal("1.00"), "Smallest payment, in rupees."),
    Setting(
        "TRUSTED_PROXIES",
        "TRUSTED_PROXIES",
        int,
        0,
        "How many proxies of yours stand before Django: the client's address is read that far from the right.",
    ),
    Setting(
        "UNVERIFIED_ASKS",
        "UNVERIFIED_ASKS",
        int,
        5,
        "How often callbacks that prove nothing may make us ask the gateway, per payment and hour.",
    ),
)

ENVIRONMENTS = ("production", "staging", "simulator")


@dataclass(frozen=True, slots=True)
class KitSettings:
    """The settings that are not an account's."""

    base_url: str
    minimum_amount: Decimal
    trusted_proxies: int
    unverified_asks: int


def raw() -> Mapping[str, Any]:
    """``settings.PAYTM_KIT`` as written."""
    value = getattr(settings, "PAYTM_KIT", {})
    if not isinstance(value, Mapping):
        raise ConfigurationError("PAYTM_KIT must be a dictionary.")
    return value


def raw_accounts() -> dict[str, Mapping[str, Any]]:
    """The accounts as written; without any there is one, "default", read from the environment."""
    accounts = raw().get("ACCOUNTS") or {"default": {}}
    if not isinstance(accounts, Mapping) or not all(isinstance(value, Mapping) for value in accounts.values()):
        raise ConfigurationError('PAYTM_KIT["ACCOUNTS"] must map names to dictionaries.')
    return dict(accounts)


def variable(setting: Setting, account: str = "") -> str:
    """The environment variable of a setting: PAYTM_MID, or PAYTM_TICKETS_MID for the account "tickets"."""
    middle = "" if account in ("", "default") else f"{account.upper()}_"
    return f"PAYTM_{middle}{setting.env}"


def _resolve(setting: Setting, given: Mapping[str, Any], account: str = "") -> Any:
    name = variable(setting, account)
    if setting.name in given:
        value, where = given[setting.name], f"PAYTM_KIT {setting.name}"
    else:
        # decouple looks for .env from a folder upwards; the caller's own folder would be site-packages
        config = AutoConfig(search_path=str(getattr(settings, "BASE_DIR", os.getcwd())))
        default = "" if setting.default is REQUIRED else setting.default
        try:
            value, where = config(name, default=default), name
        except (UndefinedValueError, OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{name} could not be read: {type(error).__name__}.") from error
    if setting.default is REQUIRED and value == "":
        of = f' of account "{account}"' if account else ""
        raise ConfigurationError(f"{setting.name}{of} is missing: set it in PAYTM_KIT or as {name}. {setting.help}")
    try:
        return setting.cast(value)
    except (ValueError, ArithmeticError, TypeError) as error:
        raise ConfigurationError(f"{where} has a value that cannot be used. {setting.help}") from error


@lru_cache(maxsize=1)
def kit() -> KitSettings:
    """The kit's own settings. Raises ConfigurationError."""
    values = {setting.name.lower(): _resolve(setting, raw()) for setting in KIT_SETTINGS}
    return KitSettings(**values)


@lru_cache(maxsize=32)
def account(name: str = "default") -> Account:
    """One account by its name. Raises ConfigurationError that names what is missing, never a key."""
    accounts = raw_accounts()
    if name not in accounts:
        raise ConfigurationError(f'There is no account "{name}". PAYTM_KIT["ACCOUNTS"] has: {", ".join(accounts)}.')
    value = {setting.name: _resolve(setting, accounts[name], name) for setting in ACCOUNT_SETTINGS}
    if value["ENVIRONMENT"] not in ENVIRONMENTS:
        raise ConfigurationError(f'ENVIRONMENT of account "{name}" must be one of: {", ".join(ENVIRONMENTS)}.')
    if value["ENVIRONMENT"] == "simulator" and not value["HOST"]:
        raise ConfigurationError(f'Account "{name}" uses the simulator but HOST does not say where it runs.')
    if value["FLOW"] not in tuple(Flow):
        raise ConfigurationError(f'FLOW of account "{name}" must be one of: {", ".join(Flow)}.')
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
    )


def accounts() -> list[Account]:
    """Every configured account."""
    return [account(name) for name in raw_accounts()]


def is_public_https(url: str) -> bool:
    """Whether the outside world could reach this URL over TLS."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    local = host in ("localhost", "127.0.0.1", "::1", "testserver") or host.endswith((".local", ".test", ".example"))
    return parts.scheme == "https" and "." in host and not local and host != "example.com"


def _forget(*, setting: str, **_: object) -> None:
    if setting == "PAYTM_KIT":
        kit.cache_clear()
        account.cache_clear()


setting_changed.connect(_forget, dispatch_uid="paytm_kit.conf")
