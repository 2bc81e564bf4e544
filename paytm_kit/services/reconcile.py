"""Finds out about every payment and refund whose messages never came, delivers what was announced to nobody, and sends
the letters that are still to be sent.

What is looked through is a table (``services/jobs``). Each due row is taken for this worker alone, dealt with, and
reported; one that cannot be dealt with stops nothing. Runs may overlap, on many machines, and may be killed: what was
not dealt with is due again. (A message has no claim: two runs may both ask about it, and both hear the same.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any

from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.db.models import QuerySet
from django.utils import timezone

from paytm_kit.gateways.base import GatewayError
from paytm_kit.logs import EventLog, correlate
from paytm_kit.masking import safe_line
from paytm_kit.services import replay, runs
from paytm_kit.services.jobs import JOBS, Due, Job, NotAsked, NotYet, silent_orders
from paytm_kit.services.workers import share, usable

log = EventLog("paytm_kit.reconcile")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows are looked at.

    ``since``       made at that time or later; ``account``: of this account only
    ``limit``       at most so many of each job, the longest waiting first (of messages: any)
    ``everything``  every payment and refund still asked about, whether its next question is due or not
    """

    since: datetime | None = None
    account: str = ""
    limit: int | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will look at. ``beyond``: rows that are due as well and that the limit left out.

    ``whole``: nothing was left aside for its age or its kind, so that the run counts as one (see ``runs``).
    """

    scope: Scope
    rows: tuple[Due, ...]
    beyond: int = 0
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row. ``error``: why it could not be dealt with; ``counts``: whether it is left for later;
    ``asked``: whether the gateway was asked for it."""

    due: Due
    after: str = ""
    error: str = ""
    counts: bool = True
    asked: bool = True

    @property
    def changed(self) -> bool:
        return not self.error and self.after != self.due.status

    @property
    def result(self) -> str:
        """What happened, in a few words."""
        if self.error:
            return "not done"
        return f"{self.due.status} → {self.after}" if self.changed else self.after


@dataclass(slots=True)
class Report:
    """What one run did. ``failed`` rows could not be dealt with.

    They, ``undelivered``, ``unsent`` and ``unposted`` ones stay due.
    """

    asked: int = 0
    changed: int = 0
    failed: int = 0
    delivered: int = 0
    undelivered: int = 0
    sent: int = 0  # letters
    unsent: int = 0
    posted: int = 0  # webhooks of ours
    unposted: int = 0
    elsewhere: int = 0  # in another worker's hands, or settled meanwhile
    not_reached: int = 0  # the run was asked to stop, or had a limit
    changes: list[Row] = field(default_factory=list)
    errors: list[Row] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How much there is still to do, as far as this run can know."""
        return self.failed + self.undelivered + self.unsent + self.unposted + self.not_reached

    def count(self, row: Row) -> None:
        if row.error:
            self.errors.append(row)
            self.failed += row.counts
        elif row.changed:
            self.changes.append(row)
        if goal := JOBS[row.due.job].goal:
            setattr(self, goal.reached, getattr(self, goal.reached) + (row.after == goal.state))
        else:
            self.asked += row.counts and row.asked
            self.changed += row.changed


def plan(scope: Scope | None = None, *, jobs: Sequence[str] = ()) -> Plan:
    """Every row that is due now, job by job, by default of every job. Changes nothing."""
    scope, jobs = scope or Scope(), jobs or tuple(JOBS)
    rows: list[Due] = []
    beyond = 0
    for name in jobs:
        job = JOBS[name]
        found = _within(scope, job, job.rows(scope.everything))
        if scope.limit is not None:
            beyond += max(found.count() - scope.limit, 0)
        for row in found[: scope.limit].iterator():
            rows.append(Due(name, row.pk, *job.show(row), next_ask_at=getattr(row, "next_ask_at", None)))
    return Plan(scope, tuple(rows), beyond, whole=scope.since is None and set(jobs) == set(JOBS))


def run(report: Report, planned: Plan | None = None, *, workers: int = 1, stop: Event | None = None) -> Iterator[Row]:
    """Deals with each planned row (by default: all that is due) and counts in ``report``. Yields what became of each.

    ``workers``: threads that share the rows, see ``usable``. ``stop``: once set, rows in hand are finished and no other
    is begun. Raises DatabaseError only when the rows cannot be listed.
    """
    begun_at = timezone.now()
    planned = planned or plan()
    reached = 0
    for row in share(planned.rows, partial(_one, set()), workers=usable(workers), stop=stop):
        reached += 1
        if row is None:
            report.elsewhere += 1
            continue
        report.count(row)
        yield row
    report.not_reached += len(planned.rows) - reached + planned.beyond
    for job in JOBS.values():
        if job.goal and job.goal.left:
            setattr(report, job.goal.missed, _within(planned.scope, job, job.goal.left()).count())
    if planned.whole and not (stop and stop.is_set()):
        done = {"asked": report.asked, "changed": report.changed, "left": report.left}
        runs.note(planned.scope.account, begun_at=begun_at, **done)


def _within(scope: Scope, job: Job, rows: QuerySet[Any]) -> QuerySet[Any]:
    if scope.since:
        rows = rows.filter(**{f"{job.made}__gte": scope.since})
    return rows.filter(**{job.account: scope.account}) if scope.account else rows


def _one(silent: set[str], due: Due) -> Row | None:
    correlate()
    silent_orders.set(silent)
    try:
        after = JOBS[due.job].do(due)
    except GatewayError as error:
        return Row(due, error=safe_line(str(error)), asked=not isinstance(error, NotAsked))
    except DatabaseError as error:
        close_old_connections()  # a broken one would fail every row that follows
        return Row(due, error=safe_line(f"database: {error}"))
    except (replay.CannotReplay, NotYet) as error:
        return Row(due, error=safe_line(str(error)), counts=False)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others are seen to
        log.error("reconcile.row_failed", exception=error, row=due.name)
        return Row(due, error=safe_line(f"{type(error).__name__}: {error} (a defect: the log has more)"))
    return None if after is None else Row(due, after)
