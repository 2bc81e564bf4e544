"""A real browser buys: each way to pay and each way to the payment page ends with the order paid, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.shopper import PAID, PaymentPage, Shopper
from tests.browser.truth import Truth
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


def test_by_upi(shopper: Shopper, truth: Truth) -> None:
    order = shopper.place_order("kashmiri-saffron", "clay-kulhads")
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    expect(shopper.page.locator(".pk-amount")).to_have_text("₹948.00")
    shopper.link("Continue to your order").click()
    shopper.sees(f"Order {order.number}")
    expect(shopper.page.get_by_text("Your payment has arrived.")).to_be_visible()
    payment = truth.is_paid_once(order)
    assert (payment.payment_mode, payment.flow) == ("UPI", "hosted")


def test_by_a_scanned_qr_code(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    payment_page = shopper.go_to_payment()
    expect(shopper.page.get_by_role("img", name="QR code for this payment")).to_be_visible()
    payment_page.button("Scanned: approve").click()
    shopper.sees(PAID)
    assert truth.is_paid_once(order).payment_mode == "UPI"


def test_by_card_after_mistyping_the_one_time_password(shopper: Shopper, truth: Truth, watch: Watch) -> None:
    order = shopper.place_order()
    payment_page = shopper.go_to_payment()
    payment_page.by_card()
    payment_page.one_time_password("000000")
    expect(shopper.page.get_by_role("alert")).to_have_text("This OTP is wrong. 2 tries are left.")
    truth.is_not_paid(order, statuses=("processing",))
    payment_page.one_time_password("123123")
    shopper.sees(PAID)
    assert truth.is_paid_once(order).payment_mode == "CC"
    watch.expect("console: .* 400")  # the wrong password's answer


def test_by_net_banking(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    payment_page = shopper.go_to_payment()
    payment_page.by_net_banking("Godavari Demo Bank")
    shopper.sees("Godavari Demo Bank")
    payment_page.button("Success").click()
    shopper.sees(PAID)
    payment = truth.is_paid_once(order)
    assert (payment.payment_mode, payment.bank_name) == ("NB", "Godavari Demo Bank")


def test_by_wallet(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    payment_page = shopper.go_to_payment()
    payment_page.by_wallet()
    payment_page.one_time_password("489871")
    shopper.sees(PAID)
    assert truth.is_paid_once(order).payment_mode == "PPI"


def test_with_javascript_off(new_shopper: Callable[..., Shopper], truth: Truth) -> None:
    shopper = new_shopper(java_script_enabled=False)
    order = shopper.place_order()
    shopper.pay_button().click()
    shopper.sees("Taking you to the payment page")
    shopper.button("Continue to payment").click()
    shopper.arrives_at_payment()
    shopper.payment_page.by_upi()
    shopper.sees("Payment done")
    truth.payments(order)
    shopper.button("Back to the shop").click()
    shopper.sees(PAID)
    truth.is_paid_once(order)


def test_by_legacy_form(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment("Classic form").by_upi()
    shopper.sees(PAID)
    assert truth.is_paid_once(order).flow == "legacy"


def test_by_js_checkout(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    pop_up = shopper.open_pop_up()
    assert shopper.page.url.startswith(shopper.shop)  # over our own page
    pop_up.by_upi()
    shopper.sees(PAID)
    assert truth.is_paid_once(order).flow == "js"


def test_by_card_in_js_checkout(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    pop_up = shopper.open_pop_up()
    pop_up.by_card()
    pop_up.one_time_password("123123")
    shopper.sees(PAID)
    assert truth.is_paid_once(order).payment_mode == "CC"


def test_js_checkout_closed_and_opened_again(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    shopper.open_pop_up()
    shopper.button("Close the payment window").click()
    expect(shopper.page.locator("iframe")).to_have_count(0)
    truth.is_not_paid(order, statuses=("processing",))
    shopper.button("Pay now").click()
    PaymentPage(shopper.page.frame_locator("iframe[title=Payment]")).by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order)


def test_js_checkout_falls_back_to_the_hosted_page_when_its_script_is_blocked(
    shopper: Shopper, truth: Truth, watch: Watch
) -> None:
    order = shopper.has_ordered()
    shopper.page.route("**/merchantpgpui/checkoutjs/merchants/*", lambda route: route.abort())
    shopper.choose("Pop-up")
    with shopper.page.expect_event("requestfailed"):
        shopper.pay_button().click()
    shopper.button("Pay now").click()
    shopper.arrives_at_payment()
    shopper.payment_page.by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order)
    watch.expect("console: .*ERR_FAILED")  # the blocked script


def test_js_checkout_without_javascript_is_the_hosted_page(new_shopper: Callable[..., Shopper], truth: Truth) -> None:
    shopper = new_shopper(java_script_enabled=False)
    order = shopper.has_ordered()
    shopper.choose("Pop-up")
    shopper.pay_button().click()
    shopper.button("Pay now").click()
    shopper.payment_page.by_upi()
    shopper.button("Back to the shop").click()
    shopper.sees(PAID)
    truth.is_paid_once(order)
