"""PayPal's resources from the stand-in's books. Sources: developer.paypal.com/docs/api/orders/v2 and /payments/v2."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from paytm_kit.standins.books import Bank, State
from paytm_kit.standins.models import Capture, Order, Refund
from paytm_kit.standins.paypal.fields import written

Body = dict[str, Any]
FEE = 3  # percent, invented

ORDER_STATUS = {State.APPROVED: "APPROVED", State.EXPIRED: "VOIDED", State.CREATED: "CREATED"}  # else COMPLETED
CAPTURE_STATUS = {Bank.SUCCEEDED: "COMPLETED", Bank.PENDING: "PENDING", Bank.FAILED: "DECLINED"}
REFUND_STATUS = {Bank.SUCCEEDED: "COMPLETED", Bank.PENDING: "PENDING", Bank.FAILED: "FAILED"}


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def link(order: Order, path: str, rel: str, method: str = "GET") -> dict[str, str]:
    return {"href": f"{order.base_url}{path}", "rel": rel, "method": method}


def status(order: Order) -> str:
    named = ORDER_STATUS.get(State(order.state), "COMPLETED")
    return "PAYER_ACTION_REQUIRED" if named == "CREATED" and order.facts["source"] else named


def order(row: Order) -> Body:
    facts = row.facts
    unit = {
        "reference_id": facts["reference_id"],
        "amount": written(row.amount, row.currency),
        **{name: facts[name] for name in ("custom_id", "invoice_id", "description") if facts.get(name)},
    }
    if captures := [capture(row, one) for one in row.captures.all()]:
        refunds = [refund(back) for one in row.captures.all() for back in one.refunds.all()]
        unit["payments"] = {"captures": captures} | ({"refunds": refunds} if refunds else {})
    body: Body = {
        "id": row.public_id, "intent": "CAPTURE", "status": status(row), "purchase_units": [unit],
        "create_time": moment(row.created_at), "links": order_links(row),
    }  # fmt: skip
    if facts["source"]:
        body["payment_source"] = {"paypal": {}}
    if row.state not in (State.CREATED, State.EXPIRED):
        body["payer"] = {"payer_id": facts["payer_id"]}
    return body


def order_links(row: Order) -> list[dict[str, str]]:
    own = f"/v2/checkout/orders/{row.public_id}"
    links = [link(row, own, "self")]
    if row.state in (State.CREATED, State.APPROVED):
        links.append(approval(row))
        links.append(link(row, f"{own}/capture", "capture", "POST"))
    return links


def approval(row: Order) -> dict[str, str]:
    return link(row, row.facts["page"], "payer-action" if row.facts["source"] else "approve")


def capture(row: Order, one: Capture) -> Body:
    state = Bank(one.state)
    back = sum(refund.amount for refund in one.refunds.all() if refund.state == Bank.SUCCEEDED)
    named = CAPTURE_STATUS[state]
    if state is Bank.SUCCEEDED and back:
        named = "REFUNDED" if back >= one.amount else "PARTIALLY_REFUNDED"
    own = f"/v2/payments/captures/{one.public_id}"
    body: Body = {
        "id": one.public_id, "status": named, "amount": written(row.amount, row.currency), "final_capture": True,
        **{name: row.facts[name] for name in ("custom_id", "invoice_id") if row.facts.get(name)},
        "create_time": moment(one.at), "update_time": moment(one.decided_at or one.at),
        "supplementary_data": {"related_ids": {"order_id": row.public_id}},
        "links": [
            link(row, own, "self"), link(row, f"{own}/refund", "refund", "POST"),
            link(row, f"/v2/checkout/orders/{row.public_id}", "up"),
        ],
    }  # fmt: skip
    if state is Bank.PENDING:
        body["status_details"] = {"reason": "PENDING_REVIEW"}
    if state is Bank.SUCCEEDED:
        fee = row.amount * FEE // 100
        body["seller_receivable_breakdown"] = {
            "gross_amount": written(row.amount, row.currency), "paypal_fee": written(fee, row.currency),
            "net_amount": written(row.amount - fee, row.currency),
        }  # fmt: skip
    return body


def refund(one: Refund) -> Body:
    row = one.capture.order
    body: Body = {
        "id": one.public_id, "status": REFUND_STATUS[Bank(one.state)], "amount": written(one.amount, row.currency),
        "create_time": moment(one.at), "update_time": moment(one.decided_at or one.at),
        **{name: one.facts[name] for name in ("note_to_payer", "invoice_id", "custom_id") if one.facts.get(name)},
        "links": [
            link(row, f"/v2/payments/refunds/{one.public_id}", "self"),
            link(row, f"/v2/payments/captures/{one.capture.public_id}", "up"),
        ],
    }  # fmt: skip
    if one.state == Bank.PENDING:
        body["status_details"] = {"reason": "ECHECK"}
    return body
