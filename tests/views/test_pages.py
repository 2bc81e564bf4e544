"""The shopper's pages: result, status, retry. They tell the true state and nothing about the person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.ledger import book
from paytm_kit.models import Flag, Payment
from paytm_kit.services import confirm
from tests.paytm import Paytm


def soup_of(response: object) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


@pytest.fixture
def failed(payment: Payment, paytm: Paytm) -> Payment:
    paytm.will_say("TXN_FAILURE", payment=payment)
    return confirm.ask(payment, source="test")


def test_opening_the_result_page_by_hand_changes_nothing(payment: Payment, client: Client) -> None:
    page = soup_of(client.get(payment.get_result_url()))
    assert page.h1.string == "Confirming your payment"
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_a_waiting_page_looks_again_with_and_without_javascript(payment: Payment, client: Client) -> None:
    page = soup_of(client.get(payment.get_result_url()))
    assert page.find("noscript").find("meta", attrs={"http-equiv": "refresh"})
    assert page.find(attrs={"data-wait": True})["data-wait"] == f"/paytm/status/{payment.token}/"
    assert client.get(f"/paytm/status/{payment.token}/").json() == {"status": "processing", "done": False}


def test_a_shopper_who_has_not_paid_yet_can_go_on_and_one_whose_bank_is_working_cannot(
    payment: Payment, paytm: Paytm, client: Client
) -> None:
    address = f"/paytm/pay/{payment.token}/"
    form = soup_of(client.get(payment.get_result_url())).find("form", attrs={"action": address})
    token = form.find("input", attrs={"name": "csrfmiddlewaretoken"})["value"]
    paytm.will_start()
    response = client.post(address, {"csrfmiddlewaretoken": token}, follow=True)
    assert payment.gateway_order_id in response.content.decode()
    paytm.will_say("PENDING", payment=payment)
    confirm.ask(payment, source="test")
    page = soup_of(client.get(payment.get_result_url()))
    assert "Your bank has not answered yet" in page.text
    assert not page.find("form", attrs={"action": address})


def test_trying_again_while_the_gateway_cannot_say_is_a_calm_503(payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout("slow"))
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        response = Client().post(f"/paytm/pay/{payment.token}/")
    assert response.status_code == 503
    assert "still finding out about your earlier payment" in response.content.decode()
    assert Order.objects.get().payments.count() == 1


def test_a_settled_page_stops_looking(failed: Payment, client: Client) -> None:
    page = soup_of(client.get(failed.get_result_url()))
    assert not page.find(attrs={"http-equiv": "refresh"})
    assert not page.find(attrs={"data-wait": True})
    assert client.get(f"/paytm/status/{failed.token}/").json() == {"status": "failed", "done": True}


def test_a_flagged_payment_asks_for_patience_and_not_for_money(payment: Payment, client: Client) -> None:
    book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="")
    page = soup_of(client.get(payment.get_result_url()))
    assert "do not pay again" in page.text
    assert not page.find("form", attrs={"method": "post", "action": f"/paytm/pay/{payment.token}/"})


def test_try_again_makes_a_new_payment_for_the_same_order(failed: Payment, paytm: Paytm, client: Client) -> None:
    paytm.will_start()
    page = soup_of(client.get(failed.get_result_url()))
    form = page.find("form", attrs={"action": f"/paytm/pay/{failed.token}/"})
    token = form.find("input", attrs={"name": "csrfmiddlewaretoken"})["value"]
    response = client.post(form["action"], {"csrfmiddlewaretoken": token})
    assert response.status_code == 303  # so that Back never meets "send the form again?"
    response = client.get(response["Location"])
    assert response.status_code == 200
    newest = Order.objects.get().payments.first()
    assert newest.pk != failed.pk
    assert newest.amount == failed.amount
    assert newest.gateway_order_id in response.content.decode()


def test_try_again_needs_the_csrf_token(failed: Payment, client: Client) -> None:
    assert client.post(f"/paytm/pay/{failed.token}/").status_code == 403
    assert Order.objects.get().payments.count() == 1


def test_try_again_on_an_order_paid_meanwhile_shows_the_truth(
    failed: Payment, start: Callable[..., Payment], paytm: Paytm
) -> None:
    order = Order.objects.get()
    second = start(order)
    paytm.will_say(payment=second)
    confirm.ask(second, source="test")
    response = Client().post(f"/paytm/pay/{failed.token}/")
    assert (response.status_code, response["Location"]) == (302, second.get_result_url())
    assert order.payments.count() == 2


def test_opening_the_pay_address_of_an_ended_payment_starts_nothing(failed: Payment, client: Client) -> None:
    response = client.get(f"/paytm/pay/{failed.token}/")
    assert (response.status_code, response["Location"]) == (302, failed.get_result_url())


def test_trying_again_when_the_order_is_gone_is_a_calm_page(failed: Payment, paytm: Paytm) -> None:
    Order.objects.get().delete()
    response = Client().post(f"/paytm/pay/{failed.token}/")
    assert response.status_code == 409
    assert "could not be started" in response.content.decode()
    failed.refresh_from_db()
    assert failed.status == "failed"


def test_the_shopper_sees_what_goes_back_but_not_what_failed(client: Client, paid: Payment, paytm: Paytm) -> None:
    for word, code, amount in (
        ("PENDING", "601", "100.00"),
        ("TXN_SUCCESS", "10", "50.00"),
        ("TXN_FAILURE", "619", "25.00"),
    ):
        paytm.will_refund(word, code)
        refunds.request(paid, amount, reason="for the books only")
    notes = [
        " ".join(note.get_text().split()) for note in soup_of(client.get(paid.get_result_url())).select(".pk-note")
    ]
    assert notes[:2] == [
        "Refund of ₹100.00. Your refund is on its way.",
        "Refund of ₹50.00. Your refund was made. Your bank may take some days to show it.",
    ]
    assert "25.00" not in str(notes)
    assert "for the books only" not in str(notes)


@pytest.mark.parametrize("page", ["result", "status", "pay"])
def test_an_address_that_was_guessed_is_a_404(client: Client, payment: Payment, page: str) -> None:
    assert client.get(f"/paytm/{page}/{'0' * 40}/").status_code == 404
    assert client.get(f"/paytm/{page}/{payment.pk}/").status_code == 404


@pytest.mark.parametrize("page", ["result", "status"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_reading_pages_cannot_be_written_to(payment: Payment, page: str, method: str) -> None:
    assert getattr(Client(), method)(f"/paytm/{page}/{payment.token}/").status_code == 405


def test_pages_are_neither_stored_nor_framed_nor_leaked(payment: Payment, client: Client) -> None:
    response = client.get(payment.get_result_url())
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


def test_the_paid_page_leads_on_to_the_orders_own_page(payment: Payment, paytm: Paytm, client: Client) -> None:
    paytm.will_say(payment=payment)
    confirm.ask(payment, source="test")
    page = soup_of(client.get(payment.get_result_url()))
    assert page.find("a", class_="pk-button")["href"] == Order.objects.get().get_absolute_url()


def test_the_kits_own_base_template_stands_on_its_own(payment: Payment) -> None:
    """Without a site's override of base.html."""
    from django.template import Engine, RequestContext
    from django.test import RequestFactory

    import paytm_kit

    folder = f"{paytm_kit.__path__[0]}/templates"
    engine = Engine(
        dirs=[folder],
        libraries={
            "i18n": "django.templatetags.i18n",
            "static": "django.templatetags.static",
            "paytm_kit": "paytm_kit.templatetags.paytm_kit",
        },
    )
    html = engine.get_template("paytm_kit/result.html").render(
        RequestContext(RequestFactory().get("/"), {"payment": payment, "next_url": "/order/"})
    )
    page = BeautifulSoup(html, "html.parser")
    assert page.html["lang"] == "en"
    assert page.find("meta", attrs={"name": "viewport"})
    assert page.h1.string == "Confirming your payment"
