"""What the ledger holds of the things that the lines of a settlement report are about. Reads only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connections, models, router

from paytm_kit.gateways.base import EntryKind, SettlementEntry
from paytm_kit.ledger import waiting
from paytm_kit.ledger.refundable import TOOK
from paytm_kit.ledger.settlement_rules import Held
from paytm_kit.models import Payment, PaymentEvent, Refund, Settlement

Kind = PaymentEvent.Kind


@dataclass(frozen=True, slots=True)
class Found:
    """The rows beside what is judged by. ``payment`` is not locked and holds little more than its key."""

    held: Held
    payment: Payment | None = None
    refund: Refund | None = None


def look_up(settlement: Settlement, entries: Sequence[SettlementEntry]) -> list[Found]:
    """What the ledger holds about each entry: three questions for all of them. Texts are compared exactly."""
    orders = Payment.objects.filter(
        **same_merchant(settlement), gateway_order_id__in={entry.order_id for entry in entries}
    )
    by_order = {payment.gateway_order_id: payment for payment in orders.only("gateway_order_id", "captured_amount")}
    ids = {entry.transaction_id for entry in entries if entry.kind is EntryKind.PAYMENT}
    took = PaymentEvent.objects.filter(
        TOOK, **same_merchant(settlement, "payment__"), amount__gt=0, transaction_id__in=ids
    ).select_related("payment")
    told = took.only(
        *("kind", "transaction_id", "amount", "payment__gateway_order_id", "payment__captured_amount")
    ).order_by("pk")
    # A capture says more than a flag.
    captures = {event.transaction_id: event for event in sorted(told, key=lambda row: row.kind == Kind.CAPTURED)}
    refunds: dict[int, list[Refund]] = {}
    refunded = {entry.order_id for entry in entries if entry.kind is EntryKind.REFUND}
    of_these = [payment.pk for order_id, payment in by_order.items() if order_id in refunded]
    for refund in Refund.objects.filter(payment__in=of_these).order_by("pk") if of_these else ():
        refunds.setdefault(refund.payment_id, []).append(refund)
    return [_found(settlement, entry, by_order, captures, refunds) for entry in entries]


def _found(
    settlement: Settlement,
    entry: SettlementEntry,
    by_order: Mapping[str, Payment],
    captures: Mapping[str, PaymentEvent],
    refunds: Mapping[int, list[Refund]],
) -> Found:
    capture = captures.get(entry.transaction_id) if entry.kind is EntryKind.PAYMENT else None
    payment = capture.payment if capture else by_order.get(entry.order_id)
    if payment is None:
        return Found(Held(settlement.merchant_id))
    refund = _same_refund(entry, refunds.get(payment.pk, [])) if entry.kind is EntryKind.REFUND else None
    held = Held(
        merchant_id=settlement.merchant_id,
        order_id=payment.gateway_order_id,
        captured=capture.amount if capture else None,
        captured_in_all=payment.captured_amount,
        refunded=refund.amount if refund else None,
        refund_status=refund.status if refund else "",
    )
    return Found(held, payment, refund)


def _same_refund(entry: SettlementEntry, refunds: Sequence[Refund]) -> Refund | None:
    """The refund with this id, the gateway's or ours; else one of the same amount whose id at the gateway is unknown
    here, or that the line names by the transaction that it refunds."""
    for refund in refunds:
        if entry.transaction_id in (refund.gateway_refund_id, refund.refund_id):
            return refund
    for refund in refunds:
        nameless = not refund.gateway_refund_id or entry.transaction_id == refund.transaction_id
        if nameless and refund.amount == -entry.gross:
            return refund
    return None


def hold(settlement: Settlement) -> None:
    """Locks the report's row for one reader at a time; SQLite, which has no row locks, its whole database.

    First in its transaction, before anything is read: what is read next is current.
    """
    waiting.bound(connections[router.db_for_write(Payment)])
    Settlement.objects.filter(pk=settlement.pk).update(begun_at=models.F("begun_at"))


def lock(payment_ids: set[int]) -> dict[int, Payment]:
    """These payments, locked in the order of their keys until the transaction ends."""
    no_key = connections[router.db_for_write(Payment)].features.has_select_for_no_key_update
    rows = Payment.objects.filter(pk__in=sorted(payment_ids)).select_for_update(no_key=no_key).order_by("pk")
    return {row.pk: row for row in rows}


def same_merchant(settlement: Settlement, prefix: str = "") -> dict[str, str]:
    """Whose rows belong to this report, as a filter on payments, or on what points at them by ``prefix``."""
    names = ("gateway", "environment", "merchant_id")
    return {f"{prefix}{name}": getattr(settlement, name) for name in names}


def digest(*parts: str) -> str:
    """One of the hashes by which lines and events are found again."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
