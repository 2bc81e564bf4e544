"""Purchases that fail, wait, are given up or are meddled with: money and page tell the truth at every step."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.core.management import call_command
from playwright.sync_api import Route, expect

from demo_site.shop.models import Order
from paytm_kit.models import Announcement, Payment, WireMessage
from tests.browser.conftest import shop_settings
from tests.browser.shopper import CHECKED, FAILED, PAID, WAITING, Shopper
from tests.browser.simulator import Simulator
from tests.browser.truth import Truth
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


def test_a_failed_payment_is_tried_again_from_the_result_page(
    shopper: Shopper, simulator: Simulator, truth: Truth
) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().by_upi("failure@demo")
    shopper.sees(FAILED)
    truth.is_not_paid(order, statuses=("failed",))
    shopper.button("Try again").click()
    shopper.arrives_at_payment()
    shopper.payment_page.by_upi("success@demo")
    shopper.sees(PAID)
    truth.is_paid_once(order, statuses=("failed", "paid"))
    first, second = truth.payments(order)
    assert first.gateway_order_id != second.gateway_order_id
    assert [book["captured_amount"] for book in simulator.orders()] == ["0.00", str(order.total)]


def test_a_failed_payment_is_tried_again_from_the_order_page(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    payment_page = shopper.go_to_payment()
    payment_page.by_card("4000 0000 0000 0002")
    payment_page.one_time_password("123123")
    shopper.sees(FAILED)
    shopper.link("Back to your order").click()
    expect(shopper.page.get_by_text("The last payment did not go through.")).to_be_visible()
    shopper.go_to_payment("Classic form").by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order, statuses=("failed", "paid"))


def test_a_cancelled_payment_can_be_tried_again(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().cancel()
    shopper.sees(FAILED)
    truth.is_not_paid(order, statuses=("failed",))
    assert order.payments.get().code == "141"
    shopper.button("Try again").click()
    shopper.arrives_at_payment()


def test_a_pending_payment_is_paid_after_reconcile_and_the_page_notices(
    shopper: Shopper, simulator: Simulator, truth: Truth
) -> None:
    simulator.configure(webhook_url="")  # nothing but reconcile can find out
    order = shopper.has_ordered()
    shopper.go_to_payment().by_upi("pending@demo")
    shopper.sees(WAITING)
    truth.is_not_paid(order, statuses=("processing",))
    simulator.settle(order.payments.get().gateway_order_id, "success")
    call_command("paytm_reconcile", "--all")
    shopper.sees(PAID)  # nobody touched the page
    truth.is_paid_once(order)


def test_a_pending_payment_that_fails_late_can_be_tried_again(
    shopper: Shopper, simulator: Simulator, truth: Truth
) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().by_upi("pending@demo")
    shopper.sees(WAITING)
    simulator.settle(order.payments.get().gateway_order_id, "failure")
    shopper.sees(FAILED)
    truth.is_not_paid(order, statuses=("failed",))
    expect(shopper.button("Try again")).to_be_visible()


def test_without_javascript_the_waiting_page_looks_again_by_itself(
    new_shopper: Callable[..., Shopper], simulator: Simulator, truth: Truth
) -> None:
    shopper = new_shopper(java_script_enabled=False)
    order = shopper.has_ordered()
    shopper.pay_button().click()
    shopper.button("Continue to payment").click()
    shopper.payment_page.by_upi("pending@demo")
    shopper.button("Back to the shop").click()
    shopper.sees(WAITING)
    simulator.settle(order.payments.get().gateway_order_id, "success")
    shopper.sees(PAID)
    truth.is_paid_once(order)


def test_nobody_pays_a_second_time_while_the_first_is_pending(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().by_upi("pending@demo")
    shopper.sees(WAITING)
    shopper.link("Back to your order").click()
    shopper.pay_button().click()
    shopper.sees(WAITING)
    truth.is_not_paid(order, statuses=("processing",))


def test_a_tab_closed_without_callback_is_paid_by_webhook(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().case("close this tab")
    shopper.sees("You can close this tab now")
    shopper.page.close()
    truth.is_paid_once(order)
    assert not WireMessage.objects.filter(channel="callback").exists()
    assert WireMessage.objects.get(channel="webhook").verdict == WireMessage.Verdict.VERIFIED
    shopper.new_tab()
    shopper.open(order.get_absolute_url())
    expect(shopper.page.get_by_text("Your payment has arrived.")).to_be_visible()


def is_flagged_for_another_amount(order: Order, truth: Truth) -> None:
    truth.is_not_paid(order, statuses=("processing",))
    payment = order.payments.get()
    assert payment.flags == "amount_mismatch"
    told = Announcement.objects.get(signal="payment_flagged")
    assert (told.state, told.event.payment) == (Announcement.State.DELIVERED, payment)
    assert payment.gateway_order_id in Order.objects.get(pk=order.pk).staff_remark


@pytest.mark.parametrize("amount", ["1.00", "5490.00"])
def test_another_amount_is_not_paid_but_flagged(
    shopper: Shopper, simulator: Simulator, truth: Truth, amount: str
) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment()
    gateway_order_id = order.payments.get().gateway_order_id
    simulator.pay(gateway_order_id, method="upi", outcome="success", amount=amount, deliver=["webhook"])
    shopper.page.reload()  # the payment page now sends the shopper back with the signed callback
    shopper.sees(CHECKED)
    expect(shopper.page.get_by_text("Please do not pay again")).to_be_visible()
    expect(shopper.button("Try again")).to_have_count(0)
    is_flagged_for_another_amount(order, truth)
    assert str(truth.captured_at_gateway()) == amount
    shopper.link("Back to your order").click()
    expect(shopper.page.get_by_text("needs a look by our staff")).to_be_visible()
    expect(shopper.pay_button()).to_have_count(0)  # no second payment while a person is looking
    is_flagged_for_another_amount(order, truth)


def test_a_callback_rewritten_in_the_browser_changes_nothing(
    shopper: Shopper, simulator: Simulator, truth: Truth
) -> None:
    simulator.configure(webhook_url="")
    order = shopper.has_ordered()

    def forge(route: Route) -> None:
        fields = dict(parse_qsl(route.request.post_data or ""))
        route.continue_(post_data=urlencode(fields | {"STATUS": "TXN_SUCCESS", "RESPCODE": "01"}))

    shopper.page.route("**/paytm/callback/", forge)
    shopper.go_to_payment().by_upi("failure@demo")
    shopper.sees(FAILED)
    assert WireMessage.objects.get(channel="callback").verdict == WireMessage.Verdict.BAD_SIGNATURE
    truth.is_not_paid(order, statuses=("failed",))


def test_a_callback_without_its_signature_still_brings_the_shopper_to_the_truth(
    shopper: Shopper, simulator: Simulator, truth: Truth
) -> None:
    simulator.configure(webhook_url="")
    order = shopper.has_ordered()

    def strip(route: Route) -> None:
        fields = dict(parse_qsl(route.request.post_data or ""))
        del fields["CHECKSUMHASH"]
        route.continue_(post_data=urlencode(fields))

    shopper.page.route("**/paytm/callback/", strip)
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    assert WireMessage.objects.get(channel="callback").verdict == WireMessage.Verdict.UNSIGNED
    truth.is_paid_once(order)


def test_a_gateway_that_is_down_leaves_the_shop_open_and_the_order_payable(
    shopper: Shopper, truth: Truth, watch: Watch, settings: Any
) -> None:
    order = shopper.has_ordered()
    as_it_should_be = settings.PAYTM_KIT
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        settings.PAYTM_KIT = shop_settings(shopper.shop, f"http://127.0.0.1:{nobody_listens.getsockname()[1]}")
        shopper.pay_button().click()
        shopper.sees("Payment could not be started")
        truth.is_not_paid(order, statuses=("processing",))
        shopper.link("Try again").click()
        shopper.sees("Payment could not be started")
        shopper.new_tab()
        shopper.open("/")
        shopper.link("Teas").first.click()
        shopper.sees("Teas")
        shopper.open(order.get_absolute_url())
        shopper.pay_button().click()
        shopper.sees("Payment could not be started")
    settings.PAYTM_KIT = as_it_should_be
    shopper.link("Try again").click()
    shopper.arrives_at_payment()
    shopper.payment_page.by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order)
    assert Payment.objects.count() == 1
    watch.expect("console: .* 503")
