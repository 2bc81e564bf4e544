"""What must agree between the kit's books, the simulator's and what the shop did, order by order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from demo_site.shop.models import Order
from paytm_kit.models import Announcement, Payment, PaymentEvent, Refund
from paytm_kit.services import rebuild, replay
from tests.drills.apps import heard

Books = Mapping[str, Any]

UNKNOWN = 0  # stands for the primary key of an order that nobody here knows
FITTING = {
    "success": (Refund.Status.SUCCEEDED,),
    "failure": (Refund.Status.FAILED,),
    "pending": Refund.OPEN,
}


def differences(theirs: Mapping[str, Books]) -> dict[int, list[str]]:
    """By the order's primary key (or UNKNOWN), what does not agree; an order of which everything does is left out.

    ``theirs``: what the simulator's books say, by gateway order id.
    """
    found: dict[int, list[str]] = defaultdict(list)
    ours = set(Payment.objects.values_list("gateway_order_id", flat=True))
    found[UNKNOWN] += [f"{order_id} is known there only" for order_id in theirs if order_id not in ours]
    payments = Payment.objects.prefetch_related("events", "refunds").order_by("pk")
    for payment, drifts in zip(payments, rebuild.run(), strict=True):
        books = theirs.get(payment.gateway_order_id, {})
        found[int(payment.object_id)] += [f"{payment.gateway_order_id}: {why}" for why in _of_payment(payment, books)]
        found[int(payment.object_id)] += [f"drift: {drift}" for drift in drifts]
    for pk, message in replay.unprocessed().values_list("payment__object_id", "pk").filter(payment__isnull=False):
        found[int(pk)].append(f"message {message} was never dealt with")
    for pk, why in _of_the_shop():
        found[pk].append(why)
    return {pk: why for pk, why in found.items() if why}


def _of_payment(payment: Payment, books: Books) -> Iterator[str]:
    captured, refunded = (Decimal(books.get(name, "0.00")) for name in ("captured_amount", "refunded_amount"))
    if payment.captured_amount != captured:
        yield f"captured {payment.captured_amount} here, {captured} there ({payment.status})"
    if payment.is_paid != (captured == payment.amount):
        yield f"{payment.status} here, {captured} of {payment.amount} captured there"
    if payment.is_open and books.get("status") in ("success", "failure"):
        yield f"{payment.status} here, {books['status']} there"
    if payment.refunded_amount != refunded:
        yield f"refunded {payment.refunded_amount} here, {refunded} there"
    captures = [event for event in payment.events.all() if event.kind == PaymentEvent.Kind.CAPTURED]
    if len(captures) != payment.is_paid:
        yield f"{len(captures)} captures recorded of a payment that is {payment.status}"
    yield from _of_refunds(payment, books.get("refunds", []))


def _of_refunds(payment: Payment, theirs: list[dict[str, Any]]) -> Iterator[str]:
    ours = {row.refund_id: row for row in payment.refunds.all()}
    for known in theirs:
        row = ours.pop(known["ref_id"], None)
        if row is None:
            yield f"refund {known['ref_id']} over {known['amount']} is not known here"
        elif row.status not in FITTING[known["status"]] or row.amount != Decimal(known["amount"]):
            yield f"{row.refund_id}: {row.amount} {row.status} here, {known['amount']} {known['status']} there"
    for row in ours.values():
        if row.status != Refund.Status.FAILED:  # never sent, or refused
            yield f"{row.refund_id}: {row.amount} {row.status} here, unknown there"


def _of_the_shop() -> Iterator[tuple[int, str]]:
    """The order is placed if and only if it is paid, and the shop heard each announcement exactly once."""
    orders = {order.pk: order for order in Order.objects.prefetch_related("lines")}
    paid = set(Payment.objects.filter(status=Payment.Status.PAID).values_list("object_id", flat=True))
    for order in orders.values():
        if (order.paid_at is not None) != (str(order.pk) in paid):
            yield order.pk, "the order is placed and not paid" if order.paid_at else "the order is paid and not placed"
    for row in Announcement.objects.select_related("event__payment", "event__refund"):
        payment, event = row.event.payment, row.event
        times = orders[int(payment.object_id)].staff_remark.count(heard(row.event_id))
        now = event.refund.status if event.refund is not None else ""
        overtaken = (
            (row.signal == "payment_failed" and payment.is_paid)
            or (row.signal == "refund_failed" and now != Refund.Status.FAILED)
            or (row.signal == "refund_started" and now != Refund.Status.PENDING)
        )
        if row.state != Announcement.State.DELIVERED or times not in ({0, 1} if overtaken else {1}):
            yield int(payment.object_id), f"{row.signal} is {row.state}, the shop heard it {times} times"
