"""What a rule can look at: facts about a payment that is about to start, in numbers. Pure.

A fact is ``amount``, or a subject and a measure such as ``device_failures``. It is not known (``None``) where its
subject is not: a browser without the kit's cookie has no device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from paytm_kit.currencies import INR

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
    currency: str = INR


@dataclass(frozen=True, slots=True)
class Facts:
    """A payment that is about to start, and what went before it: subject → its earlier payments, if it is known."""

    amount: Decimal
    customer: str
    now: datetime
    before: Mapping[str, Sequence[Past]] = field(default_factory=dict)
    currency: str = INR

    def value(self, fact: str, window: timedelta | None, currency: str = INR) -> Decimal | None:
        """The number; ``window=None`` looks back as far as payments are known. ``None``: not known.

        ``currency``: what amounts are asked for in. Nothing is converted: that of a payment in another is not known,
        and a sum leaves it out.
        """
        if fact == AMOUNT:
            return self.amount if self.currency == currency else None
        subject, measure = FACTS[fact]
        before = self.before.get(subject)
        if before is None:
            return None
        since = self.now - window if window is not None else None
        recent = [past for past in before if since is None or past.at >= since]
        return Decimal(MEASURES[measure](self, recent, currency))


def _amount(facts: Facts, before: Sequence[Past], currency: str) -> Decimal:
    own = facts.amount if facts.currency == currency else Decimal(0)
    return sum((past.amount for past in before if past.status == "paid" and past.currency == currency), own)


# Measure → how it is taken of the earlier payments of a subject.
MEASURES: Mapping[str, Callable[[Facts, Sequence[Past], str], Decimal | int]] = {
    "payments": lambda facts, before, currency: len(before),
    "paid": lambda facts, before, currency: sum(past.status == "paid" for past in before),
    "failures": lambda facts, before, currency: sum(past.status == "failed" for past in before),
    "mismatches": lambda facts, before, currency: sum(bool(past.flags & MISMATCHES) for past in before),
    "customers": lambda facts, before, currency: len({past.customer for past in before} | {facts.customer}),
    "amount": _amount,
}
MEANINGS: Mapping[str, str] = {
    "payments": "payments opened before this one",
    "paid": "of these, paid",
    "failures": "of these, failed",
    "mismatches": "of these, flagged because what the gateway reported did not fit",
    "customers": "different customers, this one included",
    "amount": "paid in the rule's currency, this payment included",
}
SUBJECTS = ("customer", "device", "address")
AMOUNT = "amount"

# Fact → (subject, measure). ``amount`` alone is the payment's own amount, if it is in the rule's currency.
FACTS: Mapping[str, tuple[str, str]] = {
    AMOUNT: ("", AMOUNT),
    **{
        f"{subject}_{measure}": (subject, measure)
        for subject in SUBJECTS
        for measure in MEASURES
        if (subject, measure) != ("customer", "customers")
    },
}
