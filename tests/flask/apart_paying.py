"""Paying in a Flask shop: from its view to the gateway and back, through the one ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix

from paytm_kit.contrib.flask.orders.models import FlaskOrder
from paytm_kit.models import Announcement, Payment, WireMessage
from paytm_kit.services.checkout import callback_url
from paytm_kit.testing import callbacks
from paytm_kit.testing.fake import FakePaytm
from tests.flask.place import BASE_URL, OURS, make_app, paytm, shop

Send = Callable[[FlaskOrder], Payment]


def test_a_paid_order_is_told_once_with_its_app_at_work(
    client: FlaskClient, order: FlaskOrder, sent: Send, gateway: FakePaytm, heard: list[tuple[str, str, str]]
) -> None:
    payment = sent(order)
    gateway.say(payment, "success")
    back = callbacks.callback(payment).post(client)
    callbacks.webhook(payment).post(client)
    assert (back.status_code, back.location) == (303, f"/paytm/result/{payment.token}/")
    assert "Payment received" in client.get(back.location).text
    order = paytm.find_order(order.key)
    assert order.is_paid
    assert order.amount_paid == Decimal("499.00")
    assert heard == [("payment_succeeded", order.key, "shop")]
    assert order.label == "!"


def test_the_page_that_leads_on_is_the_kits_own_and_its_files_are_there(
    client: FlaskClient, order: FlaskOrder, gateway: FakePaytm
) -> None:
    away = client.post(f"/orders/{order.key}/pay", headers=OURS)
    payment = order.payments.get()
    assert (away.status_code, away.location) == (303, f"/paytm/pay/{payment.token}/")
    assert away.headers["Cache-Control"].startswith("max-age=0, no-cache")
    page = client.get(away.location).text
    assert 'action="https://gateway.example' in page
    files = re.findall(r'(?:href|src)="(/paytm/static/[^"]+)"', page)
    assert {file.rpartition(".")[2] for file in files} == {"css", "js"}
    assert {client.get(file, buffered=True).status_code for file in files} == {200}


def test_a_double_click_leads_to_the_same_payment(client: FlaskClient, order: FlaskOrder, gateway: FakePaytm) -> None:
    first, second = (client.post(f"/orders/{order.key}/pay", headers=OURS).location for _ in range(2))
    assert first == second
    assert order.payments.count() == 1


def test_an_order_that_is_paid_is_refused_in_the_shoppers_language(
    client: FlaskClient, order: FlaskOrder, sent: Send, gateway: FakePaytm
) -> None:
    payment = sent(order)
    gateway.say(payment, "success")
    callbacks.callback(payment).post(client)
    english = client.post(f"/orders/{order.key}/pay", headers=OURS)
    hindi = client.post(f"/orders/{order.key}/pay", headers={**OURS, "Accept-Language": "hi"})
    assert (english.status_code, english.text) == (409, "This order has already been paid.")
    assert hindi.status_code == 409
    assert re.search(r"[\u0900-\u097f]", hindi.text)
    assert client.post(f"/orders/{order.key}/pay", headers=OURS).text == english.text


def test_too_many_tries_end_on_a_page_that_works(client: FlaskClient, order: FlaskOrder, gateway: FakePaytm) -> None:
    answers = [client.post(f"/orders/{order.key}/pay", headers=OURS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    page = answers[-1]
    assert 0 < int(page.headers["Retry-After"]) <= 600
    assert "Please wait a little before you try again" in page.text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token is not None
    assert client.get_cookie("csrftoken") is not None  # else its button could not be pressed


def test_forms_of_other_sites_are_refused_by_the_kit_itself(
    client: FlaskClient, order: FlaskOrder, gateway: FakePaytm
) -> None:
    """Flask's guard does not stand before the mounted pages, so Django's does."""
    away = client.post(f"/orders/{order.key}/pay", headers=OURS).location
    assert client.post(away).status_code == 403
    assert order.payments.get().status == "created"


def test_what_the_gateway_signed_passes_the_shops_form_guard_and_what_it_did_not_changes_nothing(
    client: FlaskClient, order: FlaskOrder, sent: Send, gateway: FakePaytm
) -> None:
    payment = sent(order)
    assert client.post(f"/orders/{order.key}/pay").status_code == 400  # the guard is there
    gateway.say(payment, "not_found")
    assert callbacks.webhook(payment).tampered("amount").post(client).status_code == 400
    assert callbacks.webhook(payment).unsigned().post(client).status_code == 400
    assert not paytm.find_order(order.key).is_paid
    gateway.say(payment, "success")
    assert callbacks.webhook(payment).post(client).status_code == 200
    assert paytm.find_order(order.key).is_paid


def test_money_goes_back_from_a_view_and_the_shop_hears_of_it_apart_from_what_the_view_does(
    client: FlaskClient, order: FlaskOrder, sent: Send, gateway: FakePaytm, heard: list[tuple[str, str, str]]
) -> None:
    payment = sent(order)
    gateway.say(payment, "success")
    callbacks.callback(payment).post(client)
    gateway.refunds_become("success")
    answer = client.post(f"/orders/{order.key}/refund", headers=OURS)
    assert (answer.status_code, answer.text) == (200, "the view's")
    payment.refresh_from_db()
    assert (payment.refunded_amount, payment.refunds.get().actor) == (Decimal("100.00"), "desk")
    assert heard[1:] == [("refund_succeeded", order.key, "shop")]


def test_a_function_that_raises_writes_nothing_and_is_called_again(
    app: Flask, client: FlaskClient, order: FlaskOrder, sent: Send, gateway: FakePaytm, heard: list[object]
) -> None:
    payment = sent(order)
    gateway.say(payment, "success")
    shop.breaks = True
    callbacks.callback(payment).post(client)
    waiting = Announcement.objects.get(event__payment=payment)
    assert (waiting.state, waiting.last_error) == ("waiting", "RuntimeError: the warehouse does not answer")
    assert paytm.find_order(order.key).is_paid
    assert paytm.find_order(order.key).label == ""
    shop.breaks = False
    Announcement.objects.filter(pk=waiting.pk).update(next_try_at=None)  # the minute is over
    told = app.test_cli_runner().invoke(args=["paytm", "paytm_reconcile"])
    assert [what for what in heard if what[1] == order.key] == [("payment_succeeded", order.key, "shop")], told.output
    assert paytm.find_order(order.key).label == "!"


def test_a_connection_ends_with_its_request_and_one_inside_a_transaction_stays(app: Flask, client: FlaskClient) -> None:
    from django.db import transaction

    with app.test_request_context("/"):
        app.preprocess_request()
        FlaskOrder.objects.first()  # opens the connection
        assert connection.connection is not None
    assert connection.connection is None
    with transaction.atomic():
        with app.app_context():
            count = FlaskOrder.objects.count()
        assert FlaskOrder.objects.count() == count


@pytest.mark.parametrize("first", ["the proxy's middleware", "the extension"])
def test_behind_a_proxy_the_kit_sees_the_client_whichever_was_put_on_first(
    first: str, order: FlaskOrder, sent: Send, gateway: FakePaytm
) -> None:
    app = make_app("behind")
    if first == "the extension":
        paytm.init_app(app)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    if first != "the extension":
        paytm.init_app(app)
    payment = sent(order)
    gateway.say(payment, "success")
    said = callbacks.webhook(payment)
    headers = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "X-Forwarded-Proto": "https"}
    assert said.post(app.test_client(), headers=headers).status_code == 200
    assert WireMessage.objects.filter(payment=payment, channel="webhook").get().remote_ip == "203.0.113.7"


def test_below_a_path_every_address_has_it(
    app: Flask, client: FlaskClient, order: FlaskOrder, gateway: FakePaytm
) -> None:
    here = {"SCRIPT_NAME": "/kiosk"}
    with app.test_request_context("/", environ_overrides=here):
        app.preprocess_request()
        assert callback_url("default") == f"{BASE_URL}/kiosk/paytm/callback/"
    assert callback_url("default") == f"{BASE_URL}/paytm/callback/"
    away = client.post(f"/orders/{order.key}/pay", headers=OURS, environ_overrides=here)
    payment = order.payments.get()
    assert away.location == f"/kiosk/paytm/pay/{payment.token}/"
    answer = client.get(f"/paytm/pay/{payment.token}/", environ_overrides=here)
    assert answer.status_code == 200
    gateway.say(payment, "success")
    back = client.post("/paytm/callback/", environ_overrides=here, data=dict(callbacks.callback(payment).fields))
    assert back.location == f"/kiosk/paytm/result/{payment.token}/"
    assert client.post(f"/orders/{order.key}/pay", headers=OURS).status_code == 409  # and no trace of it is left


def test_the_desk_is_there_and_my_payments_is_not(client: FlaskClient) -> None:
    answer = client.get("/paytm/admin/", follow_redirects=True)
    assert answer.request.path == "/paytm/admin/login/"
    assert "Password" in answer.text
    style = re.search(r'href="(/paytm/static/admin/[^"]+)"', answer.text)
    assert style is not None
    assert client.get(style[1], buffered=True).status_code == 200
    assert client.get("/paytm/payments/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/paytm/static/../../etc/passwd",
        "/paytm/static/%2e%2e/%2e%2e/settings.py",
        "/paytm/static//etc/passwd",
        "/paytm",
    ],
)
def test_nothing_but_static_files_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


def test_another_host_is_refused(client: FlaskClient) -> None:
    assert client.get("/paytm/admin/login/", base_url="https://shop.example").status_code == 200
    assert client.get("/paytm/admin/login/", base_url="https://evil.example").status_code == 400


def test_what_is_beside_the_prefix_is_the_shops(client: FlaskClient) -> None:
    assert client.get("/paytmx").status_code == 404
    assert client.get("/orders/A-1/pay").status_code == 405  # Flask's own answer
