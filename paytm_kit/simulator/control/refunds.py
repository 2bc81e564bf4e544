"""Refunds and chargebacks through the control plane: what Paytm's dashboard, the bank and the clock would do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator import ids
from paytm_kit.simulator.bank import disputes, due, refunds
from paytm_kit.simulator.bank.machine import State
from paytm_kit.simulator.control.command import Mistake, command, one_of, sent
from paytm_kit.simulator.models import Dispute, Order, Refund, Transaction
from paytm_kit.simulator.wire import checks, codes, refund_checks

OUTCOMES = (refunds.SUCCESS, refunds.FAILURE, refunds.PENDING)
STATUS_OF = {refunds.SUCCESS: codes.SUCCESS, refunds.FAILURE: codes.FAILURE, refunds.PENDING: codes.PENDING}


def refund_json(row: Refund) -> dict[str, Any]:
    return {
        "ref_id": row.ref_id,
        "refund_id": row.refund_id,
        "mid": row.merchant.mid,
        "order_id": row.transaction.order.order_id,
        "txn_id": row.transaction.txn_id,
        "amount": f"{row.amount:.2f}",
        "status": row.status,
        "respcode": row.respcode,
        "source": row.source,
        "deducted": row.accepted_at is not None,
        "credit_at": row.credit_at.isoformat() if row.credit_at else None,
        "rrn": row.rrn,
        "arn": row.arn,
        "settlement": row.settlement.utr if row.settlement else None,
        "way": [
            {"from": hop.source, "to": hop.target, "said": hop.said, "answer": hop.answer} for hop in row.hops.all()
        ],
    }


def dispute_json(row: Dispute) -> dict[str, Any]:
    return {
        "dispute_id": row.dispute_id,
        "order_id": row.transaction.order.order_id,
        "amount": f"{row.amount:.2f}",
        "reason": row.reason,
        "status": row.status,
    }


@command("GET")
def refund_list(request: HttpRequest) -> dict[str, Any]:
    """Every refund, oldest first; ``?order_id=`` narrows it."""
    due.run()
    rows = Refund.objects.select_related("merchant", "transaction__order", "settlement").prefetch_related("hops")
    if wanted := request.GET.get("order_id"):
        rows = rows.filter(transaction__order__order_id=wanted)
    return {"refunds": [refund_json(row) for row in rows]}


@command("POST")
def settle(request: HttpRequest, ref_id: str) -> dict[str, Any]:
    """The bank's answer to a pending refund, now; ``pending`` with a ``respcode`` changes what the status API says."""
    due.run()
    row = Refund.objects.filter(ref_id=ref_id).select_related("merchant", "transaction__order").last()
    if row is None:
        raise Mistake("ref_id", "There is no such refund here.", 404)
    given = sent(request, ("outcome", "respcode"))
    outcome = one_of("outcome", given.get("outcome"), OUTCOMES)
    code = ""
    if "respcode" in given:
        fitting = tuple(code for code, word in codes.REFUND.items() if word.status == STATUS_OF[outcome])
        code = one_of("respcode", given["respcode"], fitting)
    try:
        row = refunds.settle(row, outcome, code)
    except refunds.Refused as error:
        raise Mistake("ref_id", str(error)) from error
    return refund_json(row)


@command("POST")
def refund(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """A refund by hand in Paytm's dashboard: the merchant's code never asked for it."""
    row = _paid(order_id)
    given = sent(request, ("amount", "outcome", "ref_id"))
    ref_id = given.get("ref_id", f"DASH{ids.txn_id(row.started_at)[-12:]}")
    if not isinstance(ref_id, str) or refund_checks.shape_fault(refund_checks.REF_ID, ref_id):
        raise Mistake("ref_id", "Must be 1 to 50 letters, digits or @ _ . -")
    outcome = one_of("outcome", given.get("outcome", refunds.PENDING), OUTCOMES)
    ask = refunds.Ask(
        order_id=order_id, txn_id=row.txn_id, ref_id=ref_id, amount=_amount(given.get("amount")), source="DASHBOARD"
    )
    planned = "620" if outcome == refunds.FAILURE else ""
    try:
        made = refunds.apply(row.order.merchant, ask, at_once=outcome == refunds.SUCCESS, planned=planned)
        if outcome == refunds.FAILURE:
            made = refunds.settle(made, outcome)
    except refunds.Refused as error:
        raise Mistake("order_id", f"{error.code} {codes.REFUND[error.code].text}: {error}.") from error
    return refund_json(made)


@command("POST")
def dispute(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """A chargeback: the customer's bank asks for the money back."""
    row = _paid(order_id)
    given = sent(request, ("amount", "reason"))
    reason = given.get("reason", "Goods not received")
    if not isinstance(reason, str) or not re.fullmatch(r"[^\x00-\x1f\x7f]{1,200}", reason):
        raise Mistake("reason", "Must be a line of 1 to 200 characters.")
    try:
        return dispute_json(disputes.open_dispute(row, _amount(given.get("amount")), reason))
    except refunds.Refused as error:
        raise Mistake("order_id" if error.code == "600" else "amount", str(error)) from error


@command("POST")
def close_dispute(request: HttpRequest, dispute_id: str) -> dict[str, Any]:
    """Who was right: ``won`` leaves the money with the merchant, ``lost`` sends it back."""
    row = Dispute.objects.filter(dispute_id=dispute_id).select_related("transaction__order__merchant").first()
    if row is None:
        raise Mistake("dispute_id", "There is no such dispute here.", 404)
    outcome = one_of("outcome", sent(request, ("outcome",)).get("outcome"), disputes.OUTCOMES)
    try:
        return dispute_json(disputes.close(row, outcome))
    except refunds.Refused as error:
        raise Mistake("dispute_id", str(error)) from error


def _paid(order_id: str) -> Transaction:
    due.run()
    order = Order.objects.filter(order_id=order_id).select_related("merchant").last()
    if order is None:
        raise Mistake("order_id", "There is no such order here.", 404)
    row = order.decisive()
    if row is None or row.status != State.SUCCESS:
        raise Mistake("order_id", "This order is not paid.")
    return row


def _amount(value: Any) -> Decimal:
    if not isinstance(value, str) or len(value) > 12:
        raise Mistake("amount", "Must be text such as 1.00.")
    if why := checks.amount_fault(value):
        raise Mistake("amount", f"{why}.")
    return Decimal(value)
