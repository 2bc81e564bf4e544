"""The shop speaks Hindi: its catalogue is complete, every page uses it, and shoppers choose the language themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

import demo_site.shop
import demo_site.walkthrough
import paytm_kit
from demo_site.shop.models import Category, Order, Product
from paytm_kit.models import Payment
from tests import catalogues
from tests.demo.conftest import DETAILS, Shopper
from tests.paytm import Paytm, callback_fields, post_callback

SHOP = Path(demo_site.shop.__path__[0])
WALKTHROUGH = Path(demo_site.walkthrough.__path__[0])
KIT = Path(paytm_kit.__path__[0])
SAME = frozenset({"UPI", "HTTP %(status)s"})


@pytest.fixture
def hindi_shopper(shopper: Shopper) -> Shopper:
    """One whose browser asks for Hindi."""
    shopper.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "hi-IN,hi;q=0.9,en;q=0.5"
    return shopper


def switch(shopper: Shopper, language: str) -> None:
    """Presses a button of the language switch."""
    button = shopper.page.select_one(f"footer form button[value={language}]")
    assert button is not None
    shopper.send("/language/", **{str(button["name"]): language})


def language(shopper: Shopper) -> str:
    assert shopper.page.html is not None
    return str(shopper.page.html["lang"])


# ---- The catalogue -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", [SHOP, WALKTHROUGH], ids=lambda app: app.name)
def test_no_text_is_left_untranslated_or_uncertain(app: Path) -> None:
    assert len(catalogues.entries(app)) > 100
    assert catalogues.untranslated(app, SAME) == []
    assert catalogues.uncertain(app) == []
    assert catalogues.lost_placeholders(app) == []
    assert catalogues.compiled_differently(app) == []


@pytest.mark.parametrize("app", [SHOP, WALKTHROUGH], ids=lambda app: app.name)
def test_the_catalogue_holds_the_texts_of_today(app: Path, tmp_path: Path) -> None:
    today = catalogues.texts_of_today(app, tmp_path)
    kept = {entry.text for entry in catalogues.entries(app)}
    assert kept == today, "run: make messages, then translate what is new"


def test_the_same_text_is_translated_in_the_same_way_everywhere() -> None:
    """Django merges the catalogues, the demo's before the kit's: what differs would change the kit's pages."""
    said: dict[str, str] = {}
    for app in (SHOP, KIT, WALKTHROUGH):
        for entry in catalogues.entries(app):
            assert said.setdefault(entry.text, entry.hindi) == entry.hindi, entry.text
    assert "Paid" in said


# ---- The pages -----------------------------------------------------------------------------------------------


def english_left(shopper: Shopper) -> list[str]:
    """Our own texts that stand on the page in English, in its words or in its attributes."""
    soup = shopper.page
    attributes = ("aria-label", "alt", "title", "placeholder", "data-label", "content")
    said = {" ".join(text.split()) for text in soup.stripped_strings}
    said |= {str(tag[name]) for name in attributes for tag in soup.select(f"[{name}]")}
    return sorted(said & {entry.text for entry in catalogues.entries(SHOP)} - SAME)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "पहाड़ों, खेतों और करघों से आपकी मेज़ तक"),
        ("/shelf/teas/", "Teas"),
        ("/product/masala-chai/", "Masala Chai"),
        ("/cart/", "आपका कार्ट"),
        ("/checkout/", "आपका ऑर्डर कहाँ भेजें?"),
        ("/orders/", "मेरे ऑर्डर"),
        ("/login/", "साइन इन करें"),
        ("/nowhere/", "हमें यह पृष्ठ नहीं मिला"),
    ],
)
def test_every_page_is_in_hindi(hindi_shopper: Shopper, path: str, heading: str) -> None:
    if path == "/orders/":
        hindi_shopper.sign_in("asha")
    hindi_shopper.open("/product/masala-chai/")
    hindi_shopper.send("/cart/masala-chai/add/")
    hindi_shopper.open(path)
    assert language(hindi_shopper) == "hi"
    assert hindi_shopper.page.select_one("h1").text == heading
    assert english_left(hindi_shopper) == []


def test_an_order_and_its_payments_are_in_hindi(
    hindi_shopper: Shopper, payment: Payment, client: Client, paytm: Paytm
) -> None:
    order = Order.objects.get()
    hindi_shopper.open(order.get_absolute_url())
    assert "का भुगतान करें" in hindi_shopper.text()
    assert english_left(hindi_shopper) == []
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment))
    hindi_shopper.open(order.get_absolute_url())
    assert "आपका भुगतान मिल गया है।" in hindi_shopper.text()
    assert english_left(hindi_shopper) == []


def test_mistakes_are_explained_in_hindi(hindi_shopper: Shopper) -> None:
    hindi_shopper.open("/product/masala-chai/")
    hindi_shopper.send("/cart/masala-chai/add/")
    assert hindi_shopper.notices() == "Masala Chai: अब आपके कार्ट में 1 नग।"
    hindi_shopper.open("/checkout/")
    hindi_shopper.send("", **{**DETAILS, "name": "x" * 81, "email": "x", "mobile": "1", "city": "", "pin_code": "1"})
    wrong = [error.get_text(" ", strip=True) for error in hindi_shopper.page.select(".errorlist")]
    assert wrong == [
        "इसमें अधिक से अधिक 80 अक्षर हो सकते हैं (अभी 81 हैं)।",
        "ई-मेल पता asha@example.com जैसा होता है।",
        "भारतीय मोबाइल नंबर में दस अंक होते हैं, जैसे 90000 00001।",
        "कृपया शहर या क़स्बे का नाम भरें।",
        "पिन कोड में छह अंक होते हैं, जैसे 560001।",
    ]
    assert english_left(hindi_shopper) == []


def test_a_failed_sign_in_is_explained_in_hindi(hindi_shopper: Shopper) -> None:
    hindi_shopper.open("/login/")
    hindi_shopper.send("", username="asha", password="wrong")
    assert hindi_shopper.notices().startswith("कृपया सही उपयोगकर्ता नाम और पासवर्ड भरें।")


@pytest.mark.parametrize(("quantity", "items"), [(1, "1 वस्तु"), (2, "2 वस्तुएँ")])
def test_the_size_of_the_cart_is_counted_in_hindi(hindi_shopper: Shopper, quantity: int, items: str) -> None:
    hindi_shopper.open("/product/masala-chai/")
    hindi_shopper.send("/cart/masala-chai/add/", quantity=quantity)
    assert hindi_shopper.page.select_one(".cart-link__size").get_text(" ", strip=True) == items


def test_what_the_catalogue_of_goods_says_stays_as_staff_wrote_it(hindi_shopper: Shopper) -> None:
    Category.objects.filter(slug="teas").update(name="Total")
    Product.objects.filter(slug="masala-chai").update(name="Delivery")
    hindi_shopper.open("/product/masala-chai/")
    assert hindi_shopper.page.select_one("h1").text == "Delivery"
    assert hindi_shopper.page.select_one(".shelves a").text == "Total"


def test_a_remark_for_staff_is_in_the_sites_language_whatever_the_shopper_reads(
    payment: Payment, client: Client, paytm: Paytm
) -> None:
    paytm.will_say(payment=payment, txnAmount="1.00")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "hi"
    post_callback(client, callback_fields(payment))
    remark = Order.objects.get().staff_remark
    assert f"payment {payment.gateway_order_id} needs a look: The gateway reports another amount." in remark
    assert not catalogues.DEVANAGARI.search(remark)


# ---- The switch ----------------------------------------------------------------------------------------------


def test_a_shopper_switches_to_hindi_and_back_and_stays_on_the_page(shopper: Shopper) -> None:
    shopper.open("/login/?next=/checkout/")
    assert language(shopper) == "en"
    switch(shopper, "hi")
    assert language(shopper) == "hi"
    assert shopper.response.redirect_chain == [("/login/?next=/checkout/", 302)]
    shopper.open("/cart/")
    assert shopper.page.select_one("h1").text == "आपका कार्ट"
    switch(shopper, "en")
    assert shopper.page.select_one("h1").text == "Your cart"


def test_the_choice_goes_before_the_browsers_setting(hindi_shopper: Shopper) -> None:
    hindi_shopper.open("/")
    switch(hindi_shopper, "en")
    assert language(hindi_shopper) == "en"


def test_the_choice_is_remembered_and_keeps_the_cart(shopper: Shopper) -> None:
    shopper.open("/product/masala-chai/")
    shopper.send("/cart/masala-chai/add/")
    switch(shopper, "hi")
    assert shopper.page.select_one(".cart-link__size").get_text(" ", strip=True) == "1 वस्तु"
    cookie = shopper.client.cookies["django_language"]
    assert (cookie.value, cookie["max-age"]) == ("hi", 365 * 24 * 60 * 60)


def test_the_switch_names_each_language_in_itself_and_says_which_one_is_on(shopper: Shopper) -> None:
    shopper.open("/")
    buttons = shopper.page.select("footer form button[type=submit]")
    assert [(button.text, button["lang"], button.get("aria-current")) for button in buttons] == [
        ("English", "en", "true"),
        ("हिंदी", "hi", None),
    ]
    assert shopper.page.select_one("footer form")["aria-label"] == "Language"


def test_the_switch_stays_on_after_a_mistake_in_a_form(shopper: Shopper) -> None:
    """The page came as the answer to a POST, and its address opens as a page."""
    shopper.open("/product/masala-chai/")
    shopper.send("/cart/masala-chai/add/")
    shopper.open("/checkout/")
    shopper.send("", **{**DETAILS, "pin_code": "1"})
    switch(shopper, "hi")
    assert shopper.response.status_code == 200
    assert shopper.page.select_one("h1").text == "आपका ऑर्डर कहाँ भेजें?"


def test_another_site_can_neither_switch_nor_be_the_next_page(shopper: Shopper) -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/language/", {"language": "hi"}).status_code == 403
    shopper.open("/")
    shopper.send("/language/", language="hi", next="https://evil.example/")
    assert shopper.response.redirect_chain == [("/", 302)]


def test_a_language_that_the_shop_does_not_speak_changes_nothing(shopper: Shopper) -> None:
    shopper.open("/")
    shopper.send("/language/", language="xx")
    assert language(shopper) == "en"
