"""What the overview is made of: sums, counts and rates, each sum under its own currency. Asks the database nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from paytm_kit.models import Dispute, ReconcileRun, WireMessage
from paytm_kit.services.periods import Period

Amounts = Mapping[str, Decimal]  # by currency: never to be added up

NOTHING = Decimal("0.00")


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
    """What came in and went back in one slice of the period, or in all of it, in one currency."""

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
    """So many rows over so much, by currency. ``code`` and ``text`` say of what; ``since`` is the oldest one's time."""

    text: str
    count: int
    amounts: Amounts = field(default_factory=dict)
    code: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """``money`` and ``total`` are by currency: the usual one of the accounts first, which is there in any case."""

    scope: Scope
    now: datetime
    money: dict[str, list[Money]]
    modes: list[Tally]
    banks: list[Tally]
    reasons: list[Group]
    ages: list[Group]
    flags: list[Group]
    refunds: Group
    unheard: list[Group]
    not_begun: dict[str, int]
    disputes: list[Dispute]
    disputed: Group
    webhook: WireMessage | None
    runs: list[ReconcileRun]

    @property
    def total(self) -> dict[str, Money]:
        """The whole period."""
        return {currency: _in_all(parts) for currency, parts in self.money.items()}

    @property
    def outcome(self) -> Tally:
        """All payments of the period together."""
        return together("", self.modes)


def _in_all(parts: list[Money]) -> Money:
    return Money(
        payments=sum(part.payments for part in parts),
        came=sum((part.came for part in parts), NOTHING),
        refunds=sum(part.refunds for part in parts),
        back=sum((part.back for part in parts), NOTHING),
        lost=sum((part.lost for part in parts), NOTHING),
    )


def together(name: str, tallies: list[Tally]) -> Tally:
    return Tally(name, *(sum(getattr(one, part) for one in tallies) for part in ("paid", "failed", "expired", "open")))
