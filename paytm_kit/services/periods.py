"""Cuts time into the merchant's days: which moments a period holds, and into which hours, days or months it is divided.

All is computed here, as moments, in the site's TIME_ZONE: no database needs to know time zones (MariaDB's often knows
none), and days of 23 or 25 hours are as long as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from django.db.models import Case, Count, DecimalField, IntegerField, QuerySet, Sum, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

RANGE = "range"
LONGEST = 366  # days
FIRST_YEAR = 2000


class BadPeriod(ValueError):
    """The period cannot be understood. ``str()`` says what to write instead, for a person."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One bar of a chart and one row of its table: from ``begin`` until before ``end``."""

    begin: datetime
    end: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Period:
    """The days ``first`` to ``last`` of the merchant's calendar, both of them whole."""

    name: str
    first: date
    last: date
    zone: tzinfo

    @property
    def begin(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer part of it."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def slices(self) -> list[Slice]:
        """Hours of up to two days, days of up to two months, else months."""
        cut = next(cut for longest, cut in CUTS if self.days <= longest)
        return cut(self)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _hours(period: Period) -> list[Slice]:
    """By elapsed hours, so that an hour that the clock shows twice is two."""
    begin, end = (moment.astimezone(UTC) for moment in (period.begin, period.end))
    shown = "H:i" if period.days == 1 else "j M H:i"
    found = []
    while begin < end:
        after = min(begin + timedelta(hours=1), end)  # where clocks change by half an hour, the last one is short
        found.append(Slice(begin, after, date_format(begin.astimezone(period.zone), shown)))
        begin = after
    return found


def _days(period: Period) -> list[Slice]:
    days = [period.first + timedelta(days=number) for number in range(period.days)]
    return [
        Slice(_midnight(day, period.zone), _midnight(day + timedelta(days=1), period.zone), date_format(day, "j M"))
        for day in days
    ]


def _months(period: Period) -> list[Slice]:
    starts = [period.first]
    while (after := _next_month(starts[-1])) <= period.last:
        starts.append(after)
    ends = [*starts, period.last + timedelta(days=1)]
    return [
        Slice(_midnight(begin, period.zone), _midnight(end, period.zone), date_format(begin, "M Y"))
        for begin, end in pairwise(ends)
    ]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


CUTS: tuple[tuple[int, Callable[[Period], list[Slice]]], ...] = ((2, _hours), (62, _days), (LONGEST, _months))

# What a person may choose, with its first and last day as seen from today.
NAMED: dict[str, tuple[Any, Callable[[date], tuple[date, date]]]] = {
    "today": (_("Today"), lambda today: (today, today)),
    "yesterday": (_("Yesterday"), lambda today: (today - timedelta(days=1), today - timedelta(days=1))),
    "7d": (_("Last 7 days"), lambda today: (today - timedelta(days=6), today)),
    "30d": (_("Last 30 days"), lambda today: (today - timedelta(days=29), today)),
    "month": (_("This month"), lambda today: (today.replace(day=1), today)),
}


def read(name: str, first: str = "", last: str = "") -> Period:
    """The period of these words from a form; without a name, the last 7 days or the given days. Raises BadPeriod."""
    zone = timezone.get_default_timezone()
    today = timezone.now().astimezone(zone).date()
    name = name or (RANGE if first or last else "7d")
    if name in NAMED:
        return Period(name, *NAMED[name][1](today), zone)
    if name != RANGE:
        raise BadPeriod(gettext("There is no such period. Choose one of the list."))
    if not (first and last):
        raise BadPeriod(gettext("Give both days, the first and the last."))
    found = Period(name, _day(first), _day(last), zone)
    if found.first > found.last:
        raise BadPeriod(gettext("The first day comes after the last. Exchange them."))
    if found.days > LONGEST:
        text = ngettext("At most %(days)s day at once.", "At most %(days)s days at once.", LONGEST)
        raise BadPeriod(text % {"days": LONGEST})
    if found.first > today:
        raise BadPeriod(gettext("These days are still to come."))
    return found


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_YEAR <= day.year < 9999:
        values = {"text": text[:20], "example": "2026-11-21"}
        raise BadPeriod(gettext("“%(text)s” is no day. Write it like %(example)s.") % values)
    return day


def totals(
    rows: QuerySet[Any], moment: str, amount: Any, slices: Sequence[Slice], *, by: str
) -> dict[tuple[str, int], tuple[int, Any]]:
    """How many rows, and what they sum up to, by the column ``by`` (their currency) and the number of the slice that
    holds their ``moment``.

    One query that groups in the database; slices without rows are left out.
    """
    bounds = {f"{moment}__gte": slices[0].begin, f"{moment}__lt": slices[-1].end}
    whens = [When(**{f"{moment}__lt": part.end}, then=Value(number)) for number, part in enumerate(slices)]
    grouped = (
        rows.filter(**bounds)
        .order_by()
        .annotate(slice=Case(*whens, output_field=IntegerField()))
        .values(by, "slice")
        .annotate(rows=Count("pk"), total=Sum(amount, output_field=DecimalField(max_digits=20, decimal_places=2)))
    )
    return {(row[by], row["slice"]): (row["rows"], row["total"]) for row in grouped}
