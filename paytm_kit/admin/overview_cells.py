"""What the overview's tables and charts are made of: cells, bars, sections, and how numbers and times are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext

from paytm_kit.money import shown
from paytm_kit.services.overview_numbers import NOTHING, Amounts, Overview


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what it says, and the number behind it for the chart. ``right``: a number's place is at the right."""

    text: str
    number: float | None = None
    url: str = ""
    right: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """One colour of a chart: which column of the table it shows."""

    column: int
    tone: str  # a class of overview.css: main, good, bad, quiet


@dataclass(frozen=True, slots=True)
class Section:
    """One table, with the chart of some of its columns."""

    name: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    foot: Sequence[Cell] = ()
    empty: str = ""
    lying: bool = False  # its bars lie, so that long names can be read
    bars: Sequence[Bars] = field(default_factory=tuple)
    most: int | None = None  # what its bars can reach, where that is known

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Each column's head, and whether it holds numbers."""
        return [(head, bool(self.rows) and self.rows[0][number].right) for number, head in enumerate(self.heads)]

    @property
    def chart(self) -> dict[str, Any]:
        """What overview.js draws: the table's own numbers, with the texts that the table shows."""
        series = [
            {
                "label": self.heads[bars.column],
                "tone": bars.tone,
                "values": [row[bars.column].number for row in self.rows],
                "texts": [row[bars.column].text for row in self.rows],
            }
            for bars in self.bars
        ]
        labels = [row[0].text for row in self.rows]
        return {"labels": labels, "lying": self.lying, "most": self.most, "series": series}


def count_of(number: int, url: str = "") -> Cell:
    return Cell(number_format(number, force_grouping=True), number, url, right=True)


def money_of(amount: Decimal, currency: str) -> Cell:
    return Cell(shown(amount, currency), float(amount), right=True)


def sums_of(amounts: Amounts, seen: Overview) -> Cell:
    """Each currency's sum beside the others; nothing at all is zero of the usual one."""
    usual = next(iter(seen.money))
    found = sorted(amounts, key=lambda currency: (currency != usual, currency)) or [usual]
    return Cell(" · ".join(shown(amounts.get(currency, NOTHING), currency) for currency in found), right=True)


def rate_of(rate: float | None) -> Cell:
    """In percent with one decimal, rounded down: 99.96 % is not all."""
    if rate is None:
        return Cell("-", right=True)
    tenths = int(rate * 1000 + 1e-9)
    return Cell(f"{number_format(Decimal(tenths) / 10, 1)} %", tenths / 10, right=True)


def when_of(moment: Any) -> str:
    """In the site's zone: ``21 Nov 2026, 16:00 (5 minutes ago)``."""
    at = date_format(moment.astimezone(timezone.get_default_timezone()), "j M Y, H:i")
    return gettext("%(at)s (%(ago)s ago)") % {"at": at, "ago": timesince(moment, depth=1)}
