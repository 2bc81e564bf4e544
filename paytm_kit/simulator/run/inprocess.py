"""The simulator inside another process, on a port and in books of its own; nothing of the process's own is changed.

The project around it need not know the app: no INSTALLED_APPS, no DATABASES, no settings at all are asked for.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from paytm_kit.simulator import guard
from paytm_kit.simulator.options import Options

ENDS_WITHIN = 3.0  # seconds for what is being sent or answered at the end
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]

_only_one = threading.Lock()


class Refused(RuntimeError):
    """The simulator does not start here; ``str()`` says why and what to do."""


@contextmanager
def running(chosen: Options, around: Callable[[Wsgi, str], tuple[Wsgi, Options]]) -> Iterator[str]:
    """Serves in threads of this process; yields the address. Raises Refused.

    ``around`` gets the application and the address, and answers with the application to serve and the options to run
    with: what depends on the port can only be known now.
    """
    if why := guard.production():
        raise Refused(why)
    if not _only_one.acquire(blocking=False):
        raise Refused("A simulator runs in this process already; there is one in a process. End it first.")
    folder = Path(tempfile.mkdtemp(prefix="paytm-simulator-"))
    try:
        _prepare_django()
        with _books(folder / "books.sqlite3"), _served(chosen, around) as address:
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _only_one.release()


def _prepare_django() -> None:
    import django
    from django.apps import apps
    from django.conf import settings

    if not settings.configured and not os.environ.get("DJANGO_SETTINGS_MODULE"):
        # Somebody else's framework: Django is there for the simulator alone.
        settings.configure(USE_TZ=True, SECRET_KEY="nothing is signed with it", LOGGING_CONFIG=None)  # noqa: S106 - signs nothing
    if not apps.ready:
        django.setup()
    if not settings.USE_TZ:
        raise Refused(
            "The simulator in a test process needs USE_TZ = True; run paytm-simulator beside the tests instead."
        )


@contextmanager
def _books(path: Path) -> Iterator[None]:
    from django.db import connections

    from paytm_kit.simulator import database, world
    from paytm_kit.simulator.run import books
    from paytm_kit.simulator.run.sqlite.base import DatabaseWrapper

    entries = {"default": {}, database.OWN_ALIAS: books.database(str(path))}
    described = connections.configure_settings(entries)[database.OWN_ALIAS]
    database.use(lambda: DatabaseWrapper(described, database.OWN_ALIAS))
    try:
        with _guests():
            _make_tables()
            world.close()
            yield
    finally:
        world.close()
        database.use_default()


@contextmanager
def _guests() -> Iterator[None]:
    """The stand-ins are served, too; afterwards only where the project around mounts them itself."""
    from django.apps import apps

    from paytm_kit.simulator import guests
    from paytm_kit.standins import guest

    guest.join()
    try:
        yield
    finally:
        if not apps.is_installed("paytm_kit.standins"):
            guests.leave(guest.LABEL)


def _make_tables() -> None:
    """From the models as they are, without migrations: a tenth of their time."""
    from paytm_kit.simulator import database

    models = [model for config in _configs() for model in _models(config)]
    with database.connection().schema_editor() as editor:
        for model in models:
            editor.create_model(model)


def _configs() -> tuple[Any, ...]:
    """The apps whose tables lie in these books."""
    from paytm_kit.simulator.apps import PaytmSimulatorConfig
    from paytm_kit.standins.apps import PaytmKitStandinsConfig

    return PaytmSimulatorConfig, PaytmKitStandinsConfig


def _models(app: Any) -> list[Any]:
    """One app's models, each knowing who points to it.

    Django works that out for the models of installed apps only. So the app is registered for the moment in which it
    does, and gone before anybody looks: no content types, permissions, tables or checks of the project come of it.
    """
    from django.apps import apps

    import_module(f"{app.name}.models")
    found = list(apps.all_models[app.label].values())
    if apps.is_installed(app.name):
        return found
    config = app.create(app.name)
    config.apps, config.models = apps, apps.all_models[config.label]
    apps.app_configs[config.label] = config
    try:
        apps.clear_cache()
        for model in found:
            model._meta.get_fields(include_hidden=True)
    finally:
        del apps.app_configs[config.label]
        apps.clear_cache()
    return found


@contextmanager
def _served(chosen: Options, around: Callable[[Wsgi, str], tuple[Wsgi, Options]]) -> Iterator[str]:
    from paytm_kit.simulator import options, worker, world
    from paytm_kit.simulator.run import server
    from paytm_kit.simulator.run.wsgi import Application

    listening = server.bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.server_port}"
    try:
        application, known = around(Application(), address)
        options.use(options.with_files_read(options.checked(replace(known, port=listening.server_port))))
        world.ensure_open()
        server.start(listening, application)
        worker.start()
        yield address
    finally:
        listening.finish(ENDS_WITHIN)
        worker.stop(ENDS_WITHIN)
        options.use(None)
