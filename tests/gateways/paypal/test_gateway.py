"""PayPal behind the gateway interface: what is asked of it, and what its answers mean to us."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from paytm_kit import gateways
from paytm_kit.gateways.base import (
    ConfigurationError,
    Conflict,
    Flow,
    Gateway,
    Refused,
    State,
    Unreachable,
    Unsupported,
    UntrustedResponse,
)
from paytm_kit.gateways.paypal import PayPalGateway, certificates, codes
from tests.gateways.paypal import wire
from tests.gateways.paypal.wire import CAPTURE, HOST, ORDER, PAGE, REFERENCE, REQUEST, SECRET, PayPal, capture, order

# -- the account


def test_it_is_built_by_its_name_and_is_a_gateway() -> None:
    built = gateways.build(wire.ACCOUNT)
    assert isinstance(built, PayPalGateway)
    assert isinstance(built, Gateway)
    assert built.host == HOST


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"keys": ()}, "MERCHANT_KEY"),
        ({"keys": ("short",)}, "MERCHANT_KEY"),
        ({"merchant_id": "acct_12"}, "MERCHANT_ID"),
        ({"client_id": ""}, "CLIENT_ID"),
        ({"client_id": "with:colon"}, "CLIENT_ID"),
        ({"webhook_id": "not an id"}, "WEBHOOK_ID"),
        ({"currency": "INR"}, "CURRENCY.*INR.*no Indian rupees.*USD"),
        ({"currency": "KRW"}, "CURRENCY.*KRW"),
        ({"host": "http://gateway.example"}, "https"),
        ({"host": "https://api-m.paypal.com"}, "production host"),
        ({"host": "", "environment": "simulator"}, "HOST"),
    ],
)
def test_an_account_that_cannot_work_is_refused_at_once(changes: dict[str, Any], says_so: str) -> None:
    with pytest.raises(ConfigurationError, match=says_so) as caught:
        PayPalGateway(wire.account(**changes))
    assert SECRET not in str(caught.value)


def test_without_cryptography_the_account_is_refused_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificates, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError) as caught:
        gateways.build(wire.ACCOUNT)
    assert 'pip install "paytm-kit[paypal]"' in str(caught.value)


def test_the_kit_neither_needs_nor_imports_cryptography_before_paypal_is_used() -> None:
    probe = f"""
import sys
from paytm_kit import gateways
from paytm_kit.gateways.base import Account, ConfigurationError
assert "cryptography" not in sys.modules
sys.modules["cryptography"] = None  # as if it were not installed
try:
    gateways.build(Account(
        name="pal", gateway="paypal", environment="staging", merchant_id="{wire.MERCHANT}", keys=("{SECRET}",),
        currency="USD", client_id="{wire.CLIENT_ID}",
    ))
except ConfigurationError as error:
    sys.exit('pip install "paytm-kit[paypal]"' not in str(error))
sys.exit("no error")
"""
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_hosts_are_those_of_the_environment() -> None:
    assert PayPalGateway(wire.account(host="")).host == "https://api-m.sandbox.paypal.com"
    assert PayPalGateway(wire.account(host="", environment="production")).host == "https://api-m.paypal.com"


def test_without_a_webhook_it_works_and_the_doctor_says_what_is_missing() -> None:
    without = wire.account(webhook_id="")
    PayPalGateway(without)
    assert [fault.id for fault in gateways.faults(without)] == ["W054"]
    assert not list(gateways.faults(wire.ACCOUNT))


# -- what it takes


@pytest.mark.parametrize(
    ("amount", "currency", "account_currency", "why"),
    [
        ("499.00", "USD", "USD", ""),
        ("499.50", "EUR", "EUR", ""),
        ("499.00", "JPY", "JPY", ""),
        ("499.00", "INR", "USD", "no Indian rupees"),
        ("499.00", "EUR", "USD", "collects USD"),
        ("499.50", "JPY", "JPY", "0 decimals"),
        ("499.005", "USD", "USD", "2 decimals"),
        ("0.00", "USD", "USD", "no amount"),
        ("-1.00", "USD", "USD", "no amount"),
        ("10000000.00", "USD", "USD", "no amount"),
    ],
)
def test_which_money_it_can_collect(
    build: Callable[..., PayPalGateway], amount: str, currency: str, account_currency: str, why: str
) -> None:
    found = build(currency=account_currency).unfit(Decimal(amount), currency)
    assert why in found
    assert bool(why) == bool(found)


# -- start


def test_an_order_is_created_and_the_shopper_sent_to_approve_it(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.creates(order())
    target = gateway.start(REQUEST)
    assert (target.url, target.method, target.reference, target.fields) == (PAGE, "GET", REFERENCE, {})
    [asked] = paypal.asked("/v2/checkout/orders")
    assert json.loads(asked.body) == {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "reference_id": ORDER,
                "custom_id": ORDER,
                "invoice_id": ORDER,
                "amount": {"currency_code": "USD", "value": "499.00"},
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "return_url": REQUEST.return_url,
                    "cancel_url": REQUEST.return_url,
                    "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING",
                }
            }
        },
    }
    assert asked.headers["PayPal-Request-Id"] == f"{ORDER}-order"
    assert asked.headers["Authorization"] == f"Bearer {wire.TOKEN}1"
    assert asked.headers["Prefer"] == "return=representation"


def test_a_currency_without_decimals_is_written_without(build: Callable[..., PayPalGateway], paypal: PayPal) -> None:
    paypal.creates(order(amount=wire.money("499", "JPY")))
    build(currency="JPY").start(replace(REQUEST, currency="JPY"))
    [asked] = paypal.asked("/v2/checkout/orders")
    assert json.loads(asked.body)["purchase_units"][0]["amount"] == {"currency_code": "JPY", "value": "499"}


def test_a_repeat_after_a_crash_asks_for_the_same_order_with_the_same_request_id(
    gateway: PayPalGateway, paypal: PayPal
) -> None:
    paypal.creates(order())
    first = gateway.start(REQUEST)
    paypal.creates(order(), 200)
    assert gateway.start(REQUEST) == first
    one, other = paypal.asked("/v2/checkout/orders")
    assert (one.body, one.headers["PayPal-Request-Id"]) == (other.body, other.headers["PayPal-Request-Id"])


@pytest.mark.parametrize("status", ["CREATED", "SAVED", "PAYER_ACTION_REQUIRED"])
def test_an_order_that_was_handed_out_is_given_again_while_it_can_be_approved(
    gateway: PayPalGateway, paypal: PayPal, status: str
) -> None:
    links = [wire.link(PAGE, "approve" if status == "CREATED" else "payer-action")]
    paypal.shows(order(status, links=links))
    target = gateway.start(replace(REQUEST, reference=REFERENCE))
    assert (target.url, target.is_new, target.reference) == (PAGE, False, REFERENCE)
    assert not paypal.asked("/v2/checkout/orders")


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (order("APPROVED"), 200),
        (order("COMPLETED", capture()), 200),
        (order("VOIDED"), 200),
        (order(links=[]), 200),
        (order(amount=wire.money("1.00")), 200),
        (wire.error("INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"), 404),
    ],
    ids=["approved", "paid", "voided", "no link", "another amount", "forgotten"],
)
def test_an_order_that_can_no_longer_be_approved_makes_way(
    gateway: PayPalGateway, paypal: PayPal, shown: dict[str, Any], status: int
) -> None:
    paypal.shows(shown, status)
    with pytest.raises(Conflict):
        gateway.start(replace(REQUEST, reference=REFERENCE))


@pytest.mark.parametrize("issue", ["DUPLICATE_INVOICE_ID", "DUPLICATE_REQUEST_ID"])
def test_an_id_that_was_used_asks_for_a_new_payment(gateway: PayPalGateway, paypal: PayPal, issue: str) -> None:
    paypal.creates(wire.error(issue), 422)
    with pytest.raises(Conflict, match=issue):
        gateway.start(REQUEST)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (wire.error("CURRENCY_NOT_SUPPORTED"), 422, "CURRENCY_NOT_SUPPORTED"),
        (wire.error("", "NOT_AUTHORIZED"), 403, "NOT_AUTHORIZED"),
        (wire.error("INVALID_PARAMETER_VALUE", "INVALID_REQUEST"), 400, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_refusal_is_told_with_its_issue_and_the_id_for_support(
    gateway: PayPalGateway, paypal: PayPal, body: dict[str, Any], status: int, code: str
) -> None:
    paypal.creates(body, status)
    with pytest.raises(Refused, match=f"{code}.*90957fca61718") as caught:
        gateway.start(REQUEST)
    assert (caught.value.gateway_code, caught.value.order_id) == (code, ORDER)
    assert wire.EMAIL not in str(caught.value)


def test_an_app_of_another_merchant_is_noticed_before_anybody_is_sent_there(
    gateway: PayPalGateway, paypal: PayPal
) -> None:
    paypal.creates(order(payee={"merchant_id": "ANOTHERMERCH1"}))
    with pytest.raises(ConfigurationError, match=r"MERCHANT_ID.*CANARYMERCH42.*ANOTHERMERCH1"):
        gateway.start(REQUEST)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/checkoutnow",
        "http://www.paypal.com/checkoutnow",
        "https://www.paypal.com.evil.example/",
        "https://www.paypal.com@evil.example/",
        "https://x@www.paypal.com/",
        "javascript:alert(1)",
        "https://gateway.example.evil.example/",
    ],
)
def test_a_link_to_another_site_is_not_followed(gateway: PayPalGateway, paypal: PayPal, url: str) -> None:
    paypal.creates(order(links=[{"href": url, "rel": "payer-action", "method": "GET"}]))
    with pytest.raises(UntrustedResponse, match="another site"):
        gateway.start(REQUEST)


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"currency": "INR"}, "no Indian rupees"),
        ({"order_id": "a b"}, "order id"),
        ({"return_url": ""}, "address"),
        ({"flow": Flow.JS}, "hosted"),
        ({"reference": "../../v1"}, "no id of PayPal"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_without_asking(
    gateway: PayPalGateway, paypal: PayPal, changes: dict[str, Any], says_so: str
) -> None:
    with pytest.raises(Refused, match=says_so):
        gateway.start(replace(REQUEST, **changes))
    assert not paypal.mock.calls


# -- status


def test_what_nobody_was_sent_to_is_not_asked_about(gateway: PayPalGateway, paypal: PayPal) -> None:
    assert gateway.status(ORDER).state is State.NOT_FOUND
    assert not paypal.mock.calls


STATES = {
    "created": (order("CREATED"), State.NOT_FOUND, "CREATED"),
    "saved": (order("SAVED"), State.NOT_FOUND, "SAVED"),
    "not approved": (order(), State.NOT_FOUND, "PAYER_ACTION_REQUIRED"),
    "approved": (order("APPROVED"), State.APPROVED, "APPROVED"),
    "voided": (order("VOIDED"), State.FAILURE, "VOIDED"),
    "voided after money": (order("VOIDED", capture()), State.SUCCESS, "COMPLETED"),
    "unknown word": (order("ON_THE_MOON"), State.UNKNOWN, "ON_THE_MOON"),
    "completed without a capture": (order("COMPLETED"), State.UNKNOWN, "COMPLETED"),
    "captured": (order("COMPLETED", capture()), State.SUCCESS, "COMPLETED"),
    "pending": (order("COMPLETED", capture("PENDING")), State.PENDING, "PENDING"),
    "in review": (
        order("COMPLETED", capture("PENDING", status_details={"reason": "PENDING_REVIEW"})),
        State.PENDING,
        "PENDING_REVIEW",
    ),
    "declined": (order("COMPLETED", capture("DECLINED")), State.FAILURE, "DECLINED"),
    "declined, approved again": (order("APPROVED", capture("DECLINED")), State.FAILURE, "DECLINED"),
    "failed": (order("COMPLETED", capture("FAILED")), State.FAILURE, "FAILED"),
    "taken after a decline": (
        order("COMPLETED", capture("DECLINED", id="1AA11111AA111111A"), capture()),
        State.SUCCESS,
        "COMPLETED",
    ),
    "given back": (order("COMPLETED", capture("REFUNDED")), State.SUCCESS, "REFUNDED"),
    "unknown capture": (order("COMPLETED", capture("GIBBERISH")), State.UNKNOWN, "GIBBERISH"),
    "captured without an amount": (order("COMPLETED", capture(amount=None)), State.UNKNOWN, "COMPLETED"),
    "captured without an id": (order("COMPLETED", capture(id=None)), State.UNKNOWN, "COMPLETED"),
    "captured, odd amount": (order("COMPLETED", capture(amount=wire.money("4e2"))), State.UNKNOWN, "COMPLETED"),
}


@pytest.mark.parametrize(("shown", "state", "code"), STATES.values(), ids=STATES)
def test_what_paypal_says_of_an_order(
    gateway: PayPalGateway, paypal: PayPal, shown: dict[str, Any], state: State, code: str
) -> None:
    paypal.shows(shown)
    found = gateway.status(ORDER, REFERENCE)
    assert (found.state, found.code) == (state, code)
    assert found.shopper_text
    assert (found.merchant_id, found.order_id) == (wire.MERCHANT, ORDER)


def test_a_capture_with_all_that_is_known_of_it(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.shows(order("COMPLETED", capture()))
    found = gateway.status(ORDER, REFERENCE)
    assert (found.amount, found.currency, found.transaction_id) == (Decimal("499.00"), "USD", CAPTURE)
    assert found.transaction_at == datetime(2026, 11, 22, 10, 11, 12, tzinfo=UTC)
    assert (found.payment_mode, found.given_back) == ("PAYPAL", 0)
    assert wire.EMAIL not in repr(found)


def test_an_approval_carries_what_the_kit_compares_before_it_takes_the_money(
    gateway: PayPalGateway, paypal: PayPal
) -> None:
    paypal.shows(order("APPROVED", amount=wire.money("1.00", "EUR"), payee={"merchant_id": "ANOTHERMERCH1"}))
    found = gateway.status(ORDER, REFERENCE)
    assert (found.amount, found.currency, found.merchant_id) == (Decimal("1.00"), "EUR", "ANOTHERMERCH1")


def test_where_nobody_is_named_the_apps_own_account_is_paid(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.shows(order("APPROVED", payee={"email_address": "shop@example.com"}))
    assert gateway.status(ORDER, REFERENCE).merchant_id == wire.MERCHANT


def test_a_currency_without_decimals_is_read(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.shows(order("COMPLETED", capture(amount=wire.money("499", "JPY"))))
    assert str(gateway.status(ORDER, REFERENCE).amount) == "499.00"


@pytest.mark.parametrize(
    ("status", "refunds", "gone"),
    [
        ("PARTIALLY_REFUNDED", [wire.refund()], "120.00"),
        ("PARTIALLY_REFUNDED", [wire.refund(), wire.refund("FAILED", id="X")], "120.00"),
        ("COMPLETED", [wire.refund("PENDING")], "120.00"),
        ("REFUNDED", [], "499.00"),
        ("COMPLETED", [], "0.00"),
    ],
)
def test_what_went_back_is_counted(
    gateway: PayPalGateway, paypal: PayPal, status: str, refunds: list[Any], gone: str
) -> None:
    paypal.shows(order("COMPLETED", capture(status), refunds=refunds))
    assert gateway.status(ORDER, REFERENCE).given_back == Decimal(gone)


@pytest.mark.parametrize(
    "shown",
    [
        order("COMPLETED", capture(), custom_id="261122-another"),
        order("COMPLETED", capture(), custom_id=None),
        order("COMPLETED", capture(), id="9XX99999XX999999X"),
        order("COMPLETED", capture(), purchase_units=[]),
        order("COMPLETED", capture(), purchase_units=[{"custom_id": ORDER}, {"custom_id": ORDER}]),
        order("COMPLETED", capture(), capture(id="1AA11111AA111111A")),
    ],
    ids=["another order", "no order id", "another id", "no unit", "two units", "two captures"],
)
def test_an_answer_that_is_not_clearly_about_this_order_is_not_believed(
    gateway: PayPalGateway, paypal: PayPal, shown: dict[str, Any]
) -> None:
    paypal.shows(shown)
    with pytest.raises(UntrustedResponse):
        gateway.status(ORDER, REFERENCE)


def test_an_order_that_paypal_does_not_know_was_not_paid(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.shows(wire.error("INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"), 404)
    assert gateway.status(ORDER, REFERENCE).state is State.NOT_FOUND


SILENCES: dict[str, tuple[Any, int]] = {
    "time-out": (requests.ReadTimeout("slow"), 200),
    "no connection": (requests.ConnectionError("down"), 200),
    "broken": ("{", 200),
    "a page": ("<html>", 404),
    "a list": ("[]", 200),
    "a member twice": ('{"id": "1", "id": "2"}', 200),
    "server error": (wire.error("", "INTERNAL_SERVER_ERROR"), 500),
    "busy": (wire.error("", "RATE_LIMIT_REACHED"), 429),
    "in progress": (wire.error("", "RESOURCE_CONFLICT"), 409),
    "redirect": ("", 302),
}


@pytest.mark.parametrize(("body", "status"), SILENCES.values(), ids=SILENCES)
def test_no_usable_answer_is_neither_yes_nor_no(gateway: PayPalGateway, paypal: PayPal, body: Any, status: int) -> None:
    paypal.shows(body, status)
    paypal.captures(body, status)
    with pytest.raises(Unreachable):
        gateway.status(ORDER, REFERENCE)
    with pytest.raises(Unreachable):
        gateway.collect(ORDER, REFERENCE)


# -- collect


def test_an_approved_order_is_captured_under_a_name_that_makes_repeats_one(
    gateway: PayPalGateway, paypal: PayPal
) -> None:
    paypal.captures(order("COMPLETED", capture()))
    assert gateway.collect(ORDER, REFERENCE).state is State.SUCCESS
    paypal.captures(order("COMPLETED", capture()), 200)
    assert gateway.collect(ORDER, REFERENCE).transaction_id == CAPTURE
    assert {asked.headers["PayPal-Request-Id"] for asked in paypal.asked("/capture")} == {f"{ORDER}-capture"}


def test_a_capture_that_is_held_back_is_pending(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.captures(order("COMPLETED", capture("PENDING", status_details={"reason": "ECHECK"})))
    found = gateway.collect(ORDER, REFERENCE)
    assert (found.state, found.code) == (State.PENDING, "ECHECK")


def test_what_was_captured_before_is_looked_at(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.captures(wire.error("ORDER_ALREADY_CAPTURED"), 422)
    paypal.shows(order("COMPLETED", capture()))
    assert gateway.collect(ORDER, REFERENCE).state is State.SUCCESS


@pytest.mark.parametrize(
    ("issue", "state"),
    [
        *((issue, known.state) for issue, known in codes.REFUSED.items()),
        ("DUPLICATE_INVOICE_ID", State.UNKNOWN),
        ("SOMETHING_NEW", State.UNKNOWN),
    ],
)
def test_why_a_capture_was_refused(gateway: PayPalGateway, paypal: PayPal, issue: str, state: State) -> None:
    paypal.captures(wire.error(issue), 422)
    found = gateway.collect(ORDER, REFERENCE)
    assert (found.state, found.code, bool(found.shopper_text)) == (state, issue, True)
    assert wire.EMAIL not in found.message


def test_a_question_that_was_wrong_decides_nothing(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.captures(wire.error("INVALID_PARAMETER_VALUE", "INVALID_REQUEST"), 400)
    with pytest.raises(Refused):
        gateway.collect(ORDER, REFERENCE)


def test_an_unpaid_order_needs_no_calling_back_since_only_we_can_take_the_money(
    gateway: PayPalGateway, paypal: PayPal
) -> None:
    assert gateway.withdraw(ORDER, REFERENCE) is True
    assert not paypal.mock.calls


# -- what is not built


@pytest.mark.parametrize("name", ["list_orders", "list_refunds", "settlement", "read_settlement"])
def test_what_is_not_built_says_so(gateway: PayPalGateway, name: str) -> None:
    now = datetime.now(UTC)
    arguments = {"list_orders": (now, now), "list_refunds": (now, now)}.get(name, (now.date(),))
    with pytest.raises(Unsupported, match="PayPal"):
        getattr(gateway, name)(*arguments)


# -- what the words mean


@pytest.mark.parametrize("code", [*codes.ORDER, *codes.CAPTURE, *codes.REASONS, *codes.REFUSED])
def test_every_word_of_a_payment_is_explained(code: str) -> None:
    found = gateways.meaning("paypal", code)
    assert found is not None
    assert found.what
    assert found.todo
    assert found.shopper


@pytest.mark.parametrize("code", codes.REFUND)
def test_every_word_of_a_refund_is_explained(code: str) -> None:
    found = gateways.meaning("paypal", code, of_refund=True)
    assert found is not None
    assert found.what
    assert found.todo
