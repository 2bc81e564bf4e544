"""Finds out about every payment and refund whose messages never came, delivers what was announced to nobody, and sends
the letters that are still to be sent.

``JOBS`` is the table of what is looked through. Each due row is taken for this worker alone, dealt with, and reported;
one that cannot be dealt with stops nothing. Runs may overlap, on many machines, and may be killed: what was not dealt
with is due again. (A message has no claim: two runs may both ask about it, and both hear the same.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any

from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.db.models import QuerySet
from django.utils import timezone

from paytm_kit.gateways.base import GatewayError, Unreachable
from paytm_kit.ledger import book, claims, ladder
from paytm_kit.logs import EventLog, correlate
from paytm_kit.masking import safe_line
from paytm_kit.models import Announcement, Flag, Letter, Payment, PaymentEvent, Refund, WireMessage
from paytm_kit.services import announce, confirm, letters, refunds, replay, runs
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
class Due:
    """One row as it was found: ``name`` and ``what`` are for people, ``status`` is what it stands at."""

    job: str
    pk: int
    name: str
    what: str
    status: str
    next_ask_at: datetime | None = None


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
    """What one run did. ``failed`` rows could not be dealt with; they, ``undelivered`` and ``unsent`` ones stay due."""

    asked: int = 0
    changed: int = 0
    failed: int = 0
    delivered: int = 0
    undelivered: int = 0
    sent: int = 0  # letters
    unsent: int = 0
    elsewhere: int = 0  # in another worker's hands, or settled meanwhile
    not_reached: int = 0  # the run was asked to stop, or had a limit
    changes: list[Row] = field(default_factory=list)
    errors: list[Row] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How much there is still to do, as far as this run can know."""
        return self.failed + self.undelivered + self.unsent + self.not_reached

    def count(self, row: Row) -> None:
        if row.error:
            self.errors.append(row)
            self.failed += row.counts
        elif row.changed:
            self.changes.append(row)
        if row.due.job == ANNOUNCEMENTS:
            self.delivered += not row.error
        elif row.due.job in (LETTERS, NEWS):
            self.sent += row.after == Letter.State.SENT
        else:
            self.asked += row.counts and row.asked
            self.changed += row.changed


class _NotYet(Exception):
    """The row stays due. ``str()`` says why."""


class _NotAsked(Unreachable):
    """The gateway had no answer about this order a moment ago; the row stays due."""


# Orders about which the gateway had no usable answer in this run.
_silent: ContextVar[set[str]] = ContextVar("paytm_kit_silent")


def _ask(payment: Payment, **how: Any) -> Payment:
    """``confirm.ask``, but once a run where it is in vain: ten messages about one order would wait ten times for it."""
    order_id, silent = payment.gateway_order_id, _silent.get()
    if order_id in silent:
        why = f"The gateway gave no usable answer about order {order_id} a moment ago; the next run asks again."
        raise _NotAsked(why, order_id=order_id)
    try:
        return confirm.ask(payment, **how)
    except GatewayError as error:
        if error.retryable:
            silent.add(order_id)
        raise


def _payments(everything: bool) -> QuerySet[Payment]:
    found = Payment.objects.filter(next_ask_at__isnull=False) if everything else Payment.objects.due(timezone.now())
    return found.order_by("next_ask_at", "pk")


def _refunds(everything: bool) -> QuerySet[Refund]:
    found = Refund.objects.filter(next_ask_at__isnull=False) if everything else Refund.objects.due(timezone.now())
    return found.order_by("next_ask_at", "pk")


def _ask_payment(due: Due) -> str | None:
    payment = Payment.objects.get(pk=due.pk)
    if payment.next_ask_at != due.next_ask_at or not claims.take(payment, timezone.now()):
        return None
    try:
        payment = _ask(payment, source="reconcile")
    finally:
        _flag_stuck(payment)
    return payment.status


def _flag_stuck(payment: Payment) -> None:
    if payment.is_open and payment.started_at and ladder.is_stuck(payment.started_at, timezone.now()):
        applied = book.flag(payment.pk, Flag.STUCK, source="reconcile", message="Open after 72 hours of asking.")
        announce.after_commit(applied.announcement_ids)


def _ask_refund(due: Due) -> str | None:
    refund = Refund.objects.select_related("payment").get(pk=due.pk)
    if refund.next_ask_at != due.next_ask_at or not claims.take(refund, timezone.now()):
        return None
    return refunds.follow(refund, source="reconcile").status


def _take_up(due: Due) -> str | None:
    """A message about no payment of ours is left alone: the payment may be committed only later."""
    message = replay.unprocessed().filter(pk=due.pk).first()
    payment = replay.finish(message, ask=_ask) if message else None
    return payment.status if payment else None


def _deliver(due: Due) -> str | None:
    if announce.deliver(due.pk):
        return Announcement.State.DELIVERED
    row = announce.waiting().filter(pk=due.pk).first()
    if row is None or not row.last_error:
        return None
    raise _NotYet(row.last_error)


def _send(due: Due) -> str | None:
    after = letters.send(due.pk)
    if after == Letter.State.WAITING:
        raise _NotYet(Letter.objects.get(pk=due.pk).note)
    return after


def _write_that_it_waits(due: Due) -> str | None:
    letters.write(PaymentEvent.objects.get(pk=due.pk), Letter.Kind.PENDING)
    return due.status


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of row: where the due ones are, how one is shown, and what is done with one.

    ``do`` answers the status afterwards, or ``None`` when another worker has the row or there is nothing to do yet.
    """

    rows: Callable[[bool], QuerySet[Any]]
    show: Callable[[Any], tuple[str, str, str]]
    do: Callable[[Due], str | None]
    made: str  # the column that ``Scope.since`` looks at
    account: str


def _seen_as(message: WireMessage) -> str:
    return message.payment.status if message.payment else "waiting"


ANNOUNCEMENTS, LETTERS, NEWS = "announcements", "letters", "waiting"
JOBS = {
    "payments": Job(
        rows=_payments,
        show=lambda row: (row.gateway_order_id, f"{row.amount} {row.currency}", row.status),
        do=_ask_payment,
        made="created_at",
        account="account",
    ),
    "refunds": Job(
        rows=_refunds,
        show=lambda row: (row.refund_id, f"{row.amount} refund", row.status),
        do=_ask_refund,
        made="requested_at",
        account="payment__account",
    ),
    "messages": Job(
        rows=lambda everything: replay.due().select_related("payment"),
        show=lambda row: (f"message {row.pk}", row.gateway_order_id, _seen_as(row)),
        do=_take_up,
        made="created_at",
        account="account",
    ),
    ANNOUNCEMENTS: Job(
        rows=lambda everything: announce.due(),
        show=lambda row: (f"announcement {row.pk}", row.signal, row.state),
        do=_deliver,
        made="created_at",
        account="event__payment__account",
    ),
    NEWS: Job(
        rows=lambda everything: letters.waiting_long(),
        show=lambda row: (row.payment.gateway_order_id, "letter that it waits", row.payment.status),
        do=_write_that_it_waits,
        made="created_at",
        account="payment__account",
    ),
    LETTERS: Job(
        rows=lambda everything: letters.due(),
        show=lambda row: (f"letter {row.pk}", f"{row.kind} to {row.audience}", row.state),
        do=_send,
        made="created_at",
        account="event__payment__account",
    ),
}


def plan(scope: Scope | None = None, *, jobs: Sequence[str] = tuple(JOBS)) -> Plan:
    """Every row that is due now, job by job. Changes nothing."""
    scope = scope or Scope()
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
    report.undelivered = _within(planned.scope, JOBS[ANNOUNCEMENTS], announce.unheard()).count()
    report.unsent = _within(planned.scope, JOBS[LETTERS], letters.unsent()).count()
    if planned.whole and not (stop and stop.is_set()):
        done = {"asked": report.asked, "changed": report.changed, "left": report.left}
        runs.note(planned.scope.account, begun_at=begun_at, **done)


def _within(scope: Scope, job: Job, rows: QuerySet[Any]) -> QuerySet[Any]:
    if scope.since:
        rows = rows.filter(**{f"{job.made}__gte": scope.since})
    return rows.filter(**{job.account: scope.account}) if scope.account else rows


def _one(silent: set[str], due: Due) -> Row | None:
    correlate()
    _silent.set(silent)
    try:
        after = JOBS[due.job].do(due)
    except GatewayError as error:
        return Row(due, error=safe_line(str(error)), asked=not isinstance(error, _NotAsked))
    except DatabaseError as error:
        close_old_connections()  # a broken one would fail every row that follows
        return Row(due, error=safe_line(f"database: {error}"))
    except (replay.CannotReplay, _NotYet) as error:
        return Row(due, error=safe_line(str(error)), counts=False)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others are seen to
        log.error("reconcile.row_failed", exception=error, row=due.name)
        return Row(due, error=safe_line(f"{type(error).__name__}: {error} (a defect: the log has more)"))
    return None if after is None else Row(due, after)
