"""Rupees, yen and dinars into Stripe's minor units and back, and what cannot be collected."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.gateways.base import Refused
from paytm_kit.gateways.stripe import fields


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("499.00", "INR", 49900),
        ("0.50", "USD", 50),
        ("500.00", "JPY", 500),
        ("500.00", "KRW", 500),
        ("5.12", "KWD", 5120),
        ("5.00", "ISK", 500),
        ("10.45", "HUF", 1045),  # only its payouts are in whole units
    ],
)
def test_stripe_counts_in_each_currencys_own_smallest_unit(amount: str, currency: str, units: int) -> None:
    assert fields.units(Decimal(amount), currency) == units
    assert fields.amount(units, currency) == Decimal(amount)
    assert fields.amount(str(units), currency) == Decimal(amount)  # as a stored message has it


@pytest.mark.parametrize(
    ("amount", "currency", "says_so"),
    [
        ("499.50", "JPY", "no smaller unit"),
        ("499.50", "ISK", "no smaller unit"),
        ("1.005", "INR", "no smaller unit"),
        ("0.00", "INR", "positive"),
        ("-5.00", "INR", "positive"),
        ("5.00", "UGX", "contradict"),
        ("5.00", "inr", "three capital letters"),
        ("5.00", "", "three capital letters"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_sent(amount: str, currency: str, says_so: str) -> None:
    assert says_so in fields.unfit(Decimal(amount), currency)
    with pytest.raises(Refused, match=says_so):
        fields.units(Decimal(amount), currency)


currencies = st.sampled_from(["INR", "USD", "EUR", "HUF", *fields.WHOLE, *fields.THOUSANDTHS, "ISK"])


@given(st.integers(1, 10**12), currencies)
def test_what_fits_comes_back_as_it_went(hundredths: int, currency: str) -> None:
    amount = Decimal(hundredths).scaleb(-2)
    if fields.unfit(amount, currency):
        assert currency in fields.WHOLE | {"ISK"}
        assert hundredths % 100
    else:
        assert fields.amount(fields.units(amount, currency), currency) == amount


@given(st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.integers(), st.just("9" * 30)), currencies)
def test_no_units_make_it_raise_and_no_amount_is_below_zero(units: object, currency: str) -> None:
    amount = fields.amount(units, currency)
    assert amount is None or (amount >= 0 and amount.as_tuple().exponent == -2)


def test_what_two_decimals_cannot_hold_is_no_amount() -> None:
    assert fields.amount(5124, "KWD") is None
    assert fields.amount(500, "UGX") is None
    assert fields.amount(500, "") is None
