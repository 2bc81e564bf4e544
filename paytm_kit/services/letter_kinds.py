"""What a letter can be about: which event brings it about, and when it would no longer be true. A table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from paytm_kit.models import Letter, Payment, PaymentEvent, Refund

Kind = Letter.Kind
Status = Refund.Status
EventKind = PaymentEvent.Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """``signal``: the announcement that it is written for; empty where there is none (reconcile writes it).

    ``events``     the kinds of event that it can be about, for sending it again
    ``overtaken``  why it would be false to send it now, for staff; empty: it is true
    ``hourly``     of each account at most one in an hour of the clock, however many events there are
    """

    signal: str
    events: tuple[str, ...]
    overtaken: Callable[[PaymentEvent], str]
    hourly: bool = False


def _paid(event: PaymentEvent) -> str:
    return "" if event.payment.is_paid else "The payment is not paid."


def _failed(event: PaymentEvent) -> str:
    """Who has paid, by this payment or another, or may have, must not read that they can pay again."""
    payment = event.payment
    if payment.is_paid or payment.is_open:
        return f"The payment is {payment.status} now."
    if payment.is_held:
        return "A person has to look at the payment first."
    beside = Payment.objects.beside(payment)
    if beside.filter(captured_amount__gt=0).exists():
        return "The order was paid by another payment."
    with_the_bank = beside.still_open().filter(events__kind=EventKind.PENDING)
    if with_the_bank.exists() or any(other.is_held for other in beside.exclude(flags="")):
        return "Another payment of the order is with the bank, or a person has to look at it."
    return ""


def _pending(event: PaymentEvent) -> str:
    payment = event.payment
    if not payment.is_open:
        return f"The payment is {payment.status} now."
    return "A person has to look at the payment first." if payment.is_held else ""


def _refund(*statuses: str) -> Callable[[PaymentEvent], str]:
    def overtaken(event: PaymentEvent) -> str:
        now = event.refund.status if event.refund else "unknown"
        return "" if now in statuses else f"The refund is {now} now."

    return overtaken


def _flagged(event: PaymentEvent) -> str:
    return "" if event.flag in event.payment.flag_list else "A person has settled it meanwhile."


def _disputed(event: PaymentEvent) -> str:
    return "" if event.dispute and event.dispute.is_undecided else "The dispute is decided."


def _still_true(event: PaymentEvent) -> str:
    """Of what happened at one moment nothing becomes false."""
    return ""


RULES: dict[str, Rule] = {
    Kind.PAID: Rule("payment_succeeded", (EventKind.CAPTURED,), _paid),
    Kind.FAILED: Rule("payment_failed", (EventKind.FAILED, EventKind.EXPIRED), _failed),
    Kind.PENDING: Rule("", (EventKind.PENDING,), _pending),
    Kind.REFUND_STARTED: Rule("refund_started", (EventKind.REFUND_PENDING,), _refund(Status.PENDING)),
    Kind.REFUND_DONE: Rule("refund_succeeded", (EventKind.REFUND_SUCCEEDED,), _refund(Status.SUCCEEDED)),
    Kind.REFUND_FAILED: Rule("refund_failed", (EventKind.REFUND_FAILED,), _refund(Status.FAILED)),
    Kind.FLAGGED: Rule("payment_flagged", (EventKind.FLAGGED,), _flagged),
    Kind.DISPUTE_OPENED: Rule("dispute_opened", (EventKind.DISPUTE_OPENED,), _disputed),
    Kind.NOT_STARTED: Rule("payment_not_started", (EventKind.NOT_STARTED,), _still_true, hourly=True),
}
BY_SIGNAL = {rule.signal: kind for kind, rule in RULES.items() if rule.signal}
