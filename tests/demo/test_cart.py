"""The cart: quantities from the browser, prices from the catalogue."""

from __future__ import annotations

import pytest
from django.test import Client

from demo_site.shop.models import Product
from tests.demo.conftest import Shopper


def lines(shopper: Shopper) -> dict[str, tuple[str, str]]:
    return {
        line.select_one(".cart-line__what a").text: (
            line.select_one("input[type=number]")["value"],
            line.select_one(".cart-line__total").text,
        )
        for line in shopper.page.select(".cart-line")
    }


def total(shopper: Shopper) -> str:
    return shopper.page.select_one(".sum__total dd").text


def put(shopper: Shopper, slug: str, quantity: object = 1) -> None:
    shopper.open(f"/product/{slug}/")
    shopper.send(f"/cart/{slug}/add/", quantity=quantity)


def test_what_is_added_is_in_the_cart(shopper: Shopper) -> None:
    put(shopper, "masala-chai", 2)
    put(shopper, "bagru-runner")
    assert lines(shopper) == {"Masala Chai": ("2", "₹621.00"), "Bagru Table Runner": ("1", "₹1,250.00")}
    assert total(shopper) == "₹1,871.00"
    assert shopper.page.select_one(".cart-link__size").get_text(" ", strip=True) == "3 items"


def test_adding_again_adds_up(shopper: Shopper) -> None:
    put(shopper, "masala-chai", 2)
    put(shopper, "masala-chai", 3)
    assert lines(shopper) == {"Masala Chai": ("5", "₹1,552.50")}


def test_adding_stops_at_the_most_that_we_send(shopper: Shopper) -> None:
    put(shopper, "masala-chai", 15)
    put(shopper, "masala-chai", 15)
    assert lines(shopper)["Masala Chai"][0] == "20"


def test_the_quantity_can_be_changed(shopper: Shopper) -> None:
    put(shopper, "masala-chai", 2)
    shopper.send("/cart/masala-chai/set/", quantity=7)
    assert lines(shopper) == {"Masala Chai": ("7", "₹2,173.50")}


def test_zero_and_the_remove_button_take_a_product_out(shopper: Shopper) -> None:
    put(shopper, "masala-chai")
    put(shopper, "bagru-runner")
    shopper.send("/cart/masala-chai/set/", quantity=0)
    assert set(lines(shopper)) == {"Bagru Table Runner"}
    shopper.send("/cart/bagru-runner/set/", nth=1)
    assert "Your cart is empty." in shopper.text()


@pytest.mark.parametrize("quantity", ["21", "-1", "1e2", "1.5", "two", "", "NaN", "9" * 400])
def test_a_quantity_that_makes_no_sense_changes_nothing(shopper: Shopper, quantity: str) -> None:
    put(shopper, "masala-chai", 2)
    shopper.send("/cart/masala-chai/set/", quantity=quantity)
    assert shopper.notices()
    assert lines(shopper) == {"Masala Chai": ("2", "₹621.00")}


def test_the_price_is_the_catalogues_whatever_the_browser_sends(shopper: Shopper) -> None:
    shopper.open("/product/masala-chai/")
    shopper.send("/cart/masala-chai/add/", quantity=1, price="1", total="1")
    assert total(shopper) == "₹310.50"
    Product.objects.filter(slug="masala-chai").update(price="400")
    shopper.open("/cart/")
    assert total(shopper) == "₹400.00"


def test_a_product_withdrawn_meanwhile_leaves_the_cart_with_a_word(shopper: Shopper) -> None:
    put(shopper, "masala-chai")
    put(shopper, "bagru-runner")
    Product.objects.filter(slug="masala-chai").update(is_available=False)
    shopper.open("/cart/")
    assert "no longer on sale" in shopper.notices()
    assert set(lines(shopper)) == {"Bagru Table Runner"}
    shopper.open("/cart/")
    assert shopper.notices() == ""


def test_an_unknown_product_cannot_be_added(shopper: Shopper) -> None:
    shopper.open("/product/masala-chai/")
    form = shopper.page.select_one("form[action='/cart/masala-chai/add/']")
    form["action"] = "/cart/no-such-thing/add/"
    shopper.send("/cart/no-such-thing/add/")
    assert shopper.response.status_code == 404


def test_the_cart_changes_by_post_only_and_not_from_another_site(catalogue: None) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get("/cart/masala-chai/add/").status_code == 405
    assert client.post("/cart/masala-chai/add/", {"quantity": 1}).status_code == 403


def test_the_cart_survives_signing_in(shopper: Shopper) -> None:
    put(shopper, "masala-chai", 2)
    shopper.open("/login/")
    shopper.send("", username="asha", password="demo-pass")
    shopper.open("/cart/")
    assert lines(shopper) == {"Masala Chai": ("2", "₹621.00")}
