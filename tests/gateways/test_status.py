"""v3/order/status: which answers are believed, and what they say."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from decimal import Decimal

import paytmchecksum
import pytest

from paytm_kit.gateways.base import Refused, State, Unreachable, UntrustedResponse, Verdict
from paytm_kit.gateways.paytm import codes
from tests.gateways import wire
from tests.gateways.conftest import Kept


def test_the_question_is_as_documented_and_paytms_library_verifies_it(paytm, client, status_says):
    status_says(wire.status_body())
    client.order_status(wire.ORDER)
    asked = paytm.calls[0].request
    assert asked.url == wire.STATUS
    text = asked.body.decode()
    body = text[text.index('"body":') + 7 : -1]
    assert json.loads(body) == {"mid": wire.MID, "orderId": wire.ORDER}
    assert paytmchecksum.verifySignature(body, wire.KEY, json.loads(text)["head"]["signature"])


def test_a_success_is_read_in_our_terms(client, status_says):
    status_says(wire.status_body())
    outcome = client.order_status(wire.ORDER)
    assert (outcome.order_id, outcome.merchant_id, outcome.state) == (wire.ORDER, wire.MID, State.SUCCESS)
    assert (outcome.amount, outcome.currency) == (Decimal("249.50"), "")
    assert str(outcome.amount) == "249.50"
    assert (outcome.transaction_id, outcome.bank_transaction_id) == (wire.TXNID, "103000000001")
    assert (outcome.code, outcome.message) == ("01", "Txn Success")
    assert (outcome.payment_mode, outcome.gateway_name, outcome.bank_name) == ("UPI", "PPBLC", "")
    assert outcome.transaction_at == datetime.fromisoformat("2031-01-02T10:11:12+05:30")
    assert outcome.transaction_at.utcoffset() == timedelta(hours=5, minutes=30)
    assert outcome.shopper_text == "Your payment was received."
    assert client.exchanges[0].verdict is Verdict.VERIFIED


@pytest.mark.parametrize(("said", "network"), [("RUPAY", "RUPAY"), ("null", ""), (None, ""), ("", "")])
def test_the_cards_network_is_known_when_the_answer_names_it(client, status_says, said, network):
    status_says(wire.status_body(cardScheme=said))
    assert client.order_status(wire.ORDER).network == network


@pytest.mark.parametrize(
    "row", [row for row in codes.CODES.values() if row.family is codes.Family.STATUS], ids=lambda row: row.code
)
@pytest.mark.parametrize("word", codes.WORDS)
def test_every_code_under_every_word(client, status_says, row, word):
    status_says(wire.status_body(word, row.code))
    expected = row.state if row.state is codes.WORDS[word] else State.UNKNOWN
    assert client.order_status(wire.ORDER).state is expected


@pytest.mark.parametrize(
    ("word", "code"), [("CAPTURED", "01"), ("TXN_SUCCESS", "777"), ("TXN_FAILURE", "777"), ("TXN_SUCCESS", "227")]
)
def test_unknown_words_and_codes_change_nothing_and_are_warned_of(client, status_says, caplog, word, code):
    status_says(wire.status_body(word, code))
    with caplog.at_level(logging.WARNING, "paytm_kit.gateways.paytm"):
        outcome = client.order_status(wire.ORDER)
    assert outcome.state is State.UNKNOWN
    assert outcome.shopper_text == "We are still confirming your payment. Please do not pay again."
    [record] = caplog.records
    assert record.getMessage().startswith("paytm.status.unknown ")
    assert (record.order_id, record.word, record.code) == (wire.ORDER, word, code)


def test_a_numeric_success_code_is_a_success(client, status_says):
    status_says(wire.status_body(code="1"))
    outcome = client.order_status(wire.ORDER)
    assert (outcome.state, outcome.code) == (State.SUCCESS, "01")


@pytest.mark.parametrize(("word", "code"), [("TXN_SUCCESS", "01"), ("PENDING", "402"), ("TXN_SUCCESS", "777")])
def test_what_is_no_failure_must_be_signed(client, status_says, caplog, word, code):
    status_says(wire.status_body(word, code), signed=False)
    with pytest.raises(UntrustedResponse, match="REQUIRE_SIGNED_RESPONSES") as caught:
        client.order_status(wire.ORDER)
    assert caught.value.retryable
    assert "REQUIRE_SIGNED_RESPONSES" in caplog.text
    assert client.exchanges[0].verdict is Verdict.UNSIGNED
    assert len(client.exchanges) == 1


def test_one_setting_relaxes_this_and_each_use_is_warned_of(status_says, caplog):
    status_says(wire.status_body(), signed=False)
    assert Kept(require_signed_responses=False).order_status(wire.ORDER).state is State.SUCCESS
    assert "paytm.unsigned.accepted" in caplog.text


@pytest.mark.parametrize(
    ("word", "code", "state"), [("TXN_FAILURE", "227", State.FAILURE), ("NO_RECORD_FOUND", "331", State.NOT_FOUND)]
)
def test_a_failure_may_come_unsigned_and_bare(client, paytm, word, code, state):
    body = json.dumps({"resultInfo": {"resultStatus": word, "resultCode": code, "resultMsg": "no"}})
    paytm.post(wire.STATUS, body=f'{{"head":null,"body":{body}}}')
    outcome = client.order_status(wire.ORDER)
    assert (outcome.state, outcome.order_id, outcome.merchant_id) == (state, wire.ORDER, "")
    assert (outcome.amount, outcome.transaction_id, outcome.transaction_at) == (None, "", None)


@pytest.mark.parametrize(("word", "code"), [("TXN_SUCCESS", "01"), ("TXN_FAILURE", "227"), ("NO_RECORD_FOUND", "331")])
@pytest.mark.parametrize("relaxed", [True, False])
def test_a_wrong_signature_is_refused_whatever_it_signs(status_says, word, code, relaxed):
    status_says(wire.status_body(word, code), key=wire.OTHER_KEY)
    client = Kept(require_signed_responses=not relaxed)
    with pytest.raises(UntrustedResponse, match="another key"):
        client.order_status(wire.ORDER)
    assert client.exchanges[0].verdict is Verdict.BAD_SIGNATURE


def test_one_changed_byte_of_a_success_is_noticed(client, paytm):
    text = wire.enclose(wire.status_body(txnAmount="1.00"))
    paytm.post(wire.STATUS, body=text.replace('"1.00"', '"9.00"'))
    with pytest.raises(UntrustedResponse):
        client.order_status(wire.ORDER)


def test_the_previous_key_still_verifies_during_a_rotation(status_says):
    status_says(wire.status_body(), key=wire.OTHER_KEY)
    assert Kept(keys=(wire.KEY, wire.OTHER_KEY)).order_status(wire.ORDER).state is State.SUCCESS


@pytest.mark.parametrize("word", ["TXN_SUCCESS", "TXN_FAILURE", "PENDING"])
@pytest.mark.parametrize(
    "changes",
    [
        {"orderId": "another-order"},
        {"orderId": wire.ORDER.upper()},
        {"mid": "OTHERMID000000000001"},
        {"orderId": {"a": 1}},
    ],
)
def test_an_answer_about_something_else_is_not_believed(client, status_says, word, changes):
    status_says(wire.status_body(word, {"TXN_SUCCESS": "01", "TXN_FAILURE": "227", "PENDING": "400"}[word], **changes))
    with pytest.raises(UntrustedResponse, match="another"):
        client.order_status(wire.ORDER)


@pytest.mark.parametrize("name", ["orderId", "mid", "txnAmount", "txnId"])
@pytest.mark.parametrize("value", [None, "", "null", "NULL", {"a": "b"}, True])
def test_a_success_needs_all_four_facts(client, status_says, name, value):
    status_says(wire.status_body(**{name: value}))
    with pytest.raises(UntrustedResponse):
        client.order_status(wire.ORDER)


AMOUNTS = [
    "1e2",
    "NaN",
    "-1",
    "+1",
    "1,000.00",
    "1.001",
    "١٫٠٠",
    "१००",
    "1.",
    ".5",
    " 1.00",
    "1.00\n",
    "0x10",
    "1_000",
    "9" * 17,
    "Infinity",
    "1.00 INR",
]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_success_with_an_odd_amount_is_not_believed(client, status_says, amount):
    status_says(wire.status_body(txnAmount=amount))
    with pytest.raises(UntrustedResponse, match="amount"):
        client.order_status(wire.ORDER)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_odd_amount_on_a_failure_is_just_not_stated(client, status_says, amount):
    status_says(wire.status_body("TXN_FAILURE", "227", txnAmount=amount))
    outcome = client.order_status(wire.ORDER)
    assert (outcome.state, outcome.amount) == (State.FAILURE, None)


@pytest.mark.parametrize(("text", "amount"), [("5.0", "5.00"), ("5", "5.00"), ("0249.50", "249.50"), ("1.00", "1.00")])
def test_other_scales_of_an_amount_are_the_same_amount(client, status_says, text, amount):
    status_says(wire.status_body(txnAmount=text))
    assert str(client.order_status(wire.ORDER).amount) == amount


def test_an_amount_written_as_a_json_number_is_read_without_floats(client, status_says):
    status_says(wire.status_body().replace('"249.50"', "249.50"))
    assert str(client.order_status(wire.ORDER).amount) == "249.50"


@pytest.mark.parametrize(
    "date",
    [
        "",
        "2031-01-02",
        "02/01/2031 10:11:12",
        "2031-13-02 10:11:12",
        "२०३१-01-02 10:11:12",
        "2031-01-02T10:11:12",
        "0001-01-01 00:00:00",
    ],
)
def test_an_odd_date_is_not_stated(client, status_says, date):
    status_says(wire.status_body(txnDate=date))
    assert client.order_status(wire.ORDER).transaction_at is None


@pytest.mark.parametrize("txn_id", ["a|b", "a b", "a\nb", "é", "a" * 65])
def test_a_success_with_an_odd_transaction_id_is_not_believed(client, status_says, txn_id):
    status_says(wire.status_body(txnId=txn_id))
    with pytest.raises(UntrustedResponse, match="transaction_id"):
        client.order_status(wire.ORDER)


def test_gateway_texts_come_on_one_line_and_without_card_numbers(client, status_says):
    info = {"resultStatus": "TXN_FAILURE", "resultCode": "227", "resultMsg": "declined\r\nFORGED 4111 1111 1111 1111"}
    status_says(wire.status_body(resultInfo=info, bankName="Bank\nof ₹"))
    outcome = client.order_status(wire.ORDER)
    assert outcome.message == "declined  FORGED [card ****1111]"
    assert outcome.bank_name == "Bank of ₹"


@pytest.mark.parametrize("body", ["{}", '{"resultInfo":null}', '{"resultInfo":"S"}', '{"resultInfo":[]}'])
def test_an_answer_without_a_result_is_no_answer(client, status_says, body):
    status_says(body)
    with pytest.raises(Unreachable, match="resultInfo"):
        client.order_status(wire.ORDER)
    assert len(client.exchanges) == 3


@pytest.mark.parametrize("order_id", ["", "a|b", "a" * 33, "a/../b", "a\n"])
def test_an_order_id_that_cannot_be_ours_is_not_asked_about(client, paytm, order_id):
    with pytest.raises(Refused, match="orderId"):
        client.order_status(order_id)
    assert len(paytm.calls) == 0
