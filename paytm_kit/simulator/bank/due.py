"""Everything that the clock decides: called before every answer about money and by the worker, so that both agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from paytm_kit.simulator import clock, database
from paytm_kit.simulator.bank import mandates, payments, refunds, settlements

# Each does what has become due, and each tells when its next is: None = nothing is waiting.
ACTS: tuple[Callable[[datetime], None], ...] = (
    payments.settle_due,
    settlements.settle_due,
    refunds.settle_due,
    mandates.follow,
)
CLOCKS: tuple[Callable[[], datetime | None], ...] = (
    payments.next_due,
    settlements.next_due,
    refunds.next_due,
    mandates.next_due,
)


# Whether any of the acts could find something to do. Written out: it is asked before every answer, and mostly there is
# nothing. A payout is ten hours after the end of its day at the earliest; mandates are few and followed anyway.
ANYTHING = """
    SELECT EXISTS (SELECT 1 FROM paytm_simulator_transaction WHERE settle_at <= %s)
        OR EXISTS (SELECT 1 FROM paytm_simulator_transaction
                   WHERE status = 'success' AND settlement_id IS NULL AND finished_at <= %s)
        OR EXISTS (SELECT 1 FROM paytm_simulator_refund WHERE status = 'pending' AND credit_at <= %s)
        OR EXISTS (SELECT 1 FROM paytm_simulator_subscription)
"""
PAYOUT_AFTER = timedelta(hours=settlements.PAID_AT.hour)


def run() -> None:
    """Brings the books up to the simulated time."""
    now = clock.now()
    if _anything(now):
        for act in ACTS:
            act(now)


def _anything(now: datetime) -> bool:
    here = database.connection()
    moments = [here.ops.adapt_datetimefield_value(moment) for moment in (now, now - PAYOUT_AFTER, now)]
    with here.cursor() as cursor:
        cursor.execute(ANYTHING, moments)
        return bool(cursor.fetchone()[0])


def next_at() -> datetime | None:
    """When the books change by themselves again."""
    moments: Iterable[datetime | None] = [tell() for tell in CLOCKS]
    return min((moment for moment in moments if moment), default=None)
