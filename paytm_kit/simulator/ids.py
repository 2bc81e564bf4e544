"""The ids that Paytm and the banks would invent. With a seed the same run draws the same ids."""

from __future__ import annotations

import random
import threading
from datetime import datetime

from paytm_kit.simulator.bank.cards import with_check_digit
from paytm_kit.simulator.clock import ist

_lock = threading.Lock()
_source: random.Random = random.SystemRandom()
AUTH_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ACQUIRER_BIN = "400001"  # invented


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
    """12 digits: a bank's or wallet's own reference."""
    return _digits(12)


def rrn(moment: datetime) -> str:
    """A retrieval reference number: 12 digits, the first four are the last digit of the year and the day in it."""
    return ist(moment, "%Y%j")[3:] + _digits(8)


def arn(moment: datetime) -> str:
    """An acquirer reference number: 23 digits; kind, the acquirer's BIN, the day, a count and a check digit."""
    return with_check_digit(f"7{ACQUIRER_BIN}{ist(moment, '%Y%j')[3:]}{_digits(11)}")


def auth_code() -> str:
    """Six capital letters or digits: an issuer's approval."""
    with _lock:
        return "".join(_source.choices(AUTH_LETTERS, k=6))


def token() -> str:
    """32 hex characters and 13 digits that look like an epoch, as Paytm's do (the epoch is drawn, not read)."""
    with _lock:
        return f"{_source.getrandbits(128):032x}{1_700_000_000_000 + _source.randrange(10**11)}"
