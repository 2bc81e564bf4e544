"""refund/apply and v2/refund/status: what is sent, what is believed, and what proves that money stayed."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import paytmchecksum
import pytest
import requests

from paytm_kit.gateways.base import RefundRequest, Refused, State, Unreachable, UntrustedResponse
from paytm_kit.gateways.paytm import PaytmGateway, codes
from tests.gateways import wire

APPLY = f"{wire.HOST}/refund/apply"
SYNC = f"{wire.HOST}/refund/api/v1/refund/apply/sync"
STATUS = f"{wire.HOST}/v2/refund/status"
REF = "r-abcdefghjkmnpqrstuvw"
REQUEST = RefundRequest(
    order_id=wire.ORDER,
    transaction_id=wire.TXNID,
    refund_id=REF,
    amount=Decimal("100.00"),
    reason="Wrong size | sent back ₹",
)


def body(word: str = "PENDING", code: str = "601", **changes: Any) -> str:
    values = {
        "resultInfo": {"resultStatus": word, "resultCode": code, "resultMsg": "Refund request was raised"},
        "mid": wire.MID,
        "orderId": wire.ORDER,
        "refId": REF,
        "refundId": "20310103112233400000000000000000001",
        "txnId": wire.TXNID,
        "txnAmount": "249.50",
        "refundAmount": "100.00",
    }
    return json.dumps(wire.without_nothing(values | changes))


def says(paytm: Any, url: str, text: str, **how: Any) -> None:
    paytm.post(url, body=wire.enclose(text, **how))


def ask(client: Any, url: str) -> Any:
    return client.refund(REQUEST) if url == APPLY else client.refund_status(wire.ORDER, REF)


def test_the_request_is_as_documented_and_paytms_library_verifies_it(paytm, client):
    says(paytm, APPLY, body())
    client.refund(REQUEST)
    text = paytm.calls[0].request.body.decode()
    sent = text[text.index('"body":') + 7 : -1]
    assert json.loads(sent) == {
        "mid": wire.MID,
        "orderId": wire.ORDER,
        "refId": REF,
        "txnId": wire.TXNID,
        "txnType": "REFUND",
        "refundAmount": "100.00",
        "comments": "Wrong size   sent back",
    }
    assert paytmchecksum.verifySignature(sent, wire.KEY, json.loads(text)["head"]["signature"])


def test_a_raised_refund_is_pending_in_our_terms(paytm, client):
    says(paytm, APPLY, body())
    outcome = client.refund(REQUEST)
    assert (outcome.state, outcome.code) == (State.PENDING, "601")
    assert (outcome.order_id, outcome.refund_id, outcome.merchant_id) == (wire.ORDER, REF, wire.MID)
    assert (outcome.amount, outcome.transaction_id) == (Decimal("100.00"), wire.TXNID)
    assert outcome.gateway_refund_id == "20310103112233400000000000000000001"
    assert outcome.shopper_text == "Your refund is on its way."


def test_a_refund_that_arrived_brings_the_banks_reference(paytm, client):
    parts = [
        {"refundType": "TO_SOURCE", "payMethod": "UPI", "rrn": "103000000009", "userCreditExpectedDate": "2031-01-05"}
    ]
    says(paytm, STATUS, body("TXN_SUCCESS", "10", refundDetailInfoList=parts, totalRefundAmount="149.50"))
    outcome = client.refund_status(wire.ORDER, REF)
    assert (outcome.state, outcome.rrn, outcome.credit_expected) == (State.SUCCESS, "103000000009", date(2031, 1, 5))
    assert outcome.total_refunded == Decimal("149.50")
    asked = json.loads(paytm.calls[0].request.body)["body"]
    assert asked == {"mid": wire.MID, "orderId": wire.ORDER, "refId": REF}


def test_the_waiting_form_goes_to_its_own_address(paytm, client):
    says(paytm, SYNC, body("TXN_SUCCESS", "10"))
    assert client.refund(replace(REQUEST, wait=True)).state is State.SUCCESS


ROWS = [row for row in codes.CODES.values() if row.family in (codes.Family.REFUND, codes.Family.REFUND_STATUS)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.family}-{row.code}")
@pytest.mark.parametrize("word", codes.WORDS)
def test_every_code_under_every_word(paytm, client, row, word):
    url = APPLY if row.family is codes.Family.REFUND else STATUS
    says(paytm, url, body(word, row.code))
    expected = row.state if row.state is codes.WORDS[word] or row.code == "631" else State.UNKNOWN
    assert ask(client, url).state is expected


@pytest.mark.parametrize("code", "610 617 626 628 629 701 703".split())
def test_a_failure_that_does_not_prove_that_money_stayed_is_none(paytm, client, code, caplog):
    says(paytm, APPLY, body("TXN_FAILURE", code))
    with caplog.at_level(logging.WARNING, "paytm_kit.gateways.paytm"):
        assert client.refund(REQUEST).state is State.UNKNOWN
    [record] = [record for record in caplog.records if "paytm.refund.unknown" in record.getMessage()]
    assert (record.order_id, record.refund_id, record.code) == (wire.ORDER, REF, code)
    assert "status is asked" in record.action


@pytest.mark.parametrize("url", [APPLY, STATUS])
@pytest.mark.parametrize("code", ["999", "", "XX-1"])
def test_unknown_codes_never_fail_a_refund(paytm, client, url, code):
    says(paytm, url, body("TXN_FAILURE", code))
    assert ask(client, url).state is State.UNKNOWN


@pytest.mark.parametrize("word", ["TXN_FAILURE", "NO_RECORD_FOUND"])
def test_a_refund_that_paytm_never_heard_of_is_not_found_under_either_word(paytm, client, word):
    says(paytm, STATUS, body(word, "631", refId=None, refundAmount=None))
    assert client.refund_status(wire.ORDER, REF).state is State.NOT_FOUND


@pytest.mark.parametrize(
    "broken", [{"refId": "r-another"}, {"orderId": "another"}, {"mid": "ANOTHERMID"}, {"refundAmount": None}]
)
def test_a_success_about_something_else_or_without_an_amount_is_not_believed(paytm, client, broken):
    says(paytm, STATUS, body("TXN_SUCCESS", "10", **broken))
    with pytest.raises(UntrustedResponse):
        client.refund_status(wire.ORDER, REF)


@pytest.mark.parametrize("how", [{"signed": False}, {"key": wire.OTHER_KEY}])
@pytest.mark.parametrize(("word", "code"), [("TXN_SUCCESS", "10"), ("PENDING", "601")])
def test_what_is_no_failure_must_be_signed(paytm, client, how, word, code):
    says(paytm, STATUS, body(word, code), **how)
    with pytest.raises(UntrustedResponse):
        client.refund_status(wire.ORDER, REF)


def test_an_unsigned_refusal_is_believed_as_paytms_own_kits_do(paytm, client):
    says(paytm, APPLY, body("TXN_FAILURE", "619"), signed=False)
    assert client.refund(REQUEST).state is State.FAILURE


@pytest.mark.parametrize(
    "answer",
    [
        {"body": requests.ConnectTimeout()},
        {"body": requests.ReadTimeout()},
        {"body": requests.ConnectionError()},
        {"status": 503, "body": "busy"},
        {"body": "<html>Lost in space</html>"},
        {"body": '{"head":{},"body":{"resultInfo"'},
    ],
    ids=["connect-timeout", "read-timeout", "reset", "503", "html", "truncated"],
)
def test_a_refund_is_sent_once_whatever_goes_wrong(paytm, client, answer):
    paytm.post(APPLY, **answer)
    with pytest.raises(Unreachable, match="unknown"):
        client.refund(REQUEST)
    assert len(paytm.calls) == 1
    assert [exchange.operation for exchange in client.exchanges] == ["refund"]


def test_the_question_about_a_refund_is_repeated(paytm, client):
    paytm.post(STATUS, status=503)
    says(paytm, STATUS, body("TXN_SUCCESS", "10"))
    assert client.refund_status(wire.ORDER, REF).state is State.SUCCESS
    assert len(client.pauses) == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"refund_id": "r|1"}, "refId"),
        ({"refund_id": "x" * 51}, "refId"),
        ({"refund_id": ""}, "refId"),
        ({"transaction_id": ""}, "txnId"),
        ({"order_id": "a b"}, "orderId"),
        ({"amount": Decimal("0.00")}, "refundAmount"),
        ({"amount": Decimal("-1.00")}, "refundAmount"),
        ({"amount": Decimal("1.001")}, "refundAmount"),
        ({"amount": Decimal("10000000.00")}, "refundAmount"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name_and_nothing_leaves(paytm, client, change, named):
    with pytest.raises(Refused, match=named):
        client.refund(replace(REQUEST, **change))
    assert len(paytm.calls) == 0


def test_the_gateway_speaks_for_its_client(paytm, client):
    says(paytm, APPLY, body())
    says(paytm, STATUS, body("TXN_SUCCESS", "10"))
    gateway = PaytmGateway(wire.ACCOUNT, client=client)
    assert gateway.refund(REQUEST).state is State.PENDING
    assert gateway.refund_status(wire.ORDER, REF).state is State.SUCCESS
