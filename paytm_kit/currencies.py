"""How many decimals a currency has. Pure, and below every other room: the gateways read it as well.

Source: ISO 4217, list one (SIX, "Current currency & funds code list"), column "Mnr unt". A gateway's own exceptions
(Stripe takes MGA without decimals, PayPal HUF and TWD) are told in that gateway's room.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

INR = "INR"
USUAL = 2
STORED = 2  # what the ledger's columns hold; of a third decimal nothing can be kept, so none is taken

_UNUSUAL: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS: Mapping[str, int] = {code: exponent for exponent, codes in _UNUSUAL.items() for code in codes.split()}


def exponent(currency: str) -> int:
    """Decimals of the smaller unit: INR 2, JPY 0, KWD 3. ``currency``: three capital letters; an unknown code has 2."""
    return EXPONENTS.get(currency, USUAL)


def decimals(currency: str) -> int:
    """How many decimals an amount may have here: those of its currency, two at most."""
    return min(exponent(currency), STORED)


def fits(amount: Decimal, currency: str) -> bool:
    """Whether this amount can be paid in this currency: no half yen, no tenth of a paisa. Exact in any context."""
    _sign, digits, power = amount.as_tuple()
    if not isinstance(power, int):  # NaN, infinity
        return False
    beyond = -power - decimals(currency)
    return beyond <= 0 or not any(digits[-beyond:])
