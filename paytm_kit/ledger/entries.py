"""How one entry is written: an event with its announcement, a flag, a status, the gateway's words on the payment.

Called by ``book`` alone, inside its transaction and under its lock; nothing here decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from paytm_kit.gateways.base import Outcome
from paytm_kit.ledger import ladder, transitions
from paytm_kit.masking import one_line, safe_line
from paytm_kit.models import Announcement, Payment, PaymentEvent
from paytm_kit.money import LARGEST

Kind = PaymentEvent.Kind

ANNOUNCED: dict[str, str] = {
    Kind.CAPTURED: "payment_succeeded",
    Kind.FAILED: "payment_failed",
    Kind.EXPIRED: "payment_failed",
    Kind.FLAGGED: "payment_flagged",
}

# Where the gateway's words go, with the length of each column.
WORDS = {
    "payment_mode": 30,
    "bank_name": 100,
    "gateway_name": 30,
    "code": 64,
    "message": 500,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Through what the ledger heard (callback, webhook, reconcile, admin, …) and, if a person asked, who."""

    source: str
    actor: str = ""


def record(
    payment: Payment,
    kind: str,
    origin: Origin,
    *,
    before: str,
    after: str | None = None,
    outcome: Outcome | None = None,
    flag: str = "",
    message: str = "",
    announce: bool = True,
) -> PaymentEvent | None:
    """Appends one event with its announcement; ``None`` if the ledger already holds the same fact."""
    amount, message = _storable(outcome.amount if outcome else None, message or (outcome.message if outcome else ""))
    transaction_id = one_line(outcome.transaction_id, 64) if outcome else ""
    fact = "|".join((kind, flag, transaction_id, str(amount) if flag else ""))
    fingerprint = hashlib.sha256(fact.encode()).hexdigest()
    if payment.events.filter(fingerprint=fingerprint).exists():
        return None
    event = PaymentEvent(
        payment=payment,
        kind=kind,
        fingerprint=fingerprint,
        source=origin.source,
        actor=origin.actor[:150],
        status_before=before,
        status_after=after or payment.status,
        amount=amount,
        transaction_id=transaction_id,
        code=one_line(outcome.code, 64) if outcome else "",
        message=safe_line(message),
        flag=flag,
        created_at=timezone.now(),
    )
    event.save(force_insert=True)
    if announce and kind in ANNOUNCED:
        Announcement.objects.create(event=event, signal=ANNOUNCED[kind], created_at=event.created_at)
    return event


def raise_flags(
    payment: Payment, words: Iterable[str], origin: Origin, *, outcome: Outcome | None = None, message: str = ""
) -> list[PaymentEvent]:
    """One event per flag and fact; the word itself stands on the payment once."""
    events = []
    for word in words:
        event = record(
            payment, Kind.FLAGGED, origin, before=payment.status, outcome=outcome, flag=word, message=message
        )
        if event is None:
            continue  # known already, and perhaps settled by a person
        events.append(event)
        if word not in payment.flag_list:
            payment.flags = f"{payment.flags} {word}".strip()
    return events


def move(payment: Payment, after: str, now: datetime) -> None:
    """Sets the status and what goes with it. Raises IllegalTransition."""
    transitions.check(payment.status, after)
    if payment.status == after:
        return
    payment.status = after
    if not payment.is_open:
        payment.open_slot = None
        payment.closed_at = now
    payment.next_ask_at = next_question(payment, now)
    if payment.is_paid:
        payment.paid_at = now


def next_question(payment: Payment, now: datetime) -> datetime | None:
    """When to ask again: never of a paid one, as long as the ladder goes of one that ended without money."""
    if payment.is_paid or payment.started_at is None:
        return None
    if not payment.is_open and ladder.is_stuck(payment.started_at, now):
        return None
    return ladder.next_ask(payment.started_at, now)


def describe(payment: Payment, outcome: Outcome, kind: str) -> None:
    """Keeps the gateway's words on the payment. A second capture's words stay in its event."""
    if payment.is_paid:
        return
    for name, length in WORDS.items():
        setattr(payment, name, safe_line(getattr(outcome, name), length))
    payment.bank_transaction_id = one_line(outcome.bank_transaction_id, 64)
    payment.shopper_text_source = one_line(outcome.shopper_text, 300)
    if kind == Kind.CAPTURED:
        payment.transaction_id = outcome.transaction_id


def _storable(amount: Decimal | None, message: str) -> tuple[Decimal | None, str]:
    if amount is None or abs(amount) <= LARGEST:
        return amount, message
    return None, f"amount {amount:.4E} is beyond what can be stored; {message}"
