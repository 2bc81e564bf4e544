"""Money as people and gateways write it, from whole minor units; addresses with more in their query. Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

SIGNS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
NO_BREAK = "\N{NO-BREAK SPACE}"


def plain(amount: int, decimals: int) -> str:
    """``24950`` with two places is ``249.50``."""
    sign, digits = ("-" if amount < 0 else ""), f"{abs(amount):0{decimals + 1}d}"
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


def money(amount: int, currency: str, decimals: int) -> str:
    """``₹ 249.50``; a currency without a sign of its own leads with its code."""
    return f"{SIGNS.get(currency, currency)}{NO_BREAK}{plain(amount, decimals)}"


def minor(text: str, decimals: int) -> int | None:
    """The minor units of a decimal text; None for what is no amount, or has more places than the currency."""
    whole, point, fraction = text.partition(".")
    digits = whole + fraction.ljust(decimals, "0")
    fits = whole.isascii() and whole.isdigit() and len(fraction) <= decimals and len(whole) <= 12
    fraction_fits = not point or (fraction.isascii() and fraction.isdigit())
    return int(digits) if fits and fraction_fits else None


def with_query(url: str, **extra: str) -> str:
    """The address with ``extra`` at the end of its query; "" stays so."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *extra.items()])
    return urlunsplit(parts._replace(query=query)) if url else ""
