"""Stripe's side of the wire for tests: objects as its API reference shows them, webhooks signed by its own library."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import stripe

from paytm_kit.gateways.base import Account, Customer, Flow, InboundMessage, RefundRequest, StartRequest

KEY = "sk_test_canary0123456789abcdef"
WEBHOOK_SECRET = "whsec_canary0123456789abcdef"
OLD_WEBHOOK_SECRET = "whsec_canaryOLD456789abcdef"
MERCHANT = "acct_1FakeMerchant01"
HOST = "https://gateway.example"
ORDER = "261122-abcdefghjkmnpqrstuvw"
SESSION = "cs_test_a1FakeSession000000000000000000000000000000000000001"
INTENT = "pi_3FakeIntent00000000001"
CHARGE = "ch_3FakeCharge00000000001"
REFUND = "re_3FakeRefund00000000001"
REFUND_ID = "r-0123456789abcdef01234567"
DISPUTE = "du_1FakeDispute0000000001"
EMAIL = "asha.canary@example.com"
PHONE = "9000000001"
CLIENT_SECRET = f"{INTENT}_secret_canaryFF"
PAGE = f"https://gateway.example/c/pay/{SESSION}#fidkdWxOYHwnPyd1blpxYHZxWjA0"
RETURN = "https://shop.example/paytm/back/canary-token/"
BEGUN = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)

ACCOUNT = Account(
    name="stripe",
    gateway="stripe",
    environment="staging",
    merchant_id=MERCHANT,
    keys=(KEY,),
    host=HOST,
    webhook_secrets=(WEBHOOK_SECRET, OLD_WEBHOOK_SECRET),
)
REQUEST = StartRequest(
    order_id=ORDER,
    amount=Decimal("499.00"),
    currency="INR",
    callback_url="https://shop.example/paytm/callback/stripe/",
    customer=Customer("C_17", EMAIL),
    flow=Flow.HOSTED,
    return_url=RETURN,
    begun_at=BEGUN,
)
REFUND_REQUEST = RefundRequest(
    order_id=ORDER,
    transaction_id=INTENT,
    refund_id=REFUND_ID,
    amount=Decimal("120.00"),
    reason="One plant came broken",
    reference=SESSION,
)


def account(**changes: Any) -> Account:
    return replace(ACCOUNT, **changes)


def request(**changes: Any) -> StartRequest:
    return replace(REQUEST, **changes)


def session(status: str = "open", paid: str = "unpaid", intent: Any = None, **changes: Any) -> dict[str, Any]:
    """A Checkout Session with what a shopper typed, which nobody may keep."""
    return {
        "id": SESSION,
        "object": "checkout.session",
        "amount_total": 49900,
        "client_reference_id": ORDER,
        "created": 1795321800,
        "currency": "inr",
        "customer": None,
        "customer_details": {
            "email": EMAIL,
            "name": "Asha Canary",
            "phone": PHONE,
            "address": {"line1": "12 Canary Lane", "city": "Pune", "country": "IN", "postal_code": "411001"},
        },
        "customer_email": EMAIL,
        "expires_at": 1795323900,
        "livemode": False,
        "metadata": {"order_id": changes.get("client_reference_id", ORDER)},
        "mode": "payment",
        "payment_intent": intent,
        "payment_method_types": ["card"],
        "payment_status": paid,
        "status": status,
        "success_url": RETURN,
        "url": PAGE if status == "open" else None,
        **changes,
    }


def charge(**changes: Any) -> dict[str, Any]:
    return {
        "id": CHARGE,
        "object": "charge",
        "amount": 49900,
        "amount_refunded": 0,
        "billing_details": {"email": EMAIL, "name": "Asha Canary", "phone": PHONE, "address": {"city": "Pune"}},
        "created": 1795322000,
        "currency": "inr",
        "metadata": {"order_id": ORDER},
        "payment_intent": INTENT,
        "payment_method_details": {
            "type": "card",
            "card": {"brand": "visa", "network": "visa", "last4": "4242", "issuer": "Sahyadri Demo Bank"},
        },
        "receipt_email": EMAIL,
        "status": "succeeded",
        **changes,
    }


def intent(status: str = "succeeded", **changes: Any) -> dict[str, Any]:
    paid = status == "succeeded"
    return {
        "id": INTENT,
        "object": "payment_intent",
        "amount": 49900,
        "amount_received": 49900 if paid else 0,
        "client_secret": CLIENT_SECRET,
        "created": 1795321990,
        "currency": "inr",
        "last_payment_error": None,
        "latest_charge": charge() if paid else None,
        "livemode": False,
        "metadata": {"order_id": ORDER},
        "receipt_email": EMAIL,
        "status": status,
        **changes,
    }


def paid(**changes: Any) -> dict[str, Any]:
    """A session that was paid; ``changes`` are its PaymentIntent's."""
    return session("complete", "paid", intent(**changes))


DECLINED = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "message": "Your card has insufficient funds.",
}


def refund(status: str = "succeeded", refund_id: str | None = REFUND_ID, **changes: Any) -> dict[str, Any]:
    """One made by us; ``refund_id=None``: in Stripe's dashboard."""
    return {
        "id": REFUND,
        "object": "refund",
        "amount": 12000,
        "charge": CHARGE,
        "created": 1795330000,
        "currency": "inr",
        "metadata": {"refund_id": refund_id, "order_id": ORDER} if refund_id else {},
        "payment_intent": INTENT,
        "reason": None,
        "status": status,
        **changes,
    }


def page_of(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(rows), "has_more": more, "url": "/v1/refunds"}


def dispute(status: str = "needs_response", **changes: Any) -> dict[str, Any]:
    return {
        "id": DISPUTE,
        "object": "dispute",
        "amount": 49900,
        "charge": CHARGE,
        "created": 1795400000,
        "currency": "inr",
        "evidence": {"customer_name": "Asha Canary", "customer_email_address": EMAIL},
        "evidence_details": {"due_by": 1796169599, "has_evidence": False, "submission_count": 0},
        "metadata": {},
        "payment_intent": INTENT,
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "case_type": "chargeback"}},
        "reason": "product_not_received",
        "status": status,
        **changes,
    }


def error(kind: str = "invalid_request_error", code: str = "parameter_invalid", message: str = "No.") -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": message}}


def event(kind: str, about: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1FakeEvent00000000001",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1795322001,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        **changes,
    }


def webhook(
    said: dict[str, Any] | str, *, secret: str = WEBHOOK_SECRET, at: int | None = None, signed: bool = True
) -> InboundMessage:
    """As it arrives, signed by Stripe's own library."""
    body = said if isinstance(said, str) else json.dumps(said, indent=2)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at)
    headers = {"stripe-signature": header} if signed else {}
    return InboundMessage(body.encode(), "application/json; charset=utf-8", headers)


def signature(body: str, secret: str = WEBHOOK_SECRET, at: int | None = None) -> str:
    """v1 of a Stripe-Signature, by hmac alone."""
    stamp = int(time.time()) if at is None else at
    return hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()


def sent(call: Any) -> dict[str, str]:
    """The fields of a form that we sent, or of a query."""
    body = call.request.body
    return dict(parse_qsl(body.decode() if body else call.request.url.partition("?")[2], keep_blank_values=True))
