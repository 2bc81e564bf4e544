"""The bank's pages in a real browser: they fit a phone, have no barrier that axe can find, and need no mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.barriers import barriers, leave_by, too_wide
from tests.browser.chromium import launch
from tests.simulator.conftest import MID, Shop, Simulator, signed

pytestmark = pytest.mark.browser

SHOP = """<!doctype html><html lang="en"><title>Shop</title><button id="go">Pay</button>
<script src="{sim}/merchantpgpui/checkoutjs/merchants/{mid}.js"></script>
<script>Paytm.CheckoutJS.init({{data: {{orderId: "ORD-1", token: "{token}", tokenType: "TXN_TOKEN", amount: "1.00"}}}})
.then(function () {{ document.getElementById("go").addEventListener("click", Paytm.CheckoutJS.invoke); }});</script>"""


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Browser:
    return launch(pytestconfig)


@pytest.fixture(params=[390, 1280])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": request.param, "height": 800})
    context.set_default_timeout(8000)
    yield context.new_page()
    context.close()


def look(page: Page, name: str) -> None:
    """No barrier, and nothing sticks out."""
    assert barriers(page) + too_wide(page) == [], name


def fill_card(page: Page) -> None:
    for label, text in {"Card number": "6074 8259 7208 3818", "Expiry": "12/40", "CVV": "123"}.items():
        page.get_by_label(label).fill(text)


def test_the_pages_of_the_bank_fit_and_have_no_barrier(page: Page, sim: Simulator) -> None:
    page.goto(f"{sim.url}/pay/{sim.token('EMI', txnAmount__value='12000.00')}/")
    for group in page.locator("details.group > summary").all():
        group.click()
    look(page, "every instrument")
    page.locator("summary").filter(has_text="Card").first.click()
    fill_card(page)
    page.get_by_label("Pay in instalments (EMI)").select_option("SDBL-6")
    leave_by(page.get_by_role("button", name="Pay by card"))
    expect(page.get_by_role("alert")).to_contain_text("This is a debit card")
    look(page, "a plan that does not fit")
    fill_card(page)
    page.get_by_label("Pay in instalments (EMI)").select_option("")
    leave_by(page.get_by_role("button", name="Pay by card"))
    leave_by(page.get_by_role("button", name="Send a new OTP"))
    look(page, "one-time password")
    page.goto(f"{sim.url}/pay/{sim.token('NB')}/")
    page.locator("summary").filter(has_text="Net banking").click()
    page.get_by_label("Bank").select_option("GDBL")
    leave_by(page.get_by_role("button", name="Go to the bank"))
    page.get_by_text("Something else happens").click()
    look(page, "bank")
    page.goto(f"{sim.url}/pay/{sim.token('UPI')}/")
    page.get_by_label("UPI ID").fill("asha@okbank")
    leave_by(page.get_by_role("button", name="Pay by UPI ID"))
    look(page, "phone")


def test_the_keyboard_alone_pays_by_card(page: Page, sim: Simulator, shop: Shop) -> None:
    page.goto(f"{sim.url}/pay/{sim.token()}/")

    def on_to(label: str) -> None:
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.get_by_label(label, exact=True).evaluate_all("all => all.includes(document.activeElement)"):
                return
        raise AssertionError(f"Tab never comes to {label}")

    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Card":
            break
    page.keyboard.press("Enter")
    for label, text in {"Card number": "4111111111111111", "Expiry": "12/40", "CVV": "123"}.items():
        on_to(label)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_label("OTP")).to_be_visible()
    on_to("OTP")
    page.keyboard.type("123123")
    with page.expect_request(sim.callback_url):
        page.keyboard.press("Enter")
    assert signed(shop.heard("/callback")[0])


def test_in_js_checkout_nothing_covers_the_notice_and_the_console_stays_quiet(
    page: Page, sim: Simulator, shop: Shop
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    shop.page = (SHOP.format(sim=sim.url, mid=MID, token=sim.token()), "default-src * 'unsafe-inline'")
    page.goto(f"{shop.url}/checkout")
    page.get_by_role("button", name="Pay").click()
    frame = page.frame_locator("iframe")
    notice = frame.get_by_text("This is not Paytm.").locator("..")
    expect(notice).to_be_visible()
    close = page.get_by_role("button", name="Close the payment window").bounding_box()
    assert close["y"] >= 0
    assert close["y"] + close["height"] <= notice.bounding_box()["y"]
    box = page.locator("iframe").bounding_box()
    assert box["y"] + box["height"] <= 800
    frame.locator("summary").filter(has_text="Card").first.click()
    for label, text in {"Card number": "4111111111111111", "Expiry": "12/40", "CVV": "123"}.items():
        frame.get_by_label(label).fill(text)
    frame.get_by_role("button", name="Pay by card").click()
    expect(frame.get_by_label("OTP")).to_be_visible()
    assert said == []
