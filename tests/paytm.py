"""Paytm as the suite plays it, signed by Paytm's own Python library: our checksum must not judge itself."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import paytmchecksum
import responses
from django.http import HttpResponse
from django.test import Client

from paytm_kit.models import Payment

MID = "TESTMID0000000000001"
KEY = "test#Key&1@paytm"
HOST = "https://gateway.example"
TXNID = "20261121111212800110168000000000001"
FORM = "application/x-www-form-urlencoded"

RESULTS = {
    "TXN_SUCCESS": ("01", "Txn Success"),
    "TXN_FAILURE": ("227", "Your payment has been declined by your bank."),
    "PENDING": ("402", "Looks like the payment is not complete."),
    "NO_RECORD_FOUND": ("331", "No Record Found"),
}


def sign(payload: dict[str, str] | str, key: str = KEY) -> str:
    """By Paytm's library; a copy goes in because it changes what it is given."""
    return paytmchecksum.generateSignature(dict(payload) if isinstance(payload, dict) else payload, key)


def callback_fields(payment: Payment, status: str = "TXN_SUCCESS", *, key: str = KEY, **changes: str | None) -> dict:
    """A callback's fields, signed after ``changes``; a change to ``None`` leaves the field out."""
    code, message = RESULTS.get(status, ("999", "?"))
    fields: dict[str, str | None] = {
        "ORDERID": payment.gateway_order_id,
        "MID": MID,
        "TXNID": TXNID,
        "TXNAMOUNT": str(payment.amount),
        "PAYMENTMODE": "UPI",
        "CURRENCY": "INR",
        "TXNDATE": "2026-11-21 10:11:12.0",
        "STATUS": status,
        "RESPCODE": code,
        "RESPMSG": message,
        "GATEWAYNAME": "PPBLC",
        "BANKTXNID": "103000000001",
        **changes,
    }
    sent = {name: value for name, value in fields.items() if value is not None}
    return {**sent, "CHECKSUMHASH": sign(sent, key)}


def status_text(
    order_id: str, status: str = "TXN_SUCCESS", *, key: str = KEY, signed: bool = True, **changes: Any
) -> str:
    """The status API's answer as text, signed over the exact body."""
    code, message = RESULTS.get(status, ("999", "?"))
    body: dict[str, Any] = {"resultInfo": {"resultStatus": status, "resultCode": code, "resultMsg": message}}
    if status != "NO_RECORD_FOUND":
        body |= {
            "txnId": TXNID,
            "bankTxnId": "103000000001",
            "orderId": order_id,
            "txnAmount": "499.00",
            "txnType": "SALE",
            "gatewayName": "PPBLC",
            "mid": MID,
            "paymentMode": "UPI",
            "refundAmt": "0.00",
            "txnDate": "2026-11-21 10:11:12.0",
        }
    body |= changes
    text = json.dumps({name: value for name, value in body.items() if value is not None})
    head = {"responseTimestamp": "1795234272000", "version": "v1"}
    if signed:
        head["signature"] = sign(text, key)
    return f'{{"head":{json.dumps(head)},"body":{text}}}'


class Paytm:
    """The other end of the wire, through ``responses``."""

    def __init__(self, wire: responses.RequestsMock) -> None:
        self.wire = wire

    def will_say(self, status: str = "TXN_SUCCESS", *, payment: Payment | None = None, **changes: Any) -> None:
        """From now on the status API answers this."""
        order_id = payment.gateway_order_id if payment else "unused"
        if payment is not None:
            changes.setdefault("txnAmount", str(payment.amount))
        self.will_answer(status_text(order_id, status, **changes))

    def will_answer(self, text: str | Exception, *, http_status: int = 200, path: str = "/v3/order/status") -> None:
        """From now on this path answers with exactly this text, or not at all."""
        self.wire.remove(responses.POST, HOST + path)
        self.wire.add(responses.POST, HOST + path, body=text, status=http_status, content_type="application/json")

    def will_start(self, token: str = "a" * 32 + "1795234272000", code: str = "0000") -> None:
        """From now on initiateTransaction gives this token."""
        body = json.dumps(
            {"resultInfo": {"resultStatus": "S", "resultCode": code, "resultMsg": "Success"}, "txnToken": token}
        )
        head = json.dumps({"signature": sign(body), "version": "v1", "responseTimestamp": "1795234272000"})
        self.will_answer(f'{{"head":{head},"body":{body}}}', path="/theia/api/v1/initiateTransaction")

    def will_refund(
        self, word: str = "PENDING", code: str = "601", *, path: str = "/refund/apply", **changes: Any
    ) -> None:
        """From now on this refund API answers so, about whatever refund and order it is asked for."""

        def answer(request: Any) -> tuple[int, dict[str, str], str]:
            asked = json.loads(request.body)["body"]
            body = {
                "resultInfo": {"resultStatus": word, "resultCode": code, "resultMsg": f"Refund {code}"},
                "mid": MID,
                "orderId": asked["orderId"],
                "refId": asked["refId"],
                "refundId": "20261122112233400000000000000000001",
                "txnId": TXNID,
                "refundAmount": asked.get("refundAmount", "100.00"),
                **changes,
            }
            text = json.dumps({name: value for name, value in body.items() if value is not None})
            head = json.dumps({"version": "v1", "signature": sign(text)})
            return 200, {}, f'{{"head":{head},"body":{text}}}'

        self.wire.remove(responses.POST, HOST + path)
        self.wire.add_callback(responses.POST, HOST + path, callback=answer, content_type="application/json")

    def refund_becomes(self, word: str, code: str, **changes: Any) -> None:
        """From now on this is what the refund status API says."""
        self.will_refund(word, code, path="/v2/refund/status", **changes)

    def asked(self, path: str = "/v3/order/status") -> int:
        """How often we were called."""
        return sum(call.request.url.split("?")[0].endswith(path) for call in self.wire.calls)


def post_callback(client: Client, fields: dict[str, str] | str, **extra: Any) -> HttpResponse:
    """As a browser does: cross-site, form-encoded."""
    body = fields if isinstance(fields, str) else urlencode(fields)
    return client.post("/paytm/callback/", body, content_type=FORM, **extra)


def post_webhook(client: Client, fields: dict[str, str] | str, **extra: Any) -> HttpResponse:
    """As Paytm's server does, form-encoded."""
    body = fields if isinstance(fields, str) else urlencode(fields)
    return client.post("/paytm/webhook/", body, content_type=FORM, **extra)


def post_json_webhook(client: Client, body: dict[str, Any], *, key: str = KEY) -> HttpResponse:
    """The JSON webhook: head.signature over the exact body text."""
    text = json.dumps(body)
    envelope = f'{{"head":{{"version":"v1","signature":"{sign(text, key)}"}},"body":{text}}}'
    return client.post("/paytm/webhook/", envelope, content_type="application/json")


RUPEES = Decimal("499.00")
