"""Every page that a shopper can see, one after the other: the accessibility tests and the pictures go along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.models import EmailCode
from tests.browser.shopper import CHECKED, DETAILS, FAILED, ITEM, PAID, WAITING, PaymentPage, Shopper
from tests.browser.simulator import Simulator
from tests.browser.watch import Watch

Steps = Iterator[tuple[str, Page]]

# Answers to a POST, and what only a click brings: looked at once, as they stand.
NOT_TO_BE_RELOADED = frozenset({"checkout-mistakes", "js-checkout-open", "code-wrong", "wait"})


def shop(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """From the catalogue to the placed order, with what a signed-in shopper and a mistake look like."""
    page = shopper.page
    shopper.open("/")
    yield "catalogue", page
    shopper.open("/shelf/spices/")
    yield "shelf", page
    shopper.open("/cart/")
    yield "cart-empty", page
    shopper.open("/login/")
    yield "sign-in", page
    shopper.sign_in("asha", settings.DEMO_PASSWORD)
    yield "my-orders-empty", page
    shopper.open(f"/product/{ITEM}/")
    yield "product", page
    shopper.fill_cart(ITEM, "assam-breakfast", "bagru-runner")
    yield "cart", page
    shopper.link("Check out").click()
    shopper.sees("Where shall we send it?")
    yield "checkout", page
    page.get_by_label("PIN code").fill("12")
    page.get_by_label("Full name").fill("")
    shopper.button("Place order and choose how to pay").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "checkout-mistakes", page
    for label, text in DETAILS.items():
        page.get_by_label(label, exact=True).fill(text)
    shopper.button("Place order and choose how to pay").click()
    expect(shopper.pay_button()).to_be_visible()
    yield "order", page
    shopper.open("/orders/")
    yield "my-orders", page
    shopper.open("/nowhere/")
    watch.expect("console: .* 404")
    yield "not-found", page


def payment(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """The pages on the way to the gateway, and the gateway's own."""
    page = shopper.page
    page.route("**/autosubmit.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    order = shopper.has_ordered()
    shopper.choose("Pop-up")
    shopper.pay_button().click()
    expect(page.locator("form[data-js-checkout]")).to_have_attribute("data-ready", "yes")
    yield "js-checkout", page
    shopper.button("Pay now").click()
    expect(page.frame_locator("iframe[title=Payment]").get_by_role("heading", level=1)).to_be_visible()
    yield "js-checkout-open", page
    shopper.open(order.get_absolute_url())
    shopper.choose("Paytm page")
    shopper.pay_button().click()
    shopper.sees("Taking you to the payment page")
    yield "redirect", page
    shopper.button("Continue to payment").click()
    shopper.arrives_at_payment()
    yield "gateway-upi", page
    gateway = page.url
    for method in ("Card", "Net banking", "Wallet"):
        shopper.payment_page.open(method)
        yield f"gateway-{method.lower().replace(' ', '-')}", page
    page.goto(gateway)
    shopper.payment_page.by_upi("not a VPA")
    watch.expect("console: .* 400")
    expect(page.get_by_role("alert")).to_be_visible()
    yield "gateway-mistake", page
    shopper.payment_page.by_upi("meera@okbank")
    shopper.sees("Approve on your phone")
    yield "gateway-approve", page
    simulator.reset()
    page.goto(gateway)
    yield "gateway-expired", page


def results(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """Each end of a payment, and the order's page after it."""
    page = shopper.page
    ends: tuple[tuple[str, str, Callable[[PaymentPage], None]], ...] = (
        ("paid", PAID, lambda gateway: gateway.by_upi()),
        ("failed", FAILED, lambda gateway: gateway.by_upi("failure@demo")),
        ("confirming", WAITING, lambda gateway: gateway.by_upi("pending@demo")),
    )
    for name, heading, act in ends:
        order = shopper.has_ordered()
        act(shopper.go_to_payment())
        shopper.sees(heading)
        yield name, page
        shopper.open(order.get_absolute_url())
        yield f"order-{name}", page
        if name == "paid":
            shopper.open(order.payments.get().get_receipt_url())
            shopper.sees("Receipt")
            yield "receipt", page


def calm(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """Where a shopper ends when something is wrong."""
    page = shopper.page
    order = shopper.has_ordered()
    shopper.go_to_payment()
    simulator.pay(order.payments.get().gateway_order_id, method="upi", outcome="success", amount="1.00", deliver=[])
    page.reload()
    shopper.sees(CHECKED)
    yield "flagged", page
    shopper.open(order.get_absolute_url())
    yield "order-flagged", page
    order = shopper.has_ordered()
    shopper.go_to_payment()
    shopper.open(order.payments.get().get_result_url())
    yield "not-paid-yet", page
    shopper.open("/paytm/result/")
    yield "unknown", page
    order = shopper.has_ordered()
    account = {**settings.PAYTM_KIT["ACCOUNTS"]["default"], "HOST": "http://127.0.0.1:1"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    shopper.pay_button().click()
    watch.expect("console: .* 503")
    shopper.sees("Payment could not be started")
    yield "unavailable", page


def bank(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """The gateway's second pages, and where a shopper ends who closes the tab."""
    page = shopper.page
    shopper.has_ordered()
    gateway = shopper.go_to_payment()
    gateway.by_card()
    expect(page.get_by_label("OTP")).to_be_visible()
    yield "gateway-otp", page
    gateway.one_time_password("111111")
    expect(page.get_by_role("alert")).to_be_visible()
    watch.expect("console: .* 400")
    yield "gateway-otp-wrong", page
    page.route("**/frame.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    gateway.one_time_password("123123")
    shopper.sees("Payment done")
    yield "gateway-returning", page
    shopper.has_ordered()
    shopper.go_to_payment().case("close this tab")
    shopper.sees("You can close this tab now")
    yield "gateway-closed", page


def account(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """What a signed-in shopper finds again: payments in every state, and how their refunds stand."""
    page = shopper.page
    shopper.open("/login/")
    shopper.sign_in("asha", settings.DEMO_PASSWORD)
    shopper.open("/paytm/payments/")
    yield "my-payments-empty", page
    for vpa, heading in (("failure@demo", FAILED), ("pending@demo", WAITING), ("success@demo", PAID)):
        order = shopper.has_ordered()
        shopper.go_to_payment().by_upi(vpa)
        shopper.sees(heading)
    Order.objects.update(user=User.objects.get(username="asha"))
    paid = order.payments.get()
    shopper.open(f"/paytm/refunds/{paid.token}/")
    yield "refunds-none", page
    refunds.request(paid, "50.00", reason="One jar came broken", actor="staff")
    refunds.request(paid, "20.00", reason="Late", actor="staff")
    shopper.open(paid.get_result_url())
    yield "paid-refunding", page
    shopper.link("Where the refund is").click()
    yield "refunds", page
    shopper.open("/paytm/payments/")
    yield "my-payments", page


def walkthrough(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """What a newcomer reads about a payment on its way, about a paid one, and about an attack on it."""
    page = shopper.page
    order = shopper.place_order()
    gateway = shopper.go_to_payment()
    paying = page.url
    shopper.open(order.get_absolute_url())
    yield "order-on-the-wire", page
    shopper.link("See what happened on the wire").click()
    shopper.sees("What just happened")
    yield "walkthrough-open", page
    page.goto(paying)
    gateway.by_upi()
    shopper.sees(PAID)
    shopper.link("See what happened on the wire").click()
    shopper.sees("What just happened")
    page.get_by_role("button", name="Try it: Change the amount").click()
    expect(page.get_by_text("Caught by this check: Signature.")).to_be_visible()
    yield "walkthrough-tried", page


def hurdles(shopper: Shopper, simulator: Simulator, watch: Watch, settings: Any) -> Steps:
    """What may stand before the gateway's page: a code by e-mail, a person's look, a refusal, a wait."""
    page = shopper.page

    def pay_under(action: str, heading: str) -> None:
        rule = {"name": action, "when": "amount >= 1", "action": action, "reason": "For the walk."}
        settings.PAYTM_KIT = {**settings.PAYTM_KIT, "RISK_RULES": [rule]}
        shopper.has_ordered()
        shopper.pay_button().click()
        shopper.sees(heading)

    pay_under("verify", "Enter the code from your e-mail")
    yield "code", page
    page.get_by_label("Six-digit code").fill("12345")
    watch.expect("console: .* 422")
    shopper.button("Continue to payment").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "code-wrong", page
    EmailCode.objects.update(sent_at=None)
    page.goto(page.url)
    shopper.sees("Confirm that it is you")
    yield "code-expired", page
    pay_under("hold", "We are looking at your order first")
    yield "looked-at", page
    watch.expect("console: .* 403")
    pay_under("refuse", "This payment cannot be made here just now")
    yield "refused", page
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "LIMITS": "newcomers=1/10m, device=1/10m"}
    order = shopper.has_ordered()
    watch.expect("console: .* 429")
    for _ in range(2):
        shopper.open(order.get_absolute_url())
        shopper.pay_button().click()
    shopper.sees("Please wait a little before you try again")
    yield "wait", page


JOURNEYS = {
    "shop": shop, "payment": payment, "bank": bank, "results": results, "calm": calm, "account": account,
    "walkthrough": walkthrough, "hurdles": hurdles,
}  # fmt: skip
