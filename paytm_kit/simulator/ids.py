"""The ids that Paytm would invent. With a seed the same run draws the same ids."""

from __future__ import annotations

import random
import threading
from datetime import datetime

from paytm_kit.simulator.clock import ist

_lock = threading.Lock()
_source: random.Random = random.SystemRandom()


def reseed(seed: int | None) -> None:
    """Starts the sequence again; None draws from the system, unpredictably."""
    global _source
    with _lock:
        _source = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - repeatable on purpose


def _digits(count: int) -> str:
    with _lock:
        return f"{_source.randrange(10**count):0{count}d}"


def txn_id(moment: datetime) -> str:
    """35 digits that begin with the day, as Paytm's do."""
    return ist(moment, "%Y%m%d") + _digits(27)


def bank_txn_id() -> str:
    """12 digits, the shape of a retrieval reference number."""
    return _digits(12)


def token() -> str:
    """32 hex characters and 13 digits that look like an epoch, as Paytm's do (the epoch is drawn, not read)."""
    with _lock:
        return f"{_source.getrandbits(128):032x}{1_700_000_000_000 + _source.randrange(10**11)}"
