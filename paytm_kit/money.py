"""Rupees: as the kit takes them from a merchant's code (exact, positive, two decimals), and as people read them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

PAISA = Decimal("0.01")
LARGEST = Decimal("9999999999.99")


def rupees(value: Decimal | int | str) -> Decimal:
    """The amount with two decimals. Raises ValueError for floats, non-numbers, over two decimals, zero and below."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise ValueError(f"An amount must be Decimal, int or str, not {type(value).__name__}: floats lose paise.")  # noqa: TRY004
    if isinstance(value, str) and not (value.isascii() and value.replace(".", "", 1).isdigit()):
        raise ValueError("An amount must be digits with at most one point.")
    try:
        amount = Decimal(value)
        exact = amount.quantize(PAISA)
    except InvalidOperation as error:
        raise ValueError("An amount must be a finite number.") from error
    if exact != amount:
        raise ValueError("An amount has at most two decimals.")
    if not 0 < exact <= LARGEST:
        raise ValueError("An amount must be above zero and at most ten digits of rupees.")
    return exact


def shown(amount: Decimal) -> str:
    """``123456.5`` → ``₹1,23,456.50``: Indian digit grouping, always two decimals."""
    sign = "-" if amount < 0 else ""
    whole, _, paise = f"{abs(amount):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    while head:
        tail, head = f"{head[-2:]},{tail}", head[:-2]
    return f"{sign}₹{tail}.{paise}"
