"""Refunds: what may go back, when it is taken from the merchant and when it reaches the customer.

The codes are those of Paytm's refund pages. Which of them answers which case is published for few; read here as:

- the same refId with the same content: 629 when it succeeded, its own code when it failed, else 617 within ten
  minutes and 628 later; with other content: 627 (all unconfirmed)
- an order that is not paid or not known: 607; a TXNID that is not the order's: 627
- more than was taken: 619; more than is left beside refunds under way: 626; nothing left: 629 (unconfirmed)
- an open dispute, a seventh part for RuPay: 600, "restricted by bank" (unconfirmed)
- the payable balance is too low: accepted with 601, tried again when it would be credited, then 620
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db import IntegrityError
from django.db.models import Min, QuerySet

from paytm_kit.simulator import clock, database, faults, ids
from paytm_kit.simulator.bank import hops, postings, settlements
from paytm_kit.simulator.bank.machine import State
from paytm_kit.simulator.models import NOTHING, Merchant, Order, Refund, Transaction
from paytm_kit.simulator.webhooks import outbox
from paytm_kit.simulator.wire import refund_notices as notices

SUCCESS, FAILURE, PENDING = "success", "failure", "pending"
SAME_REQUEST = timedelta(minutes=10)
RUPAY_PARTS = 6  # partial refunds of one RuPay payment at most (Paytm docs, Refund FAQ)
WITH_ARN = ("VISA", "MASTER", "RUPAY")  # networks whose refunds get an ARN webhook (Paytm docs, Refund webhooks)

# Until the customer's bank has the money, by PAYMENTMODE. Invented and short: Paytm names 1 day (wallet) to 14 (cards).
CREDITED_AFTER = {"UPI": timedelta(minutes=2), "PPI": timedelta(seconds=30)}
USUAL_CREDIT = timedelta(hours=2)


class Refused(Exception):
    """This refund is not accepted. ``code`` is Paytm's, ``str()`` says why. Nothing was changed."""

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to go back. The same facts again are the same refund."""

    order_id: str
    txn_id: str
    ref_id: str
    amount: Decimal
    comments: str = ""
    destination: str = "TO_SOURCE"
    source: str = "MERCHANT"
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """What the rules look at."""

    ask: Ask
    row: Transaction
    others: list[Refund]

    def left(self, *statuses: str) -> Decimal:
        """Rupees that were taken, less lost disputes and the refunds that are in one of these states."""
        gone = sum((item.amount for item in self.others if item.status in statuses), NOTHING)
        lost = sum((item.amount for item in self.row.disputes.all() if item.status == "lost"), NOTHING)
        return self.row.amount - gone - lost


# The first that fits refuses.
RULES: tuple[tuple[str, str, Callable[[_Case], bool]], ...] = (
    ("607", "this payment did not succeed", lambda c: c.row.status != State.SUCCESS),
    ("629", "everything has been refunded", lambda c: c.left(SUCCESS) <= 0),
    ("619", "more than was taken and not refunded", lambda c: c.ask.amount > c.left(SUCCESS)),
    ("626", "refunds under way leave less", lambda c: c.ask.amount > c.left(SUCCESS, PENDING)),
    ("635", "a part below one rupee", lambda c: c.ask.amount < min(c.row.amount, Decimal(1))),
    ("600", "a dispute is open", lambda c: c.row.disputes.filter(status="open").exists()),
    (
        "600",
        f"RuPay allows {RUPAY_PARTS} partial refunds",
        lambda c: c.row.card_scheme == "RUPAY" and len([r for r in c.others if r.status != FAILURE]) >= RUPAY_PARTS,
    ),
)


def apply(merchant: Merchant, ask: Ask, *, at_once: bool = False, planned: str = "") -> Refund:
    """A new refund, pending or (``at_once``) decided. Raises Refused. ``planned`` is the code it is to end with."""
    with database.atomic():
        order = locked(merchant, ask.order_id)
        if known := Refund.objects.filter(merchant=merchant, ref_id=ask.ref_id).first():
            raise _again(known, ask)
        if order is None:
            raise Refused("607", "no such order")
        row = order.transactions.select_related("order__merchant").filter(txn_id=ask.txn_id).first()
        if row is None:
            raise Refused("627", "txnId is not one of this order's transactions")
        case = _Case(ask, row, list(row.refunds.all()))
        for code, why, applies in RULES:
            if applies(case):
                raise Refused(code, why)
        Merchant.objects.select_for_update().get(pk=merchant.pk)  # its balance is one for all orders
        fault = planned or _fault(ask.order_id)
        refund = _new(merchant, row, ask, "620" if fault == "620" else "10")
        _accept(refund)
        if at_once and not fault:
            _conclude(refund)
        return refund


def settle(refund: Refund, outcome: str, code: str = "") -> Refund:
    """The bank's answer now: success, failure, or pending with another code. Raises Refused when it has one already."""
    with database.atomic():
        row = _fresh(refund)
        if row.status != PENDING:
            raise Refused("600", f"The refund is {row.status} already.")
        if outcome == PENDING:
            row.respcode = code or "601"
            row.save(update_fields=["respcode"])
            return row
        if outcome == FAILURE and row.settlement:
            raise Refused("600", f"Settlement {row.settlement.utr} has deducted it: it can only succeed.")
        row.planned = "10" if outcome == SUCCESS else code or "620"
        _conclude(row)
        return row


def settle_due(now: datetime) -> None:
    """Decides every refund whose time has come."""
    for refund in _due(now):
        with suppress(Refund.DoesNotExist, Merchant.DoesNotExist), database.atomic():  # a reset may have forgotten it
            row = _fresh(refund)
            if row.status == PENDING and row.credit_at and row.credit_at <= now:  # nobody was quicker
                _conclude(row)


def _due(now: datetime) -> QuerySet[Refund]:
    rows = Refund.objects.filter(status=PENDING, credit_at__lte=now).select_related("merchant", "transaction__order")
    return rows.order_by("credit_at", "pk")


def next_due() -> datetime | None:
    """When the next refund is decided."""
    return Refund.objects.filter(status=PENDING).aggregate(at=Min("credit_at"))["at"]


def find(merchant: Merchant, order_id: str, ref_id: str) -> Refund | None:
    rows = Refund.objects.filter(merchant=merchant, ref_id=ref_id, transaction__order__order_id=order_id)
    # databases that compare without case find too much
    same = (row for row in rows.select_related("transaction__order__merchant") if row.ref_id == ref_id)
    return next(same, None)


def _fault(order_id: str) -> str:
    if faults.strike("refund.pending-then-failure", order_id) is not None:
        return "620"
    return "10" if faults.strike("refund.pending-then-success", order_id) is not None else ""


def _again(known: Refund, ask: Ask) -> Refused:
    if known.fingerprint != ask.fingerprint:
        return Refused("627", "this refId came before with other contents")
    if known.status == SUCCESS:
        return Refused("629", "this refund succeeded")
    if known.status == FAILURE:
        return Refused(known.respcode, "this refund failed; use a new refId")
    young = clock.now() < known.requested_at + SAME_REQUEST
    return Refused("617" if young else "628", "this refund is under way")


def _new(merchant: Merchant, row: Transaction, ask: Ask, planned: str) -> Refund:
    now = clock.now()
    refund_id = ids.txn_id(now)
    while Refund.objects.filter(refund_id=refund_id).exists():
        refund_id = ids.txn_id(now)
    try:
        with database.atomic():
            return Refund.objects.create(
                merchant=merchant, transaction=row, ref_id=ask.ref_id, refund_id=refund_id, amount=ask.amount,
                respcode="601", comments=ask.comments, source=ask.source, destination=ask.destination,
                fingerprint=ask.fingerprint, requested_at=now, planned=planned,
                credit_at=now + CREDITED_AFTER.get(row.mode, USUAL_CREDIT),
            )  # fmt: skip
    except IntegrityError:  # the same refId for another order, at the same moment
        raise Refused("617", "this refId is being used right now") from None


def _accept(refund: Refund) -> bool:
    """Takes the amount out of what the gateway owes the merchant, if there is enough of it."""
    row, gateway = refund.transaction, _way(refund)[0]
    hops.tell(row, "merchant", "gateway", f"refund {refund.amount:.2f}, {refund.ref_id}", "accepted", refund=refund)
    if refund.planned != "10" or settlements.payable(refund.merchant) < refund.amount:
        hops.tell(row, "gateway", gateway, f"deduct {refund.amount:.2f}", "balance too low", refund=refund)
        return False
    refund.accepted_at = clock.now()
    refund.save(update_fields=["accepted_at"])
    postings.move(_way(refund)[:2], refund.amount, refund.refund_id)
    hops.tell(row, "gateway", row.acquirer or "acquirer", f"refund {refund.amount:.2f}", "taken", refund=refund)
    _tell(refund, "refund.accept", notices.accepted(refund))
    return True


def _conclude(refund: Refund) -> None:
    """The end of a pending refund, as planned; one that was not deducted yet is tried once more."""
    refund.credit_at, refund.finished_at = None, clock.now()
    if refund.planned == "10" and (refund.accepted_at or _accept(refund)):
        _credit(refund)
        return
    refund.status, refund.respcode = FAILURE, "620" if refund.planned == "10" else refund.planned
    if refund.accepted_at:  # it had been deducted: the merchant gets it back
        postings.move(_way(refund)[1::-1], refund.amount, refund.refund_id)
        hops.tell(refund.transaction, "acquirer", "gateway", "the refund failed", "returned", refund=refund)
        refund.accepted_at = None
        refund.save()
        return
    refund.save()
    _tell(refund, "refund.accept", notices.accepted(refund))


def _credit(refund: Refund) -> None:
    row, now = refund.transaction, clock.now()
    refund.status, refund.respcode, refund.rrn = SUCCESS, "10", ids.rrn(now)
    refund.arn = ids.arn(now) if row.card_scheme in WITH_ARN else ""
    refund.save()
    postings.move(_way(refund)[1:], refund.amount, refund.refund_id)
    acquirer, issuer = row.acquirer or "acquirer", row.issuer or "issuer"
    stations = [acquirer, *([row.card_scheme] if row.card_scheme else []), issuer, "customer"]
    for source, target in pairwise(stations):
        hops.tell(row, source, target, f"credit {refund.amount:.2f}", f"done, RRN {refund.rrn}", refund=refund)
    _tell(refund, "refund.success", notices.succeeded(refund))
    if refund.arn:
        _tell(refund, "refund.arn", notices.arn(refund))


def _way(refund: Refund) -> list[str]:
    """The accounts from what the gateway owes the merchant back to the customer's."""
    return postings.way(refund.transaction)[::-1]


def _tell(refund: Refund, event: str, notice: dict[str, str] | str) -> None:
    order = refund.transaction.order
    if order.merchant.webhook_url:
        outbox.enqueue(order, event, notice)


def locked(merchant: Merchant, order_id: str) -> Order | None:
    """The order, locked against everybody else until the transaction ends. MIDs and ids are case-sensitive."""
    rows = Order.objects.select_for_update(of=("self",)).filter(merchant=merchant, order_id=order_id)
    return next((row for row in rows if row.order_id == order_id), None)


def _fresh(refund: Refund) -> Refund:
    """The refund as it is now, under its order's and its merchant's lock."""
    locked(refund.merchant, refund.transaction.order.order_id)
    Merchant.objects.select_for_update().get(pk=refund.merchant_id)
    return Refund.objects.select_related("transaction__order__merchant", "merchant", "settlement").get(pk=refund.pk)
