"""Through each gateway beside Paytm a shopper pays, is declined, waits, and gets money back; another takes over."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from demo_site.accounts import beside_paytm
from demo_site.shop.models import Order
from paytm_kit.models import Letter, Payment, Refund, WireMessage
from tests.browser.conftest import shop_settings
from tests.browser.shopper import FAILED, PAID, WAITING, Shopper
from tests.browser.shots import OUTPUT
from tests.browser.simulator import Simulator
from tests.browser.standins import StandIns, press
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

PAY, DECLINE, LATER, NEVER, CANCEL = (
    "Pay",
    "Be declined by the bank",
    "Leave it pending, paid later",
    "Leave it pending, declined later",
    "Cancel and go back to the shop",
)
NOT_BEGUN = "Payment could not be started"


@dataclass(frozen=True)
class Gateway:
    """One of them, with what a shopper reads of it. ``declines``: its page ends with a decline."""

    account: str
    title: str
    item: str
    price: str
    part: str  # what is refunded
    declines: bool = True


ZAAKPAY = Gateway("zaakpay", "Zaakpay", "kashmiri-saffron", "₹549.00", "₹49.00")
STRIPE = Gateway("stripe-usd", "Stripe", "festival-trunk", "USD 68.50", "USD 8.50", declines=False)
PAYPAL = Gateway("paypal", "PayPal", "chai-box", "USD 24.00", "USD 4.00")


@pytest.fixture
def standins(simulator: Simulator, live_server: LiveServer, settings: Any, tmp_path: Path) -> Iterator[StandIns]:
    """All accounts of the demo, with its folder for letters."""
    kit = shop_settings(live_server.url, simulator.url)
    default = {**kit["ACCOUNTS"]["default"], "OFFERED": True}
    settings.PAYTM_KIT = {
        **kit,
        "ACCOUNTS": {"default": default, **beside_paytm(simulator.url)},
        "EMAIL": True,
        "EMAIL_FROM": "Kadamb <orders@example.com>",
        "EMAIL_MERCHANT": ["desk@example.com"],
        "EMAIL_MERCHANT_KINDS": ["not_started"],
    }
    settings.EMAIL_BACKEND = "demo_site.shop.letterbox.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    found = StandIns(simulator, live_server.url)
    yield found
    found.wait_for_webhooks()


@pytest.fixture
def look(shopper: Shopper) -> Callable[[str], None]:
    """With SHOTS_OUTPUT_DIR set, leaves pictures of the page on a phone and on a desk."""

    def shoot(name: str) -> None:
        if folder := os.environ.get(OUTPUT):
            for width in (360, 1280):
                shopper.page.set_viewport_size({"width": width, "height": 800})
                assert shopper.page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
                shopper.page.screenshot(path=f"{folder}/gateway-{name}-{width}.png", full_page=True)

    return shoot


def goes_to(shopper: Shopper, gateway: Gateway) -> None:
    """From the order's page to the gateway's."""
    shopper.choose(f"{gateway.title} page")
    shopper.button(f"Pay {gateway.price}").click()
    arrives_at(shopper, gateway)


def arrives_at(shopper: Shopper, gateway: Gateway) -> None:
    shopper.sees(f"Stand-in for {gateway.title}")


def newest(order: Order) -> Payment:
    return order.payments.latest("pk")


def is_paid_once(order: Order, standins: StandIns, gateway: Gateway) -> Payment:
    """Here and there, in the same currency, and told to the shop once."""
    standins.wait_for_webhooks()
    payment = order.payments.get(status="paid")
    order = Order.objects.get(pk=order.pk)
    assert (order.is_paid, order.amount_paid, order.staff_remark) == (True, order.total, "")
    assert (payment.account, payment.currency, payment.flags) == (gateway.account, order.currency, "")
    books = standins.order(payment)
    assert (books["state"], books["amount"], books["currency"]) == ("captured", f"{order.total:.2f}", order.currency)
    assert payment.events.filter(kind="captured").count() == 1
    return payment


def is_declined_and_tries_again(shopper: Shopper, standins: StandIns, gateway: Gateway) -> Order:
    order = shopper.has_ordered(gateway.item)
    goes_to(shopper, gateway)
    if gateway.declines:
        press(shopper.page, DECLINE)
    else:  # its page would let the shopper try again by itself
        press(shopper.page, NEVER)
        shopper.sees(WAITING)
        standins.decide(newest(order), "failure")
    shopper.sees(FAILED)
    shopper.button("Try again").click()
    arrives_at(shopper, gateway)
    press(shopper.page, PAY)
    shopper.sees(PAID)
    expect(shopper.page.locator(".pk-amount")).to_have_text(gateway.price)
    shopper.link("See the receipt").click()
    expect(shopper.page.get_by_text(gateway.price).first).to_be_visible()
    assert sorted(order.payments.values_list("status", flat=True)) == ["failed", "paid"]
    return order


def waits_and_is_paid(shopper: Shopper, standins: StandIns, gateway: Gateway) -> None:
    order = shopper.has_ordered(gateway.item)
    goes_to(shopper, gateway)
    press(shopper.page, LATER)
    shopper.sees(WAITING)
    expect(shopper.page.get_by_text("Please do not pay again")).to_be_visible()
    standins.decide(newest(order), "success")
    shopper.sees(PAID)  # nobody touched the page
    is_paid_once(order, standins, gateway)
    heard = WireMessage.objects.filter(payment=newest(order), channel="webhook")
    assert {message.verdict for message in heard} == {WireMessage.Verdict.VERIFIED}


def is_refunded_at_the_desk(shopper: Shopper, payment: Payment, standins: StandIns, gateway: Gateway) -> None:
    desk = Client()
    desk.force_login(User.objects.get(username="staff"))
    cookie = {"name": "sessionid", "value": desk.cookies["sessionid"].value, "url": shopper.shop}
    shopper.page.context.add_cookies([cookie])
    shopper.open(f"/admin/paytm_kit/payment/{payment.pk}/refund/")
    shopper.page.get_by_label("Amount").fill(gateway.part.lstrip("₹USD "))
    shopper.page.get_by_label("Reason").fill("One tin was dented")
    shopper.button("Go on").click()
    expect(shopper.page.get_by_text(f"Send {gateway.part} back to the customer?")).to_be_visible()
    shopper.button("Yes, refund it").click()
    shopper.page.wait_for_url(f"**/payment/{payment.pk}/change/")
    refund = Refund.objects.get(payment=payment)
    if refund.is_open:  # accepted, and paid some days later
        standins.decide_refund(refund.refund_id, "success")
        call_command("paytm_reconcile", "--all")
    refund.refresh_from_db()
    assert refund.status == Refund.Status.SUCCEEDED
    [theirs] = standins.refunds(payment)
    assert (theirs["state"], theirs["amount"]) == ("succeeded", f"{refund.amount:.2f}")


@pytest.mark.parametrize("gateway", [ZAAKPAY, STRIPE, PAYPAL], ids=lambda gateway: gateway.account)
def test_a_shopper_is_declined_pays_waits_and_gets_money_back(
    shopper: Shopper, standins: StandIns, gateway: Gateway, look: Callable[[str], None]
) -> None:
    order = is_declined_and_tries_again(shopper, standins, gateway)
    look(f"{gateway.account}-receipt")
    payment = is_paid_once(order, standins, gateway)
    waits_and_is_paid(shopper, standins, gateway)
    is_refunded_at_the_desk(shopper, payment, standins, gateway)
    look(f"{gateway.account}-desk")


def test_where_one_gateway_is_down_the_shopper_is_led_to_the_next_and_the_shop_is_told(
    shopper: Shopper, standins: StandIns, watch: Watch, look: Callable[[str], None], settings: Any
) -> None:
    standins.go_wrong("stripe.down")
    order = shopper.place_order(ZAAKPAY.item)
    look("order")
    shopper.choose("Stripe page")
    shopper.button("Pay ₹549.00").click()
    shopper.sees(NOT_BEGUN)
    look("down")
    expect(shopper.page.locator("form button.pk-button")).to_have_text(["Paytm", "Zaakpay"])
    shopper.button("Zaakpay").click()
    arrives_at(shopper, ZAAKPAY)
    press(shopper.page, PAY)
    shopper.sees(PAID)
    is_paid_once(order, standins, ZAAKPAY)
    [letter] = Path(settings.EMAIL_FILE_PATH).glob("*-to-desk-*.txt")
    assert letter.read_text().startswith(f"Subject: Gateway could not begin: {order.payments.first().order_label}")
    assert "Account: stripe" in letter.read_text()
    assert Letter.objects.get(audience="merchant").event.payment == order.payments.get(account="stripe")
    watch.expect("console: .* 503")  # the page that says so
