"""The tables of the overview, and the charts of the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext

from paytm_kit import modes
from paytm_kit.models import Dispute, Flag
from paytm_kit.money import shown
from paytm_kit.services.overview_numbers import NOTHING, Amounts, Money, Overview, Tally


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


def _list_url(desk: admin.ModelAdmin, **query: str) -> str:
    page = reverse("admin:paytm_kit_payment_changelist", current_app=desk.admin_site.name)
    return f"{page}?{urlencode(query)}"


def _within(seen: Overview) -> dict[str, str]:
    """The list's filters for what the overview looks at now; its period is not among them."""
    account = {"account": seen.scope.account} if seen.scope.account else {}
    return {"environment": seen.scope.environment, **account}


def money_sections(seen: Overview) -> list[Section]:
    """One for each currency; the usual one's is called "money"."""
    several = len(seen.money) > 1
    return [
        _money_section(
            f"money-{currency}" if number else "money",
            f"{gettext('Money')} ({currency})" if several else gettext("Money"),
            seen,
            currency,
        )
        for number, currency in enumerate(seen.money)
    ]


def _money_section(name: str, title: str, seen: Overview, currency: str) -> Section:
    def row(part: Money, label: str) -> list[Cell]:
        return [
            Cell(label),
            count_of(part.payments),
            money_of(part.came, currency),
            count_of(part.refunds),
            money_of(part.back, currency),
            money_of(part.lost, currency),
            money_of(part.net, currency),
        ]

    return Section(
        name,
        title,
        [
            gettext("When"),
            gettext("Payments"),
            gettext("Came in"),
            gettext("Refunds"),
            gettext("Went back"),
            gettext("Lost in disputes"),
            gettext("Net"),
        ],
        [row(part, part.label) for part in seen.money[currency]],
        gettext("By when the ledger heard of it. Fees are in the settlements."),
        row(seen.total[currency], gettext("Together")),
        bars=(Bars(2, "main"), Bars(4, "bad")),
    )


def _tally_section(name: str, title: str, first: str, shown: list[tuple[str, Tally]], foot: Tally | None) -> Section:
    def row(label: str, tally: Tally) -> list[Cell]:
        counts = (tally.paid, tally.failed, tally.expired, tally.open)
        return [Cell(label), *(count_of(number) for number in counts), rate_of(tally.rate)]

    return Section(
        name,
        title,
        [
            first,
            gettext("Paid"),
            gettext("Failed"),
            gettext("Never completed"),
            gettext("Still open"),
            gettext("Success rate"),
        ],
        [row(label, tally) for label, tally in shown],
        gettext("Of the payments made in this period: paid of those that the bank decided, paid or failed."),
        row(gettext("Together"), foot) if foot else (),
        gettext("No payments were made in this period."),
        lying=True,
        bars=(Bars(5, "main"),),
        most=100,
    )


def _modes_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    shown = [(modes.in_words(tally.name) or gettext("not told"), tally) for tally in seen.modes]
    title = gettext("Success by payment mode")
    return _tally_section("modes", title, gettext("Payment mode"), shown, seen.outcome if shown else None)


def _banks_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    shown = [(tally.name or gettext("not told"), tally) for tally in seen.banks]
    return _tally_section("banks", gettext("Success by bank"), gettext("Bank"), shown, None)


def _reasons_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    rows = [
        [Cell(" ".join(filter(None, (row.code, row.text)))), count_of(row.count), sums_of(row.amounts, seen)]
        for row in seen.reasons
    ]
    return Section(
        "reasons",
        gettext("Failures by reason"),
        [gettext("Code, and what the shopper read"), gettext("Payments"), gettext("Amount")],
        rows,
        gettext("Of the payments made in this period."),
        empty=gettext("No payment failed in this period."),
        lying=True,
        bars=(Bars(1, "bad"),),
    )


def _ages_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    return Section(
        "ages",
        gettext("Open payments by age, now"),
        [gettext("Open for"), gettext("Payments"), gettext("Amount")],
        [[Cell(row.text), count_of(row.count), sums_of(row.amounts, seen)] for row in seen.ages],
        gettext("Whatever the period. Reconcile asks the gateway about them; over 3 days they are flagged as stuck."),
        lying=True,
        bars=(Bars(1, "main"),),
    )


def _flags_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    labels = dict(Flag.choices)
    rows = [
        [
            Cell(str(labels.get(row.code, row.code)), url=_list_url(desk, flag=row.code, **_within(seen))),
            count_of(row.count),
            sums_of(row.amounts, seen),
        ]
        for row in seen.flags
    ]
    return Section(
        "flags",
        gettext("Flagged for a person, now"),
        [gettext("Flag"), gettext("Payments"), gettext("Amount")],
        rows,
        empty=gettext("No payment has an open flag."),
    )


def _unheard_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    page = reverse("admin:paytm_kit_announcement_changelist", current_app=desk.admin_site.name)
    rows = [
        [
            Cell(row.code, url=f"{page}?{urlencode({'signal': row.code, 'state__exact': 'waiting'})}"),
            count_of(row.count),
            Cell(when_of(row.since)),
        ]
        for row in seen.unheard
    ]
    return Section(
        "unheard",
        gettext("Not yet announced to your code, now"),
        [gettext("Signal"), gettext("Announcements"), gettext("The oldest")],
        rows,
        gettext("A receiver raises, or nobody delivers them: paytm_reconcile tries again."),
        empty=gettext("Every announcement has been delivered."),
    )


def _disputes_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    more = seen.disputed.count - len(seen.disputes)
    return Section(
        "disputes",
        gettext("Open disputes, now"),
        [gettext("Dispute"), gettext("Order"), gettext("Amount"), gettext("Answer due")],
        [_dispute_row(desk, row) for row in seen.disputes],
        gettext("%(count)s more are not shown.") % {"count": more} if more > 0 else "",
        empty=gettext("There is no open dispute."),
    )


def _dispute_row(desk: admin.ModelAdmin, row: Dispute) -> list[Cell]:
    url = reverse("admin:paytm_kit_dispute_change", args=[row.pk], current_app=desk.admin_site.name)
    amount = row.payment.captured_amount if row.amount is None else row.amount
    return [
        Cell(row.dispute_id, url=url),
        Cell(row.payment.order_label),
        money_of(amount, row.currency),
        Cell(_due(row)),
    ]


def _due(row: Dispute) -> str:
    if row.due_at is None:
        return gettext("not told")
    if row.is_overdue:
        return "⚠ " + gettext("overdue since %(when)s") % {"when": when_of(row.due_at)}
    zone = timezone.get_default_timezone()
    days = (row.due_at.astimezone(zone).date() - timezone.now().astimezone(zone).date()).days
    day = date_format(row.due_at.astimezone(zone), "j M Y")
    return gettext("%(day)s (days left: %(days)s)") % {"day": day, "days": days}


def _now_section(desk: admin.ModelAdmin, seen: Overview) -> Section:
    rows = [[Cell(gettext("Last webhook")), Cell(_webhook(seen))]]
    names = [(run.account or gettext("all accounts"), run) for run in seen.runs]
    rows += [
        [
            Cell(gettext("Last reconcile of %(account)s") % {"account": name}),
            Cell(
                gettext("%(when)s: asked about %(asked)s, left for the next run %(left)s")
                % {"when": when_of(run.finished_at), "asked": run.asked, "left": run.left}
            ),
        ]
        for name, run in names
    ] or [[Cell(gettext("Last reconcile")), Cell("⚠ " + gettext("never: run manage.py paytm_reconcile from cron"))]]
    since = seen.refunds.since
    oldest = gettext("the oldest since %(when)s") % {"when": when_of(since)} if since else gettext("none")
    rows.append([Cell(gettext("Refunds under way")), Cell(oldest)])
    for account, count in seen.not_begun.items():
        said = gettext("payments that could not begin in the last hour: %(count)s") % {"count": count}
        rows.append([Cell(gettext("Account %(account)s") % {"account": account}), Cell("⚠ " + said)])
    return Section("now", gettext("What runs beside"), [gettext("What"), gettext("When")], rows)


def _webhook(seen: Overview) -> str:
    if seen.webhook is None:
        return gettext("none has come to an account of this environment")
    return f"{when_of(seen.webhook.created_at)}: {seen.webhook.get_verdict_display()}"


SECTIONS: tuple[Callable[[admin.ModelAdmin, Overview], Section], ...] = (
    _modes_section,
    _banks_section,
    _reasons_section,
    _ages_section,
    _flags_section,
    _disputes_section,
    _unheard_section,
    _now_section,
)
