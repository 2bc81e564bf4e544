"""What Flask's ``app.config`` says, as Django's settings. Nothing is configured here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import formataddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from decouple import AutoConfig
from flask import Flask

from paytm_kit.conf.tables import ACCOUNT_SETTINGS, KIT_SETTINGS
from paytm_kit.contrib.flask import database
from paytm_kit.gateways.base import ConfigurationError

MARK = "PAYTM_KIT"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of ``app.config``: what it may be, its default, its meaning."""

    name: str
    form: type | tuple[type, ...]
    default: Any
    help: str


KEYS = (
    Key(
        MARK,
        Mapping,
        {},
        "The kit's settings as one dictionary, as a Django project writes them. PAYTM_KIT_<NAME> says one of them, and "
        "what stands in neither is read from the environment or .env.",
    ),
    Key(database.KEY, str, "", f"Where the ledger is: {database.FORMS}. Needed."),
    Key("PAYTM_KIT_PREFIX", str, "/paytm", "Under which path the kit's pages are mounted."),
    Key("PAYTM_KIT_ADMIN", bool, True, "True or False: mount the desk (Django's admin) at <prefix>/admin/."),
    Key(
        "PAYTM_KIT_ALLOWED_HOSTS",
        (list, tuple),
        None,
        "Host names under which the kit's pages answer. By default Flask's TRUSTED_HOSTS, else BASE_URL's host.",
    ),
    Key("PAYTM_KIT_APPS", (list, tuple), (), "Further apps of Django: paytm_kit.outgoing, paytm_kit.api, your own."),
    Key("PAYTM_KIT_TIME_ZONE", str, "Asia/Kolkata", "Whose clock the desk and receipts show."),
    Key("PAYTM_KIT_LANGUAGE_CODE", str, "en", "Language of whoever asks for none: en or hi."),
    Key("PAYTM_KIT_STATIC_ROOT", str, "", "Folder into which collectstatic copies the kit's static files."),
    Key("PAYTM_KIT_DJANGO", Mapping, {}, "Further settings of Django, by their own names. They win."),
)
OWN = {key.name: key for key in KEYS}

OF_THE_KIT = {f"{MARK}_{setting.name}": setting.name for setting in KIT_SETTINGS} | {f"{MARK}_ACCOUNTS": "ACCOUNTS"}
OF_THE_ACCOUNT = {f"{MARK}_{setting.name}": setting.name for setting in ACCOUNT_SETTINGS}
VERBATIM = ("_ID", "KEY", "SECRET")  # names that end so hold what must stay as it is, letter by letter

# Flask-Mail's keys, which many apps have already (Flask-Mail docs, "Configuring"), and Django's.
MAIL = {
    "MAIL_SERVER": "EMAIL_HOST",
    "MAIL_PORT": "EMAIL_PORT",
    "MAIL_USERNAME": "EMAIL_HOST_USER",
    "MAIL_PASSWORD": "EMAIL_HOST_PASSWORD",
    "MAIL_USE_TLS": "EMAIL_USE_TLS",
    "MAIL_USE_SSL": "EMAIL_USE_SSL",
}

APPS = (
    "paytm_kit",
    "paytm_kit.contrib.flask.orders",
    *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")),
)
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


def settings_of(app: Flask) -> dict[str, Any]:
    """Django's settings for this app. Raises ConfigurationError that names the key, never a value."""
    given = {key.name: _own(app, key) for key in KEYS}
    _refuse_unknown(app.config)
    kit = _kit(app.config, given[MARK])
    prefix = _prefix(given["PAYTM_KIT_PREFIX"])
    further = dict(given["PAYTM_KIT_DJANGO"])
    return {
        **_site(app, given, kit),
        "DATABASES": further.get("DATABASES") or {"default": _database(app, given[database.KEY])},
        "INSTALLED_APPS": [*APPS, *given["PAYTM_KIT_APPS"]],
        "PAYTM_KIT": kit,
        "PAYTM_KIT_FLASK": {"prefix": prefix, "desk": given["PAYTM_KIT_ADMIN"]},
        "STATIC_URL": f"{prefix[1:]}/static/",
        "STATIC_ROOT": given["PAYTM_KIT_STATIC_ROOT"] or None,
        "TIME_ZONE": given["PAYTM_KIT_TIME_ZONE"],
        "LANGUAGE_CODE": given["PAYTM_KIT_LANGUAGE_CODE"],
        **_constant(app),
        **_mail(app.config),
        **further,
    }


def _own(app: Flask, key: Key) -> Any:
    value = app.config.get(key.name)
    if value is None:
        return key.default
    if not isinstance(value, key.form):
        forms = key.form if isinstance(key.form, tuple) else (key.form,)
        names = " or ".join(form.__name__ for form in forms).replace("Mapping", "dictionary")
        raise ConfigurationError(f"{key.name} must be a {names}, not {type(value).__name__}. {key.help}")
    return value


def _refuse_unknown(names: Iterable[str]) -> None:
    known = {*OWN, *OF_THE_KIT, *OF_THE_ACCOUNT}
    for name in names:
        if name.startswith(f"{MARK}_") and name not in known:
            ends = {each.removeprefix(f"{MARK}_"): each for each in known}
            near = get_close_matches(name.removeprefix(f"{MARK}_"), ends, n=1, cutoff=0.6)
            hint = f" Did you mean {ends[near[0]]}?" if near else " docs/flask.md names those that there are."
            raise ConfigurationError(f"app.config has an unknown key {name}.{hint}")


def _kit(config: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``settings.PAYTM_KIT``: the dictionary, and what single keys say beside it."""
    kit = dict(given)
    single = {name: config[key] for key, name in OF_THE_KIT.items() if config.get(key) is not None}
    if account := _account(config):
        if "ACCOUNTS" in kit or "ACCOUNTS" in single:
            _twice(f"{MARK}_{next(iter(account))}", 'PAYTM_KIT["ACCOUNTS"]')
        single["ACCOUNTS"] = {"default": account}
    for name in single:
        if name in kit:
            _twice(f"{MARK}_{name}", f'PAYTM_KIT["{name}"]')
    return kit | single


def _account(config: Mapping[str, Any]) -> dict[str, Any]:
    """The account "default", as single keys say it."""
    account = {name: config[key] for key, name in OF_THE_ACCOUNT.items() if config.get(key) is not None}
    for name, value in account.items():
        if name.endswith(VERBATIM) and not isinstance(value, str):
            raise ConfigurationError(
                f"{MARK}_{name} must be text, not {type(value).__name__}. From the environment Flask reads a number "
                f"where it can: write FLASK_{MARK}_{name}='\"…\"', or leave it to the kit's own variable."
            )
    return account


def _twice(one: str, other: str) -> None:
    raise ConfigurationError(f"app.config says the same twice: {one} and {other}. Keep one of them.")


def _prefix(given: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9_-]+)+", prefix := given.rstrip("/")):
        raise ConfigurationError(
            "PAYTM_KIT_PREFIX must be a path such as /paytm: a slash, then letters, digits, - and _. The root is the "
            "Flask app's own."
        )
    return prefix


def _database(app: Flask, url: str) -> dict[str, Any]:
    if not url:
        raise ConfigurationError(f"{database.KEY} is missing: the ledger needs a database. Write {database.FORMS}.")
    return database.settings_of(url, app.instance_path)


def _site(app: Flask, given: Mapping[str, Any], kit: Mapping[str, Any]) -> dict[str, Any]:
    """Who we are: where we live, what signs, under which names we answer."""
    if not app.config.get("SECRET_KEY"):
        raise ConfigurationError(
            "SECRET_KEY is missing: set the Flask app's. It signs the desk's sessions and the shoppers' forms."
        )
    base_url, host = _base_url(app, kit)
    https = base_url.startswith("https://")
    hosts = given["PAYTM_KIT_ALLOWED_HOSTS"] or app.config.get("TRUSTED_HOSTS") or [host]
    return {
        "BASE_DIR": app.root_path,
        "DEBUG": bool(app.debug),
        "SECRET_KEY": app.config["SECRET_KEY"],
        "SECRET_KEY_FALLBACKS": list(app.config.get("SECRET_KEY_FALLBACKS") or []),
        "ALLOWED_HOSTS": [*hosts, *LOOPBACK],
        "CSRF_TRUSTED_ORIGINS": [base_url],
        "SESSION_COOKIE_SECURE": https,
        "CSRF_COOKIE_SECURE": https,
        "LANGUAGE_COOKIE_SECURE": https,
    }


def _base_url(app: Flask, kit: Mapping[str, Any]) -> tuple[str, str]:
    """BASE_URL, where the kit itself will look for it, and its host."""
    base_url = str(kit.get("BASE_URL") or AutoConfig(app.root_path)("PAYTM_BASE_URL", default="")).rstrip("/")
    try:
        host = urlsplit(base_url).hostname
    except ValueError:
        host = None
    if not host:
        raise ConfigurationError(
            "BASE_URL is missing or no address: set PAYTM_KIT_BASE_URL (or PAYTM_BASE_URL in the environment) to the "
            "shop's own, such as https://shop.your-domain.in. The gateway sends shoppers back there."
        )
    return base_url, host


def _constant(app: Flask) -> dict[str, Any]:
    """What is the same in every Flask app."""
    processors = ("template.context_processors.request", "contrib.auth.context_processors.auth")
    return {
        "ROOT_URLCONF": "paytm_kit.contrib.flask.urls",
        "MIDDLEWARE": list(MIDDLEWARE),
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                # Not the folder of Flask's own: its 404.html is written for Jinja.
                "DIRS": [str(Path(app.root_path, "paytm_kit_templates"))],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        *(f"django.{name}" for name in processors),
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "LANGUAGES": [("en", "English"), ("hi", "Hindi")],
        "USE_TZ": True,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "LOGIN_URL": "admin:login",
        "LOGGING_CONFIG": None,  # the Flask app says how lines look, also those of paytm_kit and django
    }


def _mail(config: Mapping[str, Any]) -> dict[str, Any]:
    """Where letters go out; an app that names no mail server sends none, and the doctor says so."""
    kind = "smtp" if config.get("MAIL_SERVER") and not config.get("MAIL_SUPPRESS_SEND") else "dummy"
    found = {ours: config[theirs] for theirs, ours in MAIL.items() if config.get(theirs) not in (None, "")}
    sender = config.get("MAIL_DEFAULT_SENDER")
    if sender:
        found["DEFAULT_FROM_EMAIL"] = sender if isinstance(sender, str) else formataddr(tuple(sender))
    return {"EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend", **found}
