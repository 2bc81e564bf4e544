"""The tables of the overview: which there are, and what stands in each."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from paytm_kit import modes
from paytm_kit.admin.overview_cells import Bars, Cell, Section, count_of, money_of, rate_of, sums_of, when_of
from paytm_kit.models import Dispute, Flag
from paytm_kit.services.overview_numbers import Money, Overview, Tally


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
