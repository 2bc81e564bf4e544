"""Double clicks, Back and refresh, sessions and other people's links: one payment, and each sees only their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.barriers import leave_by
from tests.browser.shopper import DETAILS, PAID, WAITING, Shopper
from tests.browser.simulator import Simulator
from tests.browser.truth import Truth
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


def test_a_double_click_on_pay_is_one_payment(shopper: Shopper, simulator: Simulator, truth: Truth) -> None:
    order = shopper.has_ordered()
    shopper.pay_button().dblclick()
    shopper.arrives_at_payment()
    shopper.payment_page.by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order)
    assert len(simulator.orders()) == 1


SEND_THREE_TIMES = """() => {
    const form = document.querySelector("form.pay");
    const send = () => fetch(form.action, {method: "POST", body: new FormData(form)}).then(answer => answer.status);
    return Promise.all([send(), send(), send()]);
}"""


def test_clicks_that_all_reach_the_shop_at_once_are_one_payment(
    shopper: Shopper, simulator: Simulator, truth: Truth
) -> None:
    """Of a double click a browser sends one; a slow line, an extension or an old phone may send each."""
    order = shopper.has_ordered()
    assert shopper.page.evaluate(SEND_THREE_TIMES) == [200, 200, 200]
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order)
    assert len(simulator.orders()) == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_back_from_the_payment_page_and_on_again_is_one_payment(
    new_shopper: Callable[..., Shopper], simulator: Simulator, truth: Truth, javascript: bool
) -> None:
    shopper = new_shopper(java_script_enabled=javascript)
    order = shopper.has_ordered()
    shopper.pay_button().click()
    if not javascript:
        shopper.button("Continue to payment").click()
    shopper.arrives_at_payment()
    shopper.page.go_back()
    # the order page or the page on the way: each has one button that leads on
    leave_by(shopper.button(re.compile("^Pay ₹|^Continue to payment$")))
    if not javascript and shopper.button("Continue to payment").is_visible():
        shopper.button("Continue to payment").click()
    shopper.arrives_at_payment()
    assert len(simulator.orders()) == order.payments.count() == 1


def test_a_shopper_who_came_back_without_paying_can_go_on(shopper: Shopper, simulator: Simulator, truth: Truth) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment()
    shopper.open(order.get_absolute_url())
    shopper.link("See how it stands").click()
    shopper.sees(WAITING)
    shopper.button("I have not paid yet: go on to the payment").click()
    shopper.arrives_at_payment()
    shopper.payment_page.by_upi()
    shopper.sees(PAID)
    truth.is_paid_once(order)
    assert len(simulator.orders()) == 1


def test_two_tabs_pay_one_order_once(shopper: Shopper, simulator: Simulator, truth: Truth) -> None:
    order = shopper.has_ordered()
    first = shopper.go_to_payment()
    shopper.new_tab()
    shopper.open(order.get_absolute_url())
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    first.by_card()  # the payment page knows by now
    expect(first.where.get_by_role("heading", level=1)).to_have_text(PAID)
    truth.is_paid_once(order)
    assert len(simulator.orders()) == 1


def test_refresh_on_the_result_page_sends_nothing_again(shopper: Shopper, truth: Truth, watch: Watch) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    posts = [request.url for request in watch.requests if request.method == "POST"]
    shopper.page.reload()
    shopper.sees(PAID)
    assert [request.url for request in watch.requests if request.method == "POST"] == posts
    truth.is_paid_once(order)


def test_back_from_the_result_page_buys_nothing_again(shopper: Shopper, truth: Truth, watch: Watch) -> None:
    order = shopper.has_ordered()
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    result = shopper.page.url
    bought = [len(watch.sent("POST", path)) for path in ("/checkout/", "/pay/", "/method/upi")]
    events = order.payments.get().events.count()
    shopper.page.go_back()  # to the gateway's page, which knows the outcome and sends the shopper on to it
    shopper.page.wait_for_url(result)
    shopper.sees(PAID)
    assert [len(watch.sent("POST", path)) for path in ("/checkout/", "/pay/", "/method/upi")] == bought
    truth.is_paid_once(order)
    assert order.payments.get().events.count() == events


def test_paying_an_order_that_was_paid_in_the_meantime_says_so(shopper: Shopper, truth: Truth) -> None:
    order = shopper.has_ordered()
    still_open = shopper.page
    shopper.new_tab()
    shopper.open(order.get_absolute_url())
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    shopper.page = still_open
    shopper.pay_button().click()
    expect(shopper.page.get_by_text("This order has already been paid.")).to_be_visible()
    truth.is_paid_once(order)


def test_a_signed_in_shopper_is_still_signed_in_after_the_cross_site_return(
    shopper: Shopper, truth: Truth, watch: Watch, settings: Any
) -> None:
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
    shopper.sign_in("asha", settings.DEMO_PASSWORD)
    order = shopper.place_order()
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    [callback] = watch.sent("POST", "/paytm/callback/")
    assert "cookie" not in callback.all_headers()  # the browser held it back: the return really was cross-site
    response = callback.response()
    assert response is not None
    assert response.status == 303
    assert "set-cookie" not in response.all_headers()
    shopper.link("Continue to your order").click()
    expect(shopper.button("Sign out")).to_be_visible()
    expect(shopper.page.get_by_text(DETAILS["Address"])).to_be_visible()
    shopper.link("My orders").click()
    expect(shopper.page.locator(".order-list__item")).to_contain_text([f"Order {order.number}"])
    expect(shopper.page.locator(".order-list__item .badge")).to_have_text("Paid")
    assert truth.is_paid_once(order).customer_id == f"shopper_{order.user_id}"


def test_another_shopper_cannot_open_the_order_of_a_signed_in_one(
    new_shopper: Callable[..., Shopper], watch: Watch, settings: Any
) -> None:
    owner, stranger, guest = new_shopper(), new_shopper(), new_shopper()
    owner.sign_in("asha", settings.DEMO_PASSWORD)
    order = owner.place_order()
    User.objects.create_user("meera", password=settings.DEMO_PASSWORD)
    stranger.sign_in("meera", settings.DEMO_PASSWORD)
    for other in (stranger, guest):
        other.open(order.get_absolute_url())
        other.sees("We could not find that page")
        expect(other.page.get_by_text(DETAILS["Address"])).to_have_count(0)
    watch.expect("console: .* 404")


def test_a_guest_order_shows_its_address_only_in_the_browser_that_placed_it(
    new_shopper: Callable[..., Shopper], truth: Truth
) -> None:
    guest, friend = new_shopper(), new_shopper()
    order = guest.place_order()
    expect(guest.page.get_by_text(DETAILS["Address"])).to_be_visible()
    friend.open(order.get_absolute_url())
    expect(friend.page.get_by_text(DETAILS["Address"])).to_have_count(0)
    expect(friend.page.get_by_text(DETAILS["E-mail"])).to_have_count(0)
    friend.go_to_payment().by_upi()  # whoever has the link may pay
    friend.sees(PAID)
    for text in DETAILS.values():
        expect(friend.page.get_by_text(text)).to_have_count(0)
    truth.is_paid_once(order)
