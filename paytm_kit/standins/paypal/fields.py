"""What PayPal takes in a field. Each check raises errors.Wrong with the field's JSON pointer."""

from __future__ import annotations

import re
from typing import Any

from paytm_kit.standins import formats
from paytm_kit.standins.paypal.errors import Wrong

# developer.paypal.com/docs/api/reference/currency-codes. INR is not among them.
CURRENCIES = frozenset(
    "AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP SGD SEK CHF THB USD".split()
)
NO_DECIMALS = frozenset({"HUF", "JPY", "TWD"})
_AMOUNT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


def decimals(currency: str) -> int:
    return 0 if currency in NO_DECIMALS else 2


def part(said: dict[str, Any], name: str, pointer: str) -> dict[str, Any]:
    """An object that must be there."""
    value = said.get(name)
    if value is None:
        raise Wrong("MISSING_REQUIRED_PARAMETER", f"{pointer}/{name}")
    if not isinstance(value, dict):
        raise Wrong("INVALID_PARAMETER_SYNTAX", f"{pointer}/{name}")
    return value


def text(said: dict[str, Any], name: str, pointer: str, longest: int) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise Wrong("INVALID_PARAMETER_SYNTAX", f"{pointer}/{name}")
    if len(value) > longest:
        raise Wrong("INVALID_STRING_LENGTH", f"{pointer}/{name}")
    return value


def amount(said: dict[str, Any], pointer: str) -> tuple[int, str]:
    """Minor units and currency of ``{"currency_code", "value"}``."""
    for name in ("currency_code", "value"):
        if not said.get(name):
            raise Wrong("MISSING_REQUIRED_PARAMETER", f"{pointer}/{name}")
    currency, value = said["currency_code"], said["value"]
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise Wrong("INVALID_PARAMETER_SYNTAX", f"{pointer}/currency_code")
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise Wrong("INVALID_PARAMETER_SYNTAX", f"{pointer}/value")
    if currency not in CURRENCIES:
        raise Wrong("CURRENCY_NOT_SUPPORTED", f"{pointer}/currency_code")
    return _minor(value, currency, pointer), currency


def _minor(value: str, currency: str, pointer: str) -> int:
    whole, _, fraction = value.partition(".")
    if currency in NO_DECIMALS and fraction:
        raise Wrong("DECIMALS_NOT_SUPPORTED", f"{pointer}/value")
    found = formats.minor(value.removeprefix("-"), decimals(currency))
    if found is None:
        raise Wrong("DECIMAL_PRECISION", f"{pointer}/value")
    if found == 0 or whole.startswith("-"):
        raise Wrong("CANNOT_BE_ZERO_OR_NEGATIVE", f"{pointer}/value")
    return found


def written(minor: int, currency: str) -> dict[str, str]:
    return {"currency_code": currency, "value": formats.plain(minor, decimals(currency))}
