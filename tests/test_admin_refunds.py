"""Refunds at the desk: two steps, a permission of its own, and no second refund by a second click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.test import Client

from paytm_kit.models import Payment, Refund
from tests.paytm import TXNID, Paytm
from tests.services.test_refunds import APPLY, SYNC

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


class Desk:
    """A person who can send only what a page gave them, changed where they type."""

    def __init__(self, *rights: str) -> None:
        user = User.objects.create_user("meera", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(user)

    def open(self, path: str) -> BeautifulSoup:
        response = self.client.get(path)
        assert response.status_code == 200
        self.page = BeautifulSoup(response.content, "html.parser")
        return self.page

    def fields(self) -> dict[str, str]:
        form = self.page.select_one("#content form[method=post]:not([action])")
        found = {
            field["name"]: field.get("value", "")
            for field in form.select("input[name]")
            if field.get("type") != "submit"
        }
        chosen = form.select_one("select option[selected], select option")
        return found | ({"transaction": chosen["value"]} if chosen else {})

    def send(self, path: str, fields: dict[str, Any]) -> str:
        response = self.client.post(path, fields, follow=True)
        self.page = BeautifulSoup(response.content, "html.parser")
        return " ".join(self.page.get_text().split())


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return Desk("view_payment", "view_refund", "view_paymentevent", "refund_payment")


def at(payment: Payment, what: str = "refund") -> str:
    return f"/admin/paytm_kit/payment/{payment.pk}/{what}/"


def test_a_refund_takes_two_steps_and_says_what_came_of_it(desk: Desk, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    page = desk.open(at(paid, "change"))
    assert page.select_one(f'a[href="{at(paid)}"]').get_text() == "Refund…"
    desk.open(at(paid))
    asked = desk.fields() | {"amount": "100.00", "reason": "Wrong size"}
    assert asked["transaction"] == TXNID
    said = desk.send(at(paid), asked)
    assert "Send ₹100.00 back to the customer? This cannot be undone." in said
    assert paytm.asked(APPLY) == 0
    said = desk.send(at(paid), desk.fields())
    refund = Refund.objects.get()
    assert f"Refund {refund.refund_id}: Pending. Refund 601" in said
    assert (refund.actor, refund.reason, str(refund.amount)) == ("meera", "Wrong size", "100.00")


def test_the_bank_can_be_asked_at_once(desk: Desk, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10", path=SYNC)
    desk.open(at(paid))
    desk.send(at(paid), desk.fields() | {"amount": "100.00", "reason": "x", "wait": "on"})
    assert "Refunded. Refund 10" in desk.send(at(paid), desk.fields())
    assert (Refund.objects.get().wait, paytm.asked(APPLY)) == (True, 0)


def test_a_second_click_on_yes_refunds_nothing_more(desk: Desk, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    desk.open(at(paid))
    desk.send(at(paid), desk.fields() | {"amount": "100.00", "reason": "x"})
    confirmed = desk.fields()
    desk.send(at(paid), confirmed)
    assert "somebody refunded meanwhile" in desk.send(at(paid), confirmed)
    assert Refund.objects.count() == 1


def test_a_payment_that_is_busy_is_named_and_nothing_is_sent(
    desk: Desk, paid: Payment, paytm: Paytm, busy: Callable[[Payment], None]
) -> None:
    desk.open(at(paid))
    desk.send(at(paid), desk.fields() | {"amount": "100.00", "reason": "x"})
    confirmed = desk.fields()
    busy(paid)
    assert f"{paid.gateway_order_id} is busy: something else works on it. Nothing was sent" in desk.send(
        at(paid), confirmed
    )
    assert (Refund.objects.count(), paytm.asked(APPLY)) == (0, 0)


def test_nobody_skips_the_question_whether_they_are_sure(desk: Desk, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    desk.open(at(paid))
    hasty = desk.fields() | {"amount": "100.00", "reason": "x", "confirmed": "on"}
    for _ in range(2):
        assert "This cannot be undone." in desk.send(at(paid), hasty)
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "-1", "reason": "x"}, "greater than or equal to 0"),
        ({"amount": "1.234", "reason": "x"}, "2 decimal places"),
        ({"amount": "ten", "reason": "x"}, "Enter a number"),
        ({"amount": "", "reason": "x"}, "This field is required"),
        ({"amount": "1", "reason": ""}, "This field is required"),
        ({"amount": "1", "reason": "x", "transaction": "other"}, "not one of the available choices"),
    ],
)
def test_mistakes_are_shown_at_their_field(
    desk: Desk,
    paid: Payment,
    paytm: Paytm,
    typed: dict[str, str],
    said: str,
) -> None:
    desk.open(at(paid))
    assert said in desk.send(at(paid), desk.fields() | typed)
    assert not Refund.objects.exists()


@pytest.mark.parametrize(("amount", "said"), [("500.00", "499.00 rupees"), ("0", "above zero")])
def test_what_the_ledger_refuses_is_said_on_the_payments_page(
    desk: Desk,
    paid: Payment,
    paytm: Paytm,
    amount: str,
    said: str,
) -> None:
    desk.open(at(paid))
    desk.send(at(paid), desk.fields() | {"amount": amount, "reason": "x"})
    assert said in desk.send(at(paid), desk.fields())
    assert paytm.asked(APPLY) == 0


def test_refunding_needs_its_own_permission(paid: Payment, paytm: Paytm) -> None:
    desk = Desk("view_payment", "change_payment")
    assert desk.open(at(paid, "change")).select_one(f'a[href="{at(paid)}"]') is None
    assert desk.client.get(at(paid)).status_code == 403


def test_a_payment_that_took_nothing_offers_no_refund(desk: Desk, payment: Payment) -> None:
    assert desk.open(at(payment, "change")).select_one(f'a[href="{at(payment)}"]') is None


def test_refunds_are_listed_found_and_shown(desk: Desk, paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    desk.open(at(paid))
    desk.send(at(paid), desk.fields() | {"amount": "100.00", "reason": "Wrong size"})
    desk.send(at(paid), desk.fields())
    refund = Refund.objects.get()
    for query in ("", f"?q={refund.refund_id}", f"?q={paid.gateway_order_id}", "?status=pending"):
        assert refund.refund_id in desk.open(f"/admin/paytm_kit/refund/{query}").get_text()
    page = desk.open(f"/admin/paytm_kit/refund/{refund.pk}/change/").get_text()
    assert "Wrong size" in page
    assert "Refund requested" in page
    assert refund.refund_id in desk.open(at(paid, "change")).get_text()
