"""How the value of a setting is read, from Python or from the environment. Each raises ValueError."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from decouple import strtobool

from paytm_kit.money import rupees


class Secret(str):
    """Text that ``repr`` does not show: error pages and trackers print the ``repr`` of every variable."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


def boolean(value: object) -> bool:
    return value if isinstance(value, bool) else bool(strtobool(str(value).strip()))


def text(value: object) -> str:
    return str(value).strip()


def verbatim(value: object) -> str:
    """Keys are never trimmed or unquoted here: what the environment holds is what signs."""
    return Secret(value)


def origin(value: object) -> str:
    return text(value).rstrip("/")


def seconds(value: object) -> float:
    seconds = float(str(value))
    if not 0 < seconds <= 300:
        raise ValueError("not from 0 to 300")
    return seconds


def few_seconds(value: object) -> float:
    if (few := seconds(value)) > 60:
        raise ValueError("over 60")
    return few


def count(value: object) -> int:
    number = int(str(value))
    if number < 0:
        raise ValueError("below zero")
    return number


def days(value: object) -> int:
    number = count(value)
    if number > 36500:
        raise ValueError("more than a hundred years")
    return number


def some_days(value: object) -> int:
    if not (number := days(value)):
        raise ValueError("none")
    return number


def some_hours(value: object) -> int:
    if not 1 <= (number := count(value)) <= 8760:
        raise ValueError("none, or more than a year")
    return number


def amount(value: Any) -> Decimal:
    return rupees(value.strip() if isinstance(value, str) else value)


def one_of(*words: str) -> Callable[[object], str]:
    def cast(value: object) -> str:
        if (word := text(value)) not in words:
            raise ValueError("another word")
        return word

    return cast
