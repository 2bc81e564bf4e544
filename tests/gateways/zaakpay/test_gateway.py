"""Zaakpay behind the gateway interface: what is asked of it, and what its answers mean to us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import responses

from paytm_kit import gateways
from paytm_kit.gateways import order_ids
from paytm_kit.gateways.base import (
    ConfigurationError,
    Exchange,
    Flow,
    Gateway,
    Outcome,
    RefundRequest,
    Refused,
    State,
    Unreachable,
    Unsupported,
    UntrustedResponse,
)
from paytm_kit.gateways.zaakpay import ZaakpayGateway
from tests.gateways.zaakpay import wire
from tests.gateways.zaakpay.wire import ACCOUNT, EMAIL, HOST, KEY, ORDER, REQUEST, TXNID, order, status_answer


@pytest.fixture
def zaakpay() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture
def gateway() -> Gateway:
    return gateways.build(ACCOUNT)


def says(zaakpay: responses.RequestsMock, body: Any, path: str = "/checkTxn", **rest: Any) -> None:
    text = body if isinstance(body, str | Exception) else json.dumps(body)
    zaakpay.add(responses.POST, HOST + path, body=text, **rest)


def asked(zaakpay: responses.RequestsMock, number: int = 0) -> tuple[dict[str, Any], str]:
    """The question as it was sent, and its checksum."""
    sent = dict(parse_qsl(zaakpay.calls[number].request.body.decode(), keep_blank_values=True))
    return json.loads(sent["data"]), sent["data"]


# -- the account


def test_it_is_built_by_its_name_and_is_a_gateway(gateway: Gateway) -> None:
    assert isinstance(gateway, ZaakpayGateway)
    assert isinstance(gateway, Gateway)
    assert gateway.host == HOST


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"keys": ()}, "MERCHANT_KEY"),
        ({"keys": ("short",)}, "MERCHANT_KEY"),
        ({"merchant_id": "not an id"}, "MERCHANT_ID"),
        ({"host": "http://gateway.example"}, "https"),
        ({"host": "https://api.zaakpay.com"}, "production host"),
        ({"host": "", "environment": "simulator"}, "HOST"),
    ],
)
def test_an_account_that_cannot_work_is_refused_at_once(changes: dict[str, Any], says_so: str) -> None:
    with pytest.raises(ConfigurationError, match=says_so) as caught:
        ZaakpayGateway(wire.account(**changes))
    assert KEY not in str(caught.value)


def test_hosts_are_those_of_the_environment() -> None:
    assert ZaakpayGateway(wire.account(host="")).host == "https://zaakstaging.zaakpay.com"
    assert ZaakpayGateway(wire.account(host="", environment="production")).host == "https://api.zaakpay.com"


def test_its_order_ids_are_short_and_plain() -> None:
    made = order_ids.new("zaakpay", datetime(2026, 11, 21, 20, 0, tzinfo=UTC))
    assert made.startswith("261122")  # it is past midnight in India
    assert len(made) == 20
    assert made.isalnum()
    assert len(order_ids.new("paytm", datetime.now(UTC))) == 27


# -- start


def test_the_shopper_is_sent_with_a_signed_form_in_paise(gateway: Gateway) -> None:
    target = gateway.start(REQUEST)
    assert target.url == f"{HOST}/api/paymentTransact/V8"
    signed = (
        f"amount=49900&buyerEmail={EMAIL}&currency=INR&merchantIdentifier={wire.MERCHANT}&orderId={ORDER}"
        "&returnUrl=https://shop.example/paytm/callback/zaak/&"
    )
    assert target.fields == {
        "merchantIdentifier": wire.MERCHANT,
        "orderId": ORDER,
        "amount": "49900",
        "currency": "INR",
        "buyerEmail": EMAIL,
        "returnUrl": "https://shop.example/paytm/callback/zaak/",
        "checksum": wire.hmac_of(signed),
    }
    assert gateway.start(REQUEST) == target


@pytest.mark.parametrize(
    ("field", "value", "says_so"),
    [
        ("order_id", "with-hyphen", "1 to 20 letters and digits"),
        ("order_id", "x" * 21, "1 to 20 letters and digits"),
        ("amount", Decimal("0.99"), "1.00 to 100000.00"),
        ("amount", Decimal("100000.01"), "1.00 to 100000.00"),
        ("amount", Decimal("1.005"), "whole paise"),
        ("currency", "USD", "INR only"),
        ("customer", type(REQUEST.customer)("C_17"), "e-mail address"),
        ("customer", type(REQUEST.customer)("C_17", "a&b=c@example.com"), "e-mail address"),
        ("flow", Flow.JS, "no pop-up"),
    ],
)
def test_what_zaakpay_does_not_take_is_refused_before_anything_is_signed(
    gateway: Gateway, field: str, value: Any, says_so: str
) -> None:
    with pytest.raises(Refused, match=says_so):
        gateway.start(replace(REQUEST, **{field: value}))


def test_a_return_url_with_a_query_is_a_mistake_of_the_settings(gateway: Gateway) -> None:
    with pytest.raises(ConfigurationError, match="query string"):
        gateway.start(replace(REQUEST, callback_url="https://shop.example/back/?a=1&b=2"))


# -- status


def test_a_captured_order_is_a_success_with_its_facts(gateway: Gateway, zaakpay: responses.RequestsMock) -> None:
    says(zaakpay, status_answer(order()))
    outcome = gateway.status(ORDER)
    assert (outcome.state, outcome.amount, outcome.transaction_id) == (State.SUCCESS, Decimal("499.00"), TXNID)
    assert (outcome.merchant_id, outcome.currency, outcome.code) == (wire.MERCHANT, "INR", "228")
    assert (outcome.payment_mode, outcome.bank_name, outcome.network) == ("Debit Card", "Sahyadri Demo Bank", "RUPAY")
    assert outcome.transaction_at is not None
    assert outcome.transaction_at.isoformat() == "2026-01-15T10:11:13.360000+05:30"
    _, text = asked(zaakpay)
    assert text == f'{{"merchantIdentifier":"{wire.MERCHANT}","mode":"0","orderDetail":{{"orderId":"{ORDER}"}}}}'
    sent = dict(parse_qsl(zaakpay.calls[0].request.body.decode()))
    assert sent["checksum"] == wire.hmac_of(text)
    assert zaakpay.calls[0].request.url == f"{HOST}/checkTxn?v=5"


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [
        ("228", "0", State.SUCCESS),
        ("212", "0", State.SUCCESS),
        ("231", "3", State.SUCCESS),  # captured once, and given back
        ("245", "4", State.SUCCESS),
        ("237", "6", State.SUCCESS),
        ("400", "1", State.FAILURE),
        ("213", "1", State.FAILURE),
        ("400", "0", State.UNKNOWN),  # "declined" and "success" at once
        ("228", "1", State.UNKNOWN),  # "captured" and "failed" at once
        ("228", "2", State.UNKNOWN),
        ("205", "0", State.UNKNOWN),
        ("190", "1", State.UNKNOWN),  # "not processed or rejected" does not say which
        ("234", "0", State.UNKNOWN),
        ("207", "2", State.PENDING),
        ("209", "2", State.PENDING),
        ("", "0", State.UNKNOWN),
        ("999", "0", State.UNKNOWN),
        ("999", "1", State.UNKNOWN),
    ],
)
def test_each_code_means_what_the_table_says_and_others_nothing(
    gateway: Gateway, zaakpay: responses.RequestsMock, code: str, status: str, state: State
) -> None:
    says(zaakpay, status_answer(order(code, status)))
    assert gateway.status(ORDER).state is state


def test_a_success_within_an_answer_that_says_it_is_none_changes_nothing(
    gateway: Gateway, zaakpay: responses.RequestsMock
) -> None:
    says(zaakpay, status_answer(order(), success=False))
    assert gateway.status(ORDER).state is State.UNKNOWN


@pytest.mark.parametrize(("code", "gone"), [("228", "0.00"), ("245", "0.00"), ("230", "499.00"), ("231", "499.00")])
def test_what_went_back_in_full_is_said_with_the_success(
    gateway: Gateway, zaakpay: responses.RequestsMock, code: str, gone: str
) -> None:
    says(zaakpay, status_answer(order(code, "3")))
    assert gateway.status(ORDER).given_back == Decimal(gone)


@pytest.mark.parametrize("lacking", ["amount", "txnId"])
def test_a_success_without_amount_or_transaction_is_none(
    gateway: Gateway, zaakpay: responses.RequestsMock, lacking: str
) -> None:
    detail = {name: value for name, value in order()["orderDetail"].items() if name != lacking}
    says(zaakpay, status_answer(order(orderDetail=detail)))
    assert gateway.status(ORDER).state is State.UNKNOWN


def test_an_order_that_zaakpay_does_not_know_is_not_found(gateway: Gateway, zaakpay: responses.RequestsMock) -> None:
    says(zaakpay, {"success": False, "responseCode": "205", "responseDescription": "Not found"})
    assert gateway.status(ORDER).state is State.NOT_FOUND


@pytest.mark.parametrize("code", ["180", "111", "189"])
def test_a_question_that_it_does_not_take_never_fails_the_payment(
    gateway: Gateway, zaakpay: responses.RequestsMock, code: str
) -> None:
    says(zaakpay, {"success": False, "responseCode": code, "responseDescription": "Checksum mismatch"})
    with pytest.raises(Refused, match=code):
        gateway.status(ORDER)


@pytest.mark.parametrize(
    "body",
    [
        status_answer(order(orderDetail={"orderId": "another", "txnId": TXNID, "amount": "49900"})),
        status_answer(order(), order()),
        status_answer(order(), merchantIdentifier="somebodyElse"),
        status_answer(order("205", "", orderDetail={"orderId": "another"})),
        status_answer(*(order(orderDetail={"orderId": name}) for name in "ab"), responseCode="205"),
    ],
    ids=["another order", "twice", "another merchant", "another is not found", "two others"],
)
def test_an_answer_about_something_else_is_not_believed(
    gateway: Gateway, zaakpay: responses.RequestsMock, body: dict[str, Any]
) -> None:
    says(zaakpay, body)
    with pytest.raises(UntrustedResponse):
        gateway.status(ORDER)


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "[]", "5", '{"orders": NaN}', '{"a": 1, "a": 2}', "{" * 5000, '{"orders": {}}', "{}"],
)
def test_garbage_is_no_answer_and_is_asked_again(gateway: Gateway, zaakpay: responses.RequestsMock, body: str) -> None:
    says(zaakpay, body)
    with pytest.raises(Unreachable):
        gateway.status(ORDER)
    assert len(zaakpay.calls) == 3


@pytest.mark.parametrize("trouble", [requests.ConnectTimeout(), requests.ReadTimeout(), requests.ConnectionError()])
def test_a_broken_connection_is_unknown(gateway: Gateway, zaakpay: responses.RequestsMock, trouble: Exception) -> None:
    says(zaakpay, trouble)
    with pytest.raises(Unreachable, match="outcome is unknown"):
        gateway.status(ORDER)


def test_an_error_status_is_unknown(gateway: Gateway, zaakpay: responses.RequestsMock) -> None:
    says(zaakpay, status_answer(order()), status=502)
    with pytest.raises(Unreachable, match="502"):
        gateway.status(ORDER)


def test_an_observer_hears_of_each_call_and_no_key_is_in_it(zaakpay: responses.RequestsMock) -> None:
    heard: list[Exchange] = []
    says(zaakpay, status_answer(order()))
    ZaakpayGateway(ACCOUNT, heard.append).status(ORDER)
    (exchange,) = heard
    assert (exchange.operation, exchange.order_id, exchange.http_status, exchange.verdict) == (
        "status",
        ORDER,
        200,
        None,
    )
    assert KEY not in repr(exchange) + exchange.request_body + exchange.response_body


# -- refunds

WANTED = RefundRequest(order_id=ORDER, transaction_id=TXNID, refund_id="r-1", amount=Decimal("25.00"), reason="Broken!")


@pytest.mark.parametrize(
    ("whole", "detail", "desired"),
    [(False, {"orderId": ORDER, "amount": "2500"}, "22"), (True, {"orderId": ORDER}, "14")],
)
def test_a_part_names_its_amount_in_paise_and_the_whole_names_none(
    gateway: Gateway, zaakpay: responses.RequestsMock, whole: bool, detail: dict[str, str], desired: str
) -> None:
    says(zaakpay, {"responseCode": "245", "responseDescription": "Partial refund initiated"}, "/updateTxn")
    outcome = gateway.refund(replace(WANTED, whole=whole))
    assert (outcome.state, outcome.refund_id) == (State.PENDING, "r-1")
    question, _ = asked(zaakpay)
    assert list(question) == [
        "merchantIdentifier",
        "orderDetail",
        "mode",
        "updateDesired",
        "updateReason",
        "merchantRefId",
    ]
    assert (question["orderDetail"], question["updateDesired"], question["updateReason"]) == (detail, desired, "Broken")


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("230", State.PENDING),
        ("19", State.PENDING),
        (20, State.PENDING),
        ("21", State.FAILURE),
        ("843", State.FAILURE),
        ("846", State.FAILURE),
        ("190", State.UNKNOWN),
        ("", State.UNKNOWN),
    ],
)
def test_what_is_said_to_a_refund(
    gateway: Gateway, zaakpay: responses.RequestsMock, code: str | int, state: State
) -> None:
    says(zaakpay, {"responseCode": code, "responseDescription": "words"}, "/updateTxn")
    assert gateway.refund(WANTED).state is state


def test_a_refund_is_asked_for_once_whatever_happens(gateway: Gateway, zaakpay: responses.RequestsMock) -> None:
    says(zaakpay, requests.ReadTimeout(), "/updateTxn")
    with pytest.raises(Unreachable):
        gateway.refund(WANTED)
    assert len(zaakpay.calls) == 1


@pytest.mark.parametrize(
    ("rows", "code", "state"),
    [
        ([], "228", State.NOT_FOUND),
        ([{"merchantRefId": "r-2", "amount": "2500", "arn": "1"}], "245", State.NOT_FOUND),
        ([{"merchantRefId": "r-1", "amount": "2500", "arn": "NA"}], "245", State.PENDING),
        ([{"merchantRefId": "r-1", "amount": "2500", "arn": "74332746"}], "245", State.SUCCESS),
        ([{"merchantRefId": "r-1", "amount": "49900"}], "236", State.SUCCESS),
        # Not found is only what leaves no doubt: it is sent again.
        (None, "228", State.NOT_FOUND),
        (None, "230", State.UNKNOWN),
        ([], "245", State.UNKNOWN),
        ([{"merchantRefId": "r-2", "amount": "49900"}], "231", State.UNKNOWN),
        ([{"amount": "2500"}], "245", State.UNKNOWN),
        (["r-1"], "228", State.UNKNOWN),
        ("none", "228", State.UNKNOWN),
    ],
)
def test_a_refund_is_found_with_its_order(
    gateway: Gateway, zaakpay: responses.RequestsMock, rows: Any, code: str, state: State
) -> None:
    says(zaakpay, status_answer(order(code, "4", refundDetails=rows)))
    outcome = gateway.refund_status(ORDER, "r-1")
    assert outcome.state is state
    if state is State.SUCCESS:
        assert outcome.amount in (Decimal("25.00"), Decimal("499.00"))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("Broken!", "Broken"),
        ("One plant came broken; the pot too, sadly", "One plant came broken the pot"),
        ("ठीक नहीं", "Refund by the shop"),
        ("", "Refund by the shop"),
    ],
)
def test_the_reason_is_made_to_fit(gateway: Gateway, zaakpay: responses.RequestsMock, given: str, sent: str) -> None:
    says(zaakpay, {"responseCode": "245"}, "/updateTxn")
    gateway.refund(replace(WANTED, reason=given))
    assert asked(zaakpay)[0]["updateReason"] == sent


# -- what it cannot do


def test_what_it_cannot_do_it_says() -> None:
    zaakpay = ZaakpayGateway(ACCOUNT)
    now = datetime.now(UTC)
    for cannot in (
        lambda: zaakpay.list_orders(now, now),
        lambda: zaakpay.list_refunds(now, now),
        lambda: zaakpay.settlement(now.date()),
    ):
        with pytest.raises(Unsupported):
            cannot()


@pytest.mark.parametrize(("code", "of_refund"), [("228", False), ("400", False), ("843", True)])
def test_its_codes_are_explained(code: str, of_refund: bool) -> None:
    meaning = gateways.meaning("zaakpay", code, of_refund=of_refund)
    assert meaning is not None
    assert meaning.what
    assert meaning.todo
    assert gateways.meaning("zaakpay", "nonsense") is None


def test_an_outcome_never_shows_more_of_a_card_than_its_bank_and_scheme(
    gateway: Gateway, zaakpay: responses.RequestsMock
) -> None:
    says(zaakpay, status_answer(order()))
    outcome: Outcome = gateway.status(ORDER)
    assert "1112" not in repr(outcome)
