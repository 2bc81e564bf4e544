"""What stands on our own pages: the strict policy is in force, nothing of the gateway's, nowhere to type a card."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.shopper import PAID, Shopper
from tests.browser.simulator import MERCHANT_ID, Simulator
from tests.browser.truth import Truth
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

ENTRY = "input:not([type=hidden]), select, textarea, [contenteditable]"


def test_the_policy_stops_script_that_somebody_smuggled_into_a_page(
    shopper: Shopper, simulator: Simulator, watch: Watch
) -> None:
    answer = shopper.page.goto(shopper.shop)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert f"form-action 'self' {simulator.url}" in policy
    shopper.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=\"window.smuggled = true\">')"
    )
    shopper.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'smuggled=1'}))")
    assert shopper.page.evaluate("window.smuggled") is None
    watch.expect("console: .*Content Security Policy")


def test_the_shop_looks_like_a_shop(shopper: Shopper) -> None:
    """Style sheet and pictures do arrive, so that every other test sees what people see."""
    shopper.open("/")
    expect(shopper.page.locator("main .button").first).to_have_css("border-radius", "10px")
    assert shopper.page.evaluate("[...document.images].every(image => image.loading === 'lazy' || image.naturalWidth)")


def test_redirect_mode_loads_nothing_from_the_gateway_and_asks_for_no_card(
    shopper: Shopper, simulator: Simulator, truth: Truth, watch: Watch
) -> None:
    shopper.page.route("**/autosubmit.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    order = shopper.has_ordered()
    expect(shopper.page.locator(ENTRY).and_(shopper.page.locator(":not([type=radio])"))).to_have_count(0)
    shopper.pay_button().click()
    shopper.sees("Taking you to the payment page")
    expect(shopper.page.locator(ENTRY)).to_have_count(0)
    fields = shopper.page.locator("form[data-autosubmit] input").evaluate_all("all => all.map(one => one.name)")
    assert set(fields) == {"mid", "orderId", "txnToken"}
    gateway = urlsplit(simulator.url).netloc
    assert not [request.url for request in watch.requests if urlsplit(request.url).netloc == gateway]
    shopper.button("Continue to payment").click()
    shopper.payment_page.by_upi()
    shopper.sees(PAID)
    expect(shopper.page.locator(ENTRY)).to_have_count(0)
    came_back = watch.requests.index(watch.sent("POST", "/paytm/callback/")[0])
    afterwards = [urlsplit(request.url) for request in watch.requests[came_back:]]
    # The icon of the gateway's page is fetched when the browser likes.
    assert not [url for url in afterwards if url.netloc == gateway and not url.path.endswith("icon.svg")]
    truth.is_paid_once(order)


def test_js_checkout_shows_the_card_entry_in_the_gateways_frame_only(
    shopper: Shopper, simulator: Simulator, watch: Watch
) -> None:
    shopper.has_ordered()
    shopper.open_pop_up()
    expect(shopper.page.locator(ENTRY)).to_have_count(0)
    assert [urlsplit(frame.url).netloc for frame in shopper.page.frames[1:]] == [urlsplit(simulator.url).netloc]
    scripts = [request.url for request in watch.requests if request.resource_type == "script"]
    assert f"{simulator.url}/merchantpgpui/checkoutjs/merchants/{MERCHANT_ID}.js" in scripts


def test_the_pages_on_the_way_are_kept_by_nobody(shopper: Shopper, truth: Truth, watch: Watch) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order)
    private = [request for request in watch.requests if "/pay/" in request.url or "/paytm/result/" in request.url]
    ours = [request for request in private if request.url.startswith(shopper.shop)]
    assert len(ours) >= 2
    for request in ours:
        answer = request.response()
        assert answer is not None
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
