"""Which database holds the simulator's books: the default one, or one of its own that the project around it never sees.

Books of their own live under an alias that stands in no DATABASES: each thread's connection is put into Django's
handler when the books are first used there. So the project's tests, which go through ``connections``, neither create,
flush, forbid nor roll back anything in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionDoesNotExist

from paytm_kit.simulator import guests

OWN_ALIAS = "paytm_simulator"
APP_LABEL = "paytm_simulator"
# The lock that every transaction shares and ``alone`` has for itself; any number that others do not use.
OPEN_TRANSACTIONS = 7_298_110_302

_alias = DEFAULT_DB_ALIAS
_connect: Callable[[], BaseDatabaseWrapper] | None = None
_opened = 0  # one number for each set of books, so that a thread notices that its connection is to old ones


def alias() -> str:
    """The alias of the books, usable in this thread from now on."""
    if _connect and getattr(own := _own(), "opened", None) != _opened:
        if own:
            own.close()
        connections[_alias] = _connect()
        connections[_alias].opened = _opened  # type: ignore[attr-defined]  # ours
    return _alias


def _own() -> BaseDatabaseWrapper | None:
    """This thread's connection to books of their own."""
    try:
        return connections[OWN_ALIAS]
    except ConnectionDoesNotExist:
        return None


@contextmanager
def atomic() -> Iterator[None]:
    """One transaction in the books."""
    with transaction.atomic(using=alias()):
        _in_turn("pg_advisory_xact_lock_shared")
        yield


@contextmanager
def alone() -> Iterator[None]:
    """One transaction beside which no other is open: whoever forgets rows that others lock would deadlock with them."""
    with transaction.atomic(using=alias()):
        _in_turn("pg_advisory_xact_lock")
        yield


def _in_turn(lock: str) -> None:
    """SQLite has one writer at a time anyway."""
    if connection().vendor == "postgresql":
        with connection().cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [OPEN_TRANSACTIONS])


def on_commit(act: Callable[[], Any]) -> None:
    """Runs after the books' transaction; at once when there is none."""
    transaction.on_commit(act, using=alias())


def connection() -> BaseDatabaseWrapper:
    """This thread's connection to the books."""
    return connections[alias()]


def rest() -> None:
    """Gives a pooled connection back before a wait for somebody else; nothing inside a transaction or without a pool.

    Whoever waits for a merchant must not keep from the books those whom that merchant asks meanwhile.
    """
    here = connection()
    if here.settings_dict["CONN_MAX_AGE"] == 0 and not here.in_atomic_block:
        here.close()


def leave() -> None:
    """Closes this thread's connection; the next use opens another."""
    if _connect is None:
        connections[_alias].close()
    elif own := _own():
        own.close()


class Router:
    """Sends the simulator's models to its own books, and keeps its tables out of every other database."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return alias() if model._meta.app_label in (APP_LABEL, *guests.labels()) else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db == OWN_ALIAS if app_label in (APP_LABEL, *guests.labels()) else None

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool | None:
        labels = {one._meta.app_label, other._meta.app_label}
        return True if labels <= {APP_LABEL, *guests.labels()} else None


_router = Router()


def _route(**signal: Any) -> None:
    """Ours asks first; again when a test changes DATABASE_ROUTERS, because Django then forgets the list."""
    if _connect and _router not in router.routers:
        router.routers.insert(0, _router)


def use(connect: Callable[[], BaseDatabaseWrapper]) -> None:
    """From now on the books are what ``connect`` opens, one connection for each thread."""
    global _alias, _connect, _opened
    from django.test.signals import setting_changed  # its own receivers must stand before ours

    _alias, _connect, _opened = OWN_ALIAS, connect, _opened + 1
    _route()
    setting_changed.connect(_route, dispatch_uid="paytm_simulator_router")


def use_default() -> None:
    """The books are in the default database again."""
    global _alias, _connect
    leave()
    _alias, _connect = DEFAULT_DB_ALIAS, None
    if _router in router.routers:
        router.routers.remove(_router)
