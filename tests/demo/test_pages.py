"""Every page of the shop: a strict policy that it keeps, labels, a plain word about the demo, the shop's look."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.shortcuts import render
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from demo_site.content_policy import policy
from demo_site.shop.cart import Cart
from demo_site.shop.models import Order, Product
from paytm_kit.checkout import open_payment
from paytm_kit.models import Payment
from tests.demo.conftest import DETAILS, Shopper
from tests.demo.test_orders import pay
from tests.paytm import Paytm

PAGES = [
    "/",
    "/shelf/teas/",
    "/product/masala-chai/",
    "/cart/",
    "/checkout/",
    "/orders/",
    "/login/",
    "ORDER",
    "RESULT",
    "/paytm/result/",
    "/nowhere/",
]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, shopper: Shopper) -> Shopper:
    """A page as a signed-in shopper with a full cart and an open payment sees it."""
    product = Product.objects.get(slug="masala-chai")
    order = Order.objects.create(user=User.objects.get(username="asha"), **{**DETAILS, "mobile": ""})
    order.lines.create(product=product, name=product.name, unit_price=product.price, quantity=1)
    if request.param != "/login/":
        shopper.sign_in("asha")
    session = shopper.client.session
    Cart(session).add(product, 1)
    session.save()
    shopper.client.cookies["sessionid"] = session.session_key
    known = {"ORDER": order.get_absolute_url(), "RESULT": open_payment(order).get_result_url()}
    shopper.open(known.get(request.param, request.param))
    return shopper


def inline_code(page: BeautifulSoup) -> list[str]:
    scripts = [str(s) for s in page.select("script:not([src])") if s.get("type") != "application/json"]
    styles = [str(s) for s in page.select("style, [style]")]
    handlers = [f"{tag.name} {name}" for tag in page.find_all() for name in tag.attrs if name.startswith("on")]
    links = [str(a) for a in page.select("[href^='javascript:']")]
    return scripts + styles + handlers + links


def directives(shopper: Shopper) -> dict[str, list[str]]:
    header = shopper.response.headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in header.split(";"))}


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(page: Shopper) -> None:
    assert inline_code(page.page) == []
    loaded = [tag.get("src") or tag.get("href") for tag in page.page.select("script[src], img, link[rel=stylesheet]")]
    assert loaded
    assert all(url.startswith("/static/") for url in loaded)


def test_the_policy_is_strict(page: Shopper) -> None:
    sent = directives(page)
    assert sent["default-src"] == ["'none'"]
    assert sent["style-src"] == ["'self'"]
    assert sent["frame-ancestors"] == ["'none'"]
    everything = " ".join(source for sources in sent.values() for source in sources)
    assert "unsafe" not in everything
    assert "*" not in everything


def test_every_page_wears_the_shops_look_and_says_that_it_is_a_demo(page: Shopper) -> None:
    assert page.page.select_one("link[rel=stylesheet][href$='shop/shop.css']")
    assert page.page.select_one("header .brand__name").text == "Kadamb"
    footer = page.page.footer.get_text(" ", strip=True)
    assert "This is a demo shop" in footer
    assert "simulator that is not Paytm, Zaakpay, Stripe or PayPal: no real money moves" in footer


def test_every_field_has_a_label_and_every_page_one_heading(page: Shopper) -> None:
    soup = page.page
    assert soup.html["lang"] == "en"
    assert len(soup.select("h1")) == 1
    for field in soup.select("input:not([type=hidden])"):
        assert soup.select_one(f"label[for='{field['id']}']"), field
    assert all(image.has_attr("alt") for image in soup.select("img"))
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))


def test_the_page_that_sends_the_shopper_on_keeps_the_policy_too(shopper: Shopper, paytm: Paytm) -> None:
    paytm.will_start()
    paytm.will_say("NO_RECORD_FOUND")  # asked before another way to pay takes the place of the first
    order = shopper.buy()
    for flow in ("hosted", "js", "legacy"):
        pay(shopper, order, way=f"default.{flow}")
        assert shopper.page.select_one("main form")["action"].startswith("https://gateway.example/")
        assert inline_code(shopper.page) == []
    assert Order.objects.count() == 1
    assert Payment.objects.filter(open_slot__isnull=False).count() == 1


@pytest.mark.parametrize("name", ["interrupted", "malformed", "unknown"])
def test_the_kits_own_pages_need_neither_database_nor_cookies(
    name: str, rf: RequestFactory, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = rf.post("/paytm/callback/")
    request.session, request.user = SessionStore("a" * 32), AnonymousUser()
    with django_assert_num_queries(0):
        answer = render(request, f"paytm_kit/{name}.html")
    assert "Kadamb" in answer.content.decode()
    assert not request.session.accessed
    assert "CSRF_COOKIE" not in request.META


def test_beside_the_simulator_the_policy_names_the_simulator_alone() -> None:
    rules = policy("simulator", "http://127.0.0.1:8001")["DIRECTIVES"]
    for name in ("script-src", "connect-src", "frame-src", "form-action"):
        assert rules[name] == ["'self'", "http://127.0.0.1:8001"]
    assert rules["style-src"] == ["'self'"]


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_with_paytm_the_policy_lets_its_pages_and_its_pop_up_work(environment: str) -> None:
    rules = policy(environment)["DIRECTIVES"]
    for name in ("script-src", "connect-src", "frame-src", "form-action"):
        assert rules[name] == ["'self'", "https://*.paytmpayments.com", "https://*.paytm.in"]
    assert "'unsafe-inline'" not in rules["script-src"]


def test_signing_in_never_leads_to_another_site(shopper: Shopper) -> None:
    shopper.open("/login/?next=https://evil.example/")
    shopper.send("", username="asha", password="demo-pass")
    assert shopper.response.redirect_chain == [("/orders/", 302)]


def test_signing_out_is_a_button_that_ends_the_session(shopper: Shopper) -> None:
    shopper.sign_in("asha")
    shopper.open("/")
    shopper.send("/logout/")
    shopper.open("/orders/")
    assert shopper.response.redirect_chain == [("/login/?next=/orders/", 302)]
