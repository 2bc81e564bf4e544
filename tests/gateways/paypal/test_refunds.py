"""Money back through PayPal: asked for once, found again among its order's payments."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests

from paytm_kit.gateways.base import Refused, State, Unreachable, UntrustedResponse
from paytm_kit.gateways.paypal import PayPalGateway, codes
from tests.gateways.paypal import wire
from tests.gateways.paypal.wire import (
    CAPTURE,
    ORDER,
    REFERENCE,
    REFUND,
    REFUND_REQUEST,
    THEIR_REFUND,
    PayPal,
    capture,
    order,
    refund,
)


def test_a_refund_names_itself_so_that_it_is_made_once_and_found_again(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.refunds(refund("PENDING", status_details={"reason": "ECHECK"}))
    made = gateway.refund(REFUND_REQUEST)
    assert (made.state, made.code, made.refund_id) == (State.PENDING, "PENDING", REFUND)
    assert (made.amount, made.transaction_id, made.gateway_refund_id) == (Decimal("120.00"), CAPTURE, THEIR_REFUND)
    [asked] = paypal.asked("/refund")
    assert json.loads(asked.body) == {
        "amount": {"currency_code": "USD", "value": "120.00"},
        "invoice_id": REFUND,
        "custom_id": ORDER,
    }
    assert asked.headers["PayPal-Request-Id"] == REFUND


def test_a_currency_without_decimals_gives_back_whole_units_or_nothing(
    build: Callable[..., PayPalGateway], paypal: PayPal
) -> None:
    yen = build(currency="JPY")
    paypal.refunds(refund(amount=wire.money("120", "JPY")))
    assert yen.refund(replace(REFUND_REQUEST, currency="JPY")).amount == Decimal("120.00")
    with pytest.raises(Refused, match="exact"):
        yen.refund(replace(REFUND_REQUEST, currency="JPY", amount=Decimal("120.50")))
    [asked] = paypal.asked("/refund")
    assert json.loads(asked.body)["amount"] == {"currency_code": "JPY", "value": "120"}


def test_what_staff_wrote_for_the_books_is_not_shown_to_the_payer(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.refunds(refund())
    gateway.refund(replace(REFUND_REQUEST, reason="suspected fraud"))
    assert "fraud" not in paypal.asked("/refund")[0].body.decode()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("COMPLETED", State.SUCCESS),
        ("PENDING", State.PENDING),
        ("FAILED", State.FAILURE),
        ("CANCELLED", State.FAILURE),
        ("GIBBERISH", State.UNKNOWN),
    ],
)
def test_the_words_of_a_refund(gateway: PayPalGateway, paypal: PayPal, status: str, state: State) -> None:
    paypal.refunds(refund(status))
    assert gateway.refund(REFUND_REQUEST).state is state
    paypal.shows(order("COMPLETED", capture("PARTIALLY_REFUNDED"), refunds=[refund(status)]))
    assert gateway.refund_status(ORDER, REFUND, REFERENCE).state is state


@pytest.mark.parametrize(
    "issue", [issue for issue in codes.REFUND if issue not in "COMPLETED PENDING ECHECK FAILED CANCELLED".split()]
)
def test_a_refusal_proves_that_nothing_went_back(gateway: PayPalGateway, paypal: PayPal, issue: str) -> None:
    paypal.refunds(wire.error(issue), 422)
    assert gateway.refund(REFUND_REQUEST).state is State.FAILURE


@pytest.mark.parametrize("issue", ["DUPLICATE_INVOICE_ID", "SOMETHING_NEW"])
def test_a_refusal_that_may_be_about_a_refund_that_was_made_proves_nothing(
    gateway: PayPalGateway, paypal: PayPal, issue: str
) -> None:
    paypal.refunds(wire.error(issue), 422)
    assert gateway.refund(REFUND_REQUEST).state is State.UNKNOWN


def test_a_question_that_was_wrong_was_never_looked_at(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.refunds(wire.error("INVALID_STRING_LENGTH", "INVALID_REQUEST"), 400)
    with pytest.raises(Refused, match="INVALID_STRING_LENGTH"):
        gateway.refund(REFUND_REQUEST)


@pytest.mark.parametrize(
    ("body", "status"),
    [(requests.ReadTimeout("slow"), 200), (wire.error("", "RESOURCE_CONFLICT"), 409), ("oops", 500)],
)
def test_without_a_clear_answer_it_is_not_sent_again(
    gateway: PayPalGateway, paypal: PayPal, body: Any, status: int
) -> None:
    paypal.refunds(body, status)
    with pytest.raises(Unreachable):
        gateway.refund(REFUND_REQUEST)
    assert len(paypal.asked("/refund")) == 1


def test_a_token_that_ended_early_is_no_attempt(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.mock.add("POST", f"{wire.HOST}/v2/payments/captures/{CAPTURE}/refund", status=401, body="{}")
    paypal.mock.add("POST", f"{wire.HOST}/v2/payments/captures/{CAPTURE}/refund", body=json.dumps(refund()))
    assert gateway.refund(REFUND_REQUEST).state is State.SUCCESS


@pytest.mark.parametrize("transaction", ["", "../x", "3C679366HH908993F/refund"])
def test_an_id_that_is_not_paypals_makes_no_path(gateway: PayPalGateway, paypal: PayPal, transaction: str) -> None:
    with pytest.raises(Refused):
        gateway.refund(replace(REFUND_REQUEST, transaction_id=transaction))
    assert not paypal.mock.calls


def test_a_refund_made_in_the_dashboard_is_found_by_its_own_id(gateway: PayPalGateway, paypal: PayPal) -> None:
    theirs = refund(invoice_id=ORDER, acquirer_reference_number="24692160331000041")
    paypal.shows(order("COMPLETED", capture("PARTIALLY_REFUNDED"), refunds=[theirs]))
    found = gateway.refund_status(ORDER, THEIR_REFUND, REFERENCE)
    assert (found.state, found.amount, found.arn) == (State.SUCCESS, Decimal("120.00"), "24692160331000041")


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        (order("COMPLETED", capture()), State.NOT_FOUND),
        (
            order("COMPLETED", capture("PARTIALLY_REFUNDED"), refunds=[refund(id="X", invoice_id="other")]),
            State.NOT_FOUND,
        ),
        (order("COMPLETED", capture("PARTIALLY_REFUNDED")), State.UNKNOWN),
        (order("COMPLETED", capture("REFUNDED")), State.UNKNOWN),
        (order("COMPLETED", capture("GIBBERISH")), State.UNKNOWN),
        (order("APPROVED"), State.UNKNOWN),
    ],
    ids=["none", "another's", "hidden", "all of it is gone", "unknown", "no capture"],
)
def test_only_where_nothing_can_be_hidden_is_it_not_there(
    gateway: PayPalGateway, paypal: PayPal, shown: dict[str, Any], state: State
) -> None:
    paypal.shows(shown)
    assert gateway.refund_status(ORDER, REFUND, REFERENCE).state is state


def test_an_order_that_paypal_has_forgotten_says_nothing_about_its_refunds(
    gateway: PayPalGateway, paypal: PayPal
) -> None:
    paypal.shows(wire.error("", "RESOURCE_NOT_FOUND"), 404)
    assert gateway.refund_status(ORDER, REFUND, REFERENCE).state is State.UNKNOWN


def test_what_is_listed_twice_is_not_believed(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.shows(order("COMPLETED", capture(), refunds=[refund(), refund(id="X")]))
    with pytest.raises(UntrustedResponse, match="twice"):
        gateway.refund_status(ORDER, REFUND, REFERENCE)


def test_an_answer_about_another_refund_is_not_believed(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.refunds(refund(invoice_id="r-ffffffffffffffffffffffff"))
    with pytest.raises(UntrustedResponse, match="another refund"):
        gateway.refund(REFUND_REQUEST)


@pytest.mark.parametrize("reference", ["", "../x"])
def test_without_the_orders_name_nothing_is_asked(gateway: PayPalGateway, paypal: PayPal, reference: str) -> None:
    with pytest.raises(Refused):
        gateway.refund_status(ORDER, REFUND, reference)
    assert not paypal.mock.calls
