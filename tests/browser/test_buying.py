"""A real browser buys: each way to pay and each way to the payment page ends with the order paid, once."""

from __future__ import annotations

import pytest

from tests.browser.shopper import PAID, Shopper
from tests.browser.truth import Truth

pytestmark = pytest.mark.browser


def test_by_upi(shopper: Shopper, truth: Truth) -> None:
    order = shopper.place_order()
    shopper.go_to_payment().by_upi()
    shopper.sees(PAID)
    shopper.link("Continue to your order").click()
    shopper.sees(f"Order {order.number}")
    payment = truth.is_paid_once(order)
    assert (payment.payment_mode, payment.flow) == ("UPI", "hosted")
