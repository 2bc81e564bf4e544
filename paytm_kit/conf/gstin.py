"""What a GST number looks like, and whether its last character fits. Pure."""

from __future__ import annotations

import re

# State code, PAN, number of the registration under that PAN, a letter, check character. Source: GST portal,
# "Know Your GSTIN".
_FORM = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z][A-Z][0-9A-Z]")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def checked(value: object) -> str:
    """The number without spaces and in capitals. Raises ValueError when it is none, or a character was mistyped."""
    number = re.sub(r"[\s-]", "", str(value)).upper()
    if number and (not _FORM.fullmatch(number) or check_character(number[:14]) != number[14]):
        raise ValueError("no GSTIN")
    return number


def check_character(first_14: str) -> str:
    """Luhn's method with 36 characters: every second one counts twice, and both digits (base 36) of it are added."""
    total = 0
    for at, character in enumerate(first_14):
        product = _ALPHABET.index(character) * (1 + at % 2)
        total += product // 36 + product % 36
    return _ALPHABET[-total % 36]
