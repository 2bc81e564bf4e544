"""Django in this process: configured once, by the first Flask app. Every other app must say the same."""

from __future__ import annotations

import threading
import weakref
from copy import deepcopy
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from flask import Flask, current_app, has_app_context

from paytm_kit.contrib.flask import database
from paytm_kit.gateways.base import ConfigurationError

_lock = threading.Lock()
_ours: dict[str, Any] = {}
_apps: list[weakref.ref[Flask]] = []  # oldest first


def begin(app: Flask, values: dict[str, Any]) -> None:
    """Configures Django with these settings, unless that has been done.

    Raises ConfigurationError when somebody else did it, or another app with other settings; it names them without
    their values.
    """
    with _lock:
        if not _ours:
            _configure(values)
        elif other := sorted(name for name in {*_ours, *values} if _ours.get(name) != values.get(name)):
            raise ConfigurationError(
                f"Another Flask app of this process has configured Django with other settings ({', '.join(other)}). A "
                "process has one ledger: give both apps the same settings, or run each in a process of its own."
            )
        _apps[:] = [*(known for known in _apps if known() is not None), weakref.ref(app)]


def _configure(values: dict[str, Any]) -> None:
    if settings.configured:
        where = getattr(settings, "SETTINGS_MODULE", "") or "settings.configure()"
        raise ConfigurationError(
            f"Django is configured already in this process, by {where}, and PaytmKit(app) does that itself. In a "
            "Django project use paytm_kit without Flask; else run the Flask app in a process of its own."
        )
    default = values["DATABASES"]["default"]
    database.load_driver(default["ENGINE"])
    if default["ENGINE"] == database.SQLITE:
        Path(default["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    settings.configure(**deepcopy(values))  # Django writes defaults into DATABASES
    _ours.update(values)
    django.setup()


def app() -> Flask:
    """The app at work here, else the one that was made last: threads and other programs' loops have none at work.

    Raises RuntimeError when there is none.
    """
    if has_app_context():
        return current_app._get_current_object()  # type: ignore[attr-defined]  # Flask's own way to the real one
    alive = [found for known in _apps if (found := known()) is not None]
    if not alive:
        raise RuntimeError("No Flask app is there any more to run this in.")
    return alive[-1]
