"""How a person writes a time on the command line: how long ago, or when."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import datetime, timedelta

from django.utils import timezone

FIRST_YEAR = 2000
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HOW = "write how long ago (90m, 2h, 3d, 2w), a date (2026-11-21) or a date and time (2026-11-21T10:30)"


def span(text: str) -> timedelta:
    """``90m``, ``2h``, ``180d``, ``2w``. Raises ArgumentTypeError."""
    match = re.fullmatch(r"([1-9][0-9]{0,3})([mhdw])", text.strip(), re.ASCII)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is not understood: write a number and m, h, d or w, such as 180d.")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def moment(text: str) -> datetime:
    """The moment so long ago, or an ISO date or time, in the site's time zone if it names none.

    Raises ArgumentTypeError, also for a moment before the year 2000 or still to come.
    """
    now = timezone.now()
    try:
        return now - span(text)
    except ArgumentTypeError:
        pass
    try:
        found = datetime.fromisoformat(text.strip())
        found = found if found.year < FIRST_YEAR or timezone.is_aware(found) else timezone.make_aware(found)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is not understood: {HOW}.") from None
    if found.year < FIRST_YEAR:
        raise ArgumentTypeError(f"{text!r} is too long ago: {HOW}.")
    if found > now:
        raise ArgumentTypeError(f"{text!r} is still to come.")
    return found
