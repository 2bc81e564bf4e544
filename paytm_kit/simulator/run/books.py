"""Where the books are kept: a SQLite file, a PostgreSQL database, or a file that is gone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

INSTALL = 'pip install "paytm-kit[postgres]"'
POOL = 20  # connections of one process; whoever waits for a merchant gives his back
CONNECTS_WITHIN = 5  # seconds, at the start
# The name of the lock under which one process at a time makes the tables; any number that others do not use.
MIGRATING = 7_298_110_301

# IMMEDIATE takes the write lock when a transaction begins, so that two at once wait instead of failing half-way.
# The books are a test's: a crash of the machine may lose the last payments, hence synchronous=OFF.
SQLITE: dict[str, Any] = {
    "ENGINE": "paytm_kit.simulator.run.sqlite",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
    },
}


def missing(db: str) -> str:
    """What must be installed for this database, in words, or ""."""
    if "://" not in db or all(find_spec(name) for name in ("dj_database_url", "psycopg", "psycopg_pool")):
        return ""
    return f"Books in PostgreSQL need three more packages: {INSTALL}"


def database(db: str) -> dict[str, Any]:
    """One entry of DATABASES. Raises ValueError for a URL that cannot be read; it is not repeated, for its password."""
    if "://" not in db:
        return SQLITE | {"NAME": db}
    import dj_database_url  # an extra

    try:
        found: dict[str, Any] = {**dj_database_url.parse(db)}
    except (ValueError, dj_database_url.ParseError) as error:
        raise ValueError("--db: the URL cannot be read; write postgres://user:password@host:port/name") from error
    if not found.get("NAME"):
        raise ValueError("--db: the URL names no database; write postgres://user:password@host:port/name")
    options = {**found.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": POOL, "timeout": 30}}
    return found | {"CONN_MAX_AGE": 0, "OPTIONS": options}


def make_tables(db: str) -> None:
    """Brings the tables up to date; several processes that start at once do it one after the other.

    Raises ValueError when the database cannot be used.
    """
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    try:
        with _alone(db) if "://" in db else nullcontext():
            call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise unusable(error) from error
    connection.close()


@contextmanager
def _alone(db: str) -> Iterator[None]:
    """Under a lock that the server drops with this connection, whatever becomes of us."""
    import psycopg  # an extra

    try:
        with psycopg.connect(db, connect_timeout=CONNECTS_WITHIN, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
            yield
    except psycopg.Error as error:
        raise unusable(error) from error


def unusable(error: Exception) -> ValueError:
    """The database's own reason as the user is told of it."""
    return ValueError(f"--db: the database cannot be used: {str(error).strip().splitlines()[0]}")
