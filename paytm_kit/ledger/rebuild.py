"""Proves each payment's totals, refunds and disputes from its events, and puts back what has drifted.

The events are the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from paytm_kit.ledger import book, refund_rules
from paytm_kit.models import Dispute, Payment, PaymentEvent, Refund, ledger_writes

Kind = PaymentEvent.Kind
NOTHING = Decimal("0.00")

REFUND_OVER = (Kind.REFUND_SUCCEEDED, Kind.REFUND_FAILED)


@dataclass(frozen=True, slots=True)
class Totals:
    """What stands on a payment and can be derived: amounts in its currency, status, flags in alphabetical order."""

    status: str
    captured_amount: Decimal
    refunded_amount: Decimal
    refunding_amount: Decimal
    fee_amount: Decimal | None
    fee_tax: Decimal | None
    net_amount: Decimal | None
    flags: str


@dataclass(frozen=True, slots=True)
class Drift:
    """One value that does not follow from the events. ``where`` is a gateway order id, refund id or dispute id."""

    where: str
    name: str
    stored: str
    derived: str

    def __str__(self) -> str:
        return f"{self.where}: {self.name} is {self.stored or 'empty'}, its events say {self.derived or 'empty'}"


def derive(events: Iterable[PaymentEvent]) -> tuple[Totals, dict[int, str]]:
    """The totals that a payment's events give, and the status of each of its refunds by primary key. Pure."""
    status, captured = "", NOTHING
    flags: set[str] = set()
    refunds: dict[int, PaymentEvent] = {}
    settled: list[PaymentEvent] = []
    for event in events:
        if event.kind == Kind.SETTLED:
            settled.append(event)
        elif event.kind == Kind.FLAGGED:
            flags.add(event.flag)
        elif event.kind == Kind.FLAG_RESOLVED:
            flags.discard(event.flag)
        elif event.refund_id is not None:
            refunds[event.refund_id] = event
        elif event.dispute_id is None:
            status = event.status_after
            flags = set() if event.kind == Kind.CLOSED else flags
            captured += (event.amount or NOTHING) if event.kind == Kind.CAPTURED else NOTHING
    made = [event for event in refunds.values() if event.kind == Kind.REFUND_SUCCEEDED]
    open_ = [event for event in refunds.values() if event.kind not in REFUND_OVER]
    totals = Totals(
        status=status,
        captured_amount=captured,
        refunded_amount=sum((event.amount or NOTHING for event in made), NOTHING),
        refunding_amount=sum((event.amount or NOTHING for event in open_), NOTHING),
        fee_amount=_sum(event.fee_amount for event in settled),
        fee_tax=_sum(event.fee_tax for event in settled),
        net_amount=_sum(event.amount for event in settled),
        flags=" ".join(sorted(flags)),
    )
    return totals, {pk: event.status_after for pk, event in refunds.items()}


def derive_disputes(events: Iterable[PaymentEvent]) -> dict[int, tuple[str, Decimal | None]]:
    """Status and disputed amount of each of a payment's disputes, by primary key. Pure."""
    return {
        event.dispute_id: (event.status_after, event.amount)
        for event in events
        if event.dispute_id is not None and event.kind != Kind.FLAGGED
    }


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Empty, and not zero, when there is nothing to add up."""
    found = [amount for amount in amounts if amount is not None]
    return sum(found, NOTHING) if found else None


def check(payment_id: int, *, repair: bool = False) -> list[Drift]:
    """What has drifted on one payment, its refunds and its disputes, under its lock; ``repair`` puts it right."""
    with transaction.atomic(), ledger_writes():
        payment = book.lock(payment_id)
        events = list(payment.events.order_by("pk"))
        totals, statuses = derive(events)
        found = [*_payment_drift(payment, totals)]
        refunds = {row.pk: row for row in payment.refunds.select_for_update().order_by("pk")}
        found += [*_refund_drift(refunds, statuses)]
        disputes, facts = list(payment.disputes.all()), derive_disputes(events)
        found += [drift for dispute in disputes for drift in _dispute_drift(dispute, facts)]
        if found and repair:
            for field in fields(Totals):
                setattr(payment, field.name, getattr(totals, field.name))
            payment.save()
            _put_right(refunds, statuses)
            for dispute in disputes:
                dispute.status, dispute.amount = facts.get(dispute.pk, (dispute.status, dispute.amount))
                dispute.save()
    return found


def _put_right(refunds: Mapping[int, Refund], statuses: Mapping[int, str]) -> None:
    """Writes what drifted and nothing else: when a refund was sent and asked about is in no event."""
    now = timezone.now()
    for pk, status in statuses.items():
        refund = refunds[pk]
        if refund.status != status:
            refund.status = status
            refund.next_ask_at = refund_rules.next_ask(refund.requested_at, now) if refund.is_open else None
            refund.closed_at = None if refund.is_open else refund.closed_at or now
            refund.save(update_fields=["status", "next_ask_at", "closed_at"])


def _payment_drift(payment: Payment, totals: Totals) -> Iterator[Drift]:
    stored = Totals(
        payment.status,
        payment.captured_amount,
        payment.refunded_amount,
        payment.refunding_amount,
        payment.fee_amount,
        payment.fee_tax,
        payment.net_amount,
        " ".join(sorted(payment.flag_list)),
    )
    for field in fields(Totals):
        ours, theirs = getattr(stored, field.name), getattr(totals, field.name)
        if ours != theirs:
            shown = ("" if value is None else str(value) for value in (ours, theirs))
            yield Drift(payment.gateway_order_id, field.name, *shown)


def _refund_drift(refunds: dict[int, Refund], statuses: dict[int, str]) -> Iterator[Drift]:
    for pk, refund in refunds.items():
        if refund.status != statuses.get(pk, ""):
            yield Drift(refund.refund_id, "status", refund.status, statuses.get(pk, ""))


def _dispute_drift(dispute: Dispute, facts: Mapping[int, tuple[str, Decimal | None]]) -> Iterator[Drift]:
    status, amount = facts.get(dispute.pk, ("", None))
    for name, ours, theirs in (("status", dispute.status, status), ("amount", dispute.amount, amount)):
        if ours != theirs:
            yield Drift(dispute.dispute_id, name, str(ours or ""), str(theirs or ""))
