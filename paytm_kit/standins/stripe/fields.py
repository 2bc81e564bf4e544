"""What Stripe takes in a parameter. Each check raises errors.Wrong with the parameter's name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from paytm_kit.masking import one_line
from paytm_kit.standins.stripe.errors import Wrong

MOST_METADATA, LONGEST_NAME, LONGEST_VALUE = 50, 40, 500  # docs.stripe.com/api/metadata
LARGEST = 99_999_999  # minor units: eight digits (docs.stripe.com/currencies, minimum and maximum charge amounts)
# docs.stripe.com/currencies: no minor units; three places.
NO_DECIMALS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())


def decimals(currency: str) -> int:
    """UGX and ISK are sent with two places, although they have none."""
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def known(said: dict[str, Any], names: Iterable[str]) -> None:
    for name in said:
        if name not in names:
            raise Wrong(f"Received unknown parameter: {one_line(name, 80)}", param=name[:80], code="parameter_unknown")


def required(said: dict[str, Any], name: str, param: str = "") -> Any:
    if said.get(name) in (None, "", [], {}):
        param = param or name
        raise Wrong(f"Missing required param: {param}.", param=param, code="parameter_missing")
    return said[name]


def text(value: Any, param: str, longest: int = 5000) -> str:
    if not isinstance(value, str):
        raise Wrong(f"Invalid string: {param}", param=param)
    if len(value) > longest:
        raise Wrong(f"Invalid string: {param} must be at most {longest} characters", param=param)
    return value


def integer(value: Any, param: str) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,12}", value, re.ASCII):
        raise Wrong(f"Invalid integer: {one_line(str(value), 40)}", param=param, code="parameter_invalid_integer")
    return int(value)


def amount(value: Any, param: str, currency: str) -> int:
    """Minor units above zero; of a currency with three places the last must be 0."""
    found = integer(value, param)
    if found < 1:
        raise Wrong("Invalid positive integer", param=param, code="parameter_invalid_integer")
    if found > LARGEST:
        raise Wrong(f"Amount must be no more than {LARGEST} minor units", param=param, code="amount_too_large")
    if decimals(currency) == 3 and found % 10:
        raise Wrong("Amounts in this currency must end in 0", param=param)
    return found


def currency(value: Any, param: str) -> str:
    """In capitals, although it is sent in small letters."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-zA-Z]{3}", value):
        raise Wrong(f"Invalid currency: {one_line(str(value), 20)}", param=param)
    return value.upper()


def metadata(value: Any, param: str = "metadata") -> dict[str, str]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict) or len(value) > MOST_METADATA:
        raise Wrong(f"Invalid {param}: an object of at most {MOST_METADATA} texts", param=param)
    for name, said in value.items():
        text(said, f"{param}[{name[:40]}]", LONGEST_VALUE)
        if len(name) > LONGEST_NAME:
            raise Wrong(f"Metadata names have at most {LONGEST_NAME} characters", param=param)
    return value


def created(said: dict[str, Any]) -> dict[str, datetime]:
    """``created[gte]`` and ``created[lte]`` (Unix seconds) of a list, by these names."""
    bounds = said.get("created", {})
    if not isinstance(bounds, dict) or not bounds.keys() <= {"gte", "lte"}:
        raise Wrong("created must be an object of gte and lte.", param="created")
    seconds = {name: integer(value, f"created[{name}]") for name, value in bounds.items()}
    return {name: datetime.fromtimestamp(max(0, min(value, 4_102_444_800)), UTC) for name, value in seconds.items()}


def expand(said: dict[str, Any], allowed: Iterable[str]) -> list[str]:
    wanted = said.get("expand", [])
    for path in wanted if isinstance(wanted, list) else [str(wanted)]:
        if path not in allowed:
            raise Wrong(f"This property cannot be expanded ({one_line(str(path), 60)}).", param="expand")
    return wanted if isinstance(wanted, list) else []
