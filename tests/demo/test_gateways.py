"""Which ways to pay an order's page shows, in rupees and in dollars, and what one cart can hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings

from demo_site import accounts
from demo_site.shop.models import Category, Order
from paytm_kit.models import Payment
from tests.demo.conftest import Shopper, fields

HOST = "http://127.0.0.1:8001"


@pytest.fixture(autouse=True)
def _all_accounts(settings: Any) -> None:
    default = {**django_settings.PAYTM_ACCOUNT, "HOST": HOST, "OFFERED": True}
    settings.PAYTM_KIT = {
        **settings.PAYTM_KIT,
        "ACCOUNTS": {"default": default, **accounts.beside_paytm(HOST)},
    }


def ways(shopper: Shopper) -> dict[str, str]:
    """By what is sent, what the shopper reads."""
    choices = shopper.page.select("form.pay label.choice")
    return {choice.input["value"]: choice.select_one(".choice__name").get_text(strip=True) for choice in choices}


def test_an_order_in_rupees_is_offered_paytms_three_ways_zaakpay_and_stripe(shopper: Shopper) -> None:
    shopper.buy()
    assert ways(shopper) == {
        "default.hosted": "Paytm page",
        "default.js": "Paytm pop-up on this page (JS Checkout)",
        "default.legacy": "Paytm classic form",
        "zaakpay.hosted": "Zaakpay page",
        "stripe.hosted": "Stripe page",
    }
    assert [item["value"] for item in shopper.page.select("input[name=way][checked]")] == ["default.hosted"]
    assert shopper.page.find("a", string="Faults of the stand-ins")["href"] == f"{HOST}/_sim/watch/faults"


def test_an_order_in_dollars_is_offered_stripe_and_paypal(shopper: Shopper) -> None:
    order = shopper.buy("festival-trunk", "chai-box")
    assert (order.currency, order.total) == ("USD", Decimal("92.50"))
    assert ways(shopper) == {"stripe-usd.hosted": "Stripe page", "paypal.hosted": "PayPal page"}
    assert len(shopper.page.select("input[name=way][checked]")) == 1
    assert "Pay USD 92.50" in shopper.text()
    assert "₹" not in shopper.text()


def test_the_chosen_account_gets_the_orders_amount(shopper: Shopper) -> None:
    order = shopper.buy("masala-chai")
    shopper.send(f"/orders/{order.token}/pay/", way="zaakpay.hosted", amount="1.00")
    form = shopper.page.select_one("main form")
    assert form["action"] == f"{HOST}/api/paymentTransact/V8"
    assert (fields(form)["amount"], fields(form)["currency"]) == ("31050", "INR")
    payment = Payment.objects.get()
    assert (payment.account, payment.amount, payment.currency) == ("zaakpay", Decimal("310.50"), "INR")


def test_a_payment_of_another_gateway_has_no_walkthrough(shopper: Shopper) -> None:
    """Its steps and checksums are Paytm's."""
    order = shopper.buy()
    shopper.send(f"/orders/{order.token}/pay/", way="zaakpay.hosted")
    shopper.open(order.get_absolute_url())
    assert "On the wire" not in shopper.text()
    shopper.open(f"/walkthrough/{Payment.objects.get().token}/")
    assert shopper.response.status_code == 404


@pytest.mark.parametrize("way", ["paypal.hosted", "stripe-usd.hosted", "zaakpay.js", "stripe.legacy"])
def test_a_way_that_the_order_is_not_offered_opens_no_payment(shopper: Shopper, way: str) -> None:
    order = shopper.buy()
    shopper.send(f"/orders/{order.token}/pay/", way=way)
    assert "Please choose how to pay." in shopper.notices()
    assert not Payment.objects.exists()


def test_where_no_account_takes_the_currency_the_page_says_so(shopper: Shopper, settings: Any) -> None:
    order = shopper.buy("chai-box")
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": settings.PAYTM_KIT["ACCOUNTS"]["default"]}}
    shopper.open(order.get_absolute_url())
    assert "This order cannot be paid online just now." in shopper.text()
    assert not shopper.page.select("form.pay")


def test_without_their_libraries_stripe_and_paypal_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "find_spec", lambda name: None)
    assert list(accounts.beside_paytm(HOST)) == ["zaakpay"]


# -- one cart, one currency


def test_a_cart_holds_one_currency(shopper: Shopper) -> None:
    for slug in ("masala-chai", "chai-box"):
        shopper.open(f"/product/{slug}/")
        shopper.send(f"/cart/{slug}/add/")
    assert "Chai Box is paid in another currency than what is in your cart." in shopper.notices()
    assert "₹310.50" in shopper.text()
    assert "USD" not in shopper.text()
    order = shopper.buy("assam-breakfast")
    assert {line.name for line in order.lines.all()} == {"Masala Chai", "Assam Breakfast"}


def test_a_shelf_that_changes_its_currency_mixes_nothing(shopper: Shopper) -> None:
    for slug in ("masala-chai", "green-cardamom"):
        shopper.open(f"/product/{slug}/")
        shopper.send(f"/cart/{slug}/add/")
    Category.objects.filter(slug="spices").update(currency="USD")
    shopper.open("/checkout/")
    assert "no longer on sale" in shopper.notices()
    order = shopper.buy("masala-chai")
    assert (order.currency, [line.name for line in order.lines.all()]) == ("INR", ["Masala Chai"])


def test_an_order_keeps_the_currency_in_which_it_was_made(shopper: Shopper) -> None:
    order = shopper.buy("chai-box")
    Category.objects.filter(slug="gifts").update(currency="INR")
    assert Order.objects.get(pk=order.pk).payment_currency() == "USD"
