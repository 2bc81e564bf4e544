"""From an order to the gateway's page: one open payment per order, whatever the shopper clicks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import requests
import time_machine
from bs4 import BeautifulSoup
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import checksum
from paytm_kit.checkout import AlreadyPaid, Customer, NothingToPay, StillAsking, open_payment, redirect
from paytm_kit.ledger import book
from paytm_kit.models import Flag, Payment, WireMessage
from tests.begin import begin
from tests.paytm import HOST, KEY, MID, Paytm

INITIATE = "/theia/api/v1/initiateTransaction"


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    return rf.get("/", HTTP_HOST="testserver")


def form_of(response: object) -> tuple[str, dict[str, str]]:
    page = BeautifulSoup(response.content, "html.parser")
    form = page.find("form")
    return form["action"], {field["name"]: field["value"] for field in form.find_all("input")}


@pytest.mark.databases
def test_asking_twice_gives_the_same_payment(order: Order) -> None:
    assert open_payment(order).pk == open_payment(order).pk
    assert order.payments.count() == 1


@pytest.mark.databases
def test_an_order_whose_total_changed_gets_a_new_payment_and_the_old_one_stays_watched(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    old = start(order)
    paytm.will_say("NO_RECORD_FOUND", payment=old)
    order.lines.update(unit_price=Decimal("600.00"))
    new = open_payment(order)
    old.refresh_from_db()
    assert (new.amount, new.pk == old.pk) == (Decimal("600.00"), False)
    assert (old.status, old.open_slot) == ("processing", None)
    assert old.next_ask_at is not None


def test_a_paid_order_cannot_be_paid_again(order: Order, start: Callable[..., Payment], paytm: Paytm) -> None:
    payment = start(order)
    from paytm_kit.services import confirm

    paytm.will_say(payment=payment)
    confirm.ask(payment, source="test")
    with pytest.raises(AlreadyPaid) as caught:
        open_payment(order)
    assert caught.value.user_message == "This order has already been paid."
    assert order.is_paid


def test_what_was_added_after_paying_is_collected_by_a_payment_of_its_own(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    from paytm_kit.services import confirm

    first = start(order)
    paytm.will_say(payment=first)
    confirm.ask(first, source="test")
    order.lines.create(name="Cup", unit_price=Decimal("120.00"), quantity=1)
    assert not order.is_paid
    assert order.balance_due == Decimal("120.00")
    second = open_payment(order)
    assert second.amount == Decimal("120.00")
    begin(second.pk)
    paytm.will_say(payment=second, txnId="T-second")
    after = confirm.ask(second, source="test")
    assert (after.status, after.flags) == ("paid", "")
    assert order.is_paid


@pytest.mark.parametrize("amount", ["0", "0.00", "0.99", "-1", "1.001", "1e2", "NaN", "١٠", "abc", "", 1.5, True])
def test_amounts_that_are_not_exact_positive_rupees_start_nothing(order: Order, amount: object) -> None:
    with pytest.raises(NothingToPay):
        open_payment(order, amount=amount)
    assert Payment.objects.count() == 0


def test_an_order_that_costs_nothing_cannot_be_paid(order: Order) -> None:
    order.lines.all().delete()
    with pytest.raises(NothingToPay):
        open_payment(order)


def test_the_hosted_page_gets_mid_order_and_token_and_nothing_else(
    order: Order, paytm: Paytm, request_: HttpRequest
) -> None:
    paytm.will_start(token="tok123")
    payment = open_payment(order)
    response = redirect(request_, payment)
    action, fields = form_of(response)
    assert action == f"{HOST}/theia/api/v1/showPaymentPage?mid={MID}&orderId={payment.gateway_order_id}"
    assert fields == {"mid": MID, "orderId": payment.gateway_order_id, "txnToken": "tok123"}
    sent = json.loads(paytm.wire.calls[0].request.body)["body"]
    assert sent["txnAmount"] == {"value": "499.00", "currency": "INR"}
    assert sent["callbackUrl"] == "http://testserver/paytm/callback/"
    assert sent["userInfo"]["email"] == "asha@example.com"
    assert "no-store" in response["Cache-Control"]  # also when a view of the merchant's own returns it
    assert response["X-Frame-Options"] == "DENY"
    payment.refresh_from_db()
    assert (payment.status, payment.flow) == ("processing", "hosted")


def test_the_token_and_contacts_are_stored_masked_only(order: Order, paytm: Paytm, request_: HttpRequest) -> None:
    paytm.will_start(token="tok-secret-123")
    redirect(request_, open_payment(order))
    stored = "".join(f"{m.request_body} {m.response_body}" for m in WireMessage.objects.all())
    assert WireMessage.objects.get().verdict == "verified"
    for secret in ("tok-secret-123", "asha@example.com", "9000000001", KEY):
        assert secret not in stored
    assert "a***@example.com" in stored


def test_contacts_that_the_shop_does_not_know_keep_nobody_from_paying(
    order: Order, paytm: Paytm, request_: HttpRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Order, "payment_customer", lambda self: Customer("c1", email=None, mobile=None))
    paytm.will_start()
    payment = open_payment(order)
    assert redirect(request_, payment).status_code == 200
    assert (payment.contact_email, payment.contact_mobile) == ("", "")


def test_a_forged_host_header_cannot_move_the_callback(order: Order, paytm: Paytm, rf: RequestFactory) -> None:
    paytm.will_start()
    redirect(rf.get("/", HTTP_HOST="127.0.0.1"), open_payment(order))
    sent = json.loads(paytm.wire.calls[0].request.body)["body"]
    assert sent["callbackUrl"].startswith("http://testserver/")


def test_refresh_and_back_repeat_the_same_request(order: Order, paytm: Paytm, request_: HttpRequest) -> None:
    paytm.will_start()
    payment = open_payment(order)
    first = form_of(redirect(request_, payment))
    paytm.will_start(code="0002")
    second = form_of(redirect(request_, open_payment(order)))
    assert first == second
    bodies = [json.loads(call.request.body)["body"] for call in paytm.wire.calls]
    assert bodies[0] == bodies[1]
    assert order.payments.count() == 1


def test_js_checkout_offers_the_hosted_page_as_its_fallback(order: Order, paytm: Paytm, request_: HttpRequest) -> None:
    paytm.will_start(token="tok123")
    response = redirect(request_, open_payment(order), flow="js")
    page = BeautifulSoup(response.content, "html.parser")
    assert page.form["data-js-checkout"] == f"{HOST}/merchantpgpui/checkoutjs/merchants/{MID}.js"
    assert page.form["action"].startswith(f"{HOST}/theia/api/v1/showPaymentPage")
    config = json.loads(page.find(id="paytm-kit-js-checkout").string)
    assert (config["token"], config["amount"], config["mid"]) == ("tok123", "499.00", MID)


def test_the_legacy_form_is_signed_and_needs_no_call(order: Order, paytm: Paytm, request_: HttpRequest) -> None:
    payment = open_payment(order)
    action, fields = form_of(redirect(request_, payment, flow="legacy"))
    assert action.startswith(f"{HOST}/order/process")
    assert checksum.verify(fields, fields["CHECKSUMHASH"], KEY)
    assert (fields["ORDER_ID"], fields["TXN_AMOUNT"]) == (payment.gateway_order_id, "499.00")
    assert len(paytm.wire.calls) == 0


def test_changing_between_token_and_legacy_form_uses_a_new_payment(
    order: Order, paytm: Paytm, request_: HttpRequest
) -> None:
    paytm.will_start()
    first = open_payment(order)
    redirect(request_, first)
    paytm.will_say("NO_RECORD_FOUND", payment=first)
    redirect(request_, first, flow="legacy")
    newest = order.payments.first()
    assert (newest.flow, newest.pk == first.pk) == ("legacy", False)
    assert order.payments.filter(open_slot__isnull=False).get() == newest


@pytest.mark.parametrize(
    "page",
    ["hosted", "js", "legacy"],
)
def test_pages_that_leave_have_no_inline_code_and_are_not_stored(
    order: Order, paytm: Paytm, client: object, page: str, settings: object
) -> None:
    paytm.will_start()
    settings.PAYTM_KIT = {
        **settings.PAYTM_KIT,
        "ACCOUNTS": {"default": {**settings.PAYTM_KIT["ACCOUNTS"]["default"], "FLOW": page}},
    }
    payment = open_payment(order)
    response = client.get(f"/paytm/pay/{payment.token}/")
    soup = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert all(s.get("src") or s.get("type") == "application/json" for s in soup.find_all("script"))
    assert not soup.find_all("style")
    assert not soup.find_all(style=True)
    assert soup.find("button", type="submit")


def test_an_unreachable_gateway_gives_a_calm_page_and_the_order_stays_payable(
    order: Order, paytm: Paytm, request_: HttpRequest
) -> None:
    paytm.will_answer(requests.ConnectTimeout("no"), path=INITIATE)
    payment = open_payment(order)
    response = redirect(request_, payment)
    assert response.status_code == 503
    assert "Please try again in a few minutes" in response.content.decode()
    paytm.will_start()
    assert redirect(request_, open_payment(order)).status_code == 200
    assert order.payments.get() == payment


def test_a_refusal_by_the_gateway_is_explained_to_the_log_and_not_to_the_shopper(
    order: Order, paytm: Paytm, request_: HttpRequest, caplog: pytest.LogCaptureFixture
) -> None:
    body = '{"resultInfo":{"resultStatus":"F","resultCode":"2005","resultMsg":"Checksum provided is invalid"}}'
    paytm.will_answer(f'{{"head":{{}},"body":{body}}}', path=INITIATE)
    response = redirect(request_, open_payment(order))
    assert response.status_code == 502
    text = response.content.decode()
    assert "could not be started" in text
    assert "hecksum" not in text
    assert "2005" in caplog.text


def test_a_conflict_at_the_gateway_is_solved_by_a_new_payment(
    order: Order, paytm: Paytm, request_: HttpRequest
) -> None:
    payment = open_payment(order)
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    body = '{"resultInfo":{"resultStatus":"F","resultCode":"2023","resultMsg":"Repeat Request Inconsistent"}}'
    paytm.will_answer(f'{{"head":{{}},"body":{body}}}', path=INITIATE)
    begin(payment.pk)
    response = redirect(request_, payment)
    assert response.status_code == 502  # every order id is refused here: one replacement, no endless loop
    assert order.payments.count() == 2
    assert paytm.asked(INITIATE) == 2


LATER = timedelta(minutes=16)


def test_when_the_token_is_dead_the_gateway_is_asked_before_a_new_payment_is_made(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    old = start(order)
    paytm.will_say("NO_RECORD_FOUND", payment=old)
    with time_machine.travel(timezone.now() + LATER):
        new = open_payment(order)
    assert new.pk != old.pk
    assert paytm.asked() == 1


def test_a_payment_that_the_bank_still_works_on_is_never_charged_again(
    order: Order, start: Callable[..., Payment], paytm: Paytm, request_: HttpRequest
) -> None:
    old = start(order)
    paytm.will_say("PENDING", payment=old)
    with time_machine.travel(timezone.now() + LATER):
        assert open_payment(order).pk == old.pk
        response = redirect(request_, old)
    assert (response.status_code, response["Location"]) == (302, old.get_result_url())


def test_a_payment_that_turns_out_paid_is_not_collected_again(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    old = start(order)
    paytm.will_say(payment=old)
    with time_machine.travel(timezone.now() + LATER), pytest.raises(AlreadyPaid):
        open_payment(order)
    old.refresh_from_db()
    assert old.status == "paid"


def test_when_nobody_can_say_whether_the_old_payment_was_paid_no_new_one_is_made(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    start(order)
    paytm.will_answer(requests.ReadTimeout("no"))
    with time_machine.travel(timezone.now() + LATER), pytest.raises(StillAsking) as caught:
        open_payment(order)
    assert order.payments.count() == 1
    assert caught.value.retryable
    assert "still finding out" in caught.value.user_message


def test_an_order_that_grew_while_its_old_payment_was_paid_unseen_collects_the_difference(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    old = start(order)
    order.lines.create(name="Cup", unit_price=Decimal("120.00"), quantity=1)
    paytm.will_say(payment=old)
    with time_machine.travel(timezone.now() + LATER):
        assert open_payment(order).amount == Decimal("120.00")


def test_an_order_that_grew_while_the_bank_works_on_its_payment_waits_for_the_bank(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    from paytm_kit.services import confirm

    old = start(order)
    paytm.will_say("PENDING", payment=old)
    confirm.ask(old, source="test")
    order.lines.create(name="Cup", unit_price=Decimal("120.00"), quantity=1)
    assert open_payment(order) == old


def test_a_part_that_was_paid_unseen_is_not_collected_a_second_time(
    order: Order, start: Callable[..., Payment], paytm: Paytm
) -> None:
    deposit = open_payment(order, amount="100.00")
    begin(deposit.pk)
    paytm.will_say(payment=deposit)
    with time_machine.travel(timezone.now() + LATER), pytest.raises(AlreadyPaid):
        open_payment(order, amount="100.00")


def test_a_flagged_payment_is_not_paid_again_before_a_person_looked(
    order: Order, start: Callable[..., Payment], request_: HttpRequest
) -> None:
    payment = start(order)
    book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="")
    assert redirect(request_, payment).status_code == 302


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "\\\\evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "http:///evil.example",
        "/ok\r\nSet-Cookie: a=b",
        "/" + "a" * 600,
    ],
)
def test_return_urls_that_lead_elsewhere_are_ignored(order: Order, url: str) -> None:
    assert open_payment(order, return_url=url).return_url == ""


@pytest.mark.parametrize("url", ["/thanks/?x=1", "http://testserver/thanks/"])
def test_return_urls_of_our_own_are_kept(order: Order, url: str) -> None:
    assert open_payment(order, return_url=url).return_url == url
