"""The desk's filters: days of the merchant's calendar as plain ranges, age, flags, and values without a table scan."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit import modes
from paytm_kit.admin import badges
from paytm_kit.models import Flag, Payment, PaymentEvent, Refund

_DAY = re.compile(r"((?:19|2[0-9])[0-9]{2})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")  # years that databases can compare


def span(text: str) -> tuple[datetime, datetime]:
    """``2026``, ``2026-11`` or ``2026-11-21``: its first moment, and the first one after it, in the current time zone.

    A range of moments can be answered by an index on any database; ``__date`` and Django's ``date_hierarchy`` need the
    database to know time zones, and MariaDB often does not. Raises ValueError.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!a} is no year, month or day.")
    year, month, day = (int(part) if part else None for part in found.groups())
    zone = timezone.get_current_timezone()
    first = datetime(year or 0, month or 1, day or 1, tzinfo=zone)  # in the zone's own clock: days with 23 hours count
    if day:
        after = datetime.combine(first.date() + timedelta(days=1), first.timetz())
    elif month:
        after = first.replace(year=first.year + month // 12, month=month % 12 + 1)
    else:
        after = first.replace(year=first.year + 1)
    return first, after


class DayFilter(admin.SimpleListFilter):
    """Year, month, day, each step leading into the next. Which years there are, two looks into an index say."""

    title = _("day")
    parameter_name = "day"
    template = "admin/paytm_kit/day_filter.html"
    field: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        found = model_admin.model._default_manager.order_by().aggregate(first=Min(self.field), last=Max(self.field))
        zone = timezone.get_current_timezone()
        self.ends = [found[name].astimezone(zone).date() for name in ("first", "last") if found[name] is not None]
        return [("", "")]  # so that Django keeps the filter; ``choices`` says what is shown

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if not self.value():
            return None
        try:
            first, after = span(self.value() or "")
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from None
        return queryset.filter(**{f"{self.field}__gte": first, f"{self.field}__lt": after})

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value() or ""
        today = timezone.localdate().isoformat()
        steps = [("", gettext("All days")), (today, gettext("Today"))]
        steps += [(text, label) for text, label in self._way(chosen) if text != today]
        for text, label in steps:
            yield self._choice(changelist, text, label, chosen, "step")
        for text, label in self._next(chosen):
            yield self._choice(changelist, text, label, chosen, "day" if text.count("-") == 2 else "step")

    def _choice(self, changelist: Any, text: str, label: str, chosen: str, shape: str) -> dict[str, Any]:
        remove = [] if text else [self.parameter_name]
        link = changelist.get_query_string({self.parameter_name: text} if text else {}, remove)
        return {"selected": text == chosen, "query_string": link, "display": label, "shape": shape}

    @staticmethod
    def _way(chosen: str) -> list[tuple[str, str]]:
        """From the year down to what is chosen, so that each step leads back."""
        found = _DAY.fullmatch(chosen)
        if found is None:
            return []
        year, month, day = found.groups()
        way = [(year, year)]
        if month:
            way.append((f"{year}-{month}", f"{MONTHS[int(month)]} {year}"))
        if day:
            way.append((chosen, f"{int(day)} {MONTHS[int(month)]} {year}"))
        return way

    def _next(self, chosen: str) -> list[tuple[str, str]]:
        """The years, the chosen year's months, or the chosen month's days, from the first row to the last."""
        if not self.ends:
            return []
        first, last = self.ends[0], self.ends[-1]
        year, _dash, month = (chosen if len(chosen) < 10 else chosen[:7]).partition("-")
        if not year:
            return [(str(number), str(number)) for number in range(first.year, last.year + 1)]
        if not month:
            every = [(f"{year}-{number:02}", str(MONTHS[number])) for number in range(1, 13)]
            return [(text, label) for text, label in every if f"{first:%Y-%m}" <= text <= f"{last:%Y-%m}"]
        days = range(1, calendar.monthrange(int(year), int(month))[1] + 1)
        every = [(f"{year}-{month}-{number:02}", str(number)) for number in days]
        return [(text, label) for text, label in every if first.isoformat() <= text <= last.isoformat()]


def by_day(field: str) -> type[DayFilter]:
    """The day filter over this column, which has an index."""
    return type("DayFilter", (DayFilter,), {"field": field})


class AgeFilter(admin.SimpleListFilter):
    title = _("age")
    parameter_name = "open_for"
    AGES = {
        "15m": (timedelta(minutes=15), _("Open for more than 15 minutes")),
        "1h": (timedelta(hours=1), _("Open for more than an hour")),
        "6h": (timedelta(hours=6), _("Open for more than 6 hours")),
        "24h": (timedelta(hours=24), _("Open for more than a day")),
        "72h": (timedelta(hours=72), _("Open for more than 3 days")),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(name, str(label)) for name, (age, label) in self.AGES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        age = self.AGES.get(self.value() or "")
        if age is None:
            return None
        return queryset.filter(status__in=Payment.OPEN, created_at__lt=timezone.now() - age[0])


class FlagFilter(admin.SimpleListFilter):
    title = _("flag")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        own = [(flag.value, str(badges.FLAGS[flag])) for flag in Flag]
        return [("any", gettext("any flag")), *own, ("resolved", gettext("resolved by a person"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() == "any":
            return queryset.filter(flags__gt="")  # "above empty": of "other than empty" an index knows nothing
        if self.value() == "resolved":
            events = PaymentEvent.objects.filter(payment=OuterRef("pk"), kind=PaymentEvent.Kind.FLAG_RESOLVED)
            return queryset.filter(Exists(events))
        if not self.value():
            return None
        words = Concat(Value(" "), F("flags"), Value(" "), output_field=TextField())
        flagged = queryset.filter(flags__gt="")  # by its index; what is left is few
        return flagged.alias(flag_words=words).filter(flag_words__contains=f" {self.value()} ")


class RecentValues(admin.SimpleListFilter):
    """The values of one column among the newest rows: one short query for all such filters of a page.

    Django's own asks for every different value of the whole table. A value that is chosen is offered always.
    """

    NEWEST = 2000
    columns: tuple[str, ...]  # of all such filters of this list
    column: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        found = _recent(request, model_admin.model, self.columns)
        values = {row[self.columns.index(self.column)] for row in found} | {self.value()}
        return [(value, self.label(value)) for value in sorted(value for value in values if value)]

    @staticmethod
    def label(value: str) -> str:
        return value

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1 or bool(self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(**{self.column: self.value()}) if self.value() else None


def _recent(request: HttpRequest, model: Any, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    key = f"_paytm_kit_recent_{model._meta.model_name}"
    if not hasattr(request, key):
        newest = model._default_manager.order_by("-created_at").values_list(*columns)[: RecentValues.NEWEST]
        setattr(request, key, list({tuple(row) for row in newest}))
    found: list[tuple[str, ...]] = getattr(request, key)
    return found


class ModeFilter(RecentValues):
    @staticmethod
    def label(value: str) -> str:
        return modes.in_words(value)


def recent(base: type[RecentValues] = RecentValues, **columns: Any) -> list[type[RecentValues]]:
    """One filter for each column; ``columns`` gives each one's title, or title and class."""
    made = []
    for column, title in columns.items():
        title, kind = title if isinstance(title, tuple) else (title, base)
        values = {"title": title, "parameter_name": column, "column": column, "columns": tuple(columns)}
        made.append(type(f"Recent{column.title()}", (kind,), values))
    return made


class OpenRefundFilter(admin.SimpleListFilter):
    title = _("age")
    parameter_name = "open_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        days = {"1d": gettext("Open for more than a day"), "7d": gettext("Open for more than 7 days")}
        return [*days.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        days = {"1d": 1, "7d": 7}.get(self.value() or "")
        if days is None:
            return None
        return queryset.filter(status__in=Refund.OPEN, requested_at__lt=timezone.now() - timedelta(days=days))


class FailingFilter(admin.SimpleListFilter):
    title = _("trouble")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("failing", gettext("Tried in vain")), ("late", gettext("Waiting for more than a minute"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        waiting = Q(state="waiting")
        found = {
            "failing": waiting & Q(attempts__gt=0),
            "late": waiting & Q(created_at__lt=timezone.now() - timedelta(minutes=1)),
        }
        return queryset.filter(found[self.value() or ""]) if self.value() in found else None
