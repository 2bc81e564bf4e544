"""The honest messages: callback, form webhook and JSON webhook bring a payment to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.db import DatabaseError
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import confirm, journal
from tests.paytm import MID, TXNID, Paytm, callback_fields, post_callback, post_json_webhook, post_webhook

pytestmark = pytest.mark.databases


def json_body(payment: Payment) -> dict[str, str]:
    return {
        "orderId": payment.gateway_order_id,
        "mid": MID,
        "txnId": TXNID,
        "txnAmount": str(payment.amount),
        "currency": "INR",
        "status": "TXN_SUCCESS",
        "respCode": "01",
        "respMsg": "Txn Success",
        "paymentMode": "UPI",
    }


SENDERS: dict[str, Callable[[Client, Payment], Any]] = {
    "callback": lambda client, payment: post_callback(client, callback_fields(payment)),
    "form webhook": lambda client, payment: post_webhook(client, callback_fields(payment)),
    "json webhook": lambda client, payment: post_json_webhook(client, json_body(payment)),
}


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS.keys())
def test_a_confirmed_success_pays_the_order(payment: Payment, paytm: Paytm, client: Client, send: Callable) -> None:
    paytm.will_say(payment=payment)
    response = send(client, payment)
    assert response.status_code in (200, 303)
    payment.refresh_from_db()
    assert (payment.status, payment.transaction_id, payment.payment_mode) == ("paid", TXNID, "UPI")
    order = Order.objects.get()
    assert order.is_paid
    assert order.paid_at is not None


def test_the_shopper_is_led_to_a_page_that_tells_the_truth(payment: Payment, paytm: Paytm, client: Client) -> None:
    paytm.will_say(payment=payment)
    response = post_callback(client, callback_fields(payment))
    assert (response.status_code, response["Location"]) == (303, payment.get_result_url())
    page = client.get(response["Location"]).content.decode()
    assert "Payment received" in page
    assert "₹499.00" in page
    for private in ("asha@example.com", "9000000001", "Lake Road", "Asha"):
        assert private not in page


def test_paytms_reason_for_a_failure_reaches_staff_and_a_safe_one_the_shopper(
    payment: Payment, paytm: Paytm, client: Client
) -> None:
    hostile = "<script>alert(1)</script> card 4111111111111111"
    body = {"resultStatus": "TXN_FAILURE", "resultCode": "227", "resultMsg": hostile}
    paytm.will_say("TXN_FAILURE", payment=payment, resultInfo=body)
    post_callback(client, callback_fields(payment, "TXN_FAILURE", RESPMSG=hostile))
    payment.refresh_from_db()
    assert (payment.status, payment.code) == ("failed", "227")
    assert "4111111111111111" not in payment.message
    page = client.get(payment.get_result_url()).content.decode()
    assert "Payment not completed" in page
    assert payment.shopper_text in page
    assert "alert(1)" not in page


def test_every_message_is_stored_with_its_verdict_and_one_correlation_id(
    payment: Payment, paytm: Paytm, client: Client
) -> None:
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment), REMOTE_ADDR="203.0.113.9")
    inbound, question = WireMessage.objects.order_by("pk")
    assert (inbound.direction, inbound.channel, inbound.verdict) == ("in", "callback", "verified")
    assert (inbound.http_status, inbound.remote_ip, inbound.payment) == (303, "203.0.113.9", payment)
    assert inbound.processed_at is not None
    assert (question.direction, question.channel, question.http_status) == ("out", "status", 200)
    assert question.payment == payment
    assert question.correlation_id == inbound.correlation_id
    assert len(inbound.correlation_id) == 16


def test_an_unsigned_callback_still_makes_us_ask_and_the_answer_pays(
    payment: Payment, paytm: Paytm, client: Client
) -> None:
    """Paytm leaves CHECKSUMHASH out in known cases; the shopper must not be lost because of it."""
    paytm.will_say(payment=payment)
    fields = callback_fields(payment)
    del fields["CHECKSUMHASH"]
    assert post_callback(client, fields).status_code == 303
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert payment.events.get(kind="captured").source == "callback"


def test_a_stranger_who_knows_the_order_id_can_make_us_ask_a_few_times_only(
    payment: Payment, paytm: Paytm, client: Client
) -> None:
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    for _ in range(20):
        post_callback(client, {"ORDERID": payment.gateway_order_id, "STATUS": "TXN_SUCCESS"})
    assert paytm.asked() == 5
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment))
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_an_unsigned_webhook_makes_us_ask_nobody(payment: Payment, paytm: Paytm, client: Client) -> None:
    assert post_webhook(client, {"ORDERID": payment.gateway_order_id}).status_code == 400
    assert paytm.asked() == 0


def test_the_result_answer_says_what_the_webhook_has_to_know(payment: Payment, paytm: Paytm, client: Client) -> None:
    paytm.will_answer(requests.ReadTimeout("slow"))
    response = post_webhook(client, callback_fields(payment))
    assert (response.status_code, response.json()) == (503, {"result": "unconfirmed"})
    assert WireMessage.objects.filter(direction="in").count() == 1
    paytm.will_say(payment=payment)
    response = post_webhook(client, callback_fields(payment))
    assert (response.status_code, response.json()) == (200, {"result": "accepted"})


def test_when_the_message_cannot_even_be_stored_the_gateway_is_told_to_send_again(
    payment: Payment, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(WireMessage.objects, "create", broken)
    response = post_webhook(client, callback_fields(payment))
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    page = post_callback(client, callback_fields(payment))
    assert page.status_code == 503
    assert "could not look up your payment" in page.content.decode()


def test_a_crash_after_storing_keeps_the_message(
    payment: Payment, paytm: Paytm, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirm, "ask", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False
    response = post_webhook(client, callback_fields(payment))
    assert response.status_code == 503
    stored = WireMessage.objects.get()
    assert (stored.verdict, stored.processed_at) == ("verified", None)


def test_it_works_with_one_transaction_around_every_request(
    payment: Payment, paytm: Paytm, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    monkeypatch.setattr(confirm, "ask", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False
    assert post_webhook(client, callback_fields(payment)).status_code == 503
    assert WireMessage.objects.count() == 1
    monkeypatch.undo()
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    paytm.will_say(payment=payment)
    assert post_webhook(client, callback_fields(payment)).status_code == 200
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_it_works_where_every_page_asks_for_a_login(
    payment: Payment, paytm: Paytm, client: Client, settings: Any
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    paytm.will_say(payment=payment)
    response = post_callback(client, callback_fields(payment))
    assert response["Location"] == payment.get_result_url()
    assert client.get(payment.get_result_url()).status_code == 200
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.7", "203.0.113.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 192.0.2.4", "198.51.100.7"),
        (1, "not an address", None),
        (5, "198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_your_own_proxies_say_who_called(
    rf: Any, settings: Any, proxies: int, forwarded: str, expected: str | None
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "TRUSTED_PROXIES": proxies}
    request = rf.post("/", REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR=forwarded)
    assert journal.client_address(request) == expected
