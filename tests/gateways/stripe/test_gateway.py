"""Stripe behind the gateway interface: what is asked of it, and what its answers mean to us."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paytm_kit import gateways
from paytm_kit.gateways.base import (
    BrokenEntry,
    ConfigurationError,
    Conflict,
    Customer,
    Exchange,
    Flow,
    Gateway,
    GatewayError,
    Refused,
    State,
    Unreachable,
    Unsupported,
    UntrustedResponse,
)
from paytm_kit.gateways.stripe import StripeGateway, codes, fields
from tests.gateways.stripe import wire
from tests.gateways.stripe.conftest import Says
from tests.gateways.stripe.wire import BEGUN, HOST, INTENT, KEY, MERCHANT, ORDER, REFUND, REFUND_ID, REQUEST, SESSION

CREATE, RETRIEVE, EXPIRE = (
    "post checkout/sessions",
    f"get checkout/sessions/{SESSION}",
    f"post checkout/sessions/{SESSION}/expire",
)


@pytest.fixture(autouse=True)
def _when_it_began() -> Iterator[None]:
    with time_machine.travel(BEGUN + timedelta(seconds=10), tick=False):
        yield


# -- the account


def test_it_is_built_by_its_name_and_is_a_gateway() -> None:
    gateway = gateways.build(wire.ACCOUNT)
    assert isinstance(gateway, StripeGateway)
    assert isinstance(gateway, Gateway)
    assert gateway.host == HOST


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"keys": ()}, "MERCHANT_KEY"),
        ({"keys": ("pk_test_0123456789",)}, "publishable"),
        ({"keys": ("sk_live_0123456789",)}, "live key, but ENVIRONMENT is staging"),
        ({"environment": "production"}, "test key, but ENVIRONMENT is production"),
        ({"environment": "simulator", "keys": ("rk_live_0123456789",)}, "live key, but ENVIRONMENT is simulator"),
        ({"merchant_id": "TESTMR00000000000001"}, "acct_"),
        ({"webhook_secrets": ("sk_test_0123456789",)}, "whsec_"),
        ({"host": "http://gateway.example"}, "https"),
        ({"host": "", "environment": "simulator"}, "HOST"),
        ({"host": "https://api.stripe.com", "environment": "simulator"}, "ENVIRONMENT says simulator"),
    ],
)
def test_an_account_that_cannot_work_is_refused_at_once(changes: dict[str, Any], says_so: str) -> None:
    with pytest.raises(ConfigurationError, match=says_so) as caught:
        StripeGateway(wire.account(**changes))
    assert KEY not in str(caught.value)
    assert "0123456789" not in str(caught.value)


def test_without_a_webhook_secret_it_works_and_the_checks_say_what_is_missing() -> None:
    account = wire.account(webhook_secrets=())
    StripeGateway(account)
    (fault,) = gateways.faults(account)
    assert (fault.serious, "WEBHOOK_SECRET" in fault.what) == (False, True)


@pytest.mark.parametrize(("environment", "key"), [("staging", KEY), ("production", "rk_live_0123456789")])
def test_the_key_and_not_the_host_says_whether_money_is_real(environment: str, key: str) -> None:
    account = wire.account(host="", environment=environment, keys=(key,))
    assert StripeGateway(account).host == "https://api.stripe.com"


def test_without_the_library_everything_can_be_imported_and_the_error_names_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without_stripe(name: str, *rest: Any, **more: Any) -> Any:
        if name == "stripe" or name.startswith("stripe."):
            raise ModuleNotFoundError("No module named 'stripe'", name="stripe")
        return real(name, *rest, **more)

    ours = "paytm_kit.gateways.stripe"
    monkeypatch.setattr(gateways, "stripe", sys.modules[ours])  # put back afterwards
    for name in [name for name in sys.modules if name == ours or name.startswith(f"{ours}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without_stripe)
    fresh = importlib.import_module(ours)
    with pytest.raises(ConfigurationError) as caught:
        fresh.StripeGateway(wire.ACCOUNT)
    assert 'pip install "paytm-kit[stripe]"' in str(caught.value)


# -- start


def test_the_shopper_is_sent_to_a_checkout_session(
    gateway: StripeGateway, stripe: responses.RequestsMock, says: Says
) -> None:
    says(CREATE, wire.session())
    target = gateway.start(REQUEST)
    assert (target.url, target.method, target.reference, target.is_new) == (wire.PAGE, "GET", SESSION, True)
    sent = stripe.calls[0].request
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert sent.headers["Idempotency-Key"] == f"start-{ORDER}"
    assert sent.headers["Stripe-Version"]
    assert wire.sent(stripe.calls[0]) == {
        "mode": "payment",
        "client_reference_id": ORDER,
        "line_items[0][price_data][currency]": "inr",
        "line_items[0][price_data][unit_amount]": "49900",
        "line_items[0][price_data][product_data][name]": f"Order {ORDER}",
        "line_items[0][quantity]": "1",
        "success_url": wire.RETURN,
        "cancel_url": wire.RETURN,
        "expires_at": str(int((BEGUN + gateway.page_lifetime).timestamp())),
        "adaptive_pricing[enabled]": "false",
        "metadata[order_id]": ORDER,
        "payment_intent_data[metadata][order_id]": ORDER,
        "payment_intent_data[description]": f"Order {ORDER}",
        "customer_email": wire.EMAIL,
    }


def test_a_repeat_within_minutes_has_the_same_key_and_the_same_contents(
    gateway: StripeGateway, stripe: responses.RequestsMock, says: Says
) -> None:
    says(CREATE, wire.session())
    gateway.start(REQUEST)
    with time_machine.travel(BEGUN + timedelta(minutes=3), tick=False):
        gateway.start(REQUEST)
    first, second = (call.request for call in stripe.calls)
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    # Stripe wants 30 minutes at least, and clocks differ.
    assert int(wire.sent(stripe.calls[1])["expires_at"]) - (BEGUN + fields.LATEST_REPEAT).timestamp() > 30 * 60


def test_a_repeat_that_would_be_too_short_lived_needs_a_new_payment(
    gateway: StripeGateway, stripe: responses.RequestsMock
) -> None:
    with time_machine.travel(BEGUN + timedelta(minutes=5), tick=False), pytest.raises(Conflict, match="new payment"):
        gateway.start(REQUEST)
    assert len(stripe.calls) == 0


def test_what_was_handed_out_before_is_given_again(
    gateway: StripeGateway, stripe: responses.RequestsMock, says: Says
) -> None:
    says(RETRIEVE, wire.session())
    target = gateway.start(wire.request(reference=SESSION))
    assert (target.url, target.reference, target.is_new) == (wire.PAGE, SESSION, False)
    assert [call.request.method for call in stripe.calls] == ["GET"]


@pytest.mark.parametrize("status", ["complete", "expired"])
def test_a_page_that_is_over_needs_a_new_payment(gateway: StripeGateway, says: Says, status: str) -> None:
    says(RETRIEVE, wire.session(status))
    with pytest.raises(Conflict, match=status):
        gateway.start(wire.request(reference=SESSION))


@pytest.mark.parametrize("email", ["", "no address", "a@b", "मीरा@example.com", "two@at@example.com"])
def test_a_contact_that_stripe_would_refuse_keeps_nobody_from_paying(
    gateway: StripeGateway, stripe: responses.RequestsMock, says: Says, email: str
) -> None:
    says(CREATE, wire.session())
    gateway.start(wire.request(customer=Customer("C_17", email)))
    assert "customer_email" not in wire.sent(stripe.calls[0])


@pytest.mark.parametrize(
    ("field", "value", "says_so"),
    [
        ("flow", Flow.JS, "no pop-up"),
        ("return_url", "", "comes back to"),
        ("amount", Decimal("1.005"), "no smaller unit"),
        ("currency", "UGX", "contradict"),
    ],
)
def test_what_stripe_does_not_take_is_refused_before_anything_is_sent(
    gateway: StripeGateway, stripe: responses.RequestsMock, field: str, value: Any, says_so: str
) -> None:
    with pytest.raises(Refused, match=says_so):
        gateway.start(wire.request(**{field: value}))
    assert len(stripe.calls) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://gateway.example/c/pay"},
        {"url": "javascript:alert(1)"},
        {"url": None},
        {"id": "../evil"},
        {"id": None},
        {"client_reference_id": "another"},
    ],
)
def test_nobody_is_sent_where_a_page_of_stripe_cannot_be(
    gateway: StripeGateway, says: Says, changes: dict[str, Any]
) -> None:
    says(CREATE, wire.session(**changes))
    with pytest.raises(UntrustedResponse):
        gateway.start(REQUEST)


# -- status


def test_a_payment_is_read_with_its_charge(gateway: StripeGateway, stripe: responses.RequestsMock, says: Says) -> None:
    says(RETRIEVE, wire.paid())
    outcome = gateway.status(ORDER, SESSION)
    assert (outcome.state, outcome.amount, outcome.currency) == (State.SUCCESS, Decimal("499.00"), "INR")
    assert (outcome.merchant_id, outcome.transaction_id) == (MERCHANT, INTENT)
    assert (outcome.payment_mode, outcome.network, outcome.bank_name) == ("card", "VISA", "Sahyadri Demo Bank")
    assert outcome.transaction_at == datetime.fromtimestamp(1795322000, UTC)
    assert (outcome.code, outcome.shopper_text, outcome.given_back) == ("succeeded", codes.RECEIVED, Decimal("0.00"))
    assert wire.sent(stripe.calls[0]) == {"expand[0]": "payment_intent.latest_charge"}


def test_where_nobody_was_sent_nobody_has_paid_and_nobody_is_asked(
    gateway: StripeGateway, stripe: responses.RequestsMock
) -> None:
    assert gateway.status(ORDER).state is State.NOT_FOUND
    assert len(stripe.calls) == 0


@pytest.mark.parametrize(
    ("session", "state", "code"),
    [
        (wire.session(), State.NOT_FOUND, "open"),
        (wire.session(intent=wire.intent("requires_payment_method", last_payment_error=wire.DECLINED)),
         State.NOT_FOUND, "open"),
        (wire.session(intent=wire.intent("requires_action")), State.NOT_FOUND, "open"),
        (wire.session(intent=wire.intent("processing")), State.PENDING, "processing"),
        (wire.session("expired"), State.NOT_FOUND, "expired"),
        (wire.session("expired", intent=wire.intent("canceled")), State.NOT_FOUND, "expired"),
        (wire.session("complete", intent=wire.intent("processing")), State.PENDING, "processing"),
        (wire.session("complete", intent=wire.intent("requires_action")), State.PENDING, "requires_action"),
        (wire.session("complete", intent=wire.intent("requires_payment_method", last_payment_error=wire.DECLINED)),
         State.FAILURE, "insufficient_funds"),
        (wire.session("complete", intent=wire.intent("canceled")), State.FAILURE, "canceled"),
        # Contradictions, and words that nobody knows.
        (wire.session("complete", "paid", wire.intent("processing")), State.UNKNOWN, "processing"),
        (wire.session("open", "paid", wire.intent()), State.UNKNOWN, "succeeded"),
        (wire.session("expired", intent=wire.intent()), State.UNKNOWN, "succeeded"),
        (wire.session("complete", "no_payment_required"), State.UNKNOWN, "complete"),
        (wire.session("complete", "paid", INTENT), State.UNKNOWN, "complete"),
        (wire.session("gibberish", "paid", wire.intent()), State.UNKNOWN, "succeeded"),
        (wire.paid(id=None), State.UNKNOWN, "succeeded"),
        (wire.paid(amount_received="many"), State.UNKNOWN, "succeeded"),
        (wire.paid(currency=None), State.UNKNOWN, "succeeded"),
    ],
)  # fmt: skip
def test_the_page_and_its_payment_intent_say_it_together(
    gateway: StripeGateway, says: Says, session: dict[str, Any], state: State, code: str
) -> None:
    says(RETRIEVE, session)
    outcome = gateway.status(ORDER, SESSION)
    assert (outcome.state, outcome.code) == (state, code)


def test_shoppers_read_what_helps_and_never_that_the_bank_suspects_them(gateway: StripeGateway, says: Says) -> None:
    for reason, text in (
        ("insufficient_funds", codes.FUNDS),
        ("fraudulent", codes.DECLINED),
        ("new", codes.CONFIRMING),
    ):
        error = {**wire.DECLINED, "decline_code": reason}
        says(
            RETRIEVE, wire.session("complete", intent=wire.intent("requires_payment_method", last_payment_error=error))
        )
        assert gateway.status(ORDER, SESSION).shopper_text == text


def test_what_went_back_already_is_told(gateway: StripeGateway, says: Says) -> None:
    says(RETRIEVE, wire.paid(latest_charge=wire.charge(amount_refunded=49900)))
    assert gateway.status(ORDER, SESSION).given_back == Decimal("499.00")


def test_a_part_of_the_amount_is_told_as_it_is(gateway: StripeGateway, says: Says) -> None:
    says(RETRIEVE, wire.paid(amount_received=100))
    assert gateway.status(ORDER, SESSION).amount == Decimal("1.00")


def test_yen_are_whole(gateway: StripeGateway, says: Says) -> None:
    says(RETRIEVE, wire.paid(amount_received=500, currency="jpy"))
    outcome = gateway.status(ORDER, SESSION)
    assert (outcome.amount, outcome.currency) == (Decimal("500.00"), "JPY")


@pytest.mark.parametrize("other", ["another", None, 5])
def test_an_answer_about_another_order_is_not_believed(gateway: StripeGateway, says: Says, other: Any) -> None:
    says(RETRIEVE, wire.session("complete", "paid", wire.intent(), client_reference_id=other))
    with pytest.raises(UntrustedResponse):
        gateway.status(ORDER, SESSION)


# -- what goes wrong on the way


@pytest.mark.parametrize(
    ("how", "attempts"),
    [
        ({"body": requests.ReadTimeout("slow")}, 3),
        ({"body": requests.ConnectionError("refused")}, 3),
        ({"json": wire.error("api_error", "lock_timeout"), "status": 429}, 3),
        ({"json": wire.error("idempotency_error", "idempotency_key_in_use"), "status": 409}, 3),
        ({"json": wire.error("invalid_request_error", "rate_limit"), "status": 400}, 3),
        ({"json": wire.error("api_error"), "status": 500}, 3),
        ({"body": "<html>Bad gateway</html>", "status": 502}, 3),
        ({"body": "<html>Who are you?</html>", "status": 401}, 3),
        ({"body": "<html>Fine</html>", "status": 200}, 3),
        ({"body": '{"id": "cs_1", "id": "cs_2"}', "status": 200}, 3),
        ({"json": [1, 2], "status": 200}, 3),
    ],
)
def test_no_usable_answer_means_unknown_and_is_asked_again(
    gateway: StripeGateway, stripe: responses.RequestsMock, how: dict[str, Any], attempts: int
) -> None:
    stripe.add(responses.GET, f"{HOST}/v1/checkout/sessions/{SESSION}", **how)
    with pytest.raises(Unreachable) as caught:
        gateway.status(ORDER, SESSION)
    assert caught.value.retryable
    assert len(stripe.calls) == attempts


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, wire.error(code="parameter_invalid_empty"), Refused),
        (402, wire.error("card_error", "card_declined"), Refused),
        (404, wire.error(code="resource_missing"), Refused),
        (400, wire.error("idempotency_error", "idempotency_error"), Conflict),
        (401, wire.error(code="api_key_expired", message=f"Invalid API Key provided: {KEY}"), ConfigurationError),
        (403, wire.error(message=f"The key '{KEY}' has no permission"), ConfigurationError),
    ],
)
def test_a_no_is_told_once_with_its_code_and_without_the_key(
    gateway: StripeGateway, stripe: responses.RequestsMock, says: Says, status: int, said: Any, kind: type[GatewayError]
) -> None:
    says(CREATE, said, status=status)
    with pytest.raises(kind) as caught:
        gateway.start(REQUEST)
    assert type(caught.value) is kind
    assert caught.value.gateway_code == said["error"]["code"]
    assert KEY not in str(caught.value)
    assert len(stripe.calls) == 1


def test_every_call_is_told_to_the_observer_without_its_headers(
    gateway: StripeGateway, exchanges: list[Exchange], says: Says
) -> None:
    says(CREATE, wire.error("api_error"), status=500)
    says(CREATE, wire.error(), status=400)
    says(RETRIEVE, wire.paid())
    with pytest.raises(Refused):
        gateway.start(REQUEST)
    gateway.status(ORDER, SESSION)
    assert [(one.operation, one.attempt, one.http_status) for one in exchanges] == [
        ("initiate", 1, 500),
        ("initiate", 2, 400),
        ("status", 1, 200),
    ]
    assert {one.order_id for one in exchanges} == {ORDER}
    assert [bool(one.error) for one in exchanges] == [True, True, False]
    assert exchanges[2].url == f"{HOST}/v1/checkout/sessions/{SESSION}"
    assert "client_reference_id" in exchanges[0].request_body
    assert KEY not in "".join(map(str, exchanges))
    assert all(KEY not in one.request_body + one.response_body + one.url + one.error for one in exchanges)


def test_a_netrc_does_not_replace_the_key(
    gateway: StripeGateway,
    stripe: responses.RequestsMock,
    says: Says,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    says(RETRIEVE, wire.session())
    gateway.status(ORDER, SESSION)
    assert stripe.calls[0].request.headers["Authorization"] == f"Bearer {KEY}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
stripe_names = st.sampled_from(
    ["id", "object", "data", "has_more", "status", "payment_status", "payment_intent", "latest_charge", "currency",
     "amount_total", "amount_received", "payment_method_details", "metadata", "url", "type", "created"]
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(stripe_names, json_values | st.sampled_from(["list", "checkout.session", "complete", "paid"])))
def test_no_answer_makes_it_raise_anything_but_its_own_errors(said: dict[str, Any]) -> None:
    gateway = StripeGateway(wire.ACCOUNT)
    with responses.RequestsMock() as mock:
        mock.add(responses.GET, f"{HOST}/v1/checkout/sessions/{SESSION}", json={**said, "client_reference_id": ORDER})
        with contextlib.suppress(GatewayError):
            assert gateway.status(ORDER, SESSION).state is not State.SUCCESS


# -- withdraw, collect


def test_a_page_is_ended_so_that_nobody_pays_on_it(gateway: StripeGateway, says: Says) -> None:
    says(EXPIRE, wire.session("expired"))
    assert gateway.withdraw(ORDER, SESSION) is True


def test_it_is_too_late_to_end_a_page_that_is_complete(gateway: StripeGateway, says: Says) -> None:
    message = 'Only Checkout Sessions with a status in ["open"] can be expired.'
    says(EXPIRE, wire.error(code="resource_invalid", message=message), status=400)
    with pytest.raises(Refused, match="can be expired"):
        gateway.withdraw(ORDER, SESSION)


def test_what_was_never_handed_out_cannot_be_ended(gateway: StripeGateway, stripe: responses.RequestsMock) -> None:
    assert gateway.withdraw(ORDER) is False
    assert len(stripe.calls) == 0


def test_stripe_collects_by_itself_and_its_payouts_are_not_read(gateway: StripeGateway) -> None:
    with pytest.raises(Unsupported):
        gateway.collect(ORDER, SESSION)
    with pytest.raises(Unsupported):
        gateway.settlement(BEGUN.date())
    with pytest.raises(Unsupported):
        gateway.read_settlement(sys.stdin.buffer)


# -- refunds


def test_money_goes_back_once_under_our_id(gateway: StripeGateway, stripe: responses.RequestsMock, says: Says) -> None:
    says("post refunds", wire.refund())
    outcome = gateway.refund(wire.REFUND_REQUEST)
    assert (outcome.state, outcome.amount, outcome.gateway_refund_id) == (State.SUCCESS, Decimal("120.00"), REFUND)
    assert wire.sent(stripe.calls[0]) == {
        "payment_intent": INTENT,
        "amount": "12000",
        "metadata[refund_id]": REFUND_ID,
        "metadata[order_id]": ORDER,
        "metadata[reason]": "One plant came broken",
    }
    assert stripe.calls[0].request.headers["Idempotency-Key"] == f"refund-{REFUND_ID}"


def test_why_it_goes_back_names_nobody(gateway: StripeGateway, stripe: responses.RequestsMock, says: Says) -> None:
    says("post refunds", wire.refund())
    gateway.refund(replace(wire.REFUND_REQUEST, reason=f"{wire.EMAIL} asked; " + "x" * 600))
    reason = wire.sent(stripe.calls[0])["metadata[reason]"]
    assert reason.startswith("a***@example.com asked")
    assert len(reason) == 500


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"body": requests.ReadTimeout("slow")}, Unreachable),
        ({"json": wire.error("api_error"), "status": 500}, Unreachable),
        ({"json": wire.error("rate_limit"), "status": 429}, Unreachable),
        ({"json": wire.error("idempotency_error"), "status": 400}, Unreachable),  # the first may be under way
        ({"json": wire.error(code="charge_already_refunded"), "status": 400}, Refused),
        ({"json": wire.error(), "status": 403}, ConfigurationError),
        ({"json": wire.refund(refund_id="r-another")}, UntrustedResponse),
    ],
)
def test_a_refund_is_sent_once_whatever_comes_of_it(
    gateway: StripeGateway, stripe: responses.RequestsMock, how: dict[str, Any], kind: type[GatewayError]
) -> None:
    stripe.add(responses.POST, f"{HOST}/v1/refunds", **how)
    with pytest.raises(kind) as caught:
        gateway.refund(wire.REFUND_REQUEST)
    assert type(caught.value) is kind
    assert len(stripe.calls) == 1


@pytest.mark.parametrize(
    ("row", "state", "code"),
    [
        (wire.refund("pending", pending_reason="insufficient_funds"), State.PENDING, "insufficient_funds"),
        (wire.refund("requires_action"), State.PENDING, "requires_action"),
        (wire.refund("succeeded"), State.SUCCESS, "succeeded"),
        (wire.refund("failed", failure_reason="lost_or_stolen_card"), State.FAILURE, "lost_or_stolen_card"),
        (wire.refund("canceled"), State.FAILURE, "canceled"),
        (wire.refund("gibberish"), State.UNKNOWN, "gibberish"),
        (wire.refund("succeeded", amount=None), State.UNKNOWN, "succeeded"),
        (wire.refund(refund_id="r-another"), State.NOT_FOUND, ""),
    ],
)
def test_a_refund_is_found_among_those_of_its_payment(
    gateway: StripeGateway, says: Says, row: dict[str, Any], state: State, code: str
) -> None:
    says(RETRIEVE, wire.session("complete", "paid", INTENT))
    says("get refunds", wire.page_of(row))
    outcome = gateway.refund_status(ORDER, REFUND_ID, SESSION)
    assert (outcome.state, outcome.code, outcome.refund_id) == (state, code, REFUND_ID)


def test_one_made_in_the_dashboard_is_found_by_stripes_id(gateway: StripeGateway, says: Says) -> None:
    arn = {"card": {"reference": "74332746000000000000001", "reference_type": "acquirer_reference_number"}}
    says(RETRIEVE, wire.session("complete", "paid", INTENT))
    says("get refunds", wire.page_of(wire.refund(refund_id=None, destination_details=arn)))
    outcome = gateway.refund_status(ORDER, REFUND, SESSION)
    assert (outcome.state, outcome.amount, outcome.arn) == (State.SUCCESS, Decimal("120.00"), "74332746000000000000001")


def test_one_of_ours_is_not_a_second_one_under_stripes_id(gateway: StripeGateway, says: Says) -> None:
    says(RETRIEVE, wire.session("complete", "paid", INTENT))
    says("get refunds", wire.page_of(wire.refund()))
    assert gateway.refund_status(ORDER, REFUND, SESSION).state is State.NOT_FOUND


def test_every_page_of_refunds_is_read_before_one_is_called_unknown(
    gateway: StripeGateway, stripe: responses.RequestsMock, says: Says
) -> None:
    says(RETRIEVE, wire.session("complete", "paid", INTENT))
    says("get refunds", wire.page_of(wire.refund(refund_id=None, id="re_first"), more=True))
    says("get refunds", wire.page_of(wire.refund()))
    assert gateway.refund_status(ORDER, REFUND_ID, SESSION).state is State.SUCCESS
    assert wire.sent(stripe.calls[1]) == {"payment_intent": INTENT, "limit": "100"}
    assert wire.sent(stripe.calls[2])["starting_after"] == "re_first"


@pytest.mark.parametrize(
    "pages",
    [
        [wire.page_of(wire.refund(id="re_1"), more=True), wire.page_of(wire.refund(id="re_1"), more=True)],
        [wire.page_of(more=True)],
        [{"object": "list", "has_more": False}],
    ],
)
def test_a_list_that_does_not_go_on_as_it_should_proves_nothing(
    gateway: StripeGateway, says: Says, pages: list[dict[str, Any]]
) -> None:
    says(RETRIEVE, wire.session("complete", "paid", INTENT))
    for page in pages:
        says("get refunds", page)
    with pytest.raises(Unreachable):
        gateway.refund_status(ORDER, "r-another", SESSION)


def test_two_refunds_of_one_id_are_a_persons_matter(gateway: StripeGateway, says: Says) -> None:
    says(RETRIEVE, wire.session("complete", "paid", INTENT))
    says("get refunds", wire.page_of(wire.refund(id="re_1"), wire.refund(id="re_2")))
    with pytest.raises(UntrustedResponse, match="twice"):
        gateway.refund_status(ORDER, REFUND_ID, SESSION)


def test_without_a_payment_nothing_is_known_of_its_refunds(gateway: StripeGateway, says: Says) -> None:
    says(RETRIEVE, wire.session())
    assert gateway.refund_status(ORDER, REFUND_ID, SESSION).state is State.UNKNOWN
    assert gateway.refund_status(ORDER, REFUND_ID).state is State.UNKNOWN


# -- lists


def test_the_sweep_hears_of_every_page_that_somebody_completed(
    gateway: StripeGateway, stripe: responses.RequestsMock, says: Says
) -> None:
    says(
        "get checkout/sessions",
        wire.page_of(
            wire.paid(),
            wire.session("open"),
            wire.session("complete", intent=wire.intent("processing"), client_reference_id="other-1"),
            wire.session("complete", "paid", wire.intent(), client_reference_id=None),  # a payment link's
            {"id": None},
        ),
    )
    paid, pending, broken = gateway.list_orders(BEGUN, BEGUN + timedelta(days=1))
    assert (paid.order_id, paid.transaction_id, paid.amount, paid.state) == (
        ORDER, INTENT, Decimal("499.00"), State.SUCCESS,
    )  # fmt: skip
    assert (pending.order_id, pending.state) == ("other-1", State.PENDING)
    assert isinstance(broken, BrokenEntry)
    asked = wire.sent(stripe.calls[0])
    assert asked["created[gte]"] == str(int(BEGUN.timestamp()))
    assert asked["created[lte]"] == str(int((BEGUN + timedelta(days=1)).timestamp()))


def test_the_sweep_hears_of_refunds_wherever_they_were_made(gateway: StripeGateway, says: Says) -> None:
    dashboard = wire.refund("pending", None, id="re_2", payment_intent={"id": INTENT, "metadata": {"order_id": ORDER}})
    strangers = wire.refund("succeeded", None, id="re_3", payment_intent={"id": "pi_9", "metadata": {}})
    says("get refunds", wire.page_of(wire.refund(), dashboard, strangers))
    ours, theirs = gateway.list_refunds(BEGUN, BEGUN + timedelta(days=1))
    assert (ours.order_id, ours.refund_id, ours.gateway_refund_id) == (ORDER, REFUND_ID, REFUND)
    assert (theirs.order_id, theirs.refund_id, theirs.state) == (ORDER, "re_2", State.PENDING)


# -- words


def test_every_code_that_can_be_shown_has_a_meaning() -> None:
    for code in ("succeeded", "processing", "insufficient_funds", "expired", "not_begun", "canceled"):
        assert gateways.meaning("stripe", code)
    for code in ("failed", "pending", "lost_or_stolen_card"):
        assert gateways.meaning("stripe", code, of_refund=True)
    assert gateways.meaning("stripe", "gibberish") is None


def test_no_secret_stands_in_what_a_debugger_or_an_error_page_shows(gateway: StripeGateway) -> None:
    shown = f"{gateway.account!r} {gateway!r} {vars(gateway)!r}"
    assert MERCHANT in shown
    assert KEY not in shown
    assert wire.WEBHOOK_SECRET not in shown
