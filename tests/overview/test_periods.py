"""The merchant's days: cut by the merchant's clock, whatever the database knows of time zones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from paytm_kit.models import Payment
from paytm_kit.services import periods
from paytm_kit.services.periods import BadPeriod

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)

KOLKATA = ("Asia/Kolkata", "2026-11-19", "2026-11-21")
# A zone, the days asked for, and how long (in hours) the odd one among them is.
ODD_DAYS = [
    ("America/New_York", "2026-10-31", "2026-11-02", 25),
    ("America/New_York", "2026-03-07", "2026-03-09", 23),
    ("Australia/Lord_Howe", "2026-04-04", "2026-04-06", 24.5),
    ("Africa/Cairo", "2026-04-23", "2026-04-25", 23),  # midnight itself does not exist
]


@pytest.mark.parametrize(
    ("name", "first", "last", "slices"),
    [
        ("today", "2026-11-21", "2026-11-21", 24),
        ("yesterday", "2026-11-20", "2026-11-20", 24),
        ("7d", "2026-11-15", "2026-11-21", 7),
        ("30d", "2026-10-23", "2026-11-21", 30),
        ("month", "2026-11-01", "2026-11-21", 21),
        ("", "2026-11-15", "2026-11-21", 7),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_a_named_period_ends_today(name: str, first: str, last: str, slices: int) -> None:
    period = periods.read(name)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert len(period.slices()) == slices


@time_machine.travel("2026-11-20T19:00:00Z", tick=False)
def test_today_begins_at_midnight_in_india_and_not_in_greenwich() -> None:
    period = periods.read("today")
    assert period.begin == datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    assert period.end - period.begin == timedelta(days=1)


@time_machine.travel(NOW, tick=False)
def test_a_year_is_cut_into_months_whose_first_and_last_may_be_parts() -> None:
    slices = periods.read("range", "2025-12-10", "2026-11-21").slices()
    assert [part.label for part in slices][:2] == ["Dec 2025", "Jan 2026"]
    assert len(slices) == 12
    assert slices[0].begin == datetime(2025, 12, 9, 18, 30, tzinfo=UTC)
    assert slices[-1].end == datetime(2026, 11, 21, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "first", "last", "hours"), ODD_DAYS)
@time_machine.travel(NOW, tick=False)
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(
    settings: Any, zone: str, first: str, last: str, hours: float
) -> None:
    settings.TIME_ZONE = zone
    lengths = [
        (part.end.astimezone(UTC) - part.begin.astimezone(UTC)) / timedelta(hours=1)
        for part in periods.read("range", first, last).slices()
    ]
    assert sorted(lengths, key=lambda length: length == 24)[0] == hours
    assert lengths.count(24) == 2
    middle = periods.read("range", *[(datetime.fromisoformat(first) + timedelta(days=1)).date().isoformat()] * 2)
    assert sum((part.end - part.begin) / timedelta(hours=1) for part in middle.slices()) == hours


@pytest.mark.parametrize(
    ("name", "first", "last", "told"),
    [
        ("week", "", "", "no such period"),
        ("range", "", "2026-11-21", "both days"),
        ("range", "2026-11-31", "2026-12-01", "“2026-11-31” is no day"),
        ("range", "0001-01-01", "2026-11-21", "is no day"),
        ("range", "99999-01-01", "2026-11-21", "is no day"),
        ("range", "२०२६-११-२१", "2026-11-21", "is no day"),
        ("range", "2026-11-21", "2026-11-20", "after the last"),
        ("range", "2025-01-01", "2026-11-20", "At most 366 days"),
        ("range", "2026-11-22", "2026-11-23", "still to come"),
        ("", "2026-11-20", "", "both days"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_what_is_no_period_is_told_in_a_sentence(name: str, first: str, last: str, told: str) -> None:
    with pytest.raises(BadPeriod, match=told):
        periods.read(name, first, last)


# ---- In the database


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("zone", "first", "last"), [KOLKATA, *(row[:3] for row in ODD_DAYS)])
def test_the_database_puts_each_moment_into_its_own_day(
    settings: Any, start: Callable[..., Payment], zone: str, first: str, last: str
) -> None:
    """The judge is Python's own calendar of that zone, second by second around each midnight and each change."""
    settings.TIME_ZONE = zone
    with time_machine.travel(NOW, tick=False):
        period = periods.read("range", first, last)
    slices = period.slices()
    edges = [*(part.begin.astimezone(UTC) for part in slices), slices[-1].end.astimezone(UTC)]
    moments = [edge + step for edge in edges for step in (timedelta(seconds=-1), timedelta(0), timedelta(hours=2))]
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            start()
    found = periods.totals(Payment.objects.all(), "created_at", "amount", slices, by="currency")
    days = Counter(moment.astimezone(ZoneInfo(zone)).date() for moment in moments)
    counts = [days[part.begin.astimezone(ZoneInfo(zone)).date()] for part in slices]
    assert found == {("INR", number): (count, count * Decimal("499.00")) for number, count in enumerate(counts)}
