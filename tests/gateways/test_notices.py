"""Callbacks and webhooks: what is believed to be Paytm's, what it claims, and that nothing makes reading raise."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paytm_kit.gateways.base import DisputeState, InboundMessage, Notice, State, Verdict
from paytm_kit.gateways.paytm import codes
from paytm_kit.gateways.paytm.notices import read_notice
from tests.gateways import wire

CAMEL = {
    "mid": wire.MID,
    "orderId": wire.ORDER,
    "txnId": wire.TXNID,
    "txnAmount": "249.50",
    "currency": "INR",
    "status": "TXN_SUCCESS",
    "respCode": "01",
    "respMsg": "Txn Success",
    "paymentMode": "UPI",
    "bankTxnId": "103000000001",
    "gatewayName": "PPBLC",
    "txnDate": "2031-01-02 10:11:12.0",
    "extendInfo": {"mercUnqRef": "x"},
}


def read(message: InboundMessage, **changes: object) -> Notice:
    return read_notice(message, wire.account(**changes))


MESSAGES = {
    "form": wire.form(wire.callback()),
    "form with charset": wire.form(wire.callback(), content_type=f"{wire.FORM}; charset=UTF-8"),
    "json camelCase": wire.in_json(json.dumps(CAMEL)),
    "json upper case": wire.in_json(json.dumps(wire.callback())),
    "json spaced": wire.in_json(json.dumps(CAMEL, indent=2)),
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_signed_success_is_read_in_our_terms(message):
    notice = read(message)
    assert notice.verdict is Verdict.VERIFIED
    claim = notice.claim
    assert (claim.order_id, claim.merchant_id, claim.state) == (wire.ORDER, wire.MID, State.SUCCESS)
    assert (claim.amount, claim.currency, claim.transaction_id) == (Decimal("249.50"), "INR", wire.TXNID)
    assert (claim.code, claim.message, claim.payment_mode) == ("01", "Txn Success", "UPI")
    assert (claim.gateway_name, claim.bank_transaction_id) == ("PPBLC", "103000000001")
    assert claim.transaction_at == datetime.fromisoformat("2031-01-02T10:11:12+05:30")
    assert wire.ORDER in notice.fields.values()
    assert notice.detail == "signed by Paytm"


@pytest.mark.parametrize(
    "row", [row for row in codes.CODES.values() if row.family is codes.Family.PAYMENT], ids=lambda row: row.code
)
@pytest.mark.parametrize("word", codes.WORDS)
def test_every_code_under_every_word(row, word):
    notice = read(wire.form(wire.callback(word, row.code)))
    expected = row.state if row.state is codes.WORDS[word] else State.UNKNOWN
    assert (notice.verdict, notice.claim.state) == (Verdict.VERIFIED, expected)


def test_unknown_fields_are_part_of_the_signature_and_of_nothing_else():
    fields = wire.callback(NEW_FIELD="x", status="TXN_FAILURE", orderId="other", Txnamount="9.00")
    assert read(wire.form(fields)).claim == read(wire.form(wire.callback())).claim
    assert read(wire.form(wire.callback(), NEW_FIELD="x")).verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("name", wire.callback())
def test_every_changed_or_missing_form_field_is_noticed(name):
    fields = wire.callback()
    signature = wire.sign(fields)
    changed = {**fields, "CHECKSUMHASH": signature, name: fields[name] + "0"}
    missing = {key: value for key, value in {**fields, "CHECKSUMHASH": signature}.items() if key != name}
    for sent in (changed, missing):
        assert read(wire.unsigned(sent)).verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("at", range(0, 108, 7))
def test_every_changed_character_of_the_signature_is_noticed(at):
    signature = wire.sign(wire.callback())
    other = "A" if signature[at] != "A" else "B"
    notice = read(wire.form(wire.callback(), CHECKSUMHASH=signature[:at] + other + signature[at + 1 :]))
    assert notice.verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("signature", ["x", "null", " ", "A" * 108, "é", "=" * 108, "\u0660" * 108])
def test_a_nonsense_signature_is_a_bad_one(signature):
    assert read(wire.form(wire.callback(), CHECKSUMHASH=signature)).verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize(
    "message",
    [
        wire.unsigned(wire.callback()),
        wire.form(wire.callback(), CHECKSUMHASH=""),
        wire.in_json(json.dumps(CAMEL), signed=False),
    ],
)
def test_an_unsigned_message_still_says_which_order_it_means(message):
    notice = read(message)
    assert notice.verdict is Verdict.UNSIGNED
    assert notice.claim.order_id == wire.ORDER


@pytest.mark.parametrize(
    "message", [wire.form(wire.callback(), key=wire.OTHER_KEY), wire.in_json(json.dumps(CAMEL), key=wire.OTHER_KEY)]
)
def test_a_rotation_accepts_both_keys_and_a_strangers_key_is_refused(message):
    assert read(message).verdict is Verdict.BAD_SIGNATURE
    assert read(message, keys=(wire.KEY, wire.OTHER_KEY)).verdict is Verdict.VERIFIED


def test_a_signature_of_another_order_does_not_fit():
    signature = wire.sign(wire.callback(ORDERID="order-a"))
    notice = read(wire.form(wire.callback(ORDERID="order-b"), CHECKSUMHASH=signature))
    assert notice.verdict is Verdict.BAD_SIGNATURE


def test_another_merchants_id_is_carried_to_whoever_compares():
    notice = read(wire.form(wire.callback(MID="OTHERMID000000000001")))
    assert (notice.verdict, notice.claim.merchant_id) == (Verdict.VERIFIED, "OTHERMID000000000001")


def test_a_renamed_field_keeps_the_signature_and_loses_its_meaning():
    fields = wire.callback()
    signature = wire.sign(fields)
    renamed = {("STATUT" if name == "STATUS" else name): value for name, value in fields.items()}
    notice = read(wire.unsigned({**renamed, "CHECKSUMHASH": signature}))
    assert notice.verdict is Verdict.VERIFIED  # the scheme cannot see it
    assert notice.claim.state is State.UNKNOWN


def test_a_value_cannot_be_split_anew():
    fields = wire.callback(RESPMSG="Txn", RESPMSH="Success")
    signature = wire.sign(fields)
    joined = {**wire.callback(RESPMSG="Txn|Success"), "CHECKSUMHASH": signature}
    notice = read(wire.unsigned(joined))
    assert notice.verdict is Verdict.BAD_SIGNATURE
    assert notice.claim.order_id == wire.ORDER  # whose shopper may be asked about, and nothing more


@pytest.mark.parametrize("name", ["STATUS", "RESPCODE", "TXNAMOUNT", "TXNID", "MID"])
@pytest.mark.parametrize("value", [None, "", "null"])
def test_a_success_that_lacks_a_fact_claims_nothing(name, value):
    notice = read(wire.form(wire.callback(**{name: value})))
    assert (notice.verdict, notice.claim.state) == (Verdict.VERIFIED, State.UNKNOWN)
    assert notice.detail != "signed by Paytm"


@pytest.mark.parametrize("amount", ["1e2", "NaN", "-1", "1.001", "١٫٠٠", "1,000.00", "+5", "5 "])
@pytest.mark.parametrize(("word", "code"), [("TXN_SUCCESS", "01"), ("TXN_FAILURE", "227")])
def test_an_odd_amount_claims_nothing(amount, word, code):
    claim = read(wire.form(wire.callback(word, code, TXNAMOUNT=amount))).claim
    assert (claim.state, claim.amount) == (State.UNKNOWN, None)


@pytest.mark.parametrize("order_id", [None, "", "null", "a b", "x" * 65])
def test_without_an_order_id_there_is_no_claim(order_id):
    notice = read(wire.form(wire.callback(ORDERID=order_id)))
    assert (notice.verdict, notice.claim) == (Verdict.VERIFIED, None)


def test_an_early_failure_without_checksum_is_read():
    fields = {
        "ORDERID": wire.ORDER,
        "MID": wire.MID,
        "TXNAMOUNT": "249.50",
        "CURRENCY": "INR",
        "STATUS": "TXN_FAILURE",
        "RESPCODE": "330",
        "RESPMSG": "Invalid checksum",
        "BANKTXNID": "",
    }
    notice = read(wire.unsigned(fields))
    assert (notice.verdict, notice.claim.state, notice.claim.transaction_id) == (Verdict.UNSIGNED, State.FAILURE, "")


def test_null_texts_and_a_numeric_code_and_another_scale_are_understood():
    fields = wire.callback(code="1", TXNAMOUNT="249.5", GATEWAYNAME="null", BANKTXNID="NULL")
    claim = read(wire.form(fields)).claim
    assert (claim.state, claim.code, claim.amount) == (State.SUCCESS, "01", Decimal("249.50"))
    assert (claim.gateway_name, claim.bank_transaction_id) == ("", "")


def test_a_webhooks_own_time_field_wins_over_a_bare_date():
    fields = wire.callback(TXNDATE="2031-01-02", TXNDATETIME="2031-01-02 10:11:12.0", TXNTYPE="SALE", REFUNDAMT="0.00")
    assert read(wire.form(fields)).claim.transaction_at == datetime.fromisoformat("2031-01-02T10:11:12+05:30")


OTHER_FAMILIES = {
    "refund (arn form)": wire.form(
        {
            "ORDERID": wire.ORDER,
            "REFID": "r",
            "MID": wire.MID,
            "REFUNDID": "20310103111212800110168000000000001",
            "REFUNDAMOUNT": "1.00",
            "TXNID": wire.TXNID,
            "STATUS": "TXN_SUCCESS",
            "RESPCODE": "01",
            "TXNAMOUNT": "1.00",
        }
    ),
    "refund (json)": wire.in_json(
        json.dumps({"orderId": wire.ORDER, "refId": "r", "refundId": "1", "status": "SUCCESS", "txnAmount": "1.00"})
    ),
    "refund (type)": wire.in_json(json.dumps({**CAMEL, "txnType": "REFUND"})),
    "refund (form type)": wire.form(wire.callback(TXNTYPE="REFUND")),
    "subscription": wire.form({"SUBS_ID": "1", "STATUS": "ACTIVE", "ORDERID": wire.ORDER, "FREQUENCYUNIT": "MONTH"}),
    "pre-notify": wire.form({"REFERENCEID": "1", "NOTIFICATIONSTATUS": "SUCCESS", "TXNDATE": "2031-01-02"}),
    "dispute": wire.in_json('{"disputeId":"1","disputeStatus":"NEW","orderId":"x","mid":"y"}'),
    "downtime": wire.in_json('{"downtimeId":7,"subject":"s","message":"m"}'),
    "nothing we know": wire.form({"A": "b"}),
    "empty body": wire.in_json("{}"),
}


@pytest.mark.parametrize("message", OTHER_FAMILIES.values(), ids=OTHER_FAMILIES)
def test_messages_of_other_families_are_verified_and_claim_no_payment(message):
    notice = read(message)
    assert (notice.verdict, notice.claim) == (Verdict.VERIFIED, None)


@pytest.mark.parametrize(
    "renamed",
    [
        {"RESPCODE": "REFUNDID"},
        {"RESPCODE": "REFID"},
        {"RESPCODE": "REFID", "RESPMSG": "REFUNDID"},
        {"PAYMENTMODE": "REFID", "RESPCODE": "REFUNDAMOUNT", "RESPMSG": "REFUNDID"},
        {"STATUS": "REFID", "TXNAMOUNT": "REFUNDAMOUNT", "TXNDATE": "REFUNDDATE", "TXNID": "REFUNDID"}
        | {"PAYMENTMODE": "P", "RESPCODE": "Q", "RESPMSG": "R"},
    ],
)
def test_a_callback_whose_fields_the_shopper_renamed_stays_about_the_payment(renamed):
    """A form's signature covers values in the order of their names: a new name in the same place passes."""
    fields = wire.callback(PAYMENTMODE="UPI")
    signature = wire.sign(fields)
    sent = {renamed.get(name, name): value for name, value in fields.items()}
    notice = read(raw(urlencode({**sent, "CHECKSUMHASH": signature})))
    assert (notice.verdict, notice.refund) == (Verdict.VERIFIED, None)
    assert notice.claim.order_id == wire.ORDER


@pytest.mark.parametrize("nothing", ["", "null", None])
def test_a_payments_message_with_an_empty_refund_id_is_about_the_payment(nothing):
    notice = read(wire.in_json(json.dumps({**CAMEL, "refundId": nothing, "refId": nothing})))
    assert notice.refund is None
    assert notice.claim.state is State.SUCCESS


def test_a_refund_whose_ids_are_numbers_is_a_refund_all_the_same():
    notice = read(wire.in_json(json.dumps({**CAMEL, "refundId": 2026, "refId": 7})))
    assert (notice.claim, notice.refund.refund_id) == (None, "7")


DISPUTED = {
    "transactionId": wire.TXNID,
    "orderId": wire.ORDER,
    "disputeAmount": "20",
    "disputeDueDate": "2031-01-09 23:59:59",
    "disputeType": "Order failure",
    "message": "Chargeback dispute has been filed",
    "mid": wire.MID,
    "disputeId": "20310103111221000100168007200508215",
    "disputeStatus": "NEW",
}


def test_a_chargeback_is_read_in_our_terms():
    notice = read(wire.in_json(json.dumps(DISPUTED)))
    assert (notice.verdict, notice.claim, notice.refund) == (Verdict.VERIFIED, None, None)
    said = notice.dispute
    assert (said.order_id, said.merchant_id, said.transaction_id) == (wire.ORDER, wire.MID, wire.TXNID)
    assert (said.dispute_id, said.state, said.word) == (DISPUTED["disputeId"], DisputeState.OPEN, "NEW")
    assert (said.amount, said.kind, said.reason) == (Decimal("20.00"), "Order failure", DISPUTED["message"])
    assert said.due_at == datetime.fromisoformat("2031-01-09T23:59:59+05:30")
    assert notice.order_id == wire.ORDER


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"disputeStatus": "WON"}, "state", DisputeState.WON),
        ({"disputeStatus": "LOST"}, "state", DisputeState.LOST),
        ({"disputeStatus": "CLOSED"}, "state", DisputeState.CLOSED),
        ({"disputeStatus": "Accept"}, "state", DisputeState.UNKNOWN),
        ({"disputeStatus": "won"}, "state", DisputeState.UNKNOWN),
        ({"disputeStatus": ""}, "state", DisputeState.UNKNOWN),
        ({"disputeStatus": None}, "state", DisputeState.UNKNOWN),
        ({"disputeAmount": 20.5}, "amount", Decimal("20.50")),
        ({"disputeAmount": "1e2"}, "amount", None),
        ({"disputeAmount": {"value": "20"}}, "amount", None),
        ({"disputeDueDate": "2031-01-09"}, "due_at", datetime.fromisoformat("2031-01-09T23:59:59+05:30")),
        ({"disputeDueDate": "2031-02-30"}, "due_at", None),
        ({"disputeDueDate": "09/01/2031"}, "due_at", None),
        ({"disputeDueDate": ""}, "due_at", None),
        ({"disputeId": "a b"}, "dispute_id", ""),
        ({"disputeId": "9" * 65}, "dispute_id", ""),
        ({"disputeId": "[card ****1111]"}, "dispute_id", ""),
        ({"message": "call 9000012345"}, "reason", "call ******2345"),
    ],
)
def test_what_a_chargeback_says_unreadably_is_not_guessed(changes, name, value):
    assert getattr(read(wire.in_json(json.dumps(DISPUTED | changes))).dispute, name) == value


def test_a_chargeback_in_a_form_is_no_dispute():
    notice = read(wire.form(DISPUTED))
    assert (notice.verdict, notice.claim, notice.dispute) == (Verdict.VERIFIED, None, None)


def raw(body: bytes | str, content_type: str = wire.FORM) -> InboundMessage:
    return InboundMessage(body.encode() if isinstance(body, str) else body, content_type)


GOOD = urlencode({**wire.callback(), "CHECKSUMHASH": wire.sign(wire.callback())})

MALFORMED = {
    "repeated order id": (raw(GOOD + "&ORDERID=other"), "'ORDERID' comes twice"),
    "repeated, the same": (raw(GOOD + f"&ORDERID={wire.ORDER}"), "'ORDERID' comes twice"),
    "repeated, encoded": (raw(GOOD + "&ORDER%49D=other"), "'ORDERID' comes twice"),
    "repeated checksum": (raw(GOOD + "&CHECKSUMHASH=x"), "'CHECKSUMHASH' comes twice"),
    "repeated, odd name": (raw("%0D%0Ax=1&%0D%0Ax=2"), "comes twice"),
    "nul": (wire.form(wire.callback(RESPMSG="a\0b")), "control character"),
    "new line": (wire.form(wire.callback(RESPMSG="a\r\nb")), "control character"),
    "control character in a name": (wire.form(wire.callback(**{"X\x1b": "1"})), "control character"),
    "not utf-8": (raw(GOOD + "&X=%FF"), "not UTF-8"),
    "raw bytes": (raw(b"ORDERID=\xff"), "not UTF-8"),
    "utf-16": (raw(GOOD.encode("utf-16")), "not UTF-8"),
    "surrogate": (raw(GOOD + "&X=%ED%A0%80"), "not UTF-8"),
    "too many fields": (raw("&".join(f"F{i}=" for i in range(101))), "too many fields"),
    "too large": (raw(GOOD + "&X=" + "x" * 66_000), "too large"),
    "empty": (raw(""), "empty"),
    "only ampersands": (raw("&&&"), "empty"),
    "no content type": (raw(GOOD, ""), "content type"),
    "text": (raw(GOOD, "text/plain"), "content type"),
    "multipart": (raw(GOOD, "multipart/form-data; boundary=x"), "content type"),
    "xml": (raw("<a/>", "application/xml"), "content type"),
    "charset": (raw(GOOD, f"{wire.FORM}; charset=iso-8859-1"), "charset"),
    "form as json": (raw(GOOD, "application/json"), "not valid JSON"),
    "json list": (raw("[]", "application/json"), "not valid JSON"),
    "json without body": (raw('{"head":{}}', "application/json"), "no body"),
    "json flat": (raw(json.dumps(CAMEL), "application/json"), "no body"),
    "json two bodies": (
        raw(wire.enclose(json.dumps(CAMEL))[:-1] + ',"body":{"orderId":"evil"}}', "application/json"),
        "twice",
    ),
    "json two order ids": (wire.in_json('{"orderId":"a","orderId":"b"}'), "twice"),
    "json two spellings": (wire.in_json('{"orderId":"a","ORDERID":"b"}'), "orderId and ORDERID differ"),
    "json nul": (wire.in_json('{"orderId":"a\\u0000"}'), "NUL"),
    "json control character": (wire.in_json('{"orderId":"a","respMsg":"\\r\\n"}'), "control character"),
    "json deep": (raw('{"body":{"a":' + "[" * 30_000 + "]" * 30_000 + "}}", "application/json"), "deep"),
    "json many": (wire.in_json(json.dumps({f"f{i}": "" for i in range(101)})), "too many"),
}


@pytest.mark.parametrize(("message", "why"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_messages_say_why(message, why):
    notice = read(message)
    assert (notice.verdict, notice.claim) == (Verdict.MALFORMED, None)
    assert why in notice.detail
    assert notice.detail.isprintable()
    assert len(notice.detail) < 120


def test_plus_and_percent_and_non_ascii_survive():
    fields = wire.callback(RESPMSG="50% off + ₹ नमस्ते", ORDERID=wire.ORDER)
    body = "&".join(
        f"{name}={quote(value, safe='')}" for name, value in {**fields, "CHECKSUMHASH": wire.sign(fields)}.items()
    )
    assert read(raw(body)).verdict is Verdict.VERIFIED
    assert read(raw(body)).claim.message == "50% off + ₹ नमस्ते"


def test_empty_values_count_in_the_signature():
    fields = wire.callback("TXN_FAILURE", "227", BANKTXNID="")
    assert read(wire.form(fields)).verdict is Verdict.VERIFIED


TYPES = st.sampled_from([wire.FORM, "application/json", "text/plain", "", f"{wire.FORM}; charset=utf-8"]) | st.text()


def total(message: InboundMessage) -> None:
    notice = read(message)
    assert notice.verdict is not Verdict.VERIFIED
    assert isinstance(notice.detail, str)


@settings(deadline=None)
@given(st.binary(), TYPES)
def test_any_bytes_are_read_without_an_exception(body, content_type):
    total(InboundMessage(body, content_type))


NAMES = st.sampled_from([*wire.callback(), "CHECKSUMHASH", "TXNTYPE", "REFID"]) | st.text(max_size=5)


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, st.text(st.characters(exclude_categories=("Cs",)), max_size=40)), max_size=8))
def test_any_form_is_read_without_an_exception(pairs):
    total(InboundMessage(urlencode(pairs).encode(), wire.FORM))


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=3), max_size=2)
)
BODIES = st.dictionaries(st.sampled_from([*CAMEL, *wire.callback()]) | st.text(max_size=5), VALUES, max_size=8)


@settings(deadline=None)
@given(st.fixed_dictionaries({"body": BODIES | VALUES, "head": st.dictionaries(st.just("signature"), VALUES) | VALUES}))
def test_any_json_is_read_without_an_exception(value):
    total(InboundMessage(json.dumps(value).encode(), "application/json"))
