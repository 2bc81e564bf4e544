"""What reconcile looks through: the kinds of row, where the due ones are, and what is done with one.

``JOBS`` is the table; an app of the kit's that is installed adds its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from paytm_kit.gateways.base import GatewayError, Unreachable
from paytm_kit.ledger import book, claims, ladder
from paytm_kit.models import Announcement, Flag, Letter, Payment, PaymentEvent, Refund, WireMessage
from paytm_kit.services import announce, confirm, letters, refunds, replay


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
class Goal:
    """Where rows that ask nothing of a gateway are to come: this ``state``.

    ``reached`` and ``missed`` are numbers of the report; ``left`` are the rows that ``missed`` counts after a run.
    """

    state: str
    reached: str
    missed: str = ""
    left: Callable[[], QuerySet[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of row: where the due ones are, how one is shown, and what is done with one.

    ``do`` answers the status afterwards, or ``None`` when another worker has the row or there is nothing to do yet. It
    raises ``NotYet`` for one that was tried in vain.
    """

    rows: Callable[[bool], QuerySet[Any]]
    show: Callable[[Any], tuple[str, str, str]]
    do: Callable[[Due], str | None]
    made: str  # the column that ``Scope.since`` looks at
    account: str
    goal: Goal | None = None


class NotYet(Exception):
    """The row stays due. ``str()`` says why."""


class NotAsked(Unreachable):
    """The gateway had no answer about this order a moment ago; the row stays due."""


# Orders about which the gateway had no usable answer in this run.
silent_orders: ContextVar[set[str]] = ContextVar("paytm_kit_silent")


def _ask(payment: Payment, **how: Any) -> Payment:
    """``confirm.ask``, but once a run where it is in vain: ten messages about one order would wait ten times for it."""
    order_id, unheard = payment.gateway_order_id, silent_orders.get()
    if order_id in unheard:
        why = f"The gateway gave no usable answer about order {order_id} a moment ago; the next run asks again."
        raise NotAsked(why, order_id=order_id)
    try:
        return confirm.ask(payment, **how)
    except GatewayError as error:
        if error.retryable:
            unheard.add(order_id)
        raise


def _payments(everything: bool) -> QuerySet[Payment]:
    found = Payment.objects.filter(next_ask_at__isnull=False) if everything else Payment.objects.due(timezone.now())
    return found.order_by("next_ask_at", "pk")


def _refunds(everything: bool) -> QuerySet[Refund]:
    found = Refund.objects.filter(next_ask_at__isnull=False) if everything else Refund.objects.due(timezone.now())
    return found.select_related("payment").order_by("next_ask_at", "pk")


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
    raise NotYet(row.last_error)


def _send(due: Due) -> str | None:
    after = letters.send(due.pk)
    if after == Letter.State.WAITING:
        raise NotYet(Letter.objects.get(pk=due.pk).note)
    return after


def _write_that_it_waits(due: Due) -> str | None:
    letters.write(PaymentEvent.objects.get(pk=due.pk), Letter.Kind.PENDING)
    return due.status


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
        show=lambda row: (row.refund_id, f"{row.amount} {row.currency} refund", row.status),
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
        goal=Goal(Announcement.State.DELIVERED, "delivered", "undelivered", announce.unheard),
    ),
    NEWS: Job(
        rows=lambda everything: letters.waiting_long(),
        show=lambda row: (row.payment.gateway_order_id, "letter that it waits", row.payment.status),
        do=_write_that_it_waits,
        made="created_at",
        account="payment__account",
        goal=Goal(Letter.State.SENT, "sent"),
    ),
    LETTERS: Job(
        rows=lambda everything: letters.due(),
        show=lambda row: (f"letter {row.pk}", f"{row.kind} to {row.audience}", row.state),
        do=_send,
        made="created_at",
        account="event__payment__account",
        goal=Goal(Letter.State.SENT, "sent", "unsent", letters.unsent),
    ),
}
