"""Rupees are exact: what goes in comes out with two decimals, or is refused."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.money import LARGEST, rupees
from paytm_kit.templatetags.paytm_kit import rupees as shown

paise = st.integers(1, 10**12 - 1)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("1", "1.00"),
        ("1.5", "1.50"),
        ("0.01", "0.01"),
        ("00012.50", "12.50"),
        (499, "499.00"),
        (Decimal("499"), "499.00"),
        (Decimal("4.990E+2"), "499.00"),
        (Decimal("1.10000"), "1.10"),
        ("9999999999.99", "9999999999.99"),
    ],
)
def test_an_amount_comes_back_with_two_decimals(given_: Decimal | int | str, expected: str) -> None:
    assert str(rupees(given_)) == expected


@pytest.mark.parametrize(
    "amount",
    [
        *(
            "",
            " ",
            ".",
            "1 ",
            " 1",
            "+1",
            "-1",
            "-0.01",
            "0",
            "0.00",
            "0.001",
            "1.001",
            "1.2.3",
            "1,000",
            "1_000",
            "1e2",
        ),
        *("0x10", "NaN", "inf", "१०", "１", "٣", "²", "10000000000", "9" * 400, "1\n", "₹1", "one", "1/2", "\x001"),
        *(
            0,
            -1,
            10**10,
            10**400,
            Decimal("NaN"),
            Decimal("sNaN"),
            Decimal("Infinity"),
            Decimal("-0"),
            Decimal("0.001"),
        ),
        *(1.5, 1.0, True, False, None, b"1", [1], Fraction(1, 2), complex(1, 0)),
    ],
    ids=repr,
)
def test_what_is_no_exact_positive_amount_is_refused(amount: object) -> None:
    with pytest.raises(ValueError, match="An amount "):
        rupees(amount)  # type: ignore[arg-type]


def test_a_float_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="not float: floats lose paise"):
        rupees(499.0)  # type: ignore[arg-type]


@given(paise)
def test_every_number_of_paise_is_exact_in_every_spelling(count: int) -> None:
    exact = Decimal(count).scaleb(-2)
    whole, part = divmod(count, 100)
    for spelling in (exact, exact.normalize(), f"{whole}.{part:02}", str(exact)):
        amount = rupees(spelling)
        assert amount * 100 == count
        assert amount.as_tuple().exponent == -2
        assert rupees(amount) == amount


@given(st.integers(1, 99_999_999))
def test_whole_rupees_are_exact(count: int) -> None:
    assert rupees(count) == rupees(str(count)) == Decimal(count)


@given(paise, st.integers(1, 9), st.integers(1, 20))
def test_a_third_decimal_is_never_rounded_away(count: int, digit: int, zeros: int) -> None:
    text = f"{count // 100}.{count % 100:02}{'0' * (zeros - 1)}{digit}"
    with pytest.raises(ValueError, match=r"two decimals|finite"):
        rupees(text)


@given(st.text() | st.decimals() | st.integers() | st.floats())
def test_any_other_input_is_an_exact_amount_or_a_value_error(value: object) -> None:
    try:
        amount = rupees(value)  # type: ignore[arg-type]
    except ValueError:
        return
    assert 0 < amount <= LARGEST
    assert amount == Decimal(str(value))


def test_the_callers_decimal_context_cannot_round_an_amount() -> None:
    with localcontext() as context:
        context.prec = 3
        with pytest.raises(ValueError, match="An amount"):
            rupees("1234.56")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.5", "₹0.50"),
        ("999", "₹999.00"),
        ("1000", "₹1,000.00"),
        ("123456.5", "₹1,23,456.50"),
        ("12345678.00", "₹1,23,45,678.00"),
        ("9999999999.99", "₹9,99,99,99,999.99"),
        ("-1234", "-₹1,234.00"),
    ],
)
def test_rupees_are_shown_in_indian_groups(amount: str, expected: str) -> None:
    assert shown(Decimal(amount)) == expected


@given(paise)
def test_what_is_shown_is_what_there_is(count: int) -> None:
    text = shown(Decimal(count).scaleb(-2))
    assert int(text.replace("₹", "").replace(",", "").replace(".", "")) == count
