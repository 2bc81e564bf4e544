"""Amounts: as the kit takes them from a merchant's code (exact, positive, no half yen), and as people read them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from paytm_kit.currencies import INR, decimals, exponent, fits

PAISA = Decimal("0.01")
LARGEST = Decimal("9999999999.99")


def exact(value: Decimal | int | str, currency: str) -> Decimal:
    """The amount with two decimals, as the ledger holds it in any currency.

    Raises ValueError, whose text says what is wrong, for floats, non-numbers, more decimals than the currency has (at
    most two; none of JPY), zero and below, and more than ten digits before the point.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise ValueError(f"An amount must be Decimal, int or str, not {type(value).__name__}: floats lose paise.")  # noqa: TRY004
    if isinstance(value, str) and not (value.isascii() and value.replace(".", "", 1).isdigit()):
        raise ValueError("An amount must be digits with at most one point.")
    try:
        amount = Decimal(value)
        rounded = amount.quantize(PAISA)
    except InvalidOperation as error:
        raise ValueError("An amount must be a finite number.") from error
    if rounded != amount:
        raise ValueError("An amount has at most two decimals.")
    if not fits(rounded, currency):
        raise ValueError(f"An amount in {currency} has no decimals: {currency} has no smaller unit.")
    if not 0 < rounded <= LARGEST:
        raise ValueError(f"An amount must be above zero and at most ten digits of {unit(currency)}.")
    return rounded


def rupees(value: Decimal | int | str) -> Decimal:
    """``exact`` for amounts that are rupees by their nature. Raises as it does."""
    return exact(value, INR)


def shown(amount: Decimal, currency: str) -> str:
    """For people: ``₹1,23,456.50`` (INR, Indian grouping), ``USD 1,234.50``, ``JPY 1,234``, ``KWD 1.500``.

    Other currencies bear their code (ISO 4217) and not a sign: twenty of them are called "$". An amount with decimals
    that its currency has not, as a gateway may report one, is shown with them; ``currency=""`` shows the bare number.
    """
    sign = "-" if amount < 0 else ""
    digits = f"{amount.copy_abs():.{_places(amount, currency)}f}"  # exact: abs() rounds to the caller's context
    if currency != INR:
        whole, point, rest = digits.partition(".")
        return f"{sign}{currency} {int(whole):,}{point}{rest}".strip()
    whole, _, paise = digits.partition(".")
    head, tail = whole[:-3], whole[-3:]
    while head:
        tail, head = f"{head[-2:]},{tail}", head[:-2]
    return f"{sign}₹{tail}.{paise}"


def plain(amount: Decimal, currency: str) -> str:
    """For logs, terminals and sentences to staff, in ASCII: ``123456.50 rupees``, ``1234.50 USD``, ``1234 JPY``."""
    return f"{amount:.{_places(amount, currency)}f} {unit(currency)}"


def _places(amount: Decimal, currency: str) -> int:
    return exponent(currency) if fits(amount, currency) else max(exponent(currency), decimals(INR))


def unit(currency: str) -> str:
    """The word after an amount: ``rupees`` or the code."""
    return "rupees" if currency == INR else currency
