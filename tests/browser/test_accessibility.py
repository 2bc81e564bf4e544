"""Everybody can buy: axe finds nothing serious on any page, and the keyboard is enough."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from demo_site.shop.models import Order
from tests.browser import walk
from tests.browser.barriers import serious, too_wide
from tests.browser.shopper import DETAILS, FAILED, PAID, WAITING, Shopper
from tests.browser.shots import OUTPUT
from tests.browser.simulator import Simulator
from tests.browser.truth import Truth
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

WIDTHS = {"phone": 360, "tablet": 768, "desktop": 1280}  # pixels
# axe looks at each page once in each language, at the narrow and at the wide end.
LOOKED_AT = {("en", "desktop"), ("hi", "phone")}


@pytest.mark.parametrize("journey", walk.JOURNEYS)
def test_every_page_fits_and_shuts_nobody_out(
    journey: str, shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any
) -> None:
    wrong = {}
    for name, page in walk.JOURNEYS[journey](shopper, simulator, watch, settings):
        for language in languages(name, page, simulator):
            for device, width in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": 800})
                looked_at = (language, device) in LOOKED_AT
                if found := too_wide(page) + (serious(page) if looked_at else []):
                    wrong[f"{name}, {device}, {language}"] = found
                if folder := os.environ.get(OUTPUT):
                    picture = Path(folder) / f"{name}-{device}-{language}.png"
                    page.screenshot(path=picture, full_page=True, animations="disabled")
    assert not wrong


def languages(name: str, page: Page, simulator: Simulator) -> Iterator[str]:
    """The page as it stands; then again in Hindi, where it speaks Hindi and reloading it changes nothing."""
    yield "en"
    if name in walk.NOT_TO_BE_RELOADED or page.url.startswith(simulator.url):
        return
    page.context.add_cookies([{"name": "django_language", "value": "hi", "url": page.url}])
    page.reload()
    assert page.locator("html").get_attribute("lang") == "hi"
    yield "hi"
    page.context.clear_cookies(name="django_language")
    page.reload()


def tab_to(page: Page, target: Locator) -> None:
    """Presses Tab until the focus is there, and visibly so."""
    expect(target).to_be_visible()
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never came to {target}")


def test_the_keyboard_alone_is_enough_to_buy(shopper: Shopper, truth: Truth) -> None:
    page = shopper.page

    def press(target: Locator) -> None:
        tab_to(page, target)
        page.keyboard.press("Enter")

    shopper.open("/")
    press(page.get_by_role("button", name=re.compile("^Add to cart.*Darjeeling First Flush$")))
    shopper.sees("Your cart")
    press(shopper.link("Check out"))
    for label, text in DETAILS.items():
        tab_to(page, page.get_by_label(label, exact=True))
        page.keyboard.type(text)
    press(shopper.button("Place order and choose how to pay"))
    press(shopper.pay_button())
    shopper.arrives_at_payment()
    tab_to(page, page.get_by_label("UPI ID"))
    page.keyboard.type("success@demo")
    page.keyboard.press("Enter")
    shopper.sees(PAID)
    press(shopper.link("Continue to your order"))
    expect(page.get_by_text("Your payment has arrived.")).to_be_visible()
    truth.is_paid_once(Order.objects.get())


@pytest.mark.parametrize(
    ("vpa", "heading"), [("success@demo", PAID), ("failure@demo", FAILED), ("pending@demo", WAITING)]
)
def test_the_result_is_a_status_that_screen_readers_tell(shopper: Shopper, vpa: str, heading: str) -> None:
    shopper.has_ordered()
    shopper.go_to_payment().by_upi(vpa)
    expect(shopper.page.get_by_role("status").get_by_role("heading", level=1)).to_have_text(heading)
    assert shopper.page.title().startswith(heading)
