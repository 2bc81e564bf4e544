"""Paytm's side of the wire for tests of the gateways, signed by Paytm's own Python library, not by ours."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import paytmchecksum

from paytm_kit.gateways.base import Account, Customer, Flow, InboundMessage, StartRequest

KEY = "canary#Key!4&4@="
OTHER_KEY = "another0Key#5555"
MID = "TESTMR00000000000001"
TOKEN = "4be1canary00000000000000000000f11760000000123"
ORDER = "310102-abcdefghjkmnpqrstuvw"
TXNID = "20310102111212800110168000000000001"
EMAIL = "asha.canary@example.com"
MOBILE = "9000012345"
HOST = "https://gateway.example"
INITIATE = f"{HOST}/theia/api/v1/initiateTransaction"
STATUS = f"{HOST}/v3/order/status"
FORM = "application/x-www-form-urlencoded"

ACCOUNT = Account(
    name="default",
    gateway="paytm",
    environment="staging",
    merchant_id=MID,
    keys=(KEY,),
    host=HOST,
    connect_timeout=5.0,
    read_timeout=30.0,
)
REQUEST = StartRequest(
    order_id=ORDER,
    amount=Decimal("249.50"),
    currency="INR",
    callback_url="https://shop.example/paytm/callback/",
    customer=Customer("C_17", EMAIL, MOBILE),
    flow=Flow.HOSTED,
)


def account(**changes: Any) -> Account:
    return replace(ACCOUNT, **changes)


def request(**changes: Any) -> StartRequest:
    return replace(REQUEST, **changes)


def sign(payload: dict[str, str] | str, key: str = KEY) -> str:
    """By Paytm's library; a copy goes in because it changes what it is given."""
    return paytmchecksum.generateSignature(dict(payload) if isinstance(payload, dict) else payload, key)


def enclose(body: str, *, key: str = KEY, signed: bool = True) -> str:
    """An answer around this body text."""
    head = {"version": "v1", "responseTimestamp": "1760000000123"}
    if signed:
        head["signature"] = sign(body, key)
    return f'{{"head":{json.dumps(head)},"body":{body}}}'


def without_nothing(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def status_body(word: str = "TXN_SUCCESS", code: str = "01", **changes: Any) -> str:
    """The body of a v3/order/status answer; a change to None leaves the field out."""
    values = {
        "resultInfo": {"resultStatus": word, "resultCode": code, "resultMsg": "Txn Success"},
        "txnId": TXNID,
        "bankTxnId": "103000000001",
        "orderId": ORDER,
        "txnAmount": "249.50",
        "txnType": "SALE",
        "gatewayName": "PPBLC",
        "bankName": "null",
        "mid": MID,
        "paymentMode": "UPI",
        "refundAmt": "0.00",
        "txnDate": "2031-01-02 10:11:12.0",
    }
    return json.dumps(without_nothing(values | changes), ensure_ascii=False)


def initiate_body(word: str = "S", code: str = "0000", **changes: Any) -> str:
    values = {
        "resultInfo": {"resultStatus": word, "resultCode": code, "resultMsg": "Success"},
        "txnToken": TOKEN,
        "isPromoCodeValid": False,
        "authenticated": False,
    }
    return json.dumps(without_nothing(values | changes))


def callback(word: str = "TXN_SUCCESS", code: str = "01", **changes: Any) -> dict[str, str]:
    """A callback's fields, without signature; a change to None leaves the field out."""
    values = {
        "ORDERID": ORDER,
        "MID": MID,
        "TXNID": TXNID,
        "TXNAMOUNT": "249.50",
        "PAYMENTMODE": "UPI",
        "CURRENCY": "INR",
        "TXNDATE": "2031-01-02 10:11:12.0",
        "STATUS": word,
        "RESPCODE": code,
        "RESPMSG": "Txn Success",
        "GATEWAYNAME": "PPBLC",
        "BANKTXNID": "103000000001",
    }
    return without_nothing(values | changes)


def form(fields: dict[str, str], *, key: str = KEY, content_type: str = FORM, **extra: str) -> InboundMessage:
    """A form message, signed over ``fields``; ``extra`` is added, or replaces, after signing."""
    sent = {**fields, "CHECKSUMHASH": sign(fields, key), **extra}
    return InboundMessage(urlencode(sent).encode(), content_type)


def unsigned(fields: dict[str, str]) -> InboundMessage:
    return InboundMessage(urlencode(fields).encode(), FORM)


def in_json(body: str, *, key: str = KEY, signed: bool = True) -> InboundMessage:
    return InboundMessage(enclose(body, key=key, signed=signed).encode(), "application/json; charset=UTF-8")
