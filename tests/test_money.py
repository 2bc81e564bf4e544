"""Amounts are exact in any currency: what comes in stays as it is or is refused, and people see what it is in."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit import currencies, money
from paytm_kit.money import LARGEST, exact, rupees
from paytm_kit.templatetags.paytm_kit import rupees as shown

paise = st.integers(1, 10**12 - 1)
codes = st.sampled_from(["INR", "USD", "EUR", "JPY", "KRW", "KWD", "CLF"])
amounts = st.decimals(-LARGEST, LARGEST, places=2)


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


# ---- Other currencies


@pytest.mark.parametrize(
    ("amount", "currency", "for_people", "for_terminals"),
    [
        ("123456.5", "INR", "₹1,23,456.50", "123456.50 rupees"),
        ("1234.5", "USD", "USD 1,234.50", "1234.50 USD"),
        ("-1234.5", "USD", "-USD 1,234.50", "-1234.50 USD"),
        ("1234567.89", "EUR", "EUR 1,234,567.89", "1234567.89 EUR"),
        ("0", "USD", "USD 0.00", "0.00 USD"),
        ("-0.00", "USD", "USD 0.00", "-0.00 USD"),
        ("1234.00", "JPY", "JPY 1,234", "1234 JPY"),
        ("1E+6", "KRW", "KRW 1,000,000", "1000000 KRW"),
        ("100.50", "JPY", "JPY 100.50", "100.50 JPY"),  # what cannot be is not rounded away
        ("1.5", "KWD", "KWD 1.500", "1.500 KWD"),
        ("9999999999.99", "USD", "USD 9,999,999,999.99", "9999999999.99 USD"),
        ("12345.6", "XYZ", "XYZ 12,345.60", "12345.60 XYZ"),
        ("1234.5", "", "1,234.50", "1234.50 "),
    ],
)
def test_each_currency_is_written_in_its_own_way(
    amount: str, currency: str, for_people: str, for_terminals: str
) -> None:
    assert money.shown(Decimal(amount), currency) == for_people
    assert money.plain(Decimal(amount), currency) == for_terminals


@given(amounts, codes)
def test_what_is_shown_can_be_read_back_exactly_in_any_context(amount: Decimal, currency: str) -> None:
    with localcontext() as context:
        context.prec = 3
        text, plain = money.shown(amount, currency), money.plain(amount, currency)
    digits = re.sub(r"[^0-9.]", "", text)
    assert Decimal(digits) == abs(amount) == abs(Decimal(plain.split()[0]))
    assert text.startswith("-") == (amount < 0)
    assert ("₹" in text) == (currency == "INR") == (currency not in text)
    whole = re.sub(r"[^0-9,.]", "", text).partition(".")[0]
    pattern = r"\d{1,2}(,\d\d)*,\d{3}|\d{1,3}" if currency == "INR" else r"\d{1,3}(,\d{3})*"
    assert re.fullmatch(pattern, whole)


@given(st.integers(1, 10**10 - 1), codes)
def test_whole_amounts_can_be_paid_in_every_currency(count: int, currency: str) -> None:
    assert exact(count, currency) == exact(f"{count}.00", currency) == count
    assert exact(count, currency).as_tuple().exponent == -2


@given(paise, codes)
def test_decimals_are_taken_only_where_the_currency_has_them(count: int, currency: str) -> None:
    amount = Decimal(count).scaleb(-2)
    if currencies.exponent(currency) or count % 100 == 0:
        assert exact(amount, currency) == amount
    else:
        with pytest.raises(ValueError, match=f"in {currency} has no decimals"):
            exact(amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [("1.234", "KWD"), ("0.001", "USD"), (Decimal("1.005"), "BHD")])
def test_more_decimals_than_the_ledger_holds_are_refused_in_any_currency(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="at most two decimals"):
        exact(amount, currency)


@pytest.mark.parametrize("amount", [1.5, True, None, "NaN", "-1", "0", "1e2", Decimal("Infinity"), 10**10])
@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_what_is_no_amount_is_refused_in_other_currencies_too(amount: object, currency: str) -> None:
    with pytest.raises(ValueError, match="An amount "):
        exact(amount, currency)  # type: ignore[arg-type]


def test_the_table_names_each_currency_once_by_its_code() -> None:
    assert all(re.fullmatch(r"[A-Z]{3}", code) and number != currencies.USUAL
               for code, number in currencies.EXPONENTS.items())  # fmt: skip
    assert len(currencies.EXPONENTS) == 17 + 7 + 2
    assert [currencies.decimals(code) for code in ("INR", "JPY", "KWD", "CLF", "USD")] == [2, 0, 2, 2, 2]


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_fits_no_currency(amount: str) -> None:
    assert not currencies.fits(Decimal(amount), "JPY")
