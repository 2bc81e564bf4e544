"""The order list and the refund list: what they hold, how they page, what they refuse."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from tests.simulator.conftest import MID, REMOVED, Simulator, changed, sealed
from tests.simulator.money import HOUR, buy, refund

INDIA = timezone(timedelta(hours=5, minutes=30))
ORDERS = "/merchant-passbook/search/list/order/v2"
REFUNDS = "/merchant-passbook/api/v1/refundList"


def moment(days: float) -> str:
    """So many days from now, as the lists spell it."""
    return (datetime.now(INDIA) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S+05:30")


def orders(sim: Simulator, **changes: Any) -> requests.Response:
    body = {
        "mid": MID, "fromDate": moment(-1), "toDate": moment(1), "orderSearchType": "ALL",
        "orderSearchStatus": "SUCCESS|FAILURE|PENDING", "pageNumber": "1", "pageSize": "50",
    }  # fmt: skip
    return sim.send(ORDERS, changed(body, changes))


def refund_list(sim: Simulator, **changes: Any) -> dict[str, Any]:
    body = {
        "mid": MID, "isSort": "true", "startDate": moment(-1), "endDate": moment(1), "pageNum": "1", "pageSize": "50",
    }  # fmt: skip
    return sim.send(REFUNDS, changed(body, changes)).json()


def ids(answer: requests.Response) -> list[str]:
    return [row["merchantOrderId"] for row in answer.json()["body"]["orders"]]


@pytest.fixture
def busy(sim: Simulator) -> Simulator:
    """Three orders, of which one failed; two refunds, of which one is done; a chargeback."""
    buy(sim, "A", "100.00")
    buy(sim, "B", "200.00", method="card")
    sim.token("C")
    sim.pay("C", "failure")
    refund(sim, "10.00", "R-A", order_id="A")
    sim.advance(0.5 * HOUR)
    refund(sim, "20.00", "R-B", order_id="B")
    sim.post("/_sim/orders/A/dispute", json={"amount": "5.00"})
    return sim


def test_the_order_list_holds_everything_that_moved(busy: Simulator) -> None:
    answer = orders(busy)
    assert sealed(answer)
    assert answer.json()["body"]["resultInfo"] == {
        "resultStatus": "SUCCESS", "resultCode": "1001", "resultMsg": "SUCCESS",
    }  # fmt: skip
    assert ids(answer) == ["A", "B", "C", "A", "B", "A"]
    first = answer.json()["body"]["orders"][0]
    assert (first["amount"], first["payMode"], first["orderSearchStatus"]) == ("100.00", "UPI", "SUCCESS")
    assert first["orderCreatedTime"].endswith("+05:30")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"orderSearchType": "TRANSACTION"}, ["A", "B", "C"]),
        ({"orderSearchType": "TRANSACTION|CHARGEBACK"}, ["A", "B", "C", "A"]),
        ({"orderSearchType": "REFUND"}, ["A", "B"]),
        ({"orderSearchType": "REFUND", "orderSearchStatus": "PENDING"}, ["B"]),
        ({"orderSearchType": "M2B"}, []),
        ({"orderSearchStatus": "FAILURE"}, ["C"]),
        ({"orderSearchType": "TRANSACTION", "merchantOrderId": "B"}, ["B"]),
        ({"orderSearchType": "TRANSACTION", "payMode": "CC"}, ["B"]),
        ({"orderSearchType": "TRANSACTION", "isSort": True}, ["C", "B", "A"]),
        ({"orderSearchType": "TRANSACTION", "pageNumber": 2, "pageSize": 2}, ["C"]),
        ({"fromDate": moment(-9), "toDate": moment(-8)}, []),
    ],
)
def test_the_order_list_can_be_narrowed(busy: Simulator, changes: dict[str, Any], found: list[str]) -> None:
    assert ids(orders(busy, **changes)) == found


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mid": "NOBODY"}, "4003"),
        ({"toDate": REMOVED}, "4002"),
        ({"orderSearchStatus": "ALL"}, "4003"),
        ({"orderSearchType": "TRANSACTION|"}, "4003"),
        ({"fromDate": moment(-40)}, "4003"),
        ({"fromDate": moment(2)}, "4003"),
        ({"fromDate": "2031-02-30T00:00:00+05:30"}, "4003"),
        ({"pageSize": "51"}, "4003"),
        ({"pageNumber": "0"}, "4003"),
        ({"pageNumber": ["1"]}, "4003"),
    ],
)
def test_the_order_list_refuses_with_paytm_s_code(sim: Simulator, changes: dict[str, Any], code: str) -> None:
    info = orders(sim, **changes).json()["body"]["resultInfo"]
    assert (info["resultStatus"], info["resultCode"]) == ("FAILURE", code)


@pytest.mark.parametrize("path", [ORDERS, REFUNDS])
@pytest.mark.parametrize("raw", [b"", b"[]", b'{"head":{},"body":{"mid":"DEMOMID0000000000001"}}', b"\xff"])
def test_what_is_unsigned_or_unreadable_never_breaks(sim: Simulator, path: str, raw: bytes) -> None:
    answer = sim.post(path, data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert "FAILURE" in answer.text


def test_the_refund_list_has_no_envelope(busy: Simulator) -> None:
    answer = refund_list(busy)
    assert (answer["status"], answer["count"], answer["errorMessage"]) == ("SUCCESS", 2, None)
    assert set(answer["orders"][0]) == {
        "orderId", "refundId", "refId", "txnAmount", "refundAmount", "acceptRefundStatus", "acceptRefundTimeStamp",
    }  # fmt: skip
    assert [row["refId"] for row in answer["orders"]] == ["R-B", "R-A"]
    assert [row["refId"] for row in refund_list(busy, isSort="false", pageSize="1")["orders"]] == ["R-A"]


@pytest.mark.parametrize("changes", [{"endDate": REMOVED}, {"startDate": moment(-40)}, {"pageSize": 51}])
def test_the_refund_list_refuses_in_words(sim: Simulator, changes: dict[str, Any]) -> None:
    answer = refund_list(sim, **changes)
    assert (answer["status"], answer["orders"]) == ("FAILURE", [])
    assert answer["errorMessage"]
