"""The settings of the REST API: their types, and how throttles are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from paytm_kit.risk import spans

# What is throttled → how many requests in how long, for each user, or for each address of those not signed in.
THROTTLES: Mapping[str, str] = {"pay": "30/1m", "refund": "30/1m", "read": "300/1m"}
OFF = "off"

Rate = tuple[int, int]  # requests, seconds


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The settings whose names begin with API. Seconds and hours as their names say; secrets sign plain notices."""

    api_order_resolver: str
    api_callback_secret: str
    api_previous_callback_secret: str
    api_callback_tolerance: int
    api_idempotency_hours: int
    api_throttles: Mapping[str, Rate]


def read(value: object) -> Mapping[str, Rate]:
    """``pay=30/1m, read=off`` → requests and seconds; what is not named keeps its default, ``off`` has no row.

    In Python also ``{"pay": "30/1m"}``. What was read already stays as it is. Raises ValueError.
    """
    if isinstance(value, Mapping):
        if value and all(isinstance(rate, tuple) for rate in value.values()):
            return value
        value = ",".join(f"{name}={rate}" for name, rate in value.items())
    chosen = dict(THROTTLES)
    for part in filter(None, (part.strip() for part in str(value).split(","))):
        name, _, rate = (each.strip() for each in part.partition("="))
        if part == OFF:
            chosen = dict.fromkeys(THROTTLES, OFF)
        elif name not in THROTTLES:
            raise ValueError(f"{name} is not throttled")
        else:
            chosen[name] = rate
    return {name: _rate(rate) for name, rate in chosen.items() if rate != OFF}


def _rate(text: str) -> Rate:
    count, _, window = text.partition("/")
    span: timedelta = spans.read(window)
    if not (count.isascii() and count.isdigit() and 0 < int(count) <= 1_000_000 and span >= timedelta(seconds=1)):
        raise ValueError("not requests/time")
    return int(count), int(span.total_seconds())
