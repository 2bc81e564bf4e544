"""The disputes' verbs: bring in what a gateway says of a chargeback, or what a person has found out about its end.

Lock order: payment, then dispute; whoever writes a dispute holds its payment's lock.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from paytm_kit.gateways.base import DisputeClaim
from paytm_kit.ledger import book, dispute_rules, refundable
from paytm_kit.ledger.entries import Origin, dispute_fact, fingerprint, record_dispute
from paytm_kit.logs import EventLog
from paytm_kit.masking import one_line, safe_line
from paytm_kit.models import Announcement, Dispute, Flag, Payment, PaymentEvent, ledger_writes
from paytm_kit.money import LARGEST

log = EventLog("paytm_kit.ledger")
Kind = PaymentEvent.Kind


@dataclass(frozen=True, slots=True)
class Applied:
    """What a verb did: the dispute as it stands now and the events that it wrote."""

    dispute: Dispute
    events: tuple[PaymentEvent, ...] = ()

    @property
    def announcement_ids(self) -> list[int]:
        """What has to be delivered after commit."""
        found = Announcement.objects.filter(event__in=[event.pk for event in self.events])
        return list(found.order_by("pk").values_list("pk", flat=True))


def apply(payment_id: int, claim: DisputeClaim, *, source: str) -> Applied:
    """Brings a signed message about a dispute into the ledger. Idempotent: the same words a second time do nothing.

    The first message writes the dispute down, whatever it says; what is odd about it is flagged for a person.
    """
    origin, said = Origin(source), _said(claim)
    with transaction.atomic(), ledger_writes():
        payment = book.lock(payment_id)
        now = timezone.now()
        dispute = Dispute.objects.filter(key=_key(payment, claim.dispute_id)).first()
        before = dispute.status if dispute else ""
        events: list[PaymentEvent | None] = []
        if dispute is None:
            dispute = _new(payment, claim, now)
            dispute.save(force_insert=True)
            closes = dispute_rules.decide(dispute.status, claim).status != dispute.status
            fact = "opened" if closes else said
            events.append(record_dispute(dispute, Kind.DISPUTE_OPENED, origin, fact=fact, message=dispute.reason))
        dispute.payment = payment
        if not payment.events.filter(fingerprint=fingerprint(dispute_fact(dispute.key, said))).exists():
            events.append(_hear(dispute, claim, said, origin, now))
        if any(events):
            odd = "; ".join(dispute_rules.oddities(before, claim, refundable.captured_by(payment), payment.currency))
            events += _flags(dispute, odd, said, origin)
    applied = Applied(dispute, tuple(event for event in events if event))
    _log(applied, origin)
    return applied


def close(dispute_pk: int, status: str, *, actor: str, reason: str) -> Applied:
    """A person has found out how a dispute ended, whatever it was held for. Idempotent."""
    origin = Origin("person", actor)
    with transaction.atomic(), ledger_writes():
        payment = book.lock(Dispute.objects.only("payment_id").get(pk=dispute_pk).payment_id)
        dispute = Dispute.objects.select_for_update().get(pk=dispute_pk)
        dispute.payment = payment
        before = dispute.status
        if before == status:
            return Applied(dispute)
        dispute.status, dispute.closed_at = status, timezone.now()
        dispute.save()
        nth = f"person {dispute.events.count()}"
        kind = dispute_rules.CLOSINGS[status]
        event = record_dispute(dispute, kind, origin, fact=nth, before=before, message=reason)
        events = [event, *_flags(dispute, "", nth, origin)]
    applied = Applied(dispute, tuple(event for event in events if event))
    _log(applied, origin)
    return applied


def _hear(dispute: Dispute, claim: DisputeClaim, said: str, origin: Origin, now: datetime) -> PaymentEvent | None:
    """What the message does to a dispute that stands written. After a closing only another closing does anything."""
    before = dispute.status
    decision = dispute_rules.decide(before, claim)
    if dispute.is_undecided or decision.status != before:
        _describe(dispute, claim)
        dispute.status = decision.status
        dispute.closed_at = None if dispute.is_undecided else now
        dispute.save()
    words = f"{claim.word}: {claim.reason}".strip(": ")
    return record_dispute(dispute, decision.kind, origin, fact=said, before=before, message=words)


def _flags(dispute: Dispute, odd: str, said: str, origin: Origin) -> list[PaymentEvent | None]:
    payment = dispute.payment
    found = {Flag.DISPUTE_UNCLEAR: odd} if odd else {}
    if dispute.status == Dispute.Status.LOST and refundable.is_over(payment):
        found[Flag.OVER_REFUNDED] = "refunds and lost disputes together are more than was captured"
    events = []
    for word, why in found.items():
        message = f"Dispute {dispute.dispute_id}: {why}."
        events.append(record_dispute(dispute, Kind.FLAGGED, origin, fact=said, flag=word, message=message))
        if word not in payment.flag_list:
            payment.flags = f"{payment.flags} {word}".strip()
    if found:
        payment.save()
    return events


def _new(payment: Payment, claim: DisputeClaim, now: datetime) -> Dispute:
    dispute = Dispute(
        payment=payment,
        dispute_id=claim.dispute_id,
        key=_key(payment, claim.dispute_id),
        status=dispute_rules.first_heard(claim),
        opened_at=now,
    )
    _describe(dispute, claim)
    return dispute


def _describe(dispute: Dispute, claim: DisputeClaim) -> None:
    """Keeps the gateway's words; a message that is silent about something takes nothing away."""
    words = {
        "transaction_id": one_line(claim.transaction_id, 64),
        "amount": claim.amount if claim.amount is not None and claim.amount <= LARGEST else None,
        "word": safe_line(claim.word, 60),
        "kind": safe_line(claim.kind, 200),
        "reason": safe_line(claim.reason, 500),
        "due_at": claim.due_at,
    }
    for name, value in words.items():
        if value:
            setattr(dispute, name, value)


def _said(claim: DisputeClaim) -> str:
    """The message's content as one text: messages have no number and no time, so equal content is a repetition."""
    content = (claim.word, str(claim.amount), claim.transaction_id, claim.kind, claim.reason, str(claim.due_at))
    return json.dumps(content)


def _key(payment: Payment, dispute_id: str) -> str:
    text = f"dispute|{payment.gateway}|{payment.merchant_id}|{payment.pk}|{dispute_id}"
    return hashlib.sha256(text.encode()).hexdigest()


def _log(applied: Applied, origin: Origin) -> None:
    dispute = applied.dispute
    for event in applied.events:
        log.write(
            logging.WARNING,
            f"dispute.{event.kind.removeprefix('dispute_')}",
            order_id=dispute.payment.gateway_order_id,
            dispute_id=dispute.dispute_id,
            amount=str(dispute.amount),
            status=dispute.status,
            source=origin.source,
            actor=origin.actor,
            flag=event.flag,
        )
