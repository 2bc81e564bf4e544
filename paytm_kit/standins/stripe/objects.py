"""Stripe's objects from the stand-in's books. Source: docs.stripe.com/api.

Fields that nobody here needs are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from paytm_kit.standins.books import Bank, State
from paytm_kit.standins.models import Capture, Order, Refund

Body = dict[str, Any]

SESSION_STATUS = {State.CREATED: "open", State.EXPIRED: "expired"}  # anything else is complete
INTENT_STATUS = {State.CAPTURED: "succeeded", State.PENDING: "processing", State.EXPIRED: "canceled"}
CHARGE_STATUS = {Bank.SUCCEEDED: "succeeded", Bank.PENDING: "pending", Bank.FAILED: "failed"}
REFUND_STATUS = CHARGE_STATUS
DECLINED = {"code": "card_declined", "decline_code": "generic_decline", "message": "The card was declined.",
            "type": "card_error"}  # fmt: skip


def unix(moment: datetime) -> int:
    return int(moment.timestamp())


def session(order: Order, expand: Iterable[str] = ()) -> Body:
    """A Checkout Session. ``payment_intent`` is null until the shopper has tried to pay."""
    facts, status = order.facts, SESSION_STATUS.get(State(order.state), "complete")
    return {
        "id": order.public_id, "object": "checkout.session", "amount_subtotal": order.amount,
        "amount_total": order.amount, "cancel_url": order.cancel_url or None,
        "client_reference_id": order.reference or None, "created": unix(order.created_at),
        "currency": order.currency.lower(), "customer": None, "customer_email": facts.get("customer_email"),
        "expires_at": facts["expires_at"], "livemode": False, "metadata": facts.get("metadata", {}),
        "mode": "payment",
        "payment_intent": _payment_intent(order, "payment_intent", expand),
        "payment_method_types": ["card"], "payment_status": "paid" if order.state == State.CAPTURED else "unpaid",
        "status": status, "success_url": order.return_url, "ui_mode": "hosted_page",
        "url": f"{order.base_url}{facts['page']}" if status == "open" else None,
    }  # fmt: skip


def _payment_intent(order: Order, name: str, expand: Iterable[str]) -> Any:
    inner = [path.partition(f"{name}.")[2] for path in expand if path == name or path.startswith(f"{name}.")]
    if not order.payment_id:
        return None
    return intent(order, [path for path in inner if path]) if inner else order.payment_id


def intent(order: Order, expand: Iterable[str] = ()) -> Body:
    latest = order.captures.last()
    last = latest if latest and latest.state == Bank.FAILED else None
    whole = charge(order, latest) if latest and "latest_charge" in expand else None
    return {
        "id": order.payment_id, "object": "payment_intent", "amount": order.amount, "amount_capturable": 0,
        "amount_received": order.amount if order.state == State.CAPTURED else 0, "capture_method": "automatic",
        "created": unix(order.created_at), "currency": order.currency.lower(),
        "description": order.facts.get("description"), "last_payment_error": DECLINED if last else None,
        "latest_charge": whole or (latest.public_id if latest else None), "livemode": False,
        "metadata": order.facts.get("intent_metadata", {}), "payment_method_types": ["card"],
        "status": INTENT_STATUS.get(State(order.state), "requires_payment_method"),
    }  # fmt: skip


def charge(order: Order, capture: Capture) -> Body:
    state = Bank(capture.state)
    back = sum(row.amount for row in capture.refunds.all() if row.state != Bank.FAILED)
    won, failed = state is Bank.SUCCEEDED, state is Bank.FAILED
    return {
        "id": capture.public_id, "object": "charge", "amount": order.amount,
        "amount_captured": order.amount if won else 0, "amount_refunded": back, "balance_transaction": None,
        "captured": won, "created": unix(capture.at), "currency": order.currency.lower(),
        "description": order.facts.get("description"), "disputed": False,
        "failure_code": DECLINED["code"] if failed else None,
        "failure_message": DECLINED["message"] if failed else None,
        "livemode": False, "metadata": order.facts.get("intent_metadata", {}), "paid": won,
        "payment_intent": order.payment_id,
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "country": "IN", "last4": "4242"}},
        "refunded": won and back >= order.amount, "status": CHARGE_STATUS[state],
    }  # fmt: skip


def refund(row: Refund, *, whole: bool = False) -> Body:
    """``whole``: with its PaymentIntent instead of that one's id."""
    order = row.capture.order
    body: Body = {
        "id": row.public_id, "object": "refund", "amount": row.amount, "balance_transaction": None,
        "charge": row.capture.public_id, "created": unix(row.at), "currency": order.currency.lower(),
        "metadata": row.facts.get("metadata", {}), "payment_intent": intent(order) if whole else order.payment_id,
        "reason": row.facts.get("reason"), "status": REFUND_STATUS[Bank(row.state)],
        "destination_details": {"type": "card", "card": {"type": "refund", "reference_status": "pending"}},
    }  # fmt: skip
    if row.state == Bank.FAILED:
        body["failure_reason"] = "unknown"
    return body


def listed(rows: Iterable[Body], url: str, *, more: bool) -> Body:
    return {"object": "list", "data": list(rows), "has_more": more, "url": url}
