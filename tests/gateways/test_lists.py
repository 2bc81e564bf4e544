"""The order list and the refund list: how they are asked for, walked to their end, and what is believed of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import paytmchecksum
import pytest
import requests
import responses

from paytm_kit.gateways.base import BrokenEntry, Refused, State, Unreachable, UntrustedResponse
from paytm_kit.gateways.paytm import lists
from tests.gateways import wire
from tests.gateways.conftest import Kept

ORDERS = f"{wire.HOST}/merchant-passbook/search/list/order/v2"
REFUNDS = f"{wire.HOST}/merchant-passbook/api/v1/refundList"
NOON = datetime.fromisoformat("2031-01-02T12:00:00+05:30")
MORNING = NOON - timedelta(hours=4)
ORDER = {
    "merchantOrderId": wire.ORDER, "txnId": wire.TXNID, "amount": "249.50", "payMode": "UPI",
    "orderCreatedTime": "2031-01-02T10:11:12+05:30", "orderSearchStatus": "SUCCESS", "merchantName": "Tea",
}  # fmt: skip
REFUND = {
    "orderId": wire.ORDER, "refundId": "20310102000001", "refId": "R-1", "txnAmount": "249.50",
    "refundAmount": "50.00", "acceptRefundStatus": "SUCCESS", "acceptRefundTimeStamp": "2031-01-02T10:11:12+05:30",
}  # fmt: skip


def order_page(rows: Any, word: str = "SUCCESS", code: str = "1001") -> str:
    return json.dumps({"resultInfo": {"resultStatus": word, "resultCode": code, "resultMsg": word}, "orders": rows})


def refund_page(rows: Any, status: str = "SUCCESS", message: str | None = None) -> str:
    return json.dumps({"status": status, "count": len(rows or ()), "orders": rows, "errorMessage": message})


def questions(paytm: responses.RequestsMock) -> list[dict[str, str]]:
    """Every body that was asked with, its signature verified by Paytm's own library."""
    found = []
    for call in paytm.calls:
        sent = json.loads(call.request.body)
        text = json.dumps(sent["body"], separators=(",", ":"))
        assert paytmchecksum.verifySignature(text, wire.KEY, sent["head"]["signature"])
        assert sent["head"]["tokenType"] == "CHECKSUM"
        found.append(sent["body"])
    return found


@pytest.mark.parametrize("signed", [True, False])
def test_the_order_list_is_read_signed_or_not(paytm: responses.RequestsMock, client: Kept, signed: bool) -> None:
    paytm.post(ORDERS, body=wire.enclose(order_page([ORDER]), signed=signed))
    [order] = client.list_orders(MORNING, NOON)
    assert (order.order_id, order.transaction_id, order.amount) == (wire.ORDER, wire.TXNID, Decimal("249.50"))
    assert (order.state, order.at) == (State.SUCCESS, datetime.fromisoformat("2031-01-02T10:11:12+05:30"))
    assert questions(paytm) == [
        {
            "mid": wire.MID, "fromDate": "2031-01-02T08:00:00+05:30", "toDate": "2031-01-02T12:00:01+05:30",
            "pageNumber": "1", "pageSize": "50", "isSort": "true", "orderSearchType": "TRANSACTION",
            "orderSearchStatus": "SUCCESS|FAILURE|PENDING",
        }
    ]  # fmt: skip


def test_the_refund_list_is_read_without_an_envelope(paytm: responses.RequestsMock, client: Kept) -> None:
    paytm.post(REFUNDS, body=refund_page([REFUND]))
    [refund] = client.list_refunds(MORNING, NOON)
    assert (refund.order_id, refund.refund_id, refund.gateway_refund_id) == (wire.ORDER, "R-1", "20310102000001")
    assert (refund.amount, refund.state) == (Decimal("50.00"), State.SUCCESS)
    [asked] = questions(paytm)
    assert (asked["startDate"], asked["endDate"], asked["pageNum"], asked["pageSize"]) == (
        "2031-01-02T08:00:00+05:30", "2031-01-02T12:00:01+05:30", "1", "50",
    )  # fmt: skip


def test_every_page_and_every_day_is_walked(paytm: responses.RequestsMock, client: Kept) -> None:
    for rows in (50, 50, 3, 0, 7):
        paytm.post(ORDERS, body=wire.enclose(order_page([ORDER] * rows)))
    assert len(list(client.list_orders(NOON - timedelta(days=2, hours=4), NOON))) == 110
    walked = [(asked["fromDate"][:13], asked["toDate"][:13], asked["pageNumber"]) for asked in questions(paytm)]
    first, second, third = ("2030-12-31T08", "2031-01-01T08"), ("2031-01-01T08", "2031-01-02T08"), ("2031-01-02T08",)
    assert walked == [(*first, "1"), (*first, "2"), (*first, "3"), (*second, "1"), (*third, "2031-01-02T12", "1")]


def test_what_a_sorted_list_does_not_reach_is_asked_for_in_halves() -> None:
    """Three seconds with more rows than that: the list is narrowed until each part ends."""
    asked = []

    def ask(begin: datetime, end: datetime, number: int) -> list[Any]:
        asked.append((begin, end, number))
        return [ORDER] * (50 if end - begin > timedelta(seconds=2) else 1)

    assert len(list(lists.ORDERS.walk(NOON, NOON + timedelta(seconds=2), ask))) == 2
    assert len(asked) == 202
    assert asked[199:] == [
        (NOON, NOON + timedelta(seconds=3), 200),
        (NOON, NOON + timedelta(seconds=1), 1),
        (NOON + timedelta(seconds=1), NOON + timedelta(seconds=3), 1),
    ]


def test_a_list_without_an_end_is_given_up() -> None:
    with pytest.raises(Unreachable, match="has no end"):
        list(lists.ORDERS.walk(NOON, NOON + timedelta(seconds=2), lambda begin, end, number: [ORDER] * 50))


def test_a_list_of_years_is_refused_before_anything_is_asked(paytm: responses.RequestsMock, client: Kept) -> None:
    with pytest.raises(Refused, match="18 months"):
        list(client.list_orders(NOON - timedelta(days=600), NOON))
    assert not paytm.calls


@pytest.mark.parametrize("row", [{}, "ORD-1", None, {"merchantOrderId": ["7"]}, {"merchantOrderId": "two words"}])
def test_a_row_that_names_no_order_is_told_and_the_others_are_read(
    paytm: responses.RequestsMock, client: Kept, row: Any
) -> None:
    paytm.post(ORDERS, body=wire.enclose(order_page([row, ORDER])))
    broken, order = client.list_orders(MORNING, NOON)
    assert broken == BrokenEntry(1, "row 1 of Paytm's list of orders names no order")
    assert order.order_id == wire.ORDER


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"orderSearchStatus": "REVERSED"}, (State.UNKNOWN, Decimal("249.50"))),
        ({"amount": "249.505"}, (State.SUCCESS, None)),
        ({"amount": 249.5, "orderCreatedTime": "soon"}, (State.SUCCESS, Decimal("249.50"))),
    ],
)
def test_a_value_that_is_none_is_not_read(
    paytm: responses.RequestsMock, client: Kept, changes: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    paytm.post(ORDERS, body=wire.enclose(order_page([ORDER | changes])))
    [order] = client.list_orders(MORNING, NOON)
    assert (order.state, order.amount) == expected


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (wire.enclose(order_page([ORDER]), key=wire.OTHER_KEY), UntrustedResponse),
        (wire.enclose(order_page([], "FAILURE", "4001")), Refused),
        (wire.enclose(order_page([], "FAILURE", "4099")), Unreachable),
        (wire.enclose(order_page({"0": ORDER})), Unreachable),
        (wire.enclose('{"orders":[]}'), Unreachable),
        ("<html>", Unreachable),
    ],
)
def test_no_order_list_is_better_than_a_doubtful_one(
    paytm: responses.RequestsMock, client: Kept, answer: str, error: type[Exception]
) -> None:
    paytm.post(ORDERS, body=answer)
    with pytest.raises(error):
        list(client.list_orders(MORNING, NOON))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refund_page([], "FAILURE", "Invalid signature"), Refused),
        (refund_page(None), Unreachable),
        (requests.ReadTimeout(), Unreachable),
    ],
)
def test_no_refund_list_is_better_than_half_of_one(
    paytm: responses.RequestsMock, client: Kept, answer: str, error: type[Exception]
) -> None:
    paytm.post(REFUNDS, body=answer)
    with pytest.raises(error):
        list(client.list_refunds(MORNING, NOON))
