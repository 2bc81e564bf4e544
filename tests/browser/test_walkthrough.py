"""A newcomer at a real browser: buys, reads what happened on the wire, and breaks it; with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.shopper import PAID, Shopper
from tests.browser.truth import Truth

pytestmark = pytest.mark.browser


def test_from_the_result_to_every_step_and_an_attack(shopper: Shopper, truth: Truth) -> None:
    order = shopper.place_order()
    shopper.open_pop_up().by_upi()
    shopper.sees(PAID)
    shopper.link("See what happened on the wire").click()
    shopper.sees("What just happened")
    page = shopper.page
    expect(page.locator(".wt-step--done")).to_have_count(12)
    page.get_by_role("navigation", name="Steps").get_by_role("link", name="10. The question to the gateway").click()
    expect(page.get_by_role("region", name="The answer, as it was signed").first).to_be_in_viewport()
    page.get_by_role("button", name="Try it: Send it again, six times").click()
    expect(page.get_by_text("No row about the money changed.")).to_be_in_viewport()
    truth.is_paid_once(order)


def test_without_javascript_a_lost_callback_is_found(new_shopper: Callable[..., Shopper], truth: Truth) -> None:
    shopper = new_shopper(java_script_enabled=False, viewport={"width": 360, "height": 800})
    order = shopper.place_order()
    shopper.pay_button().click()
    shopper.sees("Taking you to the payment page")
    shopper.open(order.get_absolute_url())
    shopper.link("See what happened on the wire").click()
    shopper.page.get_by_role("button", name="Try it: Pay, and lose the callback").click()
    expect(shopper.page.get_by_text("No row about the money changed.")).to_be_visible()
    truth.is_not_paid(order, statuses=("processing",))
    shopper.page.get_by_role("button", name="Try it: Ask the gateway (reconcile)").click()
    expect(shopper.page.get_by_text("processing → paid").first).to_be_visible()
    truth.is_paid_once(order)
