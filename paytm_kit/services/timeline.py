"""A payment's story: all that is kept about it, from every table, merged into one line in the order of time.

A page of it costs one query for each source (services/telling), however long the story is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from paytm_kit.models import Payment
from paytm_kit.services.telling import SOURCES, Entry, Source

PAGE = 200  # entries of one page


@dataclass(frozen=True, slots=True)
class Story:
    """One page of it, oldest entry first. ``older`` is the cursor of the page before; empty at the beginning."""

    entries: tuple[Entry, ...]
    older: str


def read(payment: Payment, sources: Sequence[Source], *, before: str = "", limit: int = PAGE) -> Story:
    """The newest entries, or the newest ones before the cursor ``before``. A cursor that is none means the newest."""
    cursor = _read_cursor(before)
    found: list[tuple[tuple[datetime, int, int], Source, Any]] = []
    for source in sources:
        rank = SOURCES.index(source)
        rows = source.rows(payment).order_by(F(source.when).desc(), "-pk")
        if cursor is not None:
            rows = rows.filter(_earlier(source.when, rank, cursor))
        found += [((getattr(row, source.when), rank, row.pk), source, row) for row in rows[: limit + 1]]
    found.sort(key=lambda each: each[0], reverse=True)
    page = found[:limit]
    entries = tuple(source.tell(row) for _key, source, row in reversed(page))
    return Story(entries, _cursor(page[-1][0]) if len(found) > limit else "")


def _earlier(when: str, rank: int, cursor: tuple[datetime, int, int]) -> Q:
    """What stands before the cursor in the order of time, source and primary key."""
    at, at_rank, pk = cursor
    before = Q(**{f"{when}__lt": at})
    if rank < at_rank:
        return before | Q(**{when: at})
    return before | Q(**{when: at, "pk__lt": pk}) if rank == at_rank else before


def _cursor(key: tuple[datetime, int, int]) -> str:
    at, rank, pk = key
    return f"{at.astimezone(timezone.get_default_timezone()).isoformat()}|{SOURCES[rank].name}|{pk}"


def _read_cursor(text: str) -> tuple[datetime, int, int] | None:
    at, _bar, rest = text.partition("|")
    name, _bar, pk = rest.partition("|")
    ranks = {source.name: rank for rank, source in enumerate(SOURCES)}
    try:
        moment = parse_datetime(at.replace(" ", "+"))  # a "+" that an address lost
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment) or not 1900 < moment.year < 9999:  # what any database can compare
        return None
    if name not in ranks or not (pk.isascii() and pk.isdigit()):
        return None
    return moment, ranks[name], min(int(pk[:19]), 2**63 - 1)


def visible(may: Callable[[str], bool], only: str = "") -> Iterable[Source]:
    """The sources that somebody may see; ``only`` one of them, when it is named. ``may`` is asked for each right."""
    allowed = [source for source in SOURCES if may(source.right)]
    chosen = [source for source in allowed if source.name == only]
    return chosen or allowed
