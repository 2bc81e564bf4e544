"""A due row belongs to one worker at a time, for a lease: whoever moves its next question first has it.

Nothing else is kept of a claim. A worker that dies leaves a row that is due again when the lease is over; one that
asked writes the next rung over it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connections, router

from paytm_kit.ledger import waiting
from paytm_kit.models import Payment, Refund, ledger_writes

# Longer than one question with the default time-outs. With longer ones a second worker may come to ask as well, which
# costs a call and changes nothing.
LEASE = timedelta(minutes=5)


def take(row: Payment | Refund, now: datetime) -> bool:
    """Takes the row as it was read. ``False``: another worker has it, or a verb has locked it; nobody waits.

    The row is locked by its key alone and then compared: MariaDB would lock the entry of ``next_ask_at`` before it, and
    meet a verb that comes the other way round in a deadlock.
    """
    rows = type(row).objects.filter(pk=row.pk)
    can = connections[router.db_for_write(Payment)].features
    with waiting.bounded(), ledger_writes():
        if not can.has_select_for_update:  # SQLite: one statement decides
            return bool(rows.filter(next_ask_at=row.next_ask_at).update(next_ask_at=now + LEASE))
        skip = can.has_select_for_update_skip_locked  # PostgreSQL, MariaDB from 10.6; elsewhere it waits a bounded time
        free = rows.select_for_update(skip_locked=skip, no_key=can.has_select_for_no_key_update)
        if list(free.values_list("next_ask_at", flat=True)) != [row.next_ask_at]:
            return False
        return bool(rows.update(next_ask_at=now + LEASE))
