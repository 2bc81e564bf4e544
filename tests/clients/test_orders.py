"""Paytm's four published clients, unchanged, take an order through the simulator: token, payment, refund."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from paytmchecksum import PaytmChecksum

from tests.clients.conftest import COMMANDS, Client, Relay
from tests.simulator.conftest import KEY, MID, Simulator

pytestmark = pytest.mark.clients

Start = Callable[..., Client]
DAY = 86_400
REFUSED = "Signature Validation Failed"  # the SDKs' own words for an answer that Paytm did not sign


@pytest.fixture(params=COMMANDS)
def client(request: pytest.FixtureRequest, start: Start) -> Client:
    return start(request.param)


# ---- initiate and status ---------------------------------------------------------------------------------------


def test_a_client_gets_a_token(client: Client, sim: Simulator) -> None:
    said = client.initiate()
    assert (said["status"], said["code"]) == ("S", "0000")
    assert len(said["token"]) == 45
    assert sim.order()["amount"] == "249.50"


def test_the_token_opens_the_payment_page(client: Client, sim: Simulator) -> None:
    token = client.initiate()["token"]
    page = sim.post(
        f"/theia/api/v1/showPaymentPage?mid={MID}&orderId=ORD-1",
        data={"mid": MID, "orderId": "ORD-1", "txnToken": token},
    )
    assert page.status_code == 200
    assert "249.50" in page.text


def test_what_the_client_signed_is_what_it_sent(client: Client, relay: Relay, sim: Simulator) -> None:
    client.initiate()
    sent = relay.sent[0].body.decode()
    start, end = sent.index('"body":') + len('"body":'), len(sent) - 1
    if sent.index('"body":') < sent.index('"head":'):
        end = sent.index(',"head":')
    signature = json.loads(sent)["head"]["signature"]
    assert PaytmChecksum.verifySignature(sent[start:end], KEY, signature)
    assert [verdict for verdict in sim.verdicts() if verdict] == ["0000: signature verified, token given"]


def test_the_same_order_again_gets_the_same_token(client: Client) -> None:
    first, again = client.initiate(), client.initiate()
    assert (again["status"], again["code"]) == ("S", "0002")
    assert again["token"] == first["token"]


def test_another_amount_for_the_same_order_is_refused(client: Client) -> None:
    client.initiate()
    assert (said := client.initiate(amount="1.00"))["code"] == "2023"
    assert said["status"] == "F"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [("success", ("TXN_SUCCESS", "01")), ("failure", ("TXN_FAILURE", "227")), ("pending", ("PENDING", "402"))],
)
def test_a_client_learns_how_the_payment_went(
    client: Client, sim: Simulator, outcome: str, expected: tuple[str, str]
) -> None:
    client.initiate()
    assert client.result() == ("NO_RECORD_FOUND", "331")
    callback = sim.pay(outcome=outcome)["callback"]["fields"]
    said = client.status()
    assert (said["status"], said["code"]) == expected
    assert (said["txn_id"], said["amount"]) == (callback["TXNID"], "249.50")


def test_a_client_with_another_key_is_refused(start: Start, sim: Simulator) -> None:
    for name in COMMANDS:
        stranger = start(name, key="another#Key&1@pt")
        assert stranger.initiate()["code"] == "2005"
        assert stranger.result() == ("TXN_FAILURE", "330")
    assert sim.get("/_sim/orders").json()["orders"] == []


# ---- both ways signed ------------------------------------------------------------------------------------------


def test_a_client_refuses_an_answer_that_was_changed_on_its_way(client: Client, relay: Relay, sim: Simulator) -> None:
    client.initiate()
    sim.pay()
    relay.change = lambda answer: answer.replace(b'"txnAmount":"249.50"', b'"txnAmount":"2.50"')
    said = client.status()
    assert REFUSED in said.get("message", said.get("raised"))  # how paytm-pg raises: defects.py


def test_a_client_refuses_a_token_that_was_changed_on_its_way(client: Client, relay: Relay) -> None:
    relay.change = lambda answer: answer.replace(b'"txnToken":"', b'"txnToken":"0')
    assert client.initiate()["message"] == REFUSED


# ---- refunds ---------------------------------------------------------------------------------------------------


@pytest.fixture
def paid(client: Client, sim: Simulator) -> str:
    """The TXNID of an order that was paid."""
    client.initiate()
    return str(sim.pay()["callback"]["fields"]["TXNID"])


def test_a_refund_is_raised_and_then_credited(client: Client, sim: Simulator, paid: str) -> None:
    raised = client.refund(paid)
    assert (raised["status"], raised["code"]) == ("PENDING", "601")
    assert raised["amount"] == "100.00"
    waiting = client.refund_status()
    assert (waiting["status"], waiting["code"]) == ("PENDING", "601")
    sim.advance(14 * DAY)
    credited = client.refund_status()
    assert (credited["status"], credited["code"]) == ("TXN_SUCCESS", "10")
    assert credited["refund_id"] == raised["refund_id"]
    assert Decimal(client.status()["refunded"]) == 100


def test_more_than_was_paid_is_not_refunded(client: Client, paid: str) -> None:
    said = client.refund(paid, amount="249.51")
    assert (said["status"], said["code"]) == ("TXN_FAILURE", "619")
    assert client.status()["refunded"] in (None, "0.00")


def test_a_refund_that_nobody_asked_for_is_not_known(client: Client, paid: str) -> None:
    assert client.refund_status("REF-9")["code"] == "631"


def test_a_client_refuses_a_refund_that_was_changed_on_its_way(client: Client, relay: Relay, paid: str) -> None:
    relay.change = lambda answer: answer.replace(b'"refundAmount":"100.00"', b'"refundAmount":"249.50"')
    assert client.refund(paid)["message"] == REFUSED


# ---- the addresses that each asks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("paytm-pg", ["/order/initiate", "/v3/order/status", "/refund/apply", "/v2/refund/status"]),
        (
            "paytm-pg-node-sdk",
            [
                "/theia/api/v1/initiateTransaction",
                "/merchant-status/api/v1/getPaymentStatus",
                "/refund/api/v1/async/refund",
                "/refund/api/v1/refundStatus",
            ],
        ),
    ],
)
def test_an_sdk_asks_its_own_addresses(start: Start, relay: Relay, sim: Simulator, name: str, paths: list[str]) -> None:
    sdk = start(name)
    sdk.initiate()
    txn_id = sim.pay()["callback"]["fields"]["TXNID"]
    sdk.status(), sdk.refund(txn_id), sdk.refund_status()
    assert [sent.path.split("?")[0] for sent in relay.sent] == paths
