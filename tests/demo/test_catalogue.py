"""What a visitor finds on the shelves."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from demo_site.shop.models import Category, Product
from tests.demo.conftest import Shopper


def test_the_front_page_shows_every_product_with_its_price(shopper: Shopper) -> None:
    shopper.open("/")
    shown = {card.h3.get_text(strip=True): card.select_one("strong").text for card in shopper.page.select(".card")}
    assert len(shown) == 14
    assert shown["Masala Chai"] == "₹310.50"
    assert shown["Bagru Table Runner"] == "₹1,250.00"
    assert shown["Festival Trunk"] == "USD 68.50"


@pytest.mark.parametrize("slug", ["teas", "spices", "table", "gifts"])
def test_a_shelf_shows_its_own_products_only(shopper: Shopper, slug: str) -> None:
    shopper.open(f"/shelf/{slug}/")
    names = {card.h3.get_text(strip=True) for card in shopper.page.select(".card")}
    assert names == set(Product.objects.filter(category__slug=slug).values_list("name", flat=True))


def test_every_product_has_a_page_and_a_drawing(shopper: Shopper) -> None:
    for product in Product.objects.all():
        shopper.open(product.get_absolute_url())
        assert shopper.page.h1.text == product.name
        drawing = finders.find(product.illustration_path)
        assert drawing is not None
        assert Path(drawing).read_text().startswith("<svg")


def test_a_product_of_staffs_own_has_a_drawing_too(shopper: Shopper) -> None:
    shelf = Category.objects.get(slug="teas")
    product = Product.objects.create(category=shelf, name="New tea", slug="new-tea", pack="1 g", price="10")
    assert finders.find(product.illustration_path)


def test_a_withdrawn_product_is_nowhere(shopper: Shopper) -> None:
    Product.objects.filter(slug="masala-chai").update(is_available=False)
    for path in ("/", "/shelf/teas/", "/product/assam-breakfast/"):
        shopper.open(path)
        assert "Masala Chai" not in shopper.text()
    shopper.open("/product/masala-chai/")
    assert shopper.response.status_code == 404
    assert "could not find" in shopper.text()


def test_an_empty_shelf_says_so(shopper: Shopper) -> None:
    Product.objects.filter(category__slug="teas").update(is_available=False)
    shopper.open("/shelf/teas/")
    assert "Nothing on this shelf just now." in shopper.text()
