"""When to ask the gateway again about an open payment. Pure.

The rungs are Paytm's own advice (Paytm docs, Late notification): 15 and 30 minutes, then 1, 6, 12, 24, 48 and 72
hours after the shopper was sent away. Paytm gives up asking the bank after 72 hours; we go on once a day and flag.
"""

from __future__ import annotations

from datetime import datetime, timedelta

RUNGS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 360, 720, 1440, 2880, 4320))
AFTERWARDS = timedelta(days=1)
SOON = timedelta(minutes=1)  # a signed message says it is over, the gateway's own answer does not yet
GRACE = timedelta(minutes=5)  # a shopper who submits in the last second of the page's life


def next_ask(started_at: datetime, now: datetime) -> datetime:
    """The next rung that is still to come."""
    for rung in RUNGS:
        if started_at + rung > now:
            return started_at + rung
    return now + AFTERWARDS


def page_alive(started_at: datetime | None, lifetime: timedelta, now: datetime) -> bool:
    """Whether the shopper can still pay with what was started then; ``lifetime`` is the gateway's."""
    return started_at is None or now < started_at + lifetime


def may_expire(started_at: datetime, lifetime: timedelta, now: datetime) -> bool:
    """Whether "no such order" from the gateway now means that nobody will pay it any more."""
    return now >= started_at + lifetime + GRACE


def is_stuck(started_at: datetime, now: datetime) -> bool:
    return now > started_at + RUNGS[-1]
