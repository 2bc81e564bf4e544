"""The single-page checkout in a browser: declined, without a connection, pending and paid, by the API alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from playwright.sync_api import Locator, expect
from pytest_django.live_server_helper import LiveServer

from demo_site.accounts import beside_paytm
from demo_site.shop.models import Order
from tests.browser.conftest import shop_settings
from tests.browser.shopper import FAILED, WAITING, Shopper
from tests.browser.shots import OUTPUT
from tests.browser.simulator import Simulator
from tests.browser.standins import StandIns, press
from tests.browser.test_gateways import DECLINE, LATER, newest
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

DECLINED = "Your bank declined the payment. Please try again or choose another way to pay."


@pytest.fixture
def standins(simulator: Simulator, live_server: LiveServer, settings: Any) -> Iterator[StandIns]:
    """Every gateway of the demo beside Paytm."""
    kit = shop_settings(live_server.url, simulator.url)
    default = {**kit["ACCOUNTS"]["default"], "OFFERED": True}
    settings.PAYTM_KIT = {**kit, "ACCOUNTS": {"default": default, **beside_paytm(simulator.url)}}
    cache.clear()  # where the API counts requests
    found = StandIns(simulator, live_server.url)
    yield found
    found.wait_for_webhooks()


def said(shopper: Shopper) -> Locator:
    return shopper.page.locator("#spa [role=status]")


def look(shopper: Shopper, name: str) -> None:
    """Fits a phone; with SHOTS_OUTPUT_DIR set, leaves pictures."""
    for width in (1280, 360):
        shopper.page.set_viewport_size({"width": width, "height": 800})
        assert shopper.page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        if folder := os.environ.get(OUTPUT):
            shopper.page.screenshot(path=f"{folder}/single-page-{name}-{width}.png", full_page=True)


def begins(shopper: Shopper, gateway: str, button: str) -> None:
    """With the keyboard alone."""
    shopper.page.get_by_role("radio", name=gateway, exact=True).press("Space")
    pay = shopper.button(button)
    pay.focus()
    pay.press("Enter")


def by_script(watch: Watch) -> set[str]:
    """What the page asked the shop for by itself."""
    fetched = [request for request in watch.requests if request.resource_type in ("fetch", "xhr")]
    return {urlsplit(r.url).path for r in fetched if "/single-page/" in r.headers.get("referer", "")}


def test_a_shopper_is_declined_loses_the_connection_and_waits_until_another_gateway_has_collected(
    shopper: Shopper, standins: StandIns, watch: Watch
) -> None:
    shopper.open("/single-page/")
    shopper.button("Place an example order").click()
    expect(said(shopper)).to_contain_text("You pay on the payment service's own page")
    look(shopper, "ready")

    begins(shopper, "Zaakpay", "Pay ₹225.00")  # by a form
    shopper.sees("Stand-in for Zaakpay")
    press(shopper.page, DECLINE)
    shopper.sees(FAILED)
    shopper.link("Back to your order").click()
    expect(said(shopper)).to_have_text(DECLINED)
    look(shopper, "failed")

    shopper.page.context.set_offline(True)
    begins(shopper, "Stripe", "Try again: pay ₹225.00")
    expect(said(shopper)).to_contain_text("No answer came, so we do not know how far it got.")
    look(shopper, "offline")
    shopper.page.context.set_offline(False)
    begins(shopper, "Stripe", "Try again: pay ₹225.00")  # by an address
    shopper.sees("Stand-in for Stripe")
    press(shopper.page, LATER)
    shopper.sees(WAITING)
    shopper.link("Back to your order").click()
    expect(said(shopper)).to_contain_text("We are waiting for the payment service")
    look(shopper, "waiting")
    order = Order.objects.get()
    standins.decide(newest(order), "success")
    expect(said(shopper)).to_have_text("Your payment has arrived. We are packing your order.")  # nobody touched it
    expect(shopper.page.locator("#spa form.form")).to_be_hidden()
    look(shopper, "paid")

    assert order.is_paid
    assert list(order.payments.values_list("account", "status")) == [("stripe", "paid"), ("zaakpay", "failed")]
    watch.expect("console: .*ERR_INTERNET_DISCONNECTED")
    looks = f"/api/v1/payments/{newest(order).gateway_order_id}"
    assert by_script(watch) == {"/api/v1/gateways", "/api/v1/payments", "/api/payment/initiate", looks}
    ordinary = re.compile("/orders/|/checkout/|/paytm/(pay|open)/")
    assert [request.url for request in watch.requests if ordinary.search(request.url)] == []
    first, lost, again = watch.sent("POST", "/api/payment/initiate")
    keys = [request.headers["idempotency-key"] for request in (first, lost, again)]
    assert keys[0] != keys[1] == keys[2]
    assert json.loads(again.post_data or "{}")["return_url"] == f"/single-page/?order={order.number}"
