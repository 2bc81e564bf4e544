"""PayPal's side of the wire for tests: resources as its OpenAPI descriptions show them, notices signed here."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import requests
import responses
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from paytm_kit.gateways.base import Account, Customer, Flow, InboundMessage, RefundRequest, StartRequest
from tests.gateways.paypal import authority

HOST = "https://gateway.example"
CLIENT_ID = "AX9canaryClient0000000000000001"
SECRET = "EKcanarySecret000000000000000001"
NEW_SECRET = "EKcanarySecret000000000000000002"
MERCHANT = "CANARYMERCH42"
WEBHOOK_ID = "5WH46712PM123456A"
TOKEN = "A21AAcanaryToken"
EMAIL = "asha.canary@example.com"

ORDER = "261122-abcdefghijkmnpqrstuv"
REFERENCE = "5O190127TN364715T"
CAPTURE = "3C679366HH908993F"
REFUND, THEIR_REFUND = "r-0123456789abcdef01234567", "1JU08902781691411"
PAGE = f"https://www.sandbox.paypal.com/checkoutnow?token={REFERENCE}"
CERTIFICATE = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"

ACCOUNT = Account(
    name="pal",
    gateway="paypal",
    environment="staging",
    merchant_id=MERCHANT,
    keys=(SECRET,),
    host=HOST,
    currency="USD",
    client_id=CLIENT_ID,
    webhook_id=WEBHOOK_ID,
)
REQUEST = StartRequest(
    order_id=ORDER,
    amount=Decimal("499.00"),
    currency="USD",
    callback_url="https://shop.example/paytm/callback/pal/",
    customer=Customer("C_17", EMAIL),
    flow=Flow.HOSTED,
    return_url="https://shop.example/paytm/back/0123456789/",
)
REFUND_REQUEST = RefundRequest(
    order_id=ORDER,
    transaction_id=CAPTURE,
    refund_id=REFUND,
    amount=Decimal("120.00"),
    reason="One plant came broken",
    reference=REFERENCE,
    currency="USD",
)


def account(**changes: Any) -> Account:
    return replace(ACCOUNT, **changes)


def money(value: str = "499.00", currency: str = "USD") -> dict[str, str]:
    return {"currency_code": currency, "value": value}


def link(path: str, rel: str, method: str = "GET") -> dict[str, str]:
    return {"href": path if path.startswith("http") else HOST + path, "rel": rel, "method": method}


def capture(status: str = "COMPLETED", **changes: Any) -> dict[str, Any]:
    return {
        "id": CAPTURE,
        "status": status,
        "amount": money(),
        "final_capture": True,
        "custom_id": ORDER,
        "invoice_id": ORDER,
        "create_time": "2026-11-22T10:11:12Z",
        "update_time": "2026-11-22T10:11:12Z",
        "links": [
            link(f"/v2/payments/captures/{CAPTURE}", "self"),
            link(f"/v2/payments/captures/{CAPTURE}/refund", "refund", "POST"),
            link(f"/v2/checkout/orders/{REFERENCE}", "up"),
        ],
        **changes,
    }


def refund(status: str = "COMPLETED", **changes: Any) -> dict[str, Any]:
    return {
        "id": THEIR_REFUND,
        "status": status,
        "amount": money("120.00"),
        "invoice_id": REFUND,
        "custom_id": ORDER,
        "create_time": "2026-11-23T10:11:12Z",
        "links": [
            link(f"/v2/payments/refunds/{THEIR_REFUND}", "self"),
            link(f"/v2/payments/captures/{CAPTURE}", "up"),
        ],
        **changes,
    }


def order(status: str = "PAYER_ACTION_REQUIRED", *captures: Any, refunds: Any = (), **changes: Any) -> dict[str, Any]:
    payments = {"captures": list(captures), **({"refunds": list(refunds)} if refunds else {})}
    unit = {
        "reference_id": ORDER,
        "custom_id": changes.pop("custom_id", ORDER),
        "invoice_id": ORDER,
        "amount": changes.pop("amount", money()),
        "payee": changes.pop("payee", {"email_address": "shop@example.com", "merchant_id": MERCHANT}),
        **({"payments": payments} if captures else {}),
    }
    return {
        "id": REFERENCE,
        "intent": "CAPTURE",
        "status": status,
        "payment_source": {"paypal": {"email_address": EMAIL, "name": {"given_name": "Asha", "surname": "Canary"}}},
        "payer": {"email_address": EMAIL, "payer_id": "QYR5Z8XDVJNXQ", "name": {"given_name": "Asha"}},
        "purchase_units": [unit],
        "create_time": "2026-11-22T10:00:00Z",
        "links": [link(f"/v2/checkout/orders/{REFERENCE}", "self"), link(PAGE, "payer-action")],
        **changes,
    }


def error(issue: str, name: str = "UNPROCESSABLE_ENTITY", **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "message": "The requested action could not be performed.",
        "debug_id": "90957fca61718",
        "details": [{"issue": issue, "description": f"About {EMAIL}."}] if issue else [],
        **changes,
    }


class PayPal:
    """PayPal at the other end of ``responses``; gives tokens for the secrets that it knows."""

    def __init__(self, mock: responses.RequestsMock, *secrets: str) -> None:
        self.mock, self.secrets, self.tokens = mock, secrets or (SECRET,), 0
        self.life: Any = 32_400
        mock.add_callback(responses.POST, f"{HOST}/v1/oauth2/token", callback=self._token)

    def _token(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        kind, _, said = request.headers["Authorization"].partition(" ")
        name, _, secret = base64.b64decode(said).decode().partition(":")
        asked = dict(parse_qsl(request.body.decode()))
        if (kind, name, asked) != ("Basic", CLIENT_ID, {"grant_type": "client_credentials"}) or (
            secret not in self.secrets
        ):
            return 401, {}, json.dumps({"error": "invalid_client", "error_description": "Client Authentication failed"})
        self.tokens += 1
        made = {"access_token": f"{TOKEN}{self.tokens}", "token_type": "Bearer", "expires_in": self.life}
        return 200, {}, json.dumps(made)

    def says(self, method: str, path: str, body: Any, status: int = 200) -> None:
        """From now on; the same again replaces it."""
        text = body if isinstance(body, str | Exception) else json.dumps(body)
        self.mock.upsert(method, HOST + path, body=text, status=status)

    def shows(self, body: Any, status: int = 200) -> None:
        self.says("GET", f"/v2/checkout/orders/{REFERENCE}", body, status)

    def creates(self, body: Any, status: int = 201) -> None:
        self.says("POST", "/v2/checkout/orders", body, status)

    def captures(self, body: Any, status: int = 201) -> None:
        self.says("POST", f"/v2/checkout/orders/{REFERENCE}/capture", body, status)

    def refunds(self, body: Any, status: int = 201) -> None:
        self.says("POST", f"/v2/payments/captures/{CAPTURE}/refund", body, status)

    def serves(self, body: Any, url: str = CERTIFICATE, **how: Any) -> None:
        self.mock.upsert(responses.GET, url, body=body, **how)

    def asked(self, end: str) -> list[requests.PreparedRequest]:
        """What was asked at addresses that end so."""
        return [call.request for call in self.mock.calls if call.request.url.endswith(end)]


def event(kind: str, resource: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": "WH-58D329510W468432D-8HN650336L201105X",
        "event_version": "1.0",
        "create_time": "2026-11-22T10:11:13.000Z",
        "resource_type": kind.split(".")[1].lower(),
        "event_type": kind,
        "summary": f"About {EMAIL}.",
        "resource": resource,
        **changes,
    }


def notice(
    said: dict[str, Any] | str,
    *,
    signer: str = "PayPal",
    webhook_id: str = WEBHOOK_ID,
    url: str = CERTIFICATE,
    **headers: str,
) -> InboundMessage:
    """A webhook as it comes, signed as PayPal documents it; ``headers`` replace some."""
    body = (said if isinstance(said, str) else json.dumps(said)).encode()
    number, at = "69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-11-22T10:11:14Z"
    text = f"{number}|{at}|{webhook_id}|{zlib.crc32(body)}".encode()
    made = authority.key(signer).sign(text, padding.PKCS1v15(), hashes.SHA256())
    sent = {
        "transmission_id": number,
        "transmission_time": at,
        "transmission_sig": base64.b64encode(made).decode(),
        "cert_url": url,
        "auth_algo": "SHA256withRSA",
        **headers,
    }
    named = {f"paypal-{name.replace('_', '-')}": value for name, value in sent.items() if value}
    return InboundMessage(body, "application/json", named)


def dispute(status: str = "OPEN", outcome: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "dispute_id": "PP-000-042-663-135",
        "create_time": "2026-11-24T10:00:00Z",
        "disputed_transactions": [
            {
                "buyer_transaction_id": "8RF37814T2345678A",
                "seller_transaction_id": CAPTURE,
                "gross_amount": money(),
                "custom": ORDER,
                "invoice_number": ORDER,
                "buyer": {"name": "Asha Canary"},
                "seller": {"email": "shop@example.com", "merchant_id": MERCHANT, "name": "Kadamb"},
            }
        ],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": status,
        "dispute_amount": money("96.00"),
        "dispute_life_cycle_stage": "CHARGEBACK",
        "seller_response_due_date": "2026-12-04T10:00:00.000Z",
        "messages": [{"posted_by": "BUYER", "content": f"Write to {EMAIL}"}],
        **({"dispute_outcome": {"outcome_code": outcome}} if outcome else {}),
        **changes,
    }
