"""POST /api/payment/initiate: from a stored order to the gateway's page, without a page of ours."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User

from demo_site.shop.models import Order
from paytm_kit.models import Payment
from tests.api.conftest import INITIATE, Caller, fields, problem, wanted
from tests.paytm import Paytm

START = "/theia/api/v1/initiateTransaction"


def test_an_order_leads_to_the_gateways_page(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    answer = asha.post(INITIATE, wanted(hers))
    assert answer.status_code == 200
    payment = Payment.objects.get()
    told = answer.json()
    assert told["payment_id"] == payment.gateway_order_id
    assert (told["order_id"], told["status"], told["amount"]) == (hers.number, "processing", "499.00")
    assert (told["currency"], told["gateway"], told["payment_method"]) == ("INR", "paytm", "credit_card")
    assert told["result_url"] == f"http://testserver/paytm/result/{payment.token}/"
    assert told["next"]["action"] == "post_form"
    assert told["next"]["url"].startswith("https://gateway.example/theia/api/v1/showPaymentPage")
    assert told["next"]["fields"]["txnToken"]
    assert told["next"]["fields"]["orderId"] == payment.gateway_order_id
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_second_call_makes_no_second_payment(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    first, second = (asha.post(INITIATE, wanted(hers)).json() for _ in range(2))
    assert first["payment_id"] == second["payment_id"]
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("amount", ["499.00", "499", 499, 499.0, "499.0"])
def test_an_amount_may_be_text_or_number(asha: Caller, hers: Order, paytm: Paytm, amount: Any) -> None:
    paytm.will_start()
    assert asha.post(INITIATE, wanted(hers, amount=amount)).status_code == 200


@pytest.mark.parametrize("amount", ["498.99", "1.00", 499.01, "9999999999.99"])
def test_another_amount_than_the_stored_orders_is_refused(asha: Caller, hers: Order, amount: Any) -> None:
    found = problem(asha.post(INITIATE, wanted(hers, amount=amount)), 400, "amount_mismatch")
    assert [error["field"] for error in found["errors"]] == ["amount"]
    assert "499.00" in found["detail"]
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"amount": "0"}, {"amount": "invalid"}),
        ({"amount": "-1"}, {"amount": "invalid"}),
        ({"amount": "1.001"}, {"amount": "invalid"}),
        ({"amount": "1e3"}, {"amount": "invalid"}),
        ({"amount": True}, {"amount": "invalid"}),
        ({"amount": None}, {"amount": "null"}),
        ({"amount": [499]}, {"amount": "invalid"}),
        ({"amount": 10**30}, {"amount": "invalid"}),
        ({"order_id": True}, {"order_id": "invalid"}),
        ({"order_id": {"$gt": ""}}, {"order_id": "invalid"}),
        ({"order_id": ""}, {"order_id": "blank"}),
        ({"order_id": "x" * 101}, {"order_id": "max_length"}),
        ({"order_id": "a\x00b"}, {"order_id": "null_characters_not_allowed"}),
        ({"order_id": "\ud800"}, {"order_id": "surrogate_characters_not_allowed"}),
        ({"payment_method": 7}, {"payment_method": "invalid"}),
        ({"gateway": 1.5, "return_url": []}, {"gateway": "invalid", "return_url": "invalid"}),
        ({"colour": "red", "amount": "x"}, {"colour": "unknown", "amount": "invalid"}),
        ({"return_url": "https://evil.example/"}, {"return_url": "invalid"}),
        ({"return_url": "//evil.example/"}, {"return_url": "invalid"}),
        ({"return_url": "javascript:alert(1)"}, {"return_url": "invalid"}),
    ],
)
def test_what_is_wrong_is_named_field_by_field(
    asha: Caller, hers: Order, changes: dict[str, Any], wrong: dict[str, str]
) -> None:
    assert fields(asha.post(INITIATE, wanted(hers, **changes))) == wrong
    assert not Payment.objects.exists()


def test_what_is_missing_is_named(asha: Caller) -> None:
    assert fields(asha.post(INITIATE, {})) == dict.fromkeys(("order_id", "payment_method", "amount"), "required")


def test_anothers_order_is_as_unknown_as_one_that_does_not_exist(
    asha: Caller, make_order: Callable[..., Order]
) -> None:
    his = make_order(user=User.objects.create(username="ravi"))
    answers = []
    for order_id in (his.number, his.token, "KD-999999", "nothing", 42, "KD-99999999999999999999"):
        found = problem(asha.post(INITIATE, wanted(his, order_id=order_id)), 404, "not_found")
        answers.append({name: value for name, value in found.items() if name != "correlation_id"})
    assert all(answer == answers[0] for answer in answers)


def test_a_guest_pays_by_the_link_of_the_order_or_what_this_browser_placed(order: Order, paytm: Paytm) -> None:
    paytm.will_start()
    guest = Caller()
    problem(guest.post(INITIATE, wanted(order)), 404, "not_found")
    assert guest.post(INITIATE, wanted(order, order_id=order.token)).status_code == 200


def test_a_program_that_may_view_orders_pays_for_everybody(
    make_caller: Callable[..., Caller], order: Order, paytm: Paytm
) -> None:
    paytm.will_start()
    program = make_caller("app", "view_order")
    told = program.post(INITIATE, wanted(order)).json()
    seen = program.get(f"/api/v1/payments/{told['payment_id']}").json()
    assert (seen["order_id"], seen["desk"]) == (order.number, None)


def test_a_paid_order_says_so(asha: Caller, hers: Order, start: Callable[..., Payment], paytm: Paytm) -> None:
    from paytm_kit.ledger import book
    from tests.ledger.test_book import success

    payment = start(hers)
    book.apply(payment.pk, success(payment), source="webhook")
    found = problem(asha.post(INITIATE, wanted(hers)), 409, "already_paid")
    assert found["user_message"] == "This order has already been paid."


def test_a_failed_payment_is_tried_again_by_a_new_initiate(
    asha: Caller, hers: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    from paytm_kit.gateways.base import State
    from paytm_kit.ledger import book
    from tests.ledger.test_book import success

    first = start(hers)
    book.apply(first.pk, success(first, state=State.FAILURE, code="227"), source="webhook")
    paytm.will_start()
    told = asha.post(INITIATE, wanted(hers)).json()
    assert told["payment_id"] != first.gateway_order_id
    assert Payment.objects.count() == 2


def test_money_that_is_with_the_bank_leads_to_the_result_page(
    asha: Caller, hers: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    from paytm_kit.gateways.base import Outcome, State
    from paytm_kit.ledger import book

    payment = start(hers)
    book.apply(payment.pk, Outcome(payment.gateway_order_id, State.PENDING), source="webhook")
    told = asha.post(INITIATE, wanted(hers)).json()
    assert told["next"]["action"] == "open_page"
    assert told["next"]["url"].endswith(payment.get_result_url())
    assert paytm.asked(START) == 0


def test_a_gateway_that_is_down_is_a_calm_problem(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_answer(requests.ConnectionError(), path=START)
    answer = asha.post(INITIATE, wanted(hers))
    found = problem(answer, 503, "gateway_unreachable")
    assert answer.headers["Retry-After"] == "30"
    assert "try again" in found["user_message"].lower()
    paytm.will_start()
    assert asha.post(INITIATE, wanted(hers)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gateway": "zaakpay"}, "gateway"),
        ({"payment_method": "bitcoin"}, "payment_method"),
        ({"gateway": "x"}, "gateway"),
    ],
)
def test_a_gateway_that_is_not_on_offer_is_named(
    asha: Caller, hers: Order, changes: dict[str, str], field: str
) -> None:
    assert fields(asha.post(INITIATE, wanted(hers, **changes)), 400, "not_offered") == {field: "not_offered"}


@pytest.mark.parametrize("changes", [{"payment_method": "paytm"}, {"gateway": "paytm"}, {"gateway": "default"}])
def test_a_gateway_can_be_chosen_by_name(asha: Caller, hers: Order, paytm: Paytm, changes: dict[str, str]) -> None:
    paytm.will_start()
    assert asha.post(INITIATE, wanted(hers, **changes)).json()["gateway"] == "paytm"


def test_without_a_resolver_the_problem_and_the_log_say_what_is_missing(
    asha: Caller, hers: Order, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("PAYTM_API_ORDER_RESOLVER")
    settings.PAYTM_KIT = {**settings.PAYTM_KIT}
    problem(asha.post(INITIATE, wanted(hers)), 503, "not_configured")
    assert "API_ORDER_RESOLVER is missing" in caplog.text


def test_too_many_attempts_are_told_how_long_to_wait(asha: Caller, hers: Order, settings: Any, paytm: Paytm) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "LIMITS": "customer=1/10m"}
    paytm.will_start()
    assert asha.post(INITIATE, wanted(hers)).status_code == 200
    answer = asha.post(INITIATE, wanted(hers))
    problem(answer, 429, "too_many_attempts")
    assert 0 < int(answer.headers["Retry-After"]) <= 600


def test_a_rule_that_refuses_is_a_403(asha: Caller, hers: Order, settings: Any) -> None:
    rule = {"name": "no", "when": ["amount >= 1"], "action": "refuse", "reason": "x"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "RISK_RULES": [rule]}
    problem(asha.post(INITIATE, wanted(hers)), 403, "payment_refused")


def test_a_rule_that_holds_leads_to_the_shops_page(asha: Caller, hers: Order, settings: Any) -> None:
    rule = {"name": "wait", "when": ["amount >= 1"], "action": "hold", "reason": "x"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "RISK_RULES": [rule]}
    told = asha.post(INITIATE, wanted(hers)).json()
    assert told["next"]["action"] == "open_page"
    assert told["next"]["url"] == f"http://testserver/paytm/pay/{Payment.objects.get().token}/"


def test_with_js_checkout_the_answer_holds_the_script_and_its_token(
    asha: Caller, hers: Order, settings: Any, paytm: Paytm
) -> None:
    account = {**settings.PAYTM_KIT["ACCOUNTS"]["default"], "FLOW": "js"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    paytm.will_start()
    script = asha.post(INITIATE, wanted(hers)).json()["next"]["script"]
    assert script["url"].startswith("https://gateway.example/")
    assert script["config"]["token"]


def test_the_version_in_the_path_is_the_same_thing(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    assert asha.post("/api/v1/payment/initiate", wanted(hers)).status_code == 200
    assert Payment.objects.get().amount == Decimal("499.00")
