"""The only writer of money state: each verb is one short transaction with the payment's row locked.

Lock order: all payments of one order by primary key (so that two captures of one order see each other), later their
refunds. No network call happens in here.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connections, models, router, transaction
from django.utils import timezone

from paytm_kit.gateways import order_ids
from paytm_kit.gateways.base import Account, Customer, Outcome, State
from paytm_kit.ledger import ladder, transitions, waiting
from paytm_kit.ledger.entries import Origin, describe, move, next_question, raise_flags, record
from paytm_kit.logs import EventLog
from paytm_kit.masking import findable
from paytm_kit.models import Announcement, Flag, Payment, PaymentEvent, Refund, ledger_writes

log = EventLog("paytm_kit.ledger")
Kind = PaymentEvent.Kind
CHECKOUT = Origin("checkout")


class Changed(Exception):
    """The payment is no longer as the person saw it who decided about it. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a verb did: the payment as it stands now and the events that it wrote."""

    payment: Payment
    events: tuple[PaymentEvent, ...] = ()

    @property
    def announcement_ids(self) -> list[int]:
        """What has to be delivered after commit."""
        found = Announcement.objects.filter(event__in=[event.pk for event in self.events])
        return list(found.order_by("pk").values_list("pk", flat=True))


def open_payment(
    order: models.Model,
    *,
    account: Account,
    amount: Decimal,
    chosen: bool,
    customer: Customer,
    label: str,
    return_url: str,
) -> Payment | None:
    """Writes a new payment, or returns ``None`` when the order has got an open one in the meantime."""
    now = timezone.now()
    kind = ContentType.objects.get_for_model(order)
    payment = Payment(
        account=account.name,
        gateway=account.gateway,
        environment=account.environment,
        merchant_id=account.merchant_id,
        gateway_order_id=order_ids.new(account.gateway, now),
        token=secrets.token_hex(20),
        content_type=kind,
        object_id=str(order.pk),
        order_label=label[:200],
        open_slot=hashlib.sha256(f"{kind.pk}:{order.pk}".encode()).hexdigest(),
        return_url=return_url,
        customer_id=customer.id,
        contact_email=findable(customer.email)[:320],
        contact_mobile=findable(customer.mobile)[:20],
        amount=amount,
        amount_chosen=chosen,
        currency=account.currency,
        created_at=now,
    )
    try:
        with transaction.atomic(), ledger_writes():
            payment.save(force_insert=True)
            record(payment, Kind.OPENED, CHECKOUT, before="", message=f"{amount} {account.currency}")
    except IntegrityError:  # the slot was taken: by whom, and whether still, the caller looks again
        return None
    return payment


def start(payment_id: int, *, flow: str, page_lifetime: timedelta) -> Payment:
    """Notes, before the gateway is called, that the shopper is being sent there. A repeat changes the flow only."""
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        if payment.status == Payment.Status.CREATED:
            _begin(payment, timezone.now(), CHECKOUT)
        if payment.is_open:
            payment.flow, payment.page_lifetime = flow, page_lifetime
        payment.save()
    return payment


def hand_out(payment_id: int, *, reference: str, is_new: bool) -> Payment:
    """Notes, before the shopper gets it, that there is now a way to pay, and the gateway's own name for it.

    Of a new page the life, and with it the ladder, begin now and not at an attempt that failed. Where the order's slot
    went to another payment meanwhile nothing is noted: nobody may pay this one any more.
    """
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        if not payment.is_open or payment.open_slot is None:
            return payment
        now = timezone.now()
        payment.handed_out_at = payment.handed_out_at or now
        payment.gateway_reference = reference or payment.gateway_reference
        if is_new:
            payment.started_at = now
            payment.next_ask_at = ladder.next_ask(now, now)
        payment.save()
    return payment


def could_not_begin(payment_id: int, *, reason: str, code: str, message: str) -> Applied:
    """Notes that the gateway gave the shopper no way to pay, once per payment and ``reason``. Nothing moves.

    ``code`` is the gateway's, or a word of ours where it gave none; ``message`` is for staff.
    """
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        said = Outcome(payment.gateway_order_id, State.UNKNOWN, code=code, message=message)
        event = record(payment, Kind.NOT_STARTED, CHECKOUT, before=payment.status, outcome=said, about=reason)
    applied = Applied(payment, (event,) if event else ())
    _log(applied, CHECKOUT)
    return applied


def close(payment_id: int, *, actor: str, reason: str, seen: Payment | None = None) -> Payment:
    """A person has looked: the flags are settled and the order is free for a new payment.

    An open payment becomes failed; a later capture would still be recorded. Nothing is announced. Raises Changed when
    it is no longer what the person has ``seen``: it may have been paid.
    """
    origin = Origin("person", actor)
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        if seen is not None and (payment.status, payment.flags) != (seen.status, seen.flags):
            raise Changed
        before, now = payment.status, timezone.now()
        if payment.is_open:
            if payment.status == Payment.Status.CREATED:
                _begin(payment, now, origin)
            move(payment, Payment.Status.FAILED, now)
        payment.flags = ""
        payment.save()
        earlier = payment.events.filter(kind=Kind.CLOSED).count()
        record(payment, Kind.CLOSED, origin, before=before, message=reason, about=str(earlier or ""))
    return payment


def supersede(payment_id: int, *, why: str, seen: Payment) -> Payment:
    """Frees the order for a new payment. This one stays open on the ladder: it may still be paid.

    Nothing is done when there is meanwhile a way to pay it that was not there when it was ``seen``, or when its money
    is on its way: whoever collects it may have begun.
    """
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        moving = payment.events.filter(kind=Kind.PENDING).exists()
        if payment.open_slot is not None and payment.handed_out_at == seen.handed_out_at and not moving:
            payment.open_slot = None
            payment.save()
            record(payment, Kind.SUPERSEDED, CHECKOUT, before=payment.status, message=why)
    return payment


def apply(payment_id: int, outcome: Outcome, *, source: str, actor: str = "") -> Applied:
    """Brings what a gateway reports into the ledger. Idempotent; late, early, doubled and mixed-up reports are safe."""
    origin = Origin(source, actor)
    try:
        applied = _apply(payment_id, outcome, origin)
    except IntegrityError:
        # Another payment took the same transaction id between our look and our write: now we see it and flag.
        applied = _apply(payment_id, outcome, origin)
    _log(applied, origin)
    return applied


def _apply(payment_id: int, outcome: Outcome, origin: Origin) -> Applied:
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        now = timezone.now()
        if payment.status == Payment.Status.CREATED and outcome.state in (State.SUCCESS, State.FAILURE, State.PENDING):
            _begin(payment, now, origin)
        decision = transitions.decide(_facts(payment, outcome, now), outcome)
        events = []
        if decision.kind is not None:
            event = record(
                payment,
                decision.kind,
                origin,
                before=payment.status,
                after=decision.status,
                outcome=outcome,
                announce=not decision.silent,
            )
            if event is not None:
                describe(payment, outcome, decision.kind)
                payment.captured_amount += decision.captured
                move(payment, decision.status, now)
                events.append(event)
        events += raise_flags(payment, decision.flags, origin, outcome=outcome)
        payment.save()
    return Applied(payment, tuple(events))


def may_collect(payment_id: int) -> bool:
    """Whether the money that the shopper agreed to may be taken: this is the one payment of its order to be paid.

    While an older one is with the bank it may not: the next question is early enough.
    """
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        if payment.status != Payment.Status.PROCESSING or payment.open_slot is None or payment.is_held:
            return False
        beside = Payment.objects.beside(payment)
        moving = beside.still_open().filter(events__kind=Kind.PENDING)
        return not (moving.exists() or beside.filter(paid_at__gte=payment.created_at).exists())


def flag(
    payment_id: int, word: Flag, *, source: str, message: str, outcome: Outcome | None = None, about: str = ""
) -> Applied:
    """Marks a payment for a person's attention, once per reason; ``about`` tells reasons with one word apart."""
    origin = Origin(source)
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        events = raise_flags(payment, (word,), origin, outcome=outcome, message=message, about=about)
        payment.save()
    applied = Applied(payment, tuple(events))
    _log(applied, origin)
    return applied


def asked(payment_id: int, *, soon: bool = False) -> Payment:
    """Notes that the gateway was asked, whatever it said, and when to ask again."""
    with transaction.atomic(), ledger_writes():
        payment = lock(payment_id)
        payment.asked_at = now = timezone.now()
        if payment.started_at and not payment.is_paid:
            payment.next_ask_at = now + ladder.SOON if soon else next_question(payment, now)
        payment.save()
    return payment


def _begin(payment: Payment, now: datetime, origin: Origin) -> None:
    payment.started_at = now
    move(payment, Payment.Status.PROCESSING, now)
    record(payment, Kind.STARTED, origin, before=Payment.Status.CREATED)


def lock(payment_id: int) -> Payment:
    """The payment, its row and those of the order's other payments locked until the transaction ends."""
    connection = connections[router.db_for_write(Payment)]
    waiting.bound(connection)
    if not connection.features.has_select_for_update:
        # SQLite locks the whole database at the first write: write first, so that what is read next is current.
        Payment.objects.filter(pk=payment_id).update(asked_at=models.F("asked_at"))
    # On PostgreSQL a weaker lock does: nobody changes the key, and rows that point here need not wait.
    no_key = connection.features.has_select_for_no_key_update
    found = Payment.objects.only("content_type_id", "object_id").get(pk=payment_id)
    siblings = Payment.objects.filter(content_type_id=found.content_type_id, object_id=found.object_id)
    locked = {row.pk: row for row in siblings.select_for_update(no_key=no_key).order_by("pk")}
    return locked[payment_id]


def _facts(payment: Payment, outcome: Outcome, now: datetime) -> transitions.Facts:
    captures = PaymentEvent.objects.filter(kind=Kind.CAPTURED, transaction_id=outcome.transaction_id)
    # The gateway is compared here: asked for it, PostgreSQL without statistics would begin with all of its payments.
    taken_at = captures.exclude(payment=payment).values_list("payment__gateway", flat=True)
    beside = Payment.objects.beside(payment).filter(paid_at__gte=payment.created_at)
    captured: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in beside.values_list("currency", "captured_amount"):
        captured[currency] += amount
    over = payment.started_at is not None and ladder.may_expire(payment.started_at, payment.page_lifetime, now)
    return transitions.Facts(
        status=payment.status,
        order_id=payment.gateway_order_id,
        merchant_id=payment.merchant_id,
        amount=payment.amount,
        currency=payment.currency,
        transaction_id=payment.transaction_id or "",
        flags=frozenset(payment.flag_list).union(_resolved(payment)),
        current=payment.open_slot is not None,
        may_expire=over and (outcome.over or not payment.events.filter(kind=Kind.PENDING).exists()),
        captured_beside=captured.pop(payment.currency, Decimal("0.00")),
        captured_otherwise=any(captured.values()),
        transaction_taken=bool(outcome.transaction_id) and payment.gateway in taken_at,
        given_back=_given_back(payment, outcome.transaction_id),
    )


def _resolved(payment: Payment) -> Iterable[str]:
    """Flags that a person has seen to: what they said of the gateway's answers is not forgotten with them."""
    return payment.events.filter(kind=Kind.FLAG_RESOLVED).values_list("flag", flat=True)


def _given_back(payment: Payment, transaction_id: str) -> Decimal:
    """What of this transaction, or of none that is known, went back already or is on its way."""
    if not payment.refunded_amount + payment.refunding_amount:
        return Decimal("0.00")
    rows = payment.refunds.filter(transaction_id__in=("", transaction_id)).exclude(status=Refund.Status.FAILED)
    return rows.aggregate(total=models.Sum("amount"))["total"] or Decimal("0.00")


def _log(applied: Applied, origin: Origin) -> None:
    payment = applied.payment
    for event in applied.events:
        log.write(
            logging.WARNING if event.flag else logging.INFO,
            f"payment.{event.kind}",
            order_id=payment.gateway_order_id,
            status=payment.status,
            source=origin.source,
            actor=origin.actor,
            flag=event.flag,
        )
