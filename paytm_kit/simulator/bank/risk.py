"""The gateway's own rules against misuse, as a table: each refusal says rule, count, limit and window in words.

Paytm's rules are not published. These are wide enough that neither ordinary use nor a load test meets them;
``PUT /_sim/settings {"risk_rules": {"card-velocity": {"limit": 3}}}`` narrows one for a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet, Sum

from paytm_kit.simulator.models import Transaction

HOUR = 3600


class Rule(NamedTuple):
    name: str
    counts: str  # "attempts", "otp-failures" or "amount"
    of: str  # a field of Transaction for the first two, a method for the last
    limit: int  # the highest that passes; rupees for an amount
    window_seconds: int  # 0: this payment alone
    respcode: str
    words: str
    on: bool = True


TABLE = (
    Rule("card-velocity", "attempts", "card", 5000, HOUR, "810", "payments with this card"),
    Rule("vpa-velocity", "attempts", "upi", 20000, HOUR, "810", "payments from this UPI ID"),
    Rule("wallet-velocity", "attempts", "wallet", 5000, HOUR, "810", "payments from this wallet"),
    Rule("device-velocity", "attempts", "device", 50000, HOUR, "130", "payments from this device"),
    Rule("otp-failures", "otp-failures", "any", 500, HOUR, "372", "wrong one-time passwords for this card or wallet"),
    Rule("card-amount", "amount", "card", 1_000_000, 0, "118", "rupees by card"),
    Rule("upi-amount", "amount", "upi", 500_000, 0, "196", "rupees by UPI"),
    Rule("netbanking-amount", "amount", "netbanking", 1_000_000, 0, "118", "rupees by net banking"),
    Rule("wallet-amount", "amount", "wallet", 200_000, 0, "260", "rupees by wallet"),
)
BY_NAME = {rule.name: rule for rule in TABLE}
CHANGEABLE: dict[str, tuple[type, str]] = {
    "limit": (int, "a whole number, zero or more"),
    "window_seconds": (int, "a whole number of seconds, zero or more"),
    "on": (bool, "true or false"),
}


class Refusal(NamedTuple):
    respcode: str
    why: str


def rules(changes: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The table with the changes of ``World.risk_rules`` laid into it."""
    return tuple(rule._replace(**changes.get(rule.name, {})) for rule in TABLE)


def fault(changes: Any) -> tuple[str, str] | None:
    """The field that is wrong in a change of the rules, and why; None when it can be taken."""
    if not isinstance(changes, dict):
        return "risk_rules", 'Must be an object such as {"card-velocity": {"limit": 3}}; {} puts the table back.'
    for name, change in changes.items():
        field = f"risk_rules.{name[:40]}"
        if name not in BY_NAME:
            return field, f"There is no such rule. Known: {', '.join(BY_NAME)}."
        if not isinstance(change, dict):
            return field, f"Must be an object of {', '.join(CHANGEABLE)}."
        for key, value in change.items():
            if key not in CHANGEABLE:
                return f"{field}.{key[:20]}", f"There is no such field. Known: {', '.join(CHANGEABLE)}."
            kind, meaning = CHANGEABLE[key]
            fits = type(value) is kind  # true is no number here
            if not fits or not 0 <= value < 2**31:
                return f"{field}.{key}", f"Must be {meaning}."
    return None


def table_json(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules that hold, as the control plane shows and takes them."""
    return {rule.name: {name: getattr(rule, name) for name in CHANGEABLE} for rule in rules(changes)}


def refusal(row: Transaction, changes: Mapping[str, Mapping[str, Any]], now: datetime) -> Refusal | None:
    """Why the gateway refuses a new attempt, counted with the attempt itself; None when it lets it pass."""
    for rule in rules(changes):
        found = _count(rule, row, now) if rule.on else None
        if found is not None and found > rule.limit:
            window = f" within {rule.window_seconds} s" if rule.window_seconds else ""
            why = f"{rule.name}: {found} {rule.words}{window}, at most {rule.limit} are allowed"
            return Refusal(rule.respcode, why)
    return None


def _count(rule: Rule, row: Transaction, now: datetime) -> Decimal | None:
    if rule.counts == "amount":
        return row.amount if row.method == rule.of else None
    if rule.of not in ("any", "device", row.method):
        return None
    field = "device" if rule.of == "device" else "card_token"
    if not getattr(row, field):
        return None
    others = Transaction.objects.exclude(pk=row.pk).filter(
        **{field: getattr(row, field)}, started_at__gt=now - timedelta(seconds=rule.window_seconds)
    )
    return Decimal(COUNTS[rule.counts](others))


COUNTS: dict[str, Callable[[QuerySet[Transaction]], int]] = {
    "attempts": lambda others: others.count() + 1,
    "otp-failures": lambda others: others.aggregate(sum=Sum("otp_failures"))["sum"] or 0,
}
