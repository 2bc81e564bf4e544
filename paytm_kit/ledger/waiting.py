"""How long a verb waits for another one's lock: a bounded time, then DatabaseError, and the caller tries again later.

SQLite bounds its own waiting (``OPTIONS["timeout"]``). What is read under a lock must be what the last holder wrote.
MariaDB and MySQL do so only in READ COMMITTED (Django's own default): else a transaction goes on seeing what it saw
first, and two refunds would both find everything left. Nothing is locked there without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, NotSupportedError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from paytm_kit.models import Payment

LONGEST_WAIT = 5  # seconds
READ_COMMITTED = "read committed"

# PostgreSQL's holds until the transaction ends. MariaDB's holds for the connection; it is said anew each time.
STATEMENTS = {
    "postgresql": "SET LOCAL lock_timeout = '{seconds}s'",
    "mysql": "SET SESSION innodb_lock_wait_timeout = {seconds}",
}

# A lock waited for in vain, or given up to end a deadlock: PostgreSQL's SQLSTATE, MariaDB's and MySQL's number.
GAVE_UP = ("55P03", "40P01", 1205, 1213)


def gave_up(error: Error) -> bool:
    """Whether it was only busy, so that the same may go well the next time."""
    codes = {getattr(error.__cause__, "sqlstate", None), getattr(error.__cause__, "pgcode", None), *error.args[:1]}
    return not codes.isdisjoint(GAVE_UP) or str(error) == "database is locked"  # so SQLite says it


@contextmanager
def bounded() -> Iterator[None]:
    """A transaction that waits no longer than that. For rows that point at a payment: databases lock it for them."""
    with transaction.atomic():
        bound(connections[router.db_for_write(Payment)])
        yield


def bound(connection: BaseDatabaseWrapper) -> None:
    """Bounds every wait for a lock in this transaction. Raises NotSupportedError where locks would not protect."""
    if why := unsafe(connection):
        raise NotSupportedError(why)
    statement = STATEMENTS.get(connection.vendor)
    if statement:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(seconds=LONGEST_WAIT))


def unsafe(connection: BaseDatabaseWrapper) -> str:
    """Why nothing may be locked on this database, with the way to mend it; empty when all is well."""
    level = connection.settings_dict["OPTIONS"].get("isolation_level", READ_COMMITTED)
    if connection.vendor != "mysql" or (level or "").lower() == READ_COMMITTED:
        return ""
    return (
        f'Database "{connection.alias}" runs in isolation level {level or "of the server"}: the same money could be '
        f'refunded twice. Set its OPTIONS["isolation_level"] to "{READ_COMMITTED}", or leave it out.'
    )
