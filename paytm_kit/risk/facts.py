"""What a rule can look at: facts about a payment that is about to start, in numbers. Pure.

A fact is ``amount``, or a subject and a measure such as ``device_failures``. It is not known (``None``) where its
subject is not: a browser without the kit's cookie has no device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

MOST = 500  # of the newest earlier payments of a customer, device or address are looked at

# Flags of a payment that say: what came was not what was sold, or not for whom it was sold.
MISMATCHES = frozenset(
    "amount_mismatch currency_mismatch merchant_mismatch order_mismatch notice_mismatch transaction_conflict".split()
)


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier payment."""

    at: datetime
    status: str
    amount: Decimal
    flags: frozenset[str]
    customer: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A payment that is about to start, and what went before it: subject → its earlier payments, if it is known."""

    amount: Decimal
    customer: str
    now: datetime
    before: Mapping[str, Sequence[Past]] = field(default_factory=dict)

    def value(self, fact: str, window: timedelta | None) -> Decimal | None:
        """The number; ``window=None`` looks back as far as payments are known. ``None``: not known."""
        if fact == AMOUNT:
            return self.amount
        subject, measure = FACTS[fact]
        before = self.before.get(subject)
        if before is None:
            return None
        since = self.now - window if window is not None else None
        return Decimal(MEASURES[measure](self, [past for past in before if since is None or past.at >= since]))


def _amount(facts: Facts, before: Sequence[Past]) -> Decimal:
    return sum((past.amount for past in before if past.status == "paid"), facts.amount)


# Measure → how it is taken of the earlier payments of a subject.
MEASURES: Mapping[str, Callable[[Facts, Sequence[Past]], Decimal | int]] = {
    "payments": lambda facts, before: len(before),
    "paid": lambda facts, before: sum(past.status == "paid" for past in before),
    "failures": lambda facts, before: sum(past.status == "failed" for past in before),
    "mismatches": lambda facts, before: sum(bool(past.flags & MISMATCHES) for past in before),
    "customers": lambda facts, before: len({past.customer for past in before} | {facts.customer}),
    "amount": _amount,
}
MEANINGS: Mapping[str, str] = {
    "payments": "payments opened before this one",
    "paid": "of these, paid",
    "failures": "of these, failed",
    "mismatches": "of these, flagged because what the gateway reported did not fit",
    "customers": "different customers, this one included",
    "amount": "rupees paid, this payment included",
}
SUBJECTS = ("customer", "device", "address")
AMOUNT = "amount"

# Fact → (subject, measure). ``amount`` alone is the payment's own amount, in rupees.
FACTS: Mapping[str, tuple[str, str]] = {
    AMOUNT: ("", AMOUNT),
    **{
        f"{subject}_{measure}": (subject, measure)
        for subject in SUBJECTS
        for measure in MEASURES
        if (subject, measure) != ("customer", "customers")
    },
}
