"""The overview page at the desk: which numbers are asked for, and those that are read first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin.overview_cells import count_of, rate_of, sums_of
from paytm_kit.admin.overview_sections import SECTIONS, money_sections
from paytm_kit.conf.tables import ENVIRONMENTS
from paytm_kit.services import overview, periods
from paytm_kit.services.overview_numbers import Group, Money, Overview

TEMPLATE = "admin/paytm_kit/overview.html"
ASKED = ("period", "from", "to", "environment", "account")
WORDS = {"production": _("Production"), "staging": _("Staging"), "simulator": _("Simulator")}


def overview_view(desk: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The page; a question that cannot be understood is answered by a sentence and no numbers."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    asked = {name: request.GET.get(name, "").strip() for name in ASKED}
    context = {
        **desk.admin_site.each_context(request),
        "title": gettext("Overview"),
        "opts": desk.opts,
        "media": desk.media,
        "asked": asked,
        "may_export": request.user.has_perm("paytm_kit.export_payment"),
    }
    try:
        scope = overview.scope(asked)
    except (overview.BadQuestion, overview.BadPeriod) as error:
        return render(request, TEMPLATE, {**context, "problem": str(error), **_choices(asked)}, status=400)
    seen = overview.build(scope)
    sections = [*money_sections(seen), *(make(desk, seen) for make in SECTIONS)]
    asked |= {"environment": scope.environment, "period": scope.period.name}
    asked |= {"from": scope.period.first.isoformat(), "to": scope.period.last.isoformat()}
    context |= {
        "seen": seen,
        "zone": settings.TIME_ZONE,
        "tiles": _tiles(seen),
        "sections": sections,
        "charts": {section.name: section.chart for section in sections if section.bars and section.rows},
        **_choices(asked),
    }
    return render(request, TEMPLATE, context)


def _choices(asked: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What the form offers; an account that is in the ledger only is offered while it is chosen."""
    names = overview.accounts()
    if asked["account"] and asked["account"] not in names:
        names = [*names, asked["account"]]
    days = [(name, str(label)) for name, (label, _cut) in periods.NAMED.items()]
    return {
        "periods": [*days, (periods.RANGE, gettext("From … to …"))],
        "environments": [(name, str(WORDS[name])) for name in ENVIRONMENTS],
        "accounts": [("", gettext("All accounts")), *((name, name) for name in names)],
    }


# ---- Tiles


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of the page's head. ``alarming`` ones are marked by a sign as well as by colour."""

    label: str
    text: str
    detail: str = ""
    anchor: str = ""
    alarming: bool = False


def _tiles(seen: Overview) -> list[Tile]:
    total, outcome = seen.total.values(), seen.outcome
    waiting = sum(age.count for age in seen.ages)
    flagged, unheard = sum(flag.count for flag in seen.flags), sum(row.count for row in seen.unheard)
    too_old = bool(seen.ages[-1].count)
    gone = gettext("%(back)s refunded, %(lost)s lost in disputes") % {
        "back": _each(seen, lambda money: money.back),
        "lost": _each(seen, lambda money: money.lost),
    }
    decided = gettext("%(paid)s of %(decided)s that the bank decided") % {
        "paid": count_of(outcome.paid).text,
        "decided": count_of(outcome.paid + outcome.failed).text,
    }
    pieces = gettext("payments: %(count)s") % {"count": count_of(sum(each.payments for each in total)).text}
    return [
        Tile(gettext("Money in"), _each(seen, lambda money: money.came), pieces, "money"),
        Tile(gettext("Money back"), _each(seen, lambda money: money.back + money.lost), gone, "money"),
        Tile(gettext("Net, before fees"), _each(seen, lambda money: money.net), "", "money"),
        Tile(gettext("Success rate"), rate_of(outcome.rate).text, decided, "modes"),
        Tile(gettext("Open payments, now"), count_of(waiting).text, _oldest(seen.ages), "ages", too_old),
        Tile(gettext("Open flags, now"), count_of(flagged).text, "", "flags", bool(flagged)),
        Tile(gettext("Refunds under way, now"), count_of(seen.refunds.count).text, _sums(seen, seen.refunds), "now"),
        Tile(gettext("Not announced, now"), count_of(unheard).text, "", "unheard", bool(unheard)),
        Tile(gettext("Open disputes, now"), count_of(seen.disputed.count).text, _sums(seen, seen.disputed), "disputes"),
    ]


def _each(seen: Overview, part: Callable[[Money], Decimal]) -> str:
    """This part of the period's money, in each currency."""
    return sums_of({currency: part(money) for currency, money in seen.total.items()}, seen).text


def _sums(seen: Overview, group: Group) -> str:
    return sums_of(group.amounts, seen).text


def _oldest(ages: list[Group]) -> str:
    found = [age for age in ages if age.count]
    return gettext("the oldest: %(age)s") % {"age": found[-1].text} if found else ""
