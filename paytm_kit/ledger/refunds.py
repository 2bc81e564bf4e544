"""The refunds' verbs: request under the payment's lock, note each sending, bring in what the gateway says.

What is left to refund is told by ``refundable``, what else forbids a refund by ``refund_rules``. Lock order: payment,
then refund; no verb calls the network.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import models, transaction
from django.utils import timezone

from paytm_kit.gateways import order_ids
from paytm_kit.gateways.base import RefundOutcome
from paytm_kit.ledger import book, refund_rules, refundable
from paytm_kit.ledger.entries import Origin, record_refund
from paytm_kit.logs import EventLog
from paytm_kit.masking import one_line, safe_line
from paytm_kit.models import Announcement, Flag, Payment, PaymentEvent, Refund, ledger_writes
from paytm_kit.money import plain

log = EventLog("paytm_kit.ledger")
Kind = PaymentEvent.Kind
NOTHING = Decimal("0.00")


class NotRefundable(Exception):
    """The ledger does not let this refund begin. ``str()`` says why and what is left, for staff."""


class Held(NotRefundable):
    """It cannot be sent as long as a dispute is undecided; afterwards it may be."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a verb did: the refund as it stands now and the events that it wrote."""

    refund: Refund
    events: tuple[PaymentEvent, ...] = ()

    @property
    def announcement_ids(self) -> list[int]:
        """What has to be delivered after commit."""
        found = Announcement.objects.filter(event__in=[event.pk for event in self.events])
        return list(found.order_by("pk").values_list("pk", flat=True))


def request(
    payment_id: int,
    *,
    amount: Decimal | None,
    transaction_id: str,
    reason: str,
    actor: str,
    wait: bool,
    seen_left: Decimal | None,
) -> Refund:
    """Writes a refund with an id of its own, its amount taken from what is left. Raises NotRefundable."""
    with transaction.atomic(), ledger_writes():
        payment = book.lock(payment_id)
        chosen, left = _choose(payment, transaction_id)
        if seen_left is not None and seen_left != left:
            raise NotRefundable(
                f"Payment {payment.gateway_order_id}: {plain(left, payment.currency)} are left now, not {seen_left}: "
                "somebody refunded meanwhile, or a dispute took it. Look at both before you begin another refund."
            )
        wanted = left if amount is None else amount
        if why := refund_rules.forbidden(_facts(payment, chosen, wanted)):
            raise NotRefundable(f"Payment {payment.gateway_order_id}: {why}")
        refund = _new(payment, order_ids.new_refund(), chosen, wanted)
        refund.reason, refund.actor, refund.wait = safe_line(reason, 500), actor[:150], wait
        refund.next_ask_at = refund_rules.next_ask(refund.requested_at, refund.requested_at)
        refund.save(force_insert=True)
        event = record_refund(refund, Kind.REFUND_REQUESTED, Origin("person", actor), message=reason)
        _total(payment)
    _log(Applied(refund, (event,) if event else ()), "request")
    return refund


def _facts(payment: Payment, transaction_id: str, wanted: Decimal) -> refund_rules.Facts:
    refunds = payment.refunds.filter(transaction_id=transaction_id).exclude(status=Refund.Status.FAILED)
    return refund_rules.Facts(
        transaction_id=transaction_id,
        wanted=wanted,
        captured=refundable.captured_by(payment)[transaction_id],
        left=refundable.left_of(payment)[transaction_id],
        disputed_away=refundable.disputed_away(payment).get(transaction_id, NOTHING),
        held=undecided(payment),
        # The gateway named the network of the payment's own transaction alone.
        network=payment.network if transaction_id == payment.transaction_id else "",
        parts=refunds.count(),
        currency=payment.currency,
    )


def _choose(payment: Payment, transaction_id: str) -> tuple[str, Decimal]:
    left = refundable.left_of(payment)
    if not left:
        raise NotRefundable(f"Payment {payment.gateway_order_id} captured nothing: there is nothing to refund.")
    chosen = transaction_id or payment.transaction_id or next(iter(left))
    if chosen not in left:
        raise NotRefundable(
            f"Payment {payment.gateway_order_id} has no captured transaction {one_line(chosen, 64)}. "
            f"It has: {', '.join(left)}."
        )
    return chosen, left[chosen]


def sending(refund_pk: int, seen_sent_at: datetime | None) -> bool:
    """Takes the right to send this refund: ``False`` when it is decided or somebody else has sent it meanwhile.

    Raises Held while a dispute is undecided, and NotRefundable when a lost one has left too little for it.
    """
    with transaction.atomic(), ledger_writes():
        payment, refund = _lock(refund_pk)
        if refund.status != Refund.Status.REQUESTED or refund.sent_at != seen_sent_at:
            return False
        if why := undecided(payment):
            raise Held(f"Refund {refund.refund_id} was not sent: {why}")
        left = refundable.left_of(payment, without=refund).get(refund.transaction_id, NOTHING)
        if refund.amount > left:
            raise NotRefundable(
                f"Refund {refund.refund_id} over {refund.amount} was not sent: a dispute was lost meanwhile, and "
                f"{plain(left, payment.currency)} of transaction {refund.transaction_id} are left."
            )
        refund.sent_at = timezone.now()
        refund.save()
    return True


def undecided(payment: Payment) -> str:
    """Why disputes keep this payment from being refunded now, for staff; empty when none does."""
    return refund_rules.held_by(payment.disputes.undecided().order_by("pk"))


def apply(refund_pk: int, outcome: RefundOutcome, *, source: str, actor: str = "") -> Applied:
    """Brings what the gateway says of a refund into the ledger. Idempotent; a repeated or late answer is safe."""
    origin = Origin(source, actor)
    with transaction.atomic(), ledger_writes():
        payment, refund = _lock(refund_pk)
        applied = Applied(refund, _apply(payment, refund, outcome, origin))
    _log(applied, source)
    return applied


def external(payment_id: int, outcome: RefundOutcome, *, source: str) -> Applied:
    """A refund that was not asked for here but stands in the gateway's own answer: recorded, then treated alike."""
    origin = Origin(source)
    with transaction.atomic(), ledger_writes():
        payment = book.lock(payment_id)
        found = Refund.objects.filter(key=_key(payment, outcome.refund_id)).first()
        events: tuple[PaymentEvent, ...] = ()
        if found is None and outcome.amount is not None and outcome.amount > 0:
            transaction_id = outcome.transaction_id or payment.transaction_id or ""
            found = _new(payment, outcome.refund_id, transaction_id, outcome.amount)
            found.external, found.sent_at = True, found.requested_at
            found.next_ask_at = refund_rules.next_ask(found.requested_at, found.requested_at)
            found.save(force_insert=True)
            noted = record_refund(found, Kind.REFUND_REQUESTED, origin, outcome=outcome)
            events = (noted,) if noted else ()
        if found is None:
            raise NotRefundable(
                f"Payment {payment.gateway_order_id}: the gateway names a refund without an amount. Not recorded."
            )
        applied = Applied(found, events + _apply(payment, found, outcome, origin))
    _log(applied, source)
    return applied


def repeat_refused(refund_pk: int, outcome: RefundOutcome, *, source: str) -> Applied:
    """The gateway said no to a refund that was sent before: that proves nothing about the first sending.

    It keeps its amount, the question goes on, and a person hears of it once.
    """
    with transaction.atomic(), ledger_writes():
        payment, refund = _lock(refund_pk)
        _describe(refund, replace(outcome, shopper_text=""))
        refund.save()
        applied = Applied(refund, _flag(payment, refund, (Flag.REFUND_MISMATCH,), Origin(source), outcome))
    _log(applied, source)
    return applied


def asked(refund_pk: int, *, source: str) -> Applied:
    """Notes that the gateway was asked and when to ask again.

    A person hears of one that was not taken on within a day, and again of one that is still open after 14 days.
    """
    with transaction.atomic(), ledger_writes():
        payment, refund = _lock(refund_pk)
        refund.asked_at = now = timezone.now()
        refund.next_ask_at = refund_rules.next_ask(refund.requested_at, now) if refund.is_open else None
        refund.save()
        unheard = refund_rules.is_unheard(refund.status, refund.requested_at, now) and refund.sent_at is not None
        stuck = refund.is_open and refund_rules.is_stuck(refund.requested_at, now)
        words = (*((Flag.REFUND_MISMATCH,) if unheard else ()), *((Flag.REFUND_STUCK,) if stuck else ()))
        events = _flag(payment, refund, words, Origin(source))
    return Applied(refund, events)


def find(payment: Payment, refund_id: str) -> Refund | None:
    """This payment's refund with exactly this id."""
    return Refund.objects.filter(key=_key(payment, refund_id)).first()


def _apply(payment: Payment, refund: Refund, outcome: RefundOutcome, origin: Origin) -> tuple[PaymentEvent, ...]:
    decision = refund_rules.decide(refund.status, refund.amount, outcome)
    _describe(refund, outcome)
    if decision.kind is None:
        refund.save()
        return _flag(payment, refund, decision.flags, origin, outcome)
    before, now = refund.status, timezone.now()
    refund_rules.check(before, decision.status)
    refund.status = decision.status
    refund.next_ask_at = refund_rules.next_ask(refund.requested_at, now) if refund.is_open else None
    refund.closed_at = None if refund.is_open else now
    refund.save()
    event = record_refund(refund, decision.kind, origin, before=before, outcome=outcome)
    _total(payment)
    flags = (*decision.flags, *((Flag.OVER_REFUNDED,) if refundable.is_over(payment) else ()))
    return ((event,) if event else ()) + _flag(payment, refund, flags, origin, outcome)


def _flag(
    payment: Payment, refund: Refund, words: tuple[str, ...], origin: Origin, outcome: RefundOutcome | None = None
) -> tuple[PaymentEvent, ...]:
    events = []
    for word in words:
        event = record_refund(refund, Kind.FLAGGED, origin, outcome=outcome, flag=word)
        if event is not None:
            events.append(event)
            if word not in payment.flag_list:
                payment.flags = f"{payment.flags} {word}".strip()
    if events:
        payment.save()
    return tuple(events)


def _describe(refund: Refund, outcome: RefundOutcome) -> None:
    """Keeps the gateway's words; an answer that is silent about something takes nothing away.

    Of one that was made only references may still come: a slower answer does not talk it back.
    """
    words = {"rrn": one_line(outcome.rrn, 64), "arn": one_line(outcome.arn, 64)}
    if refund.status != Refund.Status.SUCCEEDED:
        words |= {
            "gateway_refund_id": one_line(outcome.gateway_refund_id, 64),
            "code": one_line(outcome.code, 64),
            "message": safe_line(outcome.message, 500),
            "shopper_text_source": one_line(outcome.shopper_text, 300),
        }
    for name, value in words.items():
        if value:
            setattr(refund, name, value)
    refund.credit_expected = outcome.credit_expected or refund.credit_expected


def _total(payment: Payment) -> None:
    """The payment's sums, derived from its refunds under its lock."""
    sums = {
        row["status"]: row["total"]
        for row in payment.refunds.order_by().values("status").annotate(total=models.Sum("amount"))
    }
    payment.refunded_amount = sums.get(Refund.Status.SUCCEEDED, NOTHING)
    payment.refunding_amount = sum((sums.get(status, NOTHING) for status in Refund.OPEN), NOTHING)
    payment.save()


def _lock(refund_pk: int) -> tuple[Payment, Refund]:
    payment = book.lock(Refund.objects.only("payment_id").get(pk=refund_pk).payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_pk)
    refund.payment = payment
    return payment, refund


def _new(payment: Payment, refund_id: str, transaction_id: str, amount: Decimal) -> Refund:
    return Refund(
        payment=payment,
        refund_id=refund_id,
        key=_key(payment, refund_id),
        transaction_id=transaction_id,
        amount=amount,
        requested_at=timezone.now(),
    )


def _key(payment: Payment, refund_id: str) -> str:
    return hashlib.sha256(f"{payment.gateway}|{payment.merchant_id}|{payment.pk}|{refund_id}".encode()).hexdigest()


def _log(applied: Applied, source: str) -> None:
    for event in applied.events:
        log.write(
            logging.WARNING if event.flag else logging.INFO,
            f"refund.{event.kind.removeprefix('refund_')}",
            order_id=applied.refund.payment.gateway_order_id,
            refund_id=applied.refund.refund_id,
            amount=str(applied.refund.amount),
            status=applied.refund.status,
            source=source,
            flag=event.flag,
        )
