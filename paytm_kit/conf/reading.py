"""Where the value of a setting comes from: as it was written, the environment, ``.env``, or the default."""

from __future__ import annotations

import configparser
import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from decouple import AutoConfig
from django.conf import settings

from paytm_kit.conf.tables import REQUIRED, Setting
from paytm_kit.gateways.base import ConfigurationError

P = ParamSpec("P")
T = TypeVar("T")


def keys_stay_inside(read: Callable[P, T]) -> Callable[P, T]:
    """Lets a ConfigurationError out with a traceback of its own: the variables of the frames below hold keys."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except ConfigurationError as error:
            problem = str(error)
        raise ConfigurationError(problem)

    return reading


@keys_stay_inside
def raw() -> Mapping[str, Any]:
    """``settings.PAYTM_KIT`` as written. Raises ConfigurationError if it is no dictionary."""
    value = getattr(settings, "PAYTM_KIT", {})
    if not isinstance(value, Mapping):
        raise ConfigurationError("PAYTM_KIT must be a dictionary.")
    return value


@keys_stay_inside
def raw_accounts() -> dict[str, Mapping[str, Any]]:
    """The accounts as written; without any there is one, "default", read from the environment."""
    accounts = raw().get("ACCOUNTS") or {"default": {}}
    if not isinstance(accounts, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Mapping) for name, value in accounts.items()
    ):
        raise ConfigurationError('PAYTM_KIT["ACCOUNTS"] must map names to dictionaries.')
    return dict(accounts)


def variable(setting: Setting, account: str = "") -> str:
    """The environment variable of a setting: PAYTM_MID, or PAYTM_TICKETS_MID for the account "tickets"."""
    middle = "" if account in ("", "default") else f"{account.upper().replace('-', '_')}_"
    return f"PAYTM_{middle}{setting.env}"


def _environment() -> AutoConfig:
    """The environment, then ``.env``: looked for beside manage.py and upwards (by itself decouple would begin here)."""
    config = AutoConfig(search_path=str(getattr(settings, "BASE_DIR", os.getcwd())))
    config.encoding = "utf-8-sig"  # editors on Windows put a byte order mark in front
    return config


def _given(setting: Setting, given: Mapping[str, Any], name: str) -> Any:
    """The value as somebody wrote it, or ``None``. Raises ConfigurationError when ``.env`` cannot be read."""
    if not _empty(value := given.get(setting.name)):
        return value
    try:
        value = _environment()(name, default=None)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise ConfigurationError(
            f".env (or settings.ini) could not be read for {name}: {type(error).__name__}. "
            "Make it readable, save it as UTF-8, one NAME=value a line."
        ) from None
    return None if _empty(value) else value


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def resolve(setting: Setting, given: Mapping[str, Any], account: str = "", *, called: str = "") -> Any:
    """The value that is in force. ``given`` is what the settings say; ``called`` names what it belongs to, in errors.

    Raises ConfigurationError, which names the setting and its variable and never the value.
    """
    name = variable(setting, account)
    whose = called or (f'account "{account}"' if account else "")
    what = f"{setting.name} of {whose}" if whose else setting.name
    value = _given(setting, given, name)
    if value is None:
        if setting.default is REQUIRED:
            raise ConfigurationError(f"{what} is missing: set it in PAYTM_KIT or as {name}. {setting.help}")
        return setting.default
    try:
        return setting.cast(value)
    except (ValueError, ArithmeticError, TypeError):
        raise ConfigurationError(
            f"{what} (in PAYTM_KIT, or {name}) has a value that cannot be used. {setting.help}"
        ) from None


def written_variables() -> list[str]:
    """The names beginning with PAYTM_ in the environment and in ``.env``, whether or not the kit reads them."""
    config = _environment()
    config("PAYTM_MID", default=None)  # decouple opens the file at the first question
    names = {*os.environ, *getattr(config.config.repository, "data", ())}
    return sorted(name for name in names if name.startswith("PAYTM_"))
