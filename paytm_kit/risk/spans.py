"""How a stretch of time is written in settings: ``45s``, ``10m``, ``2h``, ``30d``. Pure."""

from __future__ import annotations

import re
from datetime import timedelta

_SPAN = re.compile(r"([1-9][0-9]{0,3})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def read(text: str) -> timedelta:
    """``"10m"`` → ten minutes. Raises ValueError for anything else, and beyond 366 days."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no stretch of time: write 45s, 10m, 2h or 30d")
    span = timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    if span > timedelta(days=366):
        raise ValueError(f"{text!r} is longer than a year")
    return span


def write(span: timedelta) -> str:
    """The shortest text that reads back as this span."""
    seconds = int(span.total_seconds())
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"
