"""The watching pages in a real browser: they keep themselves up to date and take nothing from whoever reads them."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.barriers import barriers, too_wide
from tests.browser.chromium import launch
from tests.simulator.conftest import Shop, Simulator, running

pytestmark = pytest.mark.browser

WIDTHS = {"phone": 390, "desktop": 1280}  # pixels
QUIET = 4_500  # milliseconds, about what watch.js waits between two
SOON = 6_000  # milliseconds; a page asks about once a second


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Browser:
    return launch(pytestconfig)


@pytest.fixture(scope="module")
def watched_url() -> Iterator[str]:
    with running("--seed", "7", "--settle-after", "0") as (_, url):
        yield url


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


@pytest.fixture
def sim(watched_url: str, shop: Shop) -> Iterator[Simulator]:
    client = Simulator(watched_url, shop.url)
    assert client.post("/_sim/reset").status_code == 200
    client.settings(webhook_url=f"{shop.url}/webhook")
    yield client
    client.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Another window each time. At the end no page may have met a script error or a refused resource."""
    contexts, troubles = [], []

    def make(width: int = 1280, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        context.set_default_timeout(SOON)
        context.on("weberror", lambda problem: troubles.append(str(problem.error)))
        context.on("console", lambda said: troubles.append(said.text) if "Content Security" in said.text else None)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def order_row(page: Page, order_id: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=order_id, exact=True))


def busy(sim: Simulator, shop: Shop) -> None:
    """A day's work: paid, declined, refused, pending, refunded, hard to notify, with a fault on."""
    shop.answers[:] = [500, 200]
    sim.initiate("ORD-1", txnAmount__value="123456.00")
    sim.pay("ORD-1", method="card", deliver=["callback", "webhook"])
    sim.initiate("shop@demo.2026_11-a-very-long-order-id-up-to-50-ch")
    sim.initiate("DECLINED-1")
    sim.pay("DECLINED-1", "failure", deliver=["webhook"])
    sim.initiate("PENDING-1")
    sim.pay("PENDING-1", "pending")
    sim.send("/v3/order/status", {"mid": "DEMOMID0000000000001", "orderId": "ORD-1"}, signature="x" * 108)
    sim.post("/_sim/faults", json={"fault": "webhook.delayed", "order_id": "ORD-9", "probability": 0.5})
    txn_id = sim.order("ORD-1")["transactions"][0]["txn_id"]
    body = {"mid": "DEMOMID0000000000001", "txnType": "REFUND", "orderId": "ORD-1", "txnId": txn_id}
    sim.send("/refund/apply", {**body, "refId": "REF-1", "refundAmount": "456.00"})


@pytest.mark.parametrize("device", WIDTHS)
def test_every_page_fits_and_shuts_nobody_out(
    new_page: Callable[..., Page], sim: Simulator, shop: Shop, device: str
) -> None:
    busy(sim, shop)
    sim.advance(4 * 86_400)
    page = new_page(WIDTHS[device])
    wrong = {}
    for path in ("", "?q=none", "watch/order?id=ORD-1", "watch/order?id=gone", "watch/money", "watch/faults",
                 "watch/instruments"):  # fmt: skip
        page.goto(f"{sim.url}/_sim/{path}")
        for closed in page.locator("details").all()[:3]:
            closed.locator("summary").click()
        if found := barriers(page) + too_wide(page):
            wrong[path] = found
    assert wrong == {}


# ---- live ------------------------------------------------------------------------------------------------------


def test_a_new_order_and_its_payment_appear_by_themselves(page: Page, sim: Simulator) -> None:
    page.goto(f"{sim.url}/_sim/")
    expect(page.get_by_text("No orders yet")).to_be_visible()
    sim.initiate("ORD-1")
    expect(order_row(page, "ORD-1")).to_contain_text("created")
    sim.pay("ORD-1")
    expect(order_row(page, "ORD-1")).to_contain_text("success")
    expect(page.get_by_text("No orders yet")).to_have_count(0)


def test_news_take_neither_focus_nor_what_is_open_typed_or_scrolled(page: Page, sim: Simulator) -> None:
    for number in range(12):
        sim.initiate(f"EARLY-{number}")
    page.goto(f"{sim.url}/_sim/")
    page.locator("#q").fill("half typ")
    message = page.locator(".said > li").first
    number = message.get_attribute("id")
    message.locator("summary").click()
    page.locator("#q").focus()
    page.evaluate("window.scrollTo(0, 300)")
    sim.initiate("NEWS-1")
    expect(order_row(page, "NEWS-1")).to_have_count(1)
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("half typ")
    expect(page.locator(f"[id='{number}'] details")).to_have_attribute("open", "")
    expect(page.locator(".said details[open]")).to_have_count(1)
    assert page.evaluate("window.scrollY") >= 300


def test_a_form_that_is_being_filled_survives_the_news(page: Page, sim: Simulator) -> None:
    page.goto(f"{sim.url}/_sim/watch/faults")
    page.locator("[id='status.slow'] summary").click()
    box = page.locator("[id='status.slow-order_id']")
    box.fill("ORD-7")
    sim.post("/_sim/faults", json={"fault": "status.html"})
    expect(page.locator("[id='status.html']")).to_contain_text("for every order")
    expect(box).to_be_focused()
    expect(box).to_have_value("ORD-7")
    box.press("Enter")
    expect(page.locator("[id='status.slow']")).to_contain_text("for order ORD-7")


def test_the_page_says_its_news_politely_and_seldom(page: Page, sim: Simulator) -> None:
    page.goto(f"{sim.url}/_sim/")
    said = page.get_by_role("status")
    page.evaluate(
        """() => { window.told = []; new MutationObserver(() => window.told.push(Date.now())).observe(
        document.querySelector("#live-said"), {childList: true, subtree: true}) }"""
    )
    for number in range(4):
        sim.initiate(f"ORD-{number}")
        expect(order_row(page, f"ORD-{number}")).to_have_count(1)
    expect(said).to_contain_text("orders 4", timeout=8_000)
    told = page.evaluate("window.told")
    assert all(later - earlier > QUIET for earlier, later in pairwise(told)), told


def test_while_nothing_happens_nothing_is_sent_but_304(page: Page, sim: Simulator) -> None:
    sim.post("/_sim/clock", json={"frozen": True})
    page.goto(f"{sim.url}/_sim/")
    answers: list[int] = []
    page.on(
        "response", lambda answer: answers.append(answer.status) if answer.request.resource_type == "fetch" else None
    )
    for _ in range(30):
        page.wait_for_timeout(500)
        if len(answers) > 2:
            break
    assert answers[0] == 200  # the first look brings the fingerprint
    assert set(answers[1:]) == {304}


def test_it_can_be_paused_and_goes_on(page: Page, sim: Simulator) -> None:
    page.goto(f"{sim.url}/_sim/")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live-state")).to_have_text("Paused")
    sim.initiate("LATER")
    page.wait_for_timeout(1_500)
    expect(order_row(page, "LATER")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(order_row(page, "LATER")).to_have_count(1)


def test_a_tab_that_nobody_sees_asks_for_nothing(page: Page, sim: Simulator) -> None:
    page.goto(f"{sim.url}/_sim/")
    set_hidden = """hidden => { Object.defineProperty(document, "hidden", {get: () => hidden, configurable: true});
                                document.dispatchEvent(new Event("visibilitychange")) }"""
    page.evaluate(set_hidden, True)
    page.wait_for_timeout(300)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sim.initiate("UNSEEN")
    page.wait_for_timeout(2_000)
    assert asked == []
    page.evaluate(set_hidden, False)
    expect(order_row(page, "UNSEEN")).to_have_count(1)


def test_a_reset_turns_an_open_order_into_a_calm_page_and_back(page: Page, sim: Simulator) -> None:
    sim.initiate("ORD-1")
    page.goto(f"{sim.url}/_sim/watch/order?id=ORD-1")
    expect(page.get_by_role("heading", name="The conversation")).to_be_visible()
    sim.post("/_sim/reset")
    expect(page.get_by_text("The simulator may have been reset")).to_be_visible()
    sim.initiate("ORD-1")
    expect(page.get_by_role("heading", name="The conversation")).to_be_visible()


def test_it_survives_a_restart_of_the_simulator(page: Page, shop: Shop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with running("--port", port, "--settle-after", "0") as (_, url):
        before = Simulator(url, shop.url)
        before.initiate("BEFORE")
        page.goto(f"{url}/_sim/")
        expect(order_row(page, "BEFORE")).to_have_count(1)
        before.close()
    expect(page.locator("#live-state")).to_have_text("No answer, trying again")
    expect(order_row(page, "BEFORE")).to_have_count(1)
    with running("--port", port, "--settle-after", "0") as (_, url):
        after = Simulator(url, shop.url)
        after.initiate("AFTER")
        expect(order_row(page, "AFTER")).to_have_count(1, timeout=15_000)
        expect(order_row(page, "BEFORE")).to_have_count(0)
        expect(page.locator("#live-state")).to_have_text("Live")
        after.close()
        page.close()


# ---- acting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_clock_a_fault_and_a_webhook_by_its_buttons(
    new_page: Callable[..., Page], sim: Simulator, shop: Shop, script: bool
) -> None:
    page = new_page(390, java_script_enabled=script)
    sim.initiate("ORD-1")
    sim.pay("ORD-1", "pending", deliver=["webhook"])
    sim.settings(settle_after=60)
    page.goto(f"{sim.url}/_sim/watch/faults?order=ORD-1")
    page.locator("[id='webhook.duplicated'] summary").click()
    page.locator("[id='webhook.duplicated-copies']").fill("3")
    page.get_by_role("button", name="Switch on webhook.duplicated").click()
    expect(page.locator("[id='webhook.duplicated']")).to_contain_text("for order ORD-1, copies 3")
    sim.post("/_sim/orders/ORD-1/settle", json={"outcome": "success"})
    assert len(shop.heard("/webhook", 3)) == 3
    page.goto(f"{sim.url}/_sim/watch/order?id=ORD-1")
    expect(page.get_by_text("fault webhook.duplicated").first).to_be_visible()
    page.get_by_role("button", name="Send again").first.click()
    expect(page.get_by_text("sent by hand")).to_be_visible()
    assert len(shop.heard("/webhook", 4)) == 4
    page.get_by_role("button", name="Move the clock by 72 hours").click()
    expect(page.get_by_text("3 days ahead of the real time")).to_be_visible()
    assert urlsplit(page.url).query == "id=ORD-1"
    page.get_by_role("link", name="Reload").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("ORD-1"))


def test_a_mistake_stays_to_be_mended(page: Page, sim: Simulator) -> None:
    page.goto(f"{sim.url}/_sim/watch/faults")
    page.locator("[id='status.error'] summary").click()
    page.locator("[id='status.error-status']").fill("200")
    page.get_by_role("button", name="Switch on status.error").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.wait_for_timeout(2_000)
    assert barriers(page) == []
    expect(page.get_by_role("alert")).to_contain_text("500 to 599")
    page.locator("[id='status.error-status']").fill("502")
    page.get_by_role("button", name="Switch on status.error").click()
    expect(page.locator("[id='status.error']")).to_contain_text("status 502")
    expect(page.locator("#live-state")).to_have_text("Live")


def test_another_site_cannot_press_a_button(page: Page, sim: Simulator, shop: Shop) -> None:
    action = f"{sim.url}/_sim/watch/clock"
    form = f'<form method="post" action="{action}"><input name="by" value="1d"><button>Win a prize</button></form>'
    shop.page = (f'<!doctype html><html lang="en"><title>Shop</title>{form}', "default-src 'none'")
    page.goto(f"{shop.url}/prize")
    page.get_by_role("button").click()
    expect(page.get_by_text("Another web site sent this")).to_be_visible()
    assert sim.get("/_sim/health").json()["clock_offset_seconds"] == 0


def test_the_keyboard_alone_is_enough(page: Page, sim: Simulator) -> None:
    sim.initiate("ORD-1")
    page.goto(f"{sim.url}/_sim/")
    link = page.get_by_role("link", name="ORD-1", exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    expect(link).to_be_focused()
    assert link.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Order ORD-1")
    summary = page.locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The signature covers the exact text of body").first).to_be_visible()
