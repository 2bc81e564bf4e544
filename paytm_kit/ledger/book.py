"""The only writer of money state: each verb is one short transaction with the payment's row locked.

Lock order: all payments of one order by primary key (so that two captures of one order see each other), later their
refunds. No network call happens in here.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connections, models, router, transaction
from django.utils import timezone

from paytm_kit.gateways.base import Account, Customer, Outcome, State
from paytm_kit.ledger import ladder, transitions
from paytm_kit.masking import one_line
from paytm_kit.models import Announcement, Flag, Payment, PaymentEvent, ledger_writes
from paytm_kit.money import LARGEST

log = logging.getLogger("paytm_kit.ledger")
Kind = PaymentEvent.Kind
INDIA = ZoneInfo("Asia/Kolkata")
_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # no l, o, 0, 1: people read these ids aloud to support

ANNOUNCED = {
    Kind.CAPTURED: "payment_succeeded",
    Kind.FAILED: "payment_failed",
    Kind.EXPIRED: "payment_failed",
    Kind.FLAGGED: "payment_flagged",
}


@dataclass(frozen=True, slots=True)
class Applied:
    """What a verb did: the payment as it stands now and the announcements to deliver after commit."""

    payment: Payment
    events: tuple[PaymentEvent, ...] = ()

    @property
    def announcement_ids(self) -> list[int]:
        found = Announcement.objects.filter(event__in=[event.pk for event in self.events])
        return list(found.order_by("pk").values_list("pk", flat=True))


def new_order_id(now: datetime) -> str:
    """A gateway order id: the day in India and 20 random characters (100 bits); portable, 27 characters."""
    random = "".join(secrets.choice(_ID_ALPHABET) for _ in range(20))
    return f"{now.astimezone(INDIA):%y%m%d}-{random}"


def open_slot(kind: ContentType, object_id: str) -> str:
    return hashlib.sha256(f"{kind.pk}:{object_id}".encode()).hexdigest()


def open_payment(
    order: models.Model, *, account: Account, amount: Decimal, customer: Customer, label: str, return_url: str
) -> Payment | None:
    """Writes a new payment, or returns ``None`` when the order has got an open one in the meantime."""
    now = timezone.now()
    kind = ContentType.objects.get_for_model(order, for_concrete_model=False)
    payment = Payment(
        account=account.name,
        gateway=account.gateway,
        environment=account.environment,
        merchant_id=account.merchant_id,
        gateway_order_id=new_order_id(now),
        token=secrets.token_hex(20),
        content_type=kind,
        object_id=str(order.pk),
        order_label=label[:200],
        open_slot=open_slot(kind, str(order.pk)),
        return_url=return_url,
        customer_id=customer.id,
        amount=amount,
        currency=account.currency,
        created_at=now,
    )
    try:
        with transaction.atomic(), ledger_writes():
            payment.save(force_insert=True)
            _record(payment, Kind.OPENED, source="checkout", before="", amount=amount)
    except IntegrityError:
        if Payment.objects.filter(open_slot=payment.open_slot).exists():
            return None
        raise
    return payment


def start(payment_id: int, *, flow: str) -> Payment:
    """Notes, before the gateway is called, that the shopper is being sent there. A repeat changes the flow only."""
    with transaction.atomic(), ledger_writes():
        payment = _lock(payment_id)
        if payment.status == Payment.Status.CREATED:
            now = timezone.now()
            payment.started_at = now
            payment.next_ask_at = ladder.next_ask(now, now)
            _move(payment, Payment.Status.PROCESSING, now)
            _record(payment, Kind.STARTED, source="checkout", before=Payment.Status.CREATED)
        if payment.is_open:
            payment.flow = flow
        payment.save()
    return payment


def supersede(payment_id: int, *, why: str) -> Payment:
    """Frees the order for a new payment. This one stays open on the ladder: it may still be paid."""
    with transaction.atomic(), ledger_writes():
        payment = _lock(payment_id)
        if payment.open_slot is not None:
            payment.open_slot = None
            payment.save()
            _record(payment, Kind.SUPERSEDED, source="checkout", before=payment.status, message=why)
    return payment


def apply(payment_id: int, outcome: Outcome, *, source: str, actor: str = "") -> Applied:
    """Brings what a gateway reports into the ledger. Idempotent; late, early, doubled and mixed-up reports are safe."""
    try:
        applied = _apply(payment_id, outcome, source=source, actor=actor)
    except IntegrityError:
        # Another payment took the same transaction id between our look and our write: now we see it and flag.
        applied = _apply(payment_id, outcome, source=source, actor=actor)
    for event in applied.events:
        log.log(
            logging.WARNING if event.flag else logging.INFO,
            "payment.%s",
            event.kind,
            extra={
                "order_id": applied.payment.gateway_order_id,
                "status": applied.payment.status,
                "source": source,
                "flag": event.flag,
            },
        )
    return applied


def _apply(payment_id: int, outcome: Outcome, *, source: str, actor: str) -> Applied:
    with transaction.atomic(), ledger_writes():
        payment = _lock(payment_id)
        now = timezone.now()
        before = payment.status
        if before == Payment.Status.CREATED and outcome.state in (State.SUCCESS, State.FAILURE, State.PENDING):
            payment.started_at = now
            _move(payment, Payment.Status.PROCESSING, now)
            before = payment.status
        decision = transitions.decide(_facts(payment, outcome, now), outcome)
        events = []
        if decision.kind is not None:
            _describe(payment, outcome, decision)
            event = _record(
                payment,
                decision.kind,
                source=source,
                actor=actor,
                before=before,
                after=decision.status,
                outcome=outcome,
                announce=Flag.DUPLICATE not in decision.flags,
            )
            if event is not None:
                payment.captured_amount += decision.captured
                _move(payment, decision.status, now)
                events.append(event)
        events += _flag(payment, decision.flags, source=source, actor=actor, outcome=outcome)
        payment.save()
    return Applied(payment, tuple(events))


def flag(payment_id: int, word: Flag, *, source: str, message: str, outcome: Outcome | None = None) -> Applied:
    """Marks a payment for a person's attention, once per reason."""
    with transaction.atomic(), ledger_writes():
        payment = _lock(payment_id)
        events = _flag(payment, (word,), source=source, outcome=outcome, message=message)
        payment.save()
    return Applied(payment, tuple(events))


def asked(payment_id: int, *, soon: bool = False) -> Payment:
    """Notes that the gateway was asked, whatever it said, and when to ask again."""
    with transaction.atomic(), ledger_writes():
        payment = _lock(payment_id)
        payment.asked_at = now = timezone.now()
        if payment.is_open and payment.started_at:
            payment.next_ask_at = now + ladder.SOON if soon else ladder.next_ask(payment.started_at, now)
        payment.save()
    return payment


def claim_due(payment: Payment, now: datetime) -> bool:
    """Takes one due payment for this worker alone: whoever moves its next question first has it."""
    started_at = payment.started_at or payment.created_at
    with ledger_writes():
        taken = Payment.objects.filter(pk=payment.pk, next_ask_at=payment.next_ask_at).update(
            next_ask_at=max(ladder.next_ask(started_at, now), now + ladder.SOON)
        )
    return taken == 1


def _lock(payment_id: int) -> Payment:
    """The payment, its row and those of the order's other payments locked until the transaction ends."""
    if not connections[router.db_for_write(Payment)].features.has_select_for_update:
        # SQLite locks the whole database at the first write: write first, so that what is read next is current.
        Payment.objects.filter(pk=payment_id).update(asked_at=models.F("asked_at"))
    found = Payment.objects.only("content_type_id", "object_id").get(pk=payment_id)
    siblings = Payment.objects.filter(content_type_id=found.content_type_id, object_id=found.object_id)
    locked = {row.pk: row for row in siblings.select_for_update().order_by("pk")}
    return locked[payment_id]


def _facts(payment: Payment, outcome: Outcome, now: datetime) -> transitions.Facts:
    taken = outcome.transaction_id and (
        Payment.objects.filter(gateway=payment.gateway, transaction_id=outcome.transaction_id)
        .exclude(pk=payment.pk)
        .exists()
    )
    others = Payment.objects.filter(content_type_id=payment.content_type_id, object_id=payment.object_id)
    paid_since = others.filter(captured_amount__gt=0, paid_at__gte=payment.created_at).exclude(pk=payment.pk)
    return transitions.Facts(
        status=payment.status,
        order_id=payment.gateway_order_id,
        merchant_id=payment.merchant_id,
        amount=payment.amount,
        currency=payment.currency,
        transaction_id=(payment.transaction_id or "") if payment.captured_amount else "",
        flags=frozenset(payment.flag_list),
        may_expire=payment.started_at is not None and ladder.may_expire(payment.started_at, now),
        paid_since_opened=paid_since.exists(),
        transaction_taken=bool(taken),
    )


def _move(payment: Payment, after: str, now: datetime) -> None:
    transitions.check(payment.status, after)
    if payment.status == after:
        return
    payment.status = after
    if not payment.is_open:
        payment.open_slot = None
        payment.closed_at = now
        payment.next_ask_at = None
    if payment.is_paid:
        payment.paid_at = now


def _describe(payment: Payment, outcome: Outcome, decision: transitions.Decision) -> None:
    """Keeps the gateway's words on the payment. A second capture's words stay in its event."""
    if payment.is_paid:
        return
    texts = {
        "bank_transaction_id": outcome.bank_transaction_id,
        "payment_mode": outcome.payment_mode,
        "bank_name": outcome.bank_name,
        "gateway_name": outcome.gateway_name,
        "code": outcome.code,
        "message": outcome.message,
        "shopper_text_source": outcome.shopper_text,
    }
    for name, value in texts.items():
        length = Payment._meta.get_field(name).max_length
        setattr(payment, name, one_line(value, length or 500))
    if outcome.transaction_id and decision.kind == Kind.CAPTURED:
        payment.transaction_id = outcome.transaction_id[:64]


def _flag(
    payment: Payment,
    words: Iterable[str],
    *,
    source: str,
    actor: str = "",
    outcome: Outcome | None = None,
    message: str = "",
) -> list[PaymentEvent]:
    events = []
    for word in words:
        event = _record(
            payment,
            Kind.FLAGGED,
            source=source,
            actor=actor,
            before=payment.status,
            outcome=outcome,
            flag=word,
            message=message,
        )
        if event is not None:
            events.append(event)
        if word not in payment.flag_list:
            payment.flags = f"{payment.flags} {word}".strip()
    return events


def _record(
    payment: Payment,
    kind: str,
    *,
    source: str,
    before: str,
    after: str | None = None,
    actor: str = "",
    outcome: Outcome | None = None,
    amount: Decimal | None = None,
    flag: str = "",
    message: str = "",
    announce: bool = True,
) -> PaymentEvent | None:
    """Appends one event with its announcement; ``None`` if the ledger already holds the same fact."""
    if outcome is not None:
        amount = outcome.amount if amount is None else amount
        message = message or outcome.message
    if amount is not None and abs(amount) > LARGEST:
        amount, message = None, f"amount {amount:.4E} is beyond what can be stored; {message}"
    transaction_id = one_line(outcome.transaction_id, 64) if outcome else ""
    fact = "|".join((kind, flag, transaction_id, str(amount if flag else "")))
    fingerprint = hashlib.sha256(fact.encode()).hexdigest()
    if payment.events.filter(fingerprint=fingerprint).exists():
        return None
    event = PaymentEvent(
        payment=payment,
        kind=kind,
        fingerprint=fingerprint,
        source=source,
        actor=actor[:150],
        status_before=before,
        status_after=after or payment.status,
        amount=amount,
        transaction_id=transaction_id,
        code=one_line(outcome.code, 64) if outcome else "",
        message=one_line(message),
        flag=flag,
        created_at=timezone.now(),
    )
    event.save(force_insert=True)
    if announce and kind in ANNOUNCED:
        Announcement.objects.create(event=event, signal=ANNOUNCED[kind], created_at=event.created_at)
    return event
