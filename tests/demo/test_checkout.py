"""From cart to order: what is stored, what is refused, what the browser cannot change."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore

from demo_site.shop.cart import Cart
from demo_site.shop.models import Order, Product
from demo_site.shop.ordering import create_order
from tests.demo.conftest import DETAILS, Shopper


def test_a_guest_orders(shopper: Shopper) -> None:
    order = shopper.buy("masala-chai", "bagru-runner")
    assert order.user is None
    assert (order.name, order.email, order.mobile) == ("Meera Iyer", "meera@example.com", "9000000001")
    assert [(line.name, line.unit_price, line.quantity) for line in order.lines.all()] == [
        ("Masala Chai", Decimal("310.50"), 1),
        ("Bagru Table Runner", Decimal("1250.00"), 1),
    ]
    assert order.total == order.amount_due() == Decimal("1560.50")
    assert shopper.response.redirect_chain == [(order.get_absolute_url(), 302)]
    assert "Pay ₹1,560.50" in shopper.text()


def test_the_cart_is_empty_once_the_order_is_placed(shopper: Shopper) -> None:
    shopper.buy()
    assert shopper.page.select_one(".cart-link__size").get_text(" ", strip=True) == "0 items"


def test_a_signed_in_shopper_owns_the_order_and_need_not_type_again(shopper: Shopper) -> None:
    shopper.sign_in("asha")
    assert shopper.buy().user == User.objects.get(username="asha")
    shopper.open("/product/masala-chai/")
    shopper.send("/cart/masala-chai/add/")
    shopper.open("/checkout/")
    known = {item["name"]: item.get("value") for item in shopper.page.select("main input[id]")}
    assert known == {**DETAILS, "name": "Asha Menon", "email": "asha@example.com", "mobile": "9000000001"}


def test_prices_and_names_stay_as_they_were_when_it_was_ordered(shopper: Shopper) -> None:
    order = shopper.buy("masala-chai")
    Product.objects.filter(slug="masala-chai").update(price="999", name="Renamed")
    shopper.open(order.get_absolute_url())
    assert "Masala Chai" in shopper.text()
    assert "Pay ₹310.50" in shopper.text()


@pytest.mark.parametrize("extra", [{"total": "1"}, {"amount": "1"}, {"user": "1"}, {"paid_at": "2026-01-01"}])
def test_nothing_else_that_the_browser_sends_reaches_the_order(shopper: Shopper, extra: dict[str, str]) -> None:
    order = shopper.buy("masala-chai", **extra)
    assert (order.total, order.user, order.paid_at, order.is_paid) == (Decimal("310.50"), None, None, False)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Please enter your full name."),
        ("name", "x" * 81, "at most 80 characters"),
        ("email", "", "Please enter your e-mail address."),
        ("email", "meera", "An e-mail address looks like"),
        ("mobile", "12345", "has ten digits"),
        ("mobile", "1000000001", "has ten digits"),
        ("mobile", "٩٠٠٠٠٠٠٠٠١", "has ten digits"),
        ("address", " ", "Please enter house number and street."),
        ("city", "", "Please enter the town or city."),
        ("pin_code", "", "Please enter the PIN code."),
        ("pin_code", "5700", "six digits"),
        ("pin_code", "057001", "six digits"),
        ("pin_code", "570001\n", None),  # white space round it is not the shopper's fault
        ("pin_code", "५७०००१", "six digits"),
    ],
)
def test_details_are_checked_and_the_field_says_what_is_wrong(
    shopper: Shopper, field: str, value: str, message: str | None
) -> None:
    shopper.open("/product/masala-chai/")
    shopper.send("/cart/masala-chai/add/")
    shopper.open("/checkout/")
    shopper.send("", **{**DETAILS, field: value})
    if message is None:
        assert Order.objects.get().pin_code == "570001"
        return
    wrong = shopper.page.select_one(".field--wrong")
    assert message in wrong.get_text(" ", strip=True)
    assert wrong.input["name"] == field
    assert wrong.input["aria-invalid"] == "true"
    assert "Nothing has been ordered yet." in shopper.notices()
    assert not Order.objects.exists()
    assert shopper.page.select_one(".cart-link__size").get_text(" ", strip=True) == "1 item"


@pytest.mark.parametrize("mobile", ["", "9000000001", "09000000001", "+919000000001", "90000 00001"])
def test_a_mobile_is_optional_and_taken_in_the_usual_spellings(shopper: Shopper, mobile: str) -> None:
    assert shopper.buy(mobile=mobile).mobile == mobile.replace(" ", "")[-10:]


def test_an_empty_cart_cannot_be_checked_out(shopper: Shopper) -> None:
    shopper.open("/checkout/")
    assert shopper.response.redirect_chain == [("/cart/", 302)]


def test_a_second_click_on_place_order_leads_to_the_first_order(shopper: Shopper) -> None:
    shopper.open("/product/masala-chai/")
    shopper.send("/cart/masala-chai/add/")
    shopper.open("/checkout/")
    form = shopper.page
    shopper.send("", **DETAILS)
    first = shopper.response.redirect_chain
    shopper.open("/")
    shopper.page, shopper.response.request["PATH_INFO"] = form, "/checkout/"
    shopper.send("", **DETAILS)
    assert shopper.response.redirect_chain == first
    assert Order.objects.count() == 1


def test_the_same_cart_sent_twice_at_once_makes_one_order(catalogue: None) -> None:
    session = SessionStore()
    Cart(session).add(Product.objects.get(slug="masala-chai"), 2)
    orders = [create_order(Order(**{**DETAILS, "mobile": ""}), Cart(session), AnonymousUser()) for _ in range(2)]
    assert orders[0] == orders[1]
    assert Order.objects.get().lines.get().quantity == 2


def test_a_product_withdrawn_at_the_last_moment_is_not_ordered(new_shopper: Callable[[], Shopper]) -> None:
    shopper = new_shopper()
    for slug in ("masala-chai", "bagru-runner"):
        shopper.open(f"/product/{slug}/")
        shopper.send(f"/cart/{slug}/add/")
    shopper.open("/checkout/")
    Product.objects.filter(slug="bagru-runner").update(is_available=False)
    shopper.send("", **DETAILS)
    assert not Order.objects.exists()
    assert "no longer on sale" in shopper.notices()
