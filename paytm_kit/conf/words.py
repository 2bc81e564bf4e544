"""Settings that are currencies, e-mail addresses or words; several of them: a list, or separated by commas."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def currency(value: object) -> str:
    """Three letters of ISO 4217, such as INR. Raises ValueError."""
    text = str(value).strip()
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("no currency")
    return text


def several(value: Any) -> tuple[str, ...]:
    """``"a, b"`` or ``["a", "b"]`` → ``("a", "b")``."""
    given = value.split(",") if isinstance(value, str) else value
    return tuple(word for word in (str(item).strip() for item in given) if word)


def address(value: object) -> str:
    """One address, with or without a name: ``Kadamb <orders@example.com>``. Raises ValueError."""
    text = str(value).strip()
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError:
        raise ValueError("no e-mail address") from None
    if not text.isprintable():
        raise ValueError("more than one line")
    return text


def addresses(value: Any) -> tuple[str, ...]:
    """Any number of addresses. Raises ValueError."""
    return tuple(address(item) for item in several(value))


def some_of(*known: str) -> Callable[[Any], tuple[str, ...]]:
    """Reads a list of these words, in the order in which they are known; raises ValueError for another word."""

    def cast(value: Any) -> tuple[str, ...]:
        chosen = several(value)
        if not set(chosen) <= set(known):
            raise ValueError("another word")
        return tuple(word for word in known if word in chosen)

    return cast
