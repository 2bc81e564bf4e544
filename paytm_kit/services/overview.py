"""What a merchant wants to know of a period at one look. Every number is added up by the database, in few queries.

``build`` asks the same number of questions whatever there is in the ledger. Money is rupees. Payments of different
environments are never added up: test money is no money.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
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
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Dispute, Payment, ReconcileRun, Refund, WireMessage
from paytm_kit.services import announce, periods
from paytm_kit.services.intake import WEBHOOK
from paytm_kit.services.periods import BadPeriod, Period, Slice

NOTHING = Decimal("0.00")
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


@dataclass(frozen=True, slots=True)
class Scope:
    """Which payments are looked at. ``account``: of this account only; empty: of all."""

    period: Period
    environment: str
    account: str = ""

    def within(self, path: str = "") -> Q:
        """Rows of this environment and account; ``path`` leads from them to their payment, such as ``payment__``."""
        found = Q(**{f"{path}environment": self.environment})
        return found & Q(**{f"{path}account": self.account}) if self.account else found


@dataclass(frozen=True, slots=True)
class Money:
    """What came in and went back in one slice of the period, or in all of it."""

    label: str = ""
    payments: int = 0
    came: Decimal = NOTHING
    refunds: int = 0
    back: Decimal = NOTHING
    lost: Decimal = NOTHING

    @property
    def net(self) -> Decimal:
        return self.came - self.back - self.lost


@dataclass(frozen=True, slots=True)
class Tally:
    """How payments ended. ``rate`` is of those that the bank decided, from 0 to 1; ``None`` where it decided none."""

    name: str
    paid: int = 0
    failed: int = 0
    expired: int = 0
    open: int = 0

    @property
    def all(self) -> int:
        return self.paid + self.failed + self.expired + self.open

    @property
    def rate(self) -> float | None:
        decided = self.paid + self.failed
        return self.paid / decided if decided else None


@dataclass(frozen=True, slots=True)
class Group:
    """So many rows over so many rupees. ``code`` and ``text`` say of what; ``since`` is the oldest one's time."""

    text: str
    count: int
    amount: Decimal = NOTHING
    code: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    scope: Scope
    now: datetime
    money: list[Money]
    modes: list[Tally]
    banks: list[Tally]
    reasons: list[Group]
    ages: list[Group]
    flags: list[Group]
    refunds: Group
    unheard: list[Group]
    disputes: list[Dispute]
    disputed: Group
    webhook: WireMessage | None
    runs: list[ReconcileRun]

    @property
    def total(self) -> Money:
        """The whole period."""
        return Money(
            payments=sum(part.payments for part in self.money),
            came=sum((part.came for part in self.money), NOTHING),
            refunds=sum(part.refunds for part in self.money),
            back=sum((part.back for part in self.money), NOTHING),
            lost=sum((part.lost for part in self.money), NOTHING),
        )

    @property
    def outcome(self) -> Tally:
        """All payments of the period together."""
        return _together("", self.modes)


def accounts() -> list[str]:
    """The names of the configured accounts; none when the settings cannot be read."""
    try:
        return list(conf.raw_accounts())
    except ConfigurationError:
        return []


def _environment_of(account: str) -> str:
    try:
        return conf.account(account).environment
    except ConfigurationError:
        return ""


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
    everything = _together("", modes)
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
        disputes=_disputes(asked),
        disputed=_disputed(asked),
        webhook=_webhook(asked),
        runs=list(ReconcileRun.objects.filter(account__in=("", asked.account) if asked.account else ("", *accounts()))),
    )


def _money(asked: Scope, payments: QuerySet[Payment]) -> list[Money]:
    """By when it happened: captures by their payment's, refunds and lost disputes by when they were decided."""
    slices: list[Slice] = asked.period.slices()
    refunds = Refund.objects.filter(asked.within("payment__"), status=Refund.Status.SUCCEEDED)
    disputes = Dispute.objects.filter(asked.within("payment__"), status__in=Dispute.TAKEN)
    came = periods.totals(payments, "paid_at", "captured_amount", slices)
    back = periods.totals(refunds, "closed_at", "amount", slices)
    lost = periods.totals(disputes, "closed_at", Coalesce("amount", "payment__captured_amount"), slices)
    none = (0, NOTHING)
    return [
        Money(part.label, *came.get(number, none), *back.get(number, none), lost.get(number, none)[1])
        for number, part in enumerate(slices)
    ]


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


def _together(name: str, tallies: list[Tally]) -> Tally:
    return Tally(name, *(sum(getattr(one, part) for one in tallies) for part in ("paid", "failed", "expired", "open")))


def _banks(made: QuerySet[Payment], everything: Tally) -> list[Tally]:
    """The banks with the most payments; the others together. A gateway writes any name that it likes."""
    found = _tallies(made, "bank_name", MOST_ROWS)
    shown = _together("", found)
    if shown.all >= everything.all:
        return found
    parts = ("paid", "failed", "expired", "open")
    left = (max(getattr(everything, part) - getattr(shown, part), 0) for part in parts)
    return [*found, Tally(gettext("other banks"), *left)]


def _reasons(made: QuerySet[Payment], failed: int) -> list[Group]:
    """Why payments failed: the gateway's code with the sentence that the shopper read."""
    rows = (
        made.filter(status=Status.FAILED)
        .values("code", "shopper_text_source")
        .annotate(rows=Count("pk"), total=Sum("amount"))
        .order_by("-rows", "code")[:MOST_ROWS]
    )
    found = [Group(_said(row["shopper_text_source"]), row["rows"], row["total"], row["code"]) for row in rows]
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
    row = payments.filter(status__in=Payment.OPEN).aggregate(**parts)
    return [
        Group(str(label), row[f"rows{number}"], row[f"total{number}"] or NOTHING)
        for number, (label, _age) in enumerate(AGES)
    ]


def _flags(payments: QuerySet[Payment]) -> list[Group]:
    """Payments with open flags, by flag; one with two counts in both."""
    # "Above empty" and not "other than empty": only of the first an index knows where to look.
    rows = payments.filter(flags__gt="").values("flags").annotate(rows=Count("pk"), total=Sum("amount"))
    counts: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for row in rows:
        for word in row["flags"].split():
            counts[word] += row["rows"]
            amounts[word] += row["total"]
    return [Group("", count, Decimal(amounts[word]), word) for word, count in counts.most_common()]


def _refunds(asked: Scope) -> Group:
    """Refunds under way now."""
    rows = Refund.objects.filter(asked.within("payment__"), status__in=Refund.OPEN)
    found = rows.aggregate(rows=Count("pk"), total=Sum("amount"), oldest=Min("requested_at"))
    return Group("", found["rows"], found["total"] or NOTHING, since=found["oldest"])


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
    found = _open_disputes(asked).order_by().aggregate(rows=Count("pk"), total=Sum(amount))
    return Group("", found["rows"], found["total"] or NOTHING)


def _webhook(asked: Scope) -> WireMessage | None:
    """The last one that came to an account of this environment, good or bad."""
    names = [asked.account] if asked.account else [n for n in accounts() if _environment_of(n) == asked.environment]
    found = WireMessage.objects.filter(channel=WEBHOOK, account__in=names)
    return found.defer("request_body", "response_body").order_by("-created_at").first()


__all__ = ["AGES", "BadPeriod", "BadQuestion", "Overview", "Scope", "accounts", "build", "scope"]
