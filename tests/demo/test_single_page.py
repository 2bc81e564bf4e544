"""The single-page checkout before its script runs: whose orders it offers, what it is told, and the way without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from demo_site.shop.models import Order, Product
from demo_site.spa.texts import TEXTS
from paytm_kit.models import Payment
from tests import catalogues
from tests.demo.conftest import Shopper
from tests.demo.test_pages import directives, inline_code
from tests.demo.test_translations import KIT, SHOP, WALKTHROUGH
from tests.paytm import Paytm, callback_fields, post_callback

APP = Path(settings.BASE_DIR) / "demo_site" / "spa"
PAGE = "/single-page/"


def offered(shopper: Shopper) -> list[str]:
    """The numbers of the orders that stand there to be paid."""
    return [str(link["data-order"]) for link in shopper.page.select("a[data-order]")]


def test_it_offers_a_guest_what_this_browser_ordered(new_shopper: Callable[[], Shopper]) -> None:
    meera, somebody = new_shopper(), new_shopper()
    order = meera.buy("masala-chai")
    meera.open(PAGE)
    assert offered(meera) == [order.number]
    assert "Masala Chai" in meera.text()
    assert "₹310.50" in meera.text()
    somebody.open(PAGE)
    assert offered(somebody) == []
    assert "There is no order that waits for its payment." in somebody.text()


def test_it_offers_a_signed_in_shopper_their_own_orders_and_nobody_elses(new_shopper: Callable[[], Shopper]) -> None:
    asha, meera = new_shopper(), new_shopper()
    asha.sign_in("asha")
    mine = [asha.buy("masala-chai"), asha.buy("festival-trunk")]
    meera.buy("masala-chai")
    asha.open(PAGE)
    assert offered(asha) == [order.number for order in reversed(mine)]
    assert "USD 68.50" in asha.text()


def test_a_paid_order_is_no_longer_offered(shopper: Shopper, payment: Payment, client: Client, paytm: Paytm) -> None:
    Order.objects.update(user=User.objects.get(username="asha"))
    shopper.sign_in("asha")
    shopper.open(PAGE)
    assert offered(shopper) == [Order.objects.get().number]
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment))
    shopper.open(PAGE)
    assert offered(shopper) == []


def test_an_example_order_can_be_placed_and_the_api_knows_it_as_this_browsers(
    new_shopper: Callable[[], Shopper],
) -> None:
    shopper, somebody = new_shopper(), new_shopper()
    shopper.open(PAGE)
    shopper.send("/single-page/example/")
    order = Order.objects.get()
    [line] = order.lines.all()
    assert (order.user, order.total) == (
        None,
        min(Product.objects.filter(category__currency="INR").values_list("price", flat=True)),
    )
    assert (line.quantity, order.currency, order.email) == (1, "INR", "shopper@example.com")
    path, query = shopper.response.redirect_chain[-1][0].split("?")
    assert (path, parse_qs(query)) == (PAGE, {"order": [order.number]})
    asked = shopper.page.select_one("#spa")["data-gateways"]
    answer = shopper.client.get(asked, {"order_id": order.number})
    assert (answer.status_code, Decimal(answer.json()["amount"])) == (200, order.total)
    assert somebody.client.get(asked, {"order_id": order.number}).status_code == 404


def test_an_example_order_belongs_to_whoever_is_signed_in(shopper: Shopper) -> None:
    shopper.sign_in("asha")
    shopper.open(PAGE)
    shopper.send("/single-page/example/")
    assert Order.objects.get().user == User.objects.get(username="asha")


def test_with_nothing_on_sale_there_is_no_example(shopper: Shopper) -> None:
    Product.objects.update(is_available=False)
    shopper.open(PAGE)
    shopper.send("/single-page/example/")
    assert "Nothing is on sale just now." in shopper.notices()
    assert not Order.objects.exists()


@pytest.mark.parametrize(("method", "path", "status"), [("get", "example/", 405), ("post", "", 405), ("put", "", 405)])
def test_other_methods_are_refused(db: None, method: str, path: str, status: int) -> None:
    assert getattr(Client(), method)(f"{PAGE}{path}").status_code == status
    assert not Order.objects.exists()


def test_a_foreign_page_cannot_place_orders(shopper: Shopper) -> None:
    assert shopper.client.post(f"{PAGE}example/").status_code == 403
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "query", ["?order=KD-99999999", "?order=%00%3Cscript%3E", "?order=", "?x=1&order=KD-1&order=2"]
)
def test_whatever_the_address_says_the_page_repeats_none_of_it(shopper: Shopper, query: str) -> None:
    shopper.open(PAGE + query)
    assert shopper.response.status_code == 200
    assert "KD-99" not in shopper.text()
    assert inline_code(shopper.page) == []


def test_nothing_is_inline_and_the_script_may_speak_to_the_shop(shopper: Shopper) -> None:
    shopper.buy()
    shopper.open(PAGE)
    assert inline_code(shopper.page) == []
    assert [script["src"] for script in shopper.page.select("script[src]")] == ["/static/spa/checkout.js"]
    sent = directives(shopper)
    assert "'self'" in sent["connect-src"]
    assert "unsafe" not in " ".join(source for sources in sent.values() for source in sources)
    assert "no-store" in shopper.response.headers["Cache-Control"]


def test_what_the_script_needs_stands_on_the_page(shopper: Shopper) -> None:
    shopper.open(PAGE)
    root = shopper.page.select_one("#spa")
    assert {name: urlsplit(str(root[f"data-{name}"])).path for name in ("gateways", "payments", "initiate")} == {
        "gateways": "/api/v1/gateways",
        "payments": "/api/v1/payments",
        "initiate": "/api/payment/initiate",
    }
    assert json.loads(shopper.page.select_one("#spa-texts").string) == {name: str(text) for name, text in TEXTS.items()}
    assert shopper.client.cookies["csrftoken"].value
    assert shopper.page.select_one("[role=status]") is not None


def test_without_javascript_it_leads_to_the_ordinary_pages(shopper: Shopper) -> None:
    order = shopper.buy()
    shopper.open(PAGE)
    assert "This page needs JavaScript" in shopper.page.noscript.get_text()
    [link] = shopper.page.select("a[data-order]")
    shopper.open(str(link["href"]))
    assert shopper.page.h1.text == f"Order {order.number}"
    assert shopper.page.select_one("form.pay") is not None


def test_the_footer_of_every_page_leads_there(shopper: Shopper) -> None:
    shopper.open("/")
    assert shopper.page.select_one(f"footer a[href='{PAGE}']") is not None


# ---- In Hindi


def test_every_text_is_translated_and_the_catalogue_is_of_today(tmp_path: Path) -> None:
    assert catalogues.untranslated(APP, frozenset()) == []
    assert catalogues.uncertain(APP) == []
    assert catalogues.lost_placeholders(APP) == []
    assert catalogues.compiled_differently(APP) == []
    assert {entry.text for entry in catalogues.entries(APP)} == catalogues.texts_of_today(APP, tmp_path)


def test_what_other_catalogues_say_is_said_in_the_same_way() -> None:
    """Django merges them: what differs would change the other pages."""
    ours = {entry.text: entry.hindi for entry in catalogues.entries(APP)}
    theirs = {entry.text: entry.hindi for other in (SHOP, KIT, WALKTHROUGH) for entry in catalogues.entries(other)}
    shared = ours.keys() & theirs.keys()
    assert "Pay %(amount)s" in shared
    assert {text: ours[text] for text in shared} == {text: theirs[text] for text in shared}


def test_a_hindi_visitor_reads_hindi_and_so_says_the_script(shopper: Shopper) -> None:
    shopper.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "hi"
    shopper.open(PAGE)
    english = {entry.text for entry in catalogues.entries(APP)}
    assert not english & {" ".join(text.split()) for text in shopper.page.stripped_strings}
    assert not english & set(json.loads(shopper.page.select_one("#spa-texts").string).values())
