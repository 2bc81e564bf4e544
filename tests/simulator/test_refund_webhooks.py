"""What a merchant's server hears of refunds and chargebacks, as raw requests, verified with Paytm's own library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from paytmchecksum import PaytmChecksum

from tests.simulator.conftest import KEY, MID, Simulator, eventually, signed
from tests.simulator.listening import Heard, Merchant, listening
from tests.simulator.money import DAY, HOUR, buy, fault, refund

ACCEPT = {
    "orderId", "txnId", "refId", "refundId", "refundAmount", "txnAmount", "txnTimestamp",
    "merchantRefundRequestTimestamp", "acceptRefundTimestamp", "status",
}  # fmt: skip
SUCCESS = {
    "source", "mid", "orderId", "txnId", "txnAmount", "refundAmount", "totalRefundAmount", "txnTimestamp",
    "acceptRefundTimestamp", "merchantRefundRequestTimestamp", "userCreditInitiateTimestamp", "refId", "refundId",
    "refundDetailInfoList", "gatewayInfo",
}  # fmt: skip
ARN = {
    "ORDERID", "REFID", "MID", "TXNID", "REFUNDID", "TXNAMOUNT", "REFUNDAMOUNT", "TXNDATETIME", "REFUNDDATETIME",
    "PAYMENTMODE", "GATEWAYNAME", "BANKNAME", "ARN", "RRN", "CHECKSUMHASH",
}  # fmt: skip


@pytest.fixture
def server(sim: Simulator) -> Iterator[Merchant]:
    """A merchant's server that the simulator sends to."""
    with listening() as merchant:
        sim.settings(webhook_url=f"{merchant.url}/hook")
        yield merchant
        sim.settings(webhook_url="")


def events(server: Merchant, count: int) -> list[Heard]:
    """What came after the payment's own webhook, once there is as much as expected."""

    def come() -> list[Heard]:
        return [heard for heard in server.at("/hook") if heard.form.get("TXNTYPE") != "SALE"]

    eventually(lambda: len(come()) >= count, f"{count} refund webhooks")
    return come()


def body(heard: Heard) -> dict[str, Any]:
    """The body of a JSON event whose signature Paytm's library finds good over its raw text."""
    assert heard.kind == "application/json"
    parsed = json.loads(heard.body)
    text = heard.body[heard.body.index('"body":') + len('"body":') : -1]
    assert PaytmChecksum.verifySignature(text, KEY, parsed["head"]["signature"])
    return parsed["body"]


def test_a_card_refund_is_told_three_times(sim: Simulator, server: Merchant) -> None:
    buy(sim, method="card")
    refund(sim, "100.00")
    accepted = body(events(server, 1)[0])
    assert set(accepted) == ACCEPT
    assert (accepted["status"], accepted["refundAmount"]) == ("SUCCESS", "100.00")
    sim.advance(2 * HOUR)
    succeeded = body(events(server, 3)[1])
    assert set(succeeded) == SUCCESS
    assert (succeeded["source"], succeeded["mid"], succeeded["totalRefundAmount"]) == ("MERCHANT", MID, "100.00")
    assert succeeded["refundDetailInfoList"][0]["payMethod"] == "CREDIT_CARD"
    assert succeeded["refundDetailInfoList"][0]["maskedCardNumber"] == "XXXXXXXXXXXX1111"
    numbers = events(server, 3)[2].form
    assert set(numbers) == ARN
    assert signed(numbers)
    assert (len(numbers["ARN"]), numbers["REFID"]) == (23, "REF-1")
    assert [row["event"] for row in sim.order()["webhooks"] if row["event"] != "payment"] == [
        "refund.accept", "refund.success", "refund.arn",
    ]  # fmt: skip


def test_upi_has_no_arn(sim: Simulator, server: Merchant) -> None:
    buy(sim)
    refund(sim, "100.00", path="/refund/api/v1/refund/apply/sync")
    events(server, 2)
    sim.advance(DAY)
    assert [row["event"] for row in sim.order()["webhooks"] if row["event"] != "payment"] == [
        "refund.accept", "refund.success",
    ]  # fmt: skip


def test_a_refund_that_the_balance_does_not_cover_is_told_as_failed(sim: Simulator, server: Merchant) -> None:
    fault(sim, "refund.pending-then-failure")
    buy(sim)
    refund(sim)
    sim.advance(HOUR)
    (only,) = events(server, 1)
    failed = body(only)
    assert (failed["status"], failed["rejectRefundReasonCode"]) == ("FAILED", "1")
    assert "acceptRefundTimestamp" not in failed


def test_a_refund_from_the_dashboard_comes_unasked(sim: Simulator, server: Merchant) -> None:
    buy(sim)
    sim.post("/_sim/orders/ORD-1/refund", json={"amount": "20.00", "outcome": "success", "ref_id": "DESK-1"})
    told = body(events(server, 2)[1])
    assert (told["source"], told["refId"], told["refundAmount"]) == ("DASHBOARD", "DESK-1", "20.00")


def test_a_chargeback_is_told_when_it_opens_and_when_it_closes(sim: Simulator, server: Merchant) -> None:
    buy(sim)
    opened = sim.post("/_sim/orders/ORD-1/dispute", json={"amount": "50.00", "reason": "not received"}).json()
    told = body(events(server, 1)[0])
    assert (told["disputeStatus"], told["disputeAmount"], told["message"]) == ("NEW", "50.00", "not received")
    assert (told["disputeId"], told["orderId"], told["mid"]) == (opened["dispute_id"], "ORD-1", MID)
    sim.post(f"/_sim/disputes/{opened['dispute_id']}/close", json={"outcome": "lost"})
    assert body(events(server, 2)[1])["disputeStatus"] == "LOST"
