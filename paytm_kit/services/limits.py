"""Counts attempts and says how long to wait when there are too many. In the database, so that all processes agree.

(Django's cache is each process's own unless a site says otherwise, and its counters are not atomic everywhere.) One row
for each subject; a window begins with its first attempt. Each row is changed by one statement that counts only while
the limit is not reached, so that no two processes can both take the last place. SQL only, and a few short statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connections, router, transaction
from django.db.models import Case, DateTimeField, F, PositiveIntegerField, Q, Value, When
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.ledger import waiting
from paytm_kit.logs import EventLog
from paytm_kit.models import AttemptCount
from paytm_kit.risk.limits import Limit
from paytm_kit.services import caller

log = EventLog("paytm_kit.limits")

NUMBER, MOMENT = PositiveIntegerField(), DateTimeField()
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # before any process's clock: a new row's first attempt begins its window
TRIES = 3  # MariaDB ends a rare deadlock by giving up one of the two


class TooMany(Exception):
    """A limit is reached. ``kind`` says which, ``wait`` how long until the next one counts (over zero)."""

    def __init__(self, kind: str, wait: timedelta) -> None:
        super().__init__(f"{kind}: wait {wait}")
        self.kind, self.wait = kind, wait


def take(subjects: Mapping[str, str]) -> None:
    """Counts one attempt of each: kind → keyed hash (``caller.key``); empty ones and kinds that are off do not count.

    Raises TooMany when any limit is reached; then nothing was counted, so that waiting out the time is enough.
    """
    limits = conf.risk().limits
    wanted = {_row_key(kind, subject): (kind, limits[kind]) for kind, subject in subjects.items()
              if subject and kind in limits}  # fmt: skip
    if wanted:
        _patiently(wanted)


def _patiently(wanted: Mapping[str, tuple[str, Limit]], tries: int = TRIES) -> None:
    try:
        _take(wanted)
    except DatabaseError as error:
        inside = connections[router.db_for_write(AttemptCount)].in_atomic_block
        if inside or tries == 1 or not waiting.gave_up(error):
            raise
        _patiently(wanted, tries - 1)


def _row_key(kind: str, subject: str) -> str:
    return caller.key(f"count.{kind}", subject)


def _take(wanted: Mapping[str, tuple[str, Limit]]) -> None:
    now = timezone.now()
    rows = _rows(wanted)
    with waiting.bounded():
        in_order = sorted(rows.items(), key=lambda row: row[1])  # of locks
        full = [key for key, pk in in_order if not _count(pk, wanted[key][1], now)]
        if full:
            transaction.set_rollback(True, using=router.db_for_write(AttemptCount))
    if full:
        raise _too_many(wanted, full, now)


def _rows(wanted: Mapping[str, tuple[str, Limit]]) -> dict[str, int]:
    """Key → primary key of its row; those that there are not yet are made first, in a transaction of their own."""
    known = AttemptCount.objects.filter(key__in=wanted)
    rows = dict(known.values_list("key", "pk"))
    if missing := sorted(set(wanted) - set(rows)):
        fresh = [AttemptCount(key=key, kind=wanted[key][0], until=LONG_AGO) for key in missing]
        with transaction.atomic():
            AttemptCount.objects.bulk_create(fresh, ignore_conflicts=True)
        rows = dict(known.values_list("key", "pk"))
    return rows


def _count(pk: int, limit: Limit, now: datetime) -> bool:
    """One more, or the first of a new window; ``False`` when the limit is reached.

    ``count`` is written before ``until``: MySQL works from left to right with what it has just written.
    """
    over = Q(until__lte=now)
    rows = AttemptCount.objects.filter(over | Q(count__lt=limit.count), pk=pk)
    return bool(
        rows.update(
            count=Case(When(over, then=Value(1)), default=F("count") + 1, output_field=NUMBER),
            refused=Case(When(over, then=Value(0)), default=F("refused"), output_field=NUMBER),
            until=Case(When(over, then=Value(now + limit.window)), default=F("until"), output_field=MOMENT),
        )
    )


def _too_many(wanted: Mapping[str, tuple[str, Limit]], full: list[str], now: datetime) -> TooMany:
    rows = AttemptCount.objects.filter(key__in=full)
    rows.update(refused=F("refused") + 1)
    ends = dict(rows.values_list("key", "until"))
    last = max(full, key=lambda key: ends.get(key, now))
    wait = max(ends.get(last, now) - now, timedelta(seconds=1))
    kind = wanted[last][0]
    log.warning("attempts.too_many", kind=kind, limit=str(wanted[last][1]), wait_seconds=int(wait.total_seconds()))
    return TooMany(kind, wait)
