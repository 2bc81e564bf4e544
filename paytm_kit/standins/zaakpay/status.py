"""``/checkTxn``: what became of an order. Source: developer.zaakpay.com, Check Transaction Status API (v5)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator.door import Answer
from paytm_kit.standins import faults
from paytm_kit.standins.books import Bank
from paytm_kit.standins.door import api
from paytm_kit.standins.models import Order, Party, Refund
from paytm_kit.standins.parties import ZAAKPAY
from paytm_kit.standins.zaakpay import asked, codes
from paytm_kit.standins.zaakpay.words import PRODUCTS, moment

VERSIONS = ("5", "10", "12")


@api(ZAAKPAY, "status", asked.refuse, "POST")
def check(request: HttpRequest, party: Party) -> Answer:
    """One order with its refunds, or why there is none."""
    version = request.GET.get("v", "5")
    name, verdict = "", ""
    row: dict[str, Any]
    try:
        said = asked.data(request, party)
        name = asked.order_id(said)
        row, verdict = _row(asked.find(party, name), name, _named(said))
    except asked.Wrong as wrong:
        verdict = str(wrong)
        row = {"responseCode": wrong.code, "responseDescription": verdict}
    body = {
        "merchantIdentifier": party.identifier, "version": version if version in VERSIONS else VERSIONS[0],
        "success": row.get("txnStatus", "1") != "1", "orders": [row],
    }  # fmt: skip
    return asked.answer(body, name, verdict)


def _row(order: Order | None, name: str, refund: str) -> tuple[dict[str, Any], str]:
    """What is told of the order, and the verdict."""
    if order is None:
        return {"orderDetail": {"orderId": name}, **_said("205"), "txnStatus": "1"}, "no such order"
    return _order(faults.with_told_amount(order), refund), ""


def _named(said: dict[str, Any]) -> str:
    """The refund that is asked about, or ""."""
    detail = said.get("refundDetail")
    named = detail.get("merchantRefId") if isinstance(detail, dict) else None
    return named if isinstance(named, str) else ""


def _said(code: str) -> dict[str, str]:
    return {"responseCode": code, "responseDescription": codes.WORDS[code]}


def _order(order: Order, refund: str) -> dict[str, Any]:
    capture = order.capture()
    standing = codes.standing(order, capture)
    told = order.facts.get("form", {})
    at = capture.at if capture else order.created_at
    row: dict[str, Any] = {
        "orderDetail": {
            "orderId": order.reference, "txnId": capture.public_id if capture else "NA", "amount": str(order.amount),
            **{name: told.get(name) or "NA" for name in PRODUCTS}, "createDate": moment(order.created_at),
        },
        "paymentInstrument": {
            "paymentMode": "Debit Card" if capture else "NA",
            "card": {
                "cardToken": "4000 XXXX XXXX 0002", "cardId": "NA", "cardScheme": "RuPay", "first4": "4000",
                "last4": "0002", "bank": "NA", "cardHashId": "NA", "paymentMethod": "NA",
            } if capture else {},
        },
        **_said(standing.code), "txnStatus": standing.txn_status, "txnDate": moment(at),
        "userAccountDebited": "1" if standing.txn_status in "034" else "0",
    }  # fmt: skip
    rows = [] if capture is None else [one for one in capture.refunds.all() if one.state != Bank.FAILED]
    if shown := [_refund(one) for one in rows if refund in ("", one.reference)]:
        row["refundDetails"] = shown
    return row


def _refund(row: Refund) -> dict[str, str]:
    """With the card network's reference once it is paid."""
    paid = {"arn": f"7{row.public_id[3:].rjust(22, '0')}"} if row.state == Bank.SUCCEEDED else {}
    return {"amount": str(row.amount), "merchantRefId": row.reference, **paid}
