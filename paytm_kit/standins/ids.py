"""The ids that the gateways would invent. Drawn from the simulator's source: the same seed draws the same ids."""

from __future__ import annotations

import hashlib
import string

from paytm_kit.simulator import ids

LETTERS = string.ascii_letters + string.digits
CAPITALS = string.ascii_uppercase + string.digits


def draw(alphabet: str, length: int) -> str:
    """``length`` characters, at most 40 of 62."""
    number = int(hashlib.sha256(ids.token().encode()).hexdigest(), 16)
    found = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        found.append(alphabet[place])
    return "".join(found)


def page_token() -> str:
    """Opens a hosted page; it cannot be guessed from the gateway's id."""
    return draw(LETTERS, 32)
