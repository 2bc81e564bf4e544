"""A real browser: JS Checkout on a shop's page, pages that fit a small phone, and no barrier that axe can find."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.barriers import barriers, leave_by, too_wide
from tests.browser.chromium import launch
from tests.simulator.conftest import MID, Shop, Simulator, signed

pytestmark = pytest.mark.browser

# A shop with the strictest policy under which JS Checkout is said to work. What the script tells the shop is written
# into the page, and into its title when it is about the payment.
POLICY = "default-src 'none'; script-src {sim} 'unsafe-inline'; frame-src {sim}; form-action 'self'"
SHOP = """<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1><button id="go">Pay</button>
<div id="place"></div><output id="said"></output>
<script src="{sim}/merchantpgpui/checkoutjs/merchants/{mid}.js" crossorigin="anonymous"></script>
<script>
var said = document.getElementById("said"), checkout = window.Paytm.CheckoutJS, config = {config};
config.handler = {{
  notifyMerchant: function (event) {{ said.append(event + " "); }},
  transactionStatus: function (data) {{ said.append(JSON.stringify(data)); checkout.close(); }},
}};
checkout.onLoad(function () {{
  checkout.init(config).then(function () {{
    document.getElementById("go").addEventListener("click", checkout.invoke);
    said.append("ready ");
  }}, function (error) {{ said.append(error.message); }});
}});
</script>"""


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Browser:
    return launch(pytestconfig)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(8000)
    yield context.new_page()
    context.close()


def visit_shop(page: Page, sim: Simulator, shop: Shop, **config: object) -> None:
    """Opens a shop's page that offers JS Checkout for ORD-1."""
    data = {"orderId": "ORD-1", "token": sim.token(), "tokenType": "TXN_TOKEN", "amount": "249.50"}
    text = SHOP.format(sim=sim.url, mid=MID, config=json.dumps({"root": "", "flow": "DEFAULT", "data": data} | config))
    shop.page = (text, POLICY.format(sim=sim.url))
    page.goto(f"{shop.url}/checkout")


def pay_in_frame(page: Page) -> None:
    page.get_by_role("button", name="Pay").click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("UPI ID").fill("success@demo")
    frame.get_by_role("button", name="Pay by UPI ID").click()


def test_js_checkout_brings_the_shopper_back_by_a_form_post(page: Page, sim: Simulator, shop: Shop) -> None:
    visit_shop(page, sim, shop)
    with page.expect_request(sim.callback_url) as came:
        pay_in_frame(page)
    assert came.value.method == "POST"
    [fields] = shop.heard("/callback")
    assert signed(fields)
    assert fields["STATUS"] == "TXN_SUCCESS"


def test_js_checkout_without_redirect_tells_the_handler(page: Page, sim: Simulator, shop: Shop) -> None:
    visit_shop(page, sim, shop, merchant={"mid": MID, "redirect": False})
    pay_in_frame(page)
    expect(page.locator("#said")).to_contain_text("CHECKSUMHASH")
    fields = json.loads(page.locator("#said").inner_text().removeprefix("ready "))
    assert signed(fields)
    assert fields["TXNID"] == sim.order()["transactions"][0]["txn_id"]
    expect(page.locator("iframe")).to_have_count(0)
    assert shop.forms("/callback") == []


@pytest.mark.parametrize("how", ["button", "escape"])
def test_closing_js_checkout_is_told_and_pays_nothing(page: Page, sim: Simulator, shop: Shop, how: str) -> None:
    visit_shop(page, sim, shop)
    page.get_by_role("button", name="Pay").click()
    close = page.get_by_role("button", name="Close the payment window")
    close.click() if how == "button" else close.press("Escape")
    expect(page.locator("#said")).to_have_text("ready APP_CLOSED")
    expect(page.locator("iframe")).to_have_count(0)
    assert sim.order()["status"] == "created"
    pay_in_frame(page)
    assert shop.heard("/callback")


def test_js_checkout_can_stand_inside_the_shops_page(page: Page, sim: Simulator, shop: Shop) -> None:
    visit_shop(page, sim, shop, root="#place")
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("#place > iframe")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_expired_token_is_told(page: Page, sim: Simulator, shop: Shop) -> None:
    visit_shop(page, sim, shop)
    sim.advance(15 * 60)
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("#said")).to_have_text("ready SESSION_EXPIRED")


def test_init_refuses_a_config_without_its_token(page: Page, sim: Simulator, shop: Shop) -> None:
    visit_shop(page, sim, shop, data={"orderId": "ORD-1", "tokenType": "TXN_TOKEN"})
    expect(page.locator("#said")).to_have_text("Paytm.CheckoutJS.init: data.token, data.amount is missing.")


def test_the_script_of_an_unknown_merchant_does_not_exist(sim: Simulator) -> None:
    assert sim.get("/merchantpgpui/checkoutjs/merchants/STRANGER.js").status_code == 404
    known = sim.get(f"/merchantpgpui/checkoutjs/merchants/{MID}.js")
    assert known.headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert known.headers["Access-Control-Allow-Origin"] == "*"


def test_a_finished_payment_leaves_for_the_shop_by_itself(page: Page, sim: Simulator, shop: Shop) -> None:
    page.goto(f"{sim.url}/pay/{sim.token()}/")
    page.get_by_label("UPI ID").fill("success@demo")
    with page.expect_request(sim.callback_url):
        page.get_by_label("UPI ID").press("Enter")
    assert signed(shop.heard("/callback")[0])


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_fits_and_has_no_barrier(chromium: Browser, sim: Simulator, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.set_default_timeout(8000)
    page.route("**/frame.js", lambda route: route.abort())  # so that the last page stays to be looked at
    sim.initiate("EARLIER")
    sim.pay("EARLIER")
    card, upi, closed = (f"{sim.url}/pay/{sim.token(order_id)}/" for order_id in ("CARD", "UPI", "CLOSED"))
    sim.post(f"{closed.removeprefix(sim.url)}case/close")

    def look(name: str) -> None:
        assert barriers(page) + too_wide(page) == [], name

    for name, url in {
        "choose": card,
        "closed": closed,
        "expired": f"{sim.url}/pay/x/",
        "books": f"{sim.url}/_sim/",
    }.items():
        page.goto(url)
        look(name)
    page.goto(card)
    page.get_by_text("Card", exact=True).click()
    leave_by(page.get_by_role("button", name="Pay by card"))
    look("card mistake")
    page.get_by_label("Card number").fill("4111 1111 1111 1111")
    page.get_by_label("Expiry").fill("12/40")
    page.get_by_label("CVV").fill("123")
    leave_by(page.get_by_role("button", name="Pay by card"))
    look("otp")
    page.get_by_label("OTP").fill("123123")
    leave_by(page.get_by_role("button", name="Confirm payment"))
    look("returning")
    page.goto(upi)
    page.get_by_label("UPI ID").fill("asha@okbank")
    leave_by(page.get_by_role("button", name="Pay by UPI ID"))
    look("approve")
    context.close()


# ---- a callback that comes late --------------------------------------------------------------------------------


def test_a_delayed_callback_leaves_by_itself_when_its_time_is_over(page: Page, sim: Simulator, shop: Shop) -> None:
    sim.post("/_sim/faults", json={"fault": "callback.delayed", "seconds": 0.5})
    page.goto(f"{sim.url}/pay/{sim.token()}/")
    with page.expect_request(sim.callback_url) as came:
        page.get_by_label("UPI ID").fill("success@demo")
        page.get_by_role("button", name="Pay by UPI ID").click()
        expect(page.get_by_role("button", name="Continue to the shop")).to_be_visible()
        assert shop.forms("/callback") == []
    assert came.value.method == "POST"
    assert signed(shop.heard("/callback")[0])


def test_js_checkout_waits_for_a_delayed_callback_too(page: Page, sim: Simulator, shop: Shop) -> None:
    sim.post("/_sim/faults", json={"fault": "callback.delayed", "seconds": 0.5})
    visit_shop(page, sim, shop)
    with page.expect_request(sim.callback_url):
        pay_in_frame(page)
        expect(page.frame_locator("iframe").get_by_text("Fault callback.delayed")).to_be_visible()
    assert signed(shop.heard("/callback")[0])
