"""What a merchant wants to know of a period at one look. Every number is added up by the database, in few queries.

``build`` asks the same number of questions whatever there is in the ledger. Payments of different environments are
never added up, for test money is no money, nor are those of different currencies: each sum stands under its currency.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit import conf
from paytm_kit.conf.tables import ENVIRONMENTS
from paytm_kit.currencies import INR
from paytm_kit.gateways.base import Account, ConfigurationError
from paytm_kit.models import Dispute, Payment, ReconcileRun, Refund, WireMessage
from paytm_kit.services import announce, outages, periods
from paytm_kit.services.intake import WEBHOOK
from paytm_kit.services.overview_numbers import NOTHING, Amounts, Group, Money, Overview, Scope, Tally, together
from paytm_kit.services.periods import BadPeriod, Slice

MOST_ROWS = 12  # of a list that could be long: banks, reasons
MOST_DISPUTES = 20
Status = Payment.Status

# How long a payment has been open, at most; the last one has no end.
AGES: tuple[tuple[Any, timedelta | None], ...] = (
    (_("up to 15 minutes"), timedelta(minutes=15)),
    (_("15 minutes to an hour"), timedelta(hours=1)),
    (_("1 to 24 hours"), timedelta(hours=24)),
    (_("1 to 3 days"), timedelta(hours=72)),
    (_("over 3 days"), None),
)


class BadQuestion(ValueError):
    """The overview was asked for something that it does not know. ``str()`` says what to choose, for a person."""


def accounts() -> list[str]:
    """The names of the configured accounts; none when the settings cannot be read."""
    try:
        return list(conf.raw_accounts())
    except ConfigurationError:
        return []


def _environment_of(account: str) -> str:
    found = _settings_of(account)
    return found.environment if found else ""


def _settings_of(account: str) -> Account | None:
    try:
        return conf.account(account)
    except ConfigurationError:
        return None


def scope(asked: Mapping[str, str]) -> Scope:
    """Reads a form's answers: period, from, to, environment, account. Raises BadQuestion and BadPeriod."""
    period = periods.read(asked.get("period", ""), asked.get("from", ""), asked.get("to", ""))
    account = asked.get("account", "")
    if account and account not in accounts() and not Payment.objects.filter(account=account).exists():
        raise BadQuestion(gettext("There is no such account. Choose one of the list."))
    environment = asked.get("environment", "") or _default_environment(account)
    if environment not in ENVIRONMENTS:
        raise BadQuestion(gettext("There is no such environment. Choose one of the list."))
    return Scope(period, environment, account)


def _default_environment(account: str) -> str:
    names = [account] if account else accounts()
    found = {_environment_of(name) for name in names}
    return next((name for name in ENVIRONMENTS if name in found), ENVIRONMENTS[0])


def build(asked: Scope) -> Overview:
    """All of it, in a fixed number of queries."""
    payments = Payment.objects.filter(asked.within()).order_by()
    made = payments.filter(created_at__gte=asked.period.begin, created_at__lt=asked.period.end)
    modes = _tallies(made, "payment_mode")
    everything = together("", modes)
    return Overview(
        scope=asked,
        now=timezone.now(),
        money=_money(asked, payments),
        modes=modes,
        banks=_banks(made, everything),
        reasons=_reasons(made, everything.failed),
        ages=_ages(payments),
        flags=_flags(payments),
        refunds=_refunds(asked),
        unheard=_unheard(asked),
        not_begun=outages.lately(asked.within("payment__")),
        disputes=_disputes(asked),
        disputed=_disputed(asked),
        webhook=_webhook(asked),
        runs=list(ReconcileRun.objects.filter(account__in=("", asked.account) if asked.account else ("", *accounts()))),
    )


def _money(asked: Scope, payments: QuerySet[Payment]) -> dict[str, list[Money]]:
    """By when it happened: captures by their payment's, refunds and lost disputes by when they were decided."""
    slices: list[Slice] = asked.period.slices()
    refunds = Refund.objects.filter(asked.within("payment__"), status=Refund.Status.SUCCEEDED)
    disputes = Dispute.objects.filter(asked.within("payment__"), status__in=Dispute.TAKEN)
    came = periods.totals(payments, "paid_at", "captured_amount", slices, by="currency")
    back = periods.totals(refunds, "closed_at", "amount", slices, by="payment__currency")
    amount = Coalesce("amount", "payment__captured_amount")
    lost = periods.totals(disputes, "closed_at", amount, slices, by="payment__currency")
    none = (0, NOTHING)
    usual = _usual_currency(asked)
    others = {currency for currency, _number in (*came, *back, *lost)} - {usual}
    return {
        currency: [
            Money(part.label, *came.get(at, none), *back.get(at, none), lost.get(at, none)[1])
            for part, at in ((part, (currency, number)) for number, part in enumerate(slices))
        ]
        for currency in (usual, *sorted(others))
    }


def _usual_currency(asked: Scope) -> str:
    """That of the account, or of the first one of the environment."""
    names = [asked.account] if asked.account else [n for n in accounts() if _environment_of(n) == asked.environment]
    found = _settings_of(names[0]) if names else None
    return found.currency if found else INR


def _tallies(made: QuerySet[Payment], column: str, most: int | None = None) -> list[Tally]:
    """How the payments ended, by what stands in this column; the most frequent first."""
    counts = {
        "paid": Count("pk", filter=Q(status=Status.PAID)),
        "failed": Count("pk", filter=Q(status=Status.FAILED)),
        "expired": Count("pk", filter=Q(status=Status.EXPIRED)),
        "open": Count("pk", filter=Q(status__in=Payment.OPEN)),
    }
    rows = made.values(column).annotate(every=Count("pk"), **counts).order_by("-every", column)[:most]
    return [Tally(row[column], *(row[name] for name in counts)) for row in rows]


def _banks(made: QuerySet[Payment], everything: Tally) -> list[Tally]:
    """The banks with the most payments; the others together. A gateway writes any name that it likes."""
    found = _tallies(made, "bank_name", MOST_ROWS)
    shown = together("", found)
    if shown.all >= everything.all:
        return found
    parts = ("paid", "failed", "expired", "open")
    left = (max(getattr(everything, part) - getattr(shown, part), 0) for part in parts)
    return [*found, Tally(gettext("other banks"), *left)]


def _reasons(made: QuerySet[Payment], failed: int) -> list[Group]:
    """Why payments failed: the gateway's code with the sentence that the shopper read."""
    ended = made.filter(status=Status.FAILED)
    currencies = list(ended.values_list("currency", flat=True).distinct())
    sums = {f"total{number}": Sum("amount", filter=Q(currency=one)) for number, one in enumerate(currencies)}
    rows: Any = (
        ended.values("code", "shopper_text_source")
        .annotate(rows=Count("pk"), **sums)
        .order_by("-rows", "code")[:MOST_ROWS]
    )
    found = [
        Group(
            _said(row["shopper_text_source"]),
            row["rows"],
            {one: row[f"total{number}"] for number, one in enumerate(currencies) if row[f"total{number}"]},
            row["code"],
        )
        for row in rows
    ]
    others = failed - sum(row.count for row in found)
    return [*found, Group(gettext("other reasons"), others)] if others > 0 else found


def _said(source: str) -> str:
    return gettext(source) if source else gettext("The gateway gave no reason, or a person closed it.")


def _ages(payments: QuerySet[Payment]) -> list[Group]:
    """Payments still open now, whenever they were made, by how long they have been."""
    now = timezone.now()
    parts: dict[str, Any] = {}
    younger: datetime | None = None
    for number, (_label, age) in enumerate(AGES):
        older = now - age if age else None
        within = Q()
        within &= Q(created_at__lte=younger) if younger else Q()
        within &= Q(created_at__gt=older) if older else Q()
        parts |= {f"rows{number}": Count("pk", filter=within), f"total{number}": Sum("amount", filter=within)}
        younger = older
    rows: list[Any] = list(payments.filter(status__in=Payment.OPEN).values("currency").annotate(**parts))
    return [
        Group(
            str(label),
            sum(row[f"rows{number}"] for row in rows),
            {row["currency"]: row[f"total{number}"] for row in rows if row[f"total{number}"]},
        )
        for number, (label, _age) in enumerate(AGES)
    ]


def _flags(payments: QuerySet[Payment]) -> list[Group]:
    """Payments with open flags, by flag; one with two counts in both."""
    # "Above empty" and not "other than empty": only of the first an index knows where to look.
    rows = payments.filter(flags__gt="").values("flags", "currency").annotate(rows=Count("pk"), total=Sum("amount"))
    counts: Counter[str] = Counter()
    amounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        for word in row["flags"].split():
            counts[word] += row["rows"]
            amounts[word][row["currency"]] += row["total"]
    return [Group("", count, amounts[word], word) for word, count in counts.most_common()]


def _refunds(asked: Scope) -> Group:
    """Refunds under way now."""
    rows = Refund.objects.filter(asked.within("payment__"), status__in=Refund.OPEN)
    found = _by_currency(rows, "amount", oldest=Min("requested_at"))
    since = min((row["oldest"] for row in found), default=None)
    return Group("", sum(row["rows"] for row in found), _amounts(found), since=since)


def _by_currency(rows: QuerySet[Any], amount: Any, **more: Any) -> list[dict[str, Any]]:
    """How many, and the sum of their amounts, for each currency of these refunds' or disputes' payments."""
    grouped = rows.order_by().values("payment__currency")
    return list(grouped.annotate(rows=Count("pk"), total=Sum(amount), **more))


def _amounts(rows: list[dict[str, Any]]) -> Amounts:
    return {row["payment__currency"]: row["total"] for row in rows}


def _unheard(asked: Scope) -> list[Group]:
    """Announcements that the shop's code has not taken, by signal; ``code`` is the signal."""
    rows = announce.unheard().filter(asked.within("event__payment__")).order_by()
    grouped = rows.values("signal").annotate(rows=Count("pk"), oldest=Min("created_at")).order_by("-rows", "signal")
    return [Group("", row["rows"], code=row["signal"], since=row["oldest"]) for row in grouped]


def _open_disputes(asked: Scope) -> QuerySet[Dispute]:
    return Dispute.objects.undecided().filter(asked.within("payment__"))


def _disputes(asked: Scope) -> list[Dispute]:
    """The undecided ones whose answer is due first."""
    found = _open_disputes(asked).select_related("payment")
    return list(found.order_by(Coalesce("due_at", "opened_at"), "pk")[:MOST_DISPUTES])


def _disputed(asked: Scope) -> Group:
    amount = Coalesce("amount", "payment__captured_amount")
    found = _by_currency(_open_disputes(asked), amount)
    return Group("", sum(row["rows"] for row in found), _amounts(found))


def _webhook(asked: Scope) -> WireMessage | None:
    """The last one that came to an account of this environment, good or bad."""
    names = [asked.account] if asked.account else [n for n in accounts() if _environment_of(n) == asked.environment]
    found = WireMessage.objects.filter(channel=WEBHOOK, account__in=names)
    return found.defer("request_body", "response_body").order_by("-created_at").first()


__all__ = ["AGES", "BadPeriod", "BadQuestion", "Overview", "Scope", "accounts", "build", "scope"]
