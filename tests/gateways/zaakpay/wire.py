"""Zaakpay's side of the wire for tests: answers as its documentation shows them, signed here by hmac alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from paytm_kit.gateways.base import Account, Customer, Flow, InboundMessage, StartRequest

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "zaakpay.json").read_text(encoding="utf-8"),
)
KEY = "0123456789abcdef0123456789abcdef"
OLD_KEY = "fedcba9876543210fedcba9876543210"
MERCHANT = "fakeMerchantIdentifier0000000001"
ORDER = "261122abcdefghijkmnp"
TXNID = "ZP0000000000001"
HOST = "https://gateway.example"
EMAIL = "asha.canary@example.com"
FORM = "application/x-www-form-urlencoded"

ACCOUNT = Account(name="zaak", gateway="zaakpay", environment="staging", merchant_id=MERCHANT, keys=(KEY,), host=HOST)
REQUEST = StartRequest(
    order_id=ORDER,
    amount=Decimal("499.00"),
    currency="INR",
    callback_url="https://shop.example/paytm/callback/zaak/",
    customer=Customer("C_17", EMAIL),
    flow=Flow.HOSTED,
)


def account(**changes: Any) -> Account:
    return replace(ACCOUNT, **changes)


def hmac_of(text: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def order(code: str = "228", status: str = "0", **changes: Any) -> dict[str, Any]:
    """One entry of the status API's ``orders``."""
    return {
        "orderDetail": {"orderId": ORDER, "txnId": TXNID, "amount": "49900", "productDescription": "NA"},
        "paymentInstrument": {
            "paymentMode": "Debit Card",
            "card": {"cardToken": "4012 XXXX XXXX 1112", "cardScheme": "RuPay", "bank": "Sahyadri Demo Bank"},
        },
        "responseCode": code,
        "responseDescription": "The transaction was captured.",
        "txnStatus": status,
        "txnDate": "2026-01-15 10:11:13.36",
        "userAccountDebited": "1",
        **changes,
    }


def status_answer(*orders: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"success": True, "merchantIdentifier": MERCHANT, "version": "5", "orders": list(orders), **changes}


RETURN = {
    "orderId": ORDER,
    "responseCode": "100",
    "responseDescription": "The transaction was completed successfully. ",
    "amount": "49900",
    "doRedirect": "false",
    "paymentMode": "Debit Card",
    "cardId": "NA",
    "cardScheme": "Visa",
    "cardToken": "4012 XXXX XXXX 1112",
    "bank": "NA",
    "bankid": "",
    "paymentMethod": "401200",
    "cardhashid": "NA",
    "productDescription": "NA",
    "pgTransId": TXNID,
    "pgTransTime": "01/15/2026 10:11:12",
}


def returned(key: str = KEY, **changes: str) -> InboundMessage:
    """The form that the browser brings, signed in the order of the documentation, written out here once more."""
    fields = {**RETURN, **changes}
    names = VECTORS["response_field_order"]
    text = "".join(f"{name}={fields[name]}&" for name in names if name in fields)
    return form({**fields, "checksum": hmac_of(text, key)})


def form(fields: dict[str, str]) -> InboundMessage:
    return InboundMessage(urlencode(fields).encode(), FORM)


def webhook(*transactions: dict[str, Any], key: str = KEY, name: str = "txnData") -> InboundMessage:
    text = json.dumps({"merchantIdentifier": MERCHANT, "txns": list(transactions)}).replace("/", "\\/")
    return form({name: text, "checksum": hmac_of(text, key)})
