"""Lists of orders and refunds, by page.

Sources: Paytm docs, Order List API; Refund List API. The head may say tokenType CHECKSUM or AES; JWT is not served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse

from paytm_kit.simulator import clock, world
from paytm_kit.simulator.api import answers
from paytm_kit.simulator.bank import due
from paytm_kit.simulator.bank.machine import WIRE_STATUS, State
from paytm_kit.simulator.door import Answer, api
from paytm_kit.simulator.models import Dispute, Merchant, Refund, Transaction
from paytm_kit.simulator.wire import codes, envelope, refund_checks
from paytm_kit.simulator.wire.checks import Fault, Field

MOST_SORTED = 10_000  # rows that a sorted order list reaches (Paytm docs, Order List API)
FORM = "%Y-%m-%dT%H:%M:%S+05:30"
LIST_WORD = {codes.SUCCESS: "SUCCESS", codes.FAILURE: "FAILURE", codes.PENDING: "PENDING"}
DISPUTE_WORD = {"open": "PENDING", "won": "FAILURE", "lost": "SUCCESS"}
REFUND_WORD = {"pending": "PENDING", "success": "SUCCESS", "failure": "FAILURE"}

Row = tuple[datetime, dict[str, str]]


class _Refusal(Exception):
    def __init__(self, fault: Fault, merchant: Merchant | None = None) -> None:
        self.fault, self.merchant = fault, merchant
        super().__init__(fault.why)


@api("POST")
def orders(request: HttpRequest) -> Answer:
    """Transactions, refunds and chargebacks of a time, newest first when isSort is true (unconfirmed)."""
    try:
        merchant, body = _asked(request, "4001", refund_checks.ORDER_LIST, ("fromDate", "toDate"))
    except _Refusal as refusal:
        return _orders_refused(refusal)
    due.run()
    begin, end = refund_checks.moment(body["fromDate"]), refund_checks.moment(body["toDate"])
    wanted = body["orderSearchType"].split("|")
    kinds = [read for kind, read in KINDS.items() if kind in wanted or "ALL" in wanted]
    rows = [row for read in kinds for row in read(merchant, begin, end) if _fits(row[1], body)]
    rows.sort(key=lambda row: row[0], reverse=body.get("isSort") == "true")
    rows = rows[:MOST_SORTED] if body.get("isSort") == "true" else rows
    word = codes.LIST["1001"]
    answer = {
        "resultInfo": {"resultStatus": word.status, "resultCode": "1001", "resultMsg": word.text},
        "orders": [shown for _, shown in _page(rows, body["pageNumber"], body["pageSize"])],
    }
    return answers.sealed(answer, merchant.key, "", f"1001: signature verified, {len(rows)} rows in all")


def _transactions(merchant: Merchant, begin: datetime | None, end: datetime | None) -> Iterator[Row]:
    found = Transaction.objects.filter(order__merchant=merchant, started_at__range=(begin, end))
    for row in found.select_related("order__merchant"):
        shown = {
            "merchantOrderId": row.order.order_id,
            "txnId": row.txn_id,
            "amount": f"{row.amount:.2f}",
            "payMode": row.mode,
            "orderCreatedTime": clock.ist(row.started_at, FORM),
            "orderCompletedTime": clock.ist(row.finished_at, FORM) if row.finished_at else "",
            "orderSearchStatus": LIST_WORD[WIRE_STATUS[State(row.status)]],
            "merchantName": merchant.mid,
            "rrn": row.rrn,
        }
        yield row.started_at, shown


def _refunds(merchant: Merchant, begin: datetime | None, end: datetime | None) -> Iterator[Row]:
    found = Refund.objects.filter(merchant=merchant, requested_at__range=(begin, end))
    for row in found.select_related("transaction__order"):
        shown = {
            "merchantOrderId": row.transaction.order.order_id,
            "txnId": row.refund_id,
            "amount": f"{row.amount:.2f}",
            "payMode": row.transaction.mode,
            "orderCreatedTime": clock.ist(row.requested_at, FORM),
            "orderCompletedTime": clock.ist(row.finished_at, FORM) if row.finished_at else "",
            "orderSearchStatus": REFUND_WORD[row.status],
            "merchantName": merchant.mid,
            "rrn": row.rrn,
        }
        yield row.requested_at, shown


def _chargebacks(merchant: Merchant, begin: datetime | None, end: datetime | None) -> Iterator[Row]:
    found = Dispute.objects.filter(transaction__order__merchant=merchant, opened_at__range=(begin, end))
    for row in found.select_related("transaction__order"):
        shown = {
            "merchantOrderId": row.transaction.order.order_id,
            "txnId": row.dispute_id,
            "amount": f"{row.amount:.2f}",
            "payMode": row.transaction.mode,
            "orderCreatedTime": clock.ist(row.opened_at, FORM),
            "orderCompletedTime": clock.ist(row.closed_at, FORM) if row.closed_at else "",
            "orderSearchStatus": DISPUTE_WORD[row.status],
            "merchantName": merchant.mid,
        }
        yield row.opened_at, shown


# The other search types of the page have nothing here to list.
KINDS: dict[str, Callable[[Merchant, datetime | None, datetime | None], Iterator[Row]]] = {
    "TRANSACTION": _transactions,
    "REFUND": _refunds,
    "CHARGEBACK": _chargebacks,
}


def _fits(shown: dict[str, str], body: dict[str, Any]) -> bool:
    return (
        shown["orderSearchStatus"] in body["orderSearchStatus"].split("|")
        and body.get("merchantOrderId") in (None, "", shown["merchantOrderId"])
        and body.get("payMode") in (None, "", shown["payMode"])
    )


@api("POST")
def refund_list(request: HttpRequest) -> Answer:
    """Refunds of a time. The answer has no envelope."""
    try:
        merchant, body = _asked(request, "4009", refund_checks.REFUND_LIST, ("startDate", "endDate"))
    except _Refusal as refusal:
        word = codes.LIST[refusal.fault.code]
        refused = {"status": word.status, "count": 0, "orders": [], "errorMessage": word.text}
        return Answer(JsonResponse(refused), verdict=f"{refusal.fault.code}: {refusal.fault.why}")
    due.run()
    begin, end = refund_checks.moment(body["startDate"]), refund_checks.moment(body["endDate"])
    rows = Refund.objects.filter(merchant=merchant, requested_at__range=(begin, end))
    rows = rows.select_related("transaction__order").order_by("-pk" if body.get("isSort") == "true" else "pk")
    shown = [_refund_row(row) for row in _page(list(rows), body["pageNum"], body["pageSize"])]
    answer = {"status": "SUCCESS", "count": len(shown), "orders": shown, "errorMessage": None}
    return Answer(JsonResponse(answer), verdict=f"signature verified, {len(shown)} refunds")


def _refund_row(row: Refund) -> dict[str, str]:
    return {
        "orderId": row.transaction.order.order_id,
        "refundId": row.refund_id,
        "refId": row.ref_id,
        "txnAmount": f"{row.transaction.amount:.2f}",
        "refundAmount": f"{row.amount:.2f}",
        "acceptRefundStatus": "SUCCESS" if row.accepted_at else REFUND_WORD[row.status],
        "acceptRefundTimeStamp": clock.ist(row.accepted_at, FORM) if row.accepted_at else "",
    }


def _page(rows: list[Any], number: str, size: str) -> list[Any]:
    first = (int(number) - 1) * int(size)
    return rows[first : first + int(size)]


def _asked(
    request: HttpRequest, bad_signature: str, fields: tuple[Field, ...], dates: tuple[str, str]
) -> tuple[Merchant, dict[str, Any]]:
    """Merchant and checked body. Raises _Refusal; one without a merchant is answered unsigned."""
    try:
        head, sent, body_text = answers.opened(request)
    except envelope.Malformed as error:
        raise _Refusal(Fault("4003", str(error))) from error
    merchant = world.merchant(sent.get("mid"))
    if merchant is None:
        raise _Refusal(Fault("4003", "no merchant has this MID here"))
    if fault := answers.signature_fault(bad_signature, body_text, head.get("signature"), merchant):
        raise _Refusal(fault)
    body = refund_checks.plain(sent)
    if names := refund_checks.missing(fields, body):
        raise _Refusal(Fault("4002", f"missing: {names}"), merchant)
    if why := refund_checks.misshapen(fields, body):
        raise _Refusal(Fault("4003", why), merchant)
    if why := refund_checks.range_fault(*(refund_checks.moment(body[name]) for name in dates)):
        raise _Refusal(Fault("4003", why), merchant)
    return merchant, body


def _orders_refused(refusal: _Refusal) -> Answer:
    fault, key = refusal.fault, refusal.merchant.key if refusal.merchant else None
    word = codes.LIST[fault.code]
    answer = {"resultInfo": {"resultStatus": word.status, "resultCode": fault.code, "resultMsg": word.text}}
    return answers.sealed(answer, key, "", f"{fault.code}: {fault.why}")
