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

from paytm_kit.gateways.base import Outcome, RefundOutcome
from paytm_kit.ledger import ladder, transitions
from paytm_kit.logs import correlation_id
from paytm_kit.masking import one_line, safe_line
from paytm_kit.models import Announcement, Dispute, Flag, Payment, PaymentEvent, Refund
from paytm_kit.money import LARGEST

Kind = PaymentEvent.Kind

ANNOUNCED: dict[str, str] = {
    Kind.NOT_STARTED: "payment_not_started",
    Kind.CAPTURED: "payment_succeeded",
    Kind.FAILED: "payment_failed",
    Kind.EXPIRED: "payment_failed",
    Kind.FLAGGED: "payment_flagged",
    Kind.REFUND_PENDING: "refund_started",
    Kind.REFUND_SUCCEEDED: "refund_succeeded",
    Kind.REFUND_FAILED: "refund_failed",
    Kind.DISPUTE_OPENED: "dispute_opened",
    Kind.DISPUTE_WON: "dispute_closed",
    Kind.DISPUTE_LOST: "dispute_closed",
    Kind.DISPUTE_CLOSED: "dispute_closed",
}

# Where the gateway's words go, with the length of each column.
WORDS = {
    "payment_mode": 30,
    "bank_name": 100,
    "gateway_name": 30,
    "network": 20,
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
    about: str = "",
    announce: bool = True,
) -> PaymentEvent | None:
    """Appends one event with its announcement; ``None`` if the ledger already holds the same fact.

    ``about`` tells facts apart that are otherwise the same, such as two closings.
    """
    amount, message = _storable(outcome.amount if outcome else None, message or (outcome.message if outcome else ""))
    transaction_id = one_line(outcome.transaction_id, 64) if outcome else ""
    return _append(
        PaymentEvent(
            payment=payment,
            kind=kind,
            status_before=before,
            status_after=after or payment.status,
            amount=amount,
            transaction_id=transaction_id,
            code=one_line(outcome.code, 64) if outcome else "",
            message=safe_line(message),
            flag=flag,
        ),
        "|".join((kind, flag, transaction_id, str(amount) if flag else "", *filter(None, (about,)))),
        origin,
        announce=announce,
    )


def record_refund(
    refund: Refund,
    kind: str,
    origin: Origin,
    *,
    before: str = "",
    outcome: RefundOutcome | None = None,
    flag: str = "",
    message: str = "",
) -> PaymentEvent | None:
    """Appends one event about a refund with its announcement; ``None`` if the ledger already holds the same fact.

    The amount is the refund's own, by which the totals count it; a flag's is the one that the gateway named. After a
    failure the story may begin anew, with events of its own.
    """
    named = outcome.amount if flag and outcome is not None else None
    amount, said = _storable(refund.amount if named is None else named, message or (outcome.message if outcome else ""))
    failures = 0 if flag else refund.events.filter(kind=Kind.REFUND_FAILED).count()
    return _append(
        PaymentEvent(
            payment=refund.payment,
            refund=refund,
            kind=kind,
            status_before=before,
            status_after=refund.status,
            amount=amount,
            transaction_id=one_line(refund.transaction_id, 64),
            code=one_line(outcome.code, 64) if outcome else "",
            message=safe_line(said),
            flag=flag,
        ),
        "|".join((kind, flag, refund.key, str(amount) if flag else str(failures or ""))),
        origin,
    )


def record_dispute(
    dispute: Dispute, kind: str, origin: Origin, *, fact: str, before: str = "", flag: str = "", message: str = ""
) -> PaymentEvent | None:
    """Appends one event about a dispute with its announcement; ``None`` if the ledger already holds this ``fact``."""
    return _append(
        PaymentEvent(
            payment=dispute.payment,
            dispute=dispute,
            kind=kind,
            status_before=before,
            status_after=dispute.status,
            amount=dispute.amount,
            transaction_id=one_line(dispute.transaction_id, 64),
            code=one_line(dispute.word, 64),
            message=safe_line(message),
            flag=flag,
        ),
        dispute_fact(dispute.key, fact, flag),
        origin,
    )


def dispute_fact(key: str, fact: str, flag: str = "") -> str:
    """The text whose hash tells one fact about a dispute from another; the event's kind is not part of it."""
    return "|".join(("dispute", flag, key, fact))


def fingerprint(fact: str) -> str:
    return hashlib.sha256(fact.encode()).hexdigest()


def _append(event: PaymentEvent, fact: str, origin: Origin, *, announce: bool = True) -> PaymentEvent | None:
    event.fingerprint = fingerprint(fact)
    event.correlation_id = correlation_id()
    if event.payment.events.filter(fingerprint=event.fingerprint).exists():
        return None
    event.source, event.actor, event.created_at = origin.source, origin.actor[:150], timezone.now()
    event.save(force_insert=True)
    if announce and event.kind in ANNOUNCED:
        Announcement.objects.create(event=event, signal=ANNOUNCED[event.kind], created_at=event.created_at)
    return event


def raise_flags(
    payment: Payment,
    words: Iterable[str],
    origin: Origin,
    *,
    outcome: Outcome | None = None,
    message: str = "",
    about: str = "",
) -> list[PaymentEvent]:
    """One event per flag and fact; the word itself stands on the payment once."""
    events = []
    for word in words:
        event = record(
            payment,
            Kind.FLAGGED,
            origin,
            before=payment.status,
            outcome=outcome,
            flag=word,
            message=message or _of_flag(word, outcome),
            about=about,
        )
        if event is None:
            continue  # known already, and perhaps settled by a person
        events.append(event)
        if word not in payment.flag_list:
            payment.flags = f"{payment.flags} {word}".strip()
    return events


def _of_flag(word: str, outcome: Outcome | None) -> str:
    """The amount of an event stands without a currency where the gateway named another: which one is said here."""
    if outcome is None or word != Flag.CURRENCY_MISMATCH or not outcome.currency:
        return ""
    return f"The gateway names the currency {one_line(outcome.currency, 10)}. {outcome.message}".strip()


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
