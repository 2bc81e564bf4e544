"""How the simulator signs: with a fresh salt, or, so that a run can repeat, one that follows from seed and content."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from paytm_kit import checksum
from paytm_kit.simulator import options


def sign(payload: Mapping[str, str] | str, key: str) -> str:
    """``checksum.sign``; with ``--seed`` the same content always gets the same signature."""
    seed = options.current().seed
    return checksum.sign(payload, key, salt=None if seed is None else _salt(seed, payload))


def _salt(seed: int, payload: Mapping[str, str] | str) -> str:
    text = payload if isinstance(payload, str) else repr(sorted(payload.items()))
    digest = hashlib.sha256(f"{seed}:{text}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:3]).decode()  # four characters, as checksum's own salts
