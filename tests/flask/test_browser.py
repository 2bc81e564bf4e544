"""The example shop in a real browser, against Zaakpay's stand-in, with its ledger on MariaDB."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import PATIENCE, launch
from tests.browser.simulator import Simulator, until
from tests.browser.watch import Watch
from tests.flask import shop as place
from tests.flask.shop import PASSWORD, STAFF, Shop
from tests.run import MARIADB, answers

pytestmark = pytest.mark.browser

PAYMENTS = """
    SELECT p.id, p.status, p.gateway, p.environment, p.amount, p.captured_amount, p.refunded_amount, p.flags,
        p.gateway_order_id, o.key
    FROM paytm_kit_payment p JOIN paytm_kit_flask_flaskorder o ON o.id = p.object_id WHERE o.key = %s ORDER BY p.id
"""
EVENTS = "SELECT kind FROM paytm_kit_paymentevent WHERE payment_id = %s ORDER BY id"
HEARD = """
    SELECT a.signal, a.state FROM paytm_kit_announcement a JOIN paytm_kit_paymentevent e ON e.id = a.event_id
    WHERE e.payment_id = %s ORDER BY a.id
"""


@pytest.fixture(scope="module")
def browser(pytestconfig: pytest.Config) -> Browser:
    return launch(pytestconfig)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = Simulator(tmp_path_factory.mktemp("standins"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shop(browser: Browser, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if not answers(MARIADB):
        missing = "no MariaDB here: start it, or set TEST_MARIADB_URL=mysql://user:password@host:port/database"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with place.opened(tmp_path_factory.mktemp("shop"), simulator) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    watch = Watch()
    context = browser.new_context(locale="en-IN", viewport={"width": 360, "height": 740})
    context.set_default_timeout(PATIENCE)
    context.route("**/favicon.ico", lambda route: route.fulfill(status=204))  # neither shop nor stand-in has one
    watch.over(context)
    yield context.new_page()
    context.close()
    watch.check()


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).click()


def sees(page: Page, heading: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def buy(page: Page, shop: Shop) -> str:
    """From the goods to the stand-in's page; the key of the order."""
    page.goto(shop.url)
    page.get_by_label("E-mail").last.fill("asha@example.com")
    press(page, "Buy Nilgiri tea, 250 g")
    sees(page, re.compile(r"^Order F-[0-9a-f]{12}$"))
    key = page.url.rpartition("/")[2]
    press(page, "Pay ₹185.50")
    sees(page, "Stand-in for Zaakpay")
    return key


def settled(shop: Shop, simulator: Simulator) -> None:
    """Every webhook has had its answer: whatever the shop does about it has been done."""

    def delivered() -> bool:
        answer = requests.get(f"{simulator.url}/_sim/standins/webhooks", timeout=20).json()
        return all(hook["status"] == "delivered" for hook in answer["webhooks"])

    until(delivered, f"every webhook was taken; the shop said: {shop.printed()}")


def test_a_shopper_pays_the_shop_hears_of_it_once_and_the_desk_gives_the_money_back(
    page: Page, shop: Shop, simulator: Simulator
) -> None:
    key = buy(page, shop)
    press(page, "Pay")
    sees(page, "Payment received")
    page.get_by_role("link", name="Continue to your order").click()
    sees(page, f"Order {key}")
    expect(page.get_by_text("State: to be packed")).to_be_visible()
    settled(shop, simulator)

    [paid] = shop.rows(PAYMENTS, key)
    known = ("status", "gateway", "environment", "amount", "captured_amount", "refunded_amount", "flags")
    money = Decimal("185.50")
    assert [paid[name] for name in known] == ["paid", "zaakpay", "simulator", money, money, Decimal("0.00"), ""]
    assert [row["kind"] for row in shop.rows(EVENTS, paid["id"])] == ["opened", "started", "captured"]
    assert shop.rows(HEARD, paid["id"]) == [{"signal": "payment_succeeded", "state": "delivered"}]
    assert shop.printed().count(f"Order {key} is paid and can be packed.") == 1

    page.goto(f"{shop.url}/paytm/admin/paytm_kit/payment/{paid['id']}/refund/")
    page.get_by_label("Username").fill(STAFF)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")
    page.get_by_label("Reason").fill("The packet was torn")
    press(page, "Go on")
    press(page, "Yes, refund it")
    expect(page.locator(".messagelist")).to_contain_text("Pending. The refund was initiated.")
    [payment] = shop.rows(PAYMENTS, key)
    asked = f"{simulator.url}/_sim/standins/orders?gateway=zaakpay&reference={payment['gateway_order_id']}"
    [order] = requests.get(asked, timeout=20).json()["orders"]
    [refund] = order["captures"][0]["refunds"]
    bank = f"{simulator.url}/_sim/standins/refunds/{refund['id']}/decide"
    requests.post(bank, json={"outcome": "success"}, timeout=20).raise_for_status()
    shop.flask("paytm", "paytm_reconcile", "--all")
    page.goto(f"{shop.url}/orders/{key}")
    expect(page.get_by_text("State: refunded")).to_be_visible()
    [after] = shop.rows(PAYMENTS, key)
    assert (after["status"], after["refunded_amount"]) == ("paid", Decimal("185.50"))
    assert (refund["amount"], order["reference"]) == ("185.50", after["gateway_order_id"])
    assert [row["signal"] for row in shop.rows(HEARD, paid["id"])] == [
        "payment_succeeded", "refund_started", "refund_succeeded",
    ]  # fmt: skip


def test_a_declined_shopper_tries_again_and_the_shop_hears_of_one_payment(
    page: Page, shop: Shop, simulator: Simulator
) -> None:
    key = buy(page, shop)
    press(page, "Be declined by the bank")
    sees(page, "Payment not completed")
    expect(page.get_by_text("Your bank declined the payment.")).to_be_visible()
    page.get_by_role("link", name="Back to your order").click()
    expect(page.get_by_text("State: new")).to_be_visible()
    page.go_back()
    press(page, "Try again")
    sees(page, "Stand-in for Zaakpay")
    press(page, "Pay")
    sees(page, "Payment received")
    settled(shop, simulator)

    declined, paid = shop.rows(PAYMENTS, key)
    assert (declined["status"], declined["captured_amount"], declined["flags"]) == ("failed", Decimal("0.00"), "")
    assert (paid["status"], paid["captured_amount"], paid["flags"]) == ("paid", Decimal("185.50"), "")
    assert [row["kind"] for row in shop.rows(EVENTS, declined["id"])] == ["opened", "started", "failed"]
    assert shop.printed().count(f"Order {key} is paid and can be packed.") == 1
