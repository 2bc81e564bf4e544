"""A rule: its name, the conditions that must all hold, what then happens, and why, in words. Pure.

As data: ``{"name": "many_failures", "when": "customer_failures >= 5 in 1h", "action": "flag", "reason": "…"}``. What is
wrong with one is a ``Problem`` that names rule and field; such a rule is left out and the others stand.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from paytm_kit.currencies import INR
from paytm_kit.risk import spans
from paytm_kit.risk.facts import AMOUNT, FACTS


class Action(StrEnum):
    """What follows, the mildest first."""

    FLAG = "flag"  # noted; the shopper pays and sees nothing of it
    VERIFY = "verify"  # a one-time code by e-mail first
    HOLD = "hold"  # a person decides first
    REFUSE = "refuse"  # not now


STRENGTH = tuple(Action)

COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}
MOST = 50  # rules

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CONDITION = re.compile(r"\s*(\S+)\s+(\S+)\s+(\S+)(?:\s+in\s+(\S+))?\s*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Condition:
    """``customer_failures >= 5 in 1h``: fact, comparison, threshold, window (``None``: as far back as is known)."""

    fact: str
    comparison: str
    threshold: Decimal
    window: timedelta | None = None

    def __str__(self) -> str:
        text = f"{self.fact} {self.comparison} {self.threshold}"
        return f"{text} in {spans.write(self.window)}" if self.window else text

    def holds(self, value: Decimal | None) -> bool:
        """Never of a fact that is not known."""
        return value is not None and COMPARISONS[self.comparison](value, self.threshold)


@dataclass(frozen=True, slots=True)
class Rule:
    """``reason`` is for the merchant; ``shopper_text``, if there is one, for the shopper, and gives no reason away.

    ``without_email`` is what happens instead of VERIFY where the order has no e-mail address. ``currency`` is what the
    amounts in its conditions are in: of a payment in another, a rule about its amount says nothing.
    """

    name: str
    conditions: tuple[Condition, ...]
    action: Action
    reason: str
    shopper_text: str = ""
    without_email: Action = Action.HOLD
    currency: str = INR


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: in which rule, in which of its fields, and how to mend it."""

    rule: str
    field: str
    what: str

    def __str__(self) -> str:
        return f'Rule "{self.rule}", {self.field}: {self.what}'


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules that can be used, and what is wrong with the others."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def window(self) -> Mapping[str, timedelta | None]:
        """How far back each subject has to be looked at; ``None`` is as far as is known."""
        found: dict[str, timedelta | None] = {}
        for condition in (condition for rule in self.rules for condition in rule.conditions):
            subject = FACTS[condition.fact][0]
            if not subject:
                continue
            known = found.get(subject, timedelta())
            found[subject] = None if known is None or condition.window is None else max(known, condition.window)
        return found


def read(value: Any, named: Mapping[str, Sequence[Mapping[str, Any]]]) -> Rulebook:
    """The rules that somebody wrote. Total: whatever is wrong becomes a Problem.

    ``value`` is a list of rules and of names from ``named``, JSON text of such a list, or names separated by commas.
    """
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    given, wrong = _items(value)
    problems += wrong
    for position, item in enumerate(given[:MOST], 1):
        for data in named.get(item, [item]) if isinstance(item, str) else [item]:
            if isinstance(data, str):
                problems.append(Problem(data[:60], "name", f"unknown; {_hint(data, named)}"))
                continue
            rule, found = _rule(data, position)
            if rule is not None and rule.name in rules:
                found = [Problem(rule.name, "name", "stands twice; each rule needs a name of its own")]
            problems += found
            if rule is not None and not found:
                rules[rule.name] = rule
    if len(given) > MOST:
        problems.append(Problem("*", "RISK_RULES", f"has more than {MOST} rules"))
    return Rulebook(tuple(rules.values()), tuple(problems))


def _items(value: Any) -> tuple[list[Any], list[Problem]]:
    if isinstance(value, str):
        text = value.strip()
        if not text.startswith(("[", "{")):
            return [word.strip() for word in text.split(",") if word.strip()], []
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return [], [Problem("*", "RISK_RULES", f"is no JSON: {error}")]
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        return [], [Problem("*", "RISK_RULES", "must be a list of rules and names of rules")]
    return list(value), []


def _rule(data: Any, position: int) -> tuple[Rule | None, list[Problem]]:
    if not isinstance(data, Mapping):
        return None, [Problem(f"#{position}", "rule", "must be a dictionary, or the name of a rule")]
    name = str(data.get("name", ""))
    shown = name[:60] if _NAME.fullmatch(name) else f"#{position}"
    problems = [Problem(shown, field, what) for field, what in _wrong(data)]
    conditions: list[Condition] = []
    written = data.get("when", [])
    for text in [written] if isinstance(written, str) else written if isinstance(written, list | tuple) else []:
        try:
            conditions.append(condition(str(text)))
        except ValueError as error:
            problems.append(Problem(shown, "when", str(error)))
    if problems:
        return None, problems
    action = Action(data["action"])
    return Rule(
        name=name,
        conditions=tuple(conditions),
        action=action,
        reason=data["reason"],
        shopper_text=data.get("shopper_text", ""),
        without_email=Action(data.get("without_email", Action.HOLD)),
        currency=str(data.get("currency", INR)),
    ), []


FIELDS = ("name", "when", "action", "reason", "shopper_text", "without_email", "currency")
INSTEAD = tuple(action.value for action in Action if action is not Action.VERIFY)


def _wrong(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in data:
        if field not in FIELDS:
            yield str(field)[:60], f"unknown field; {_hint(str(field), FIELDS)}"
    if not _NAME.fullmatch(str(data.get("name", ""))):
        yield "name", "must be 1 to 60 of a-z, 0-9 and _, a letter first"
    if not data.get("when") or not isinstance(data["when"], str | list | tuple):
        yield "when", "needs a condition, such as customer_failures >= 5 in 1h, or a list of them"
    if data.get("action") not in tuple(Action):
        yield "action", f"must be one of {', '.join(Action)}"
    if data.get("without_email", "hold") not in INSTEAD:
        yield "without_email", f"must be one of {', '.join(INSTEAD)}"
    if not _CURRENCY.fullmatch(str(data.get("currency", INR))):
        yield "currency", "must be three capital letters, such as USD; without it amounts are rupees (INR)"
    if not _is_text(data.get("reason")):
        yield "reason", "needs a sentence for the merchant, at most 300 characters"
    if "shopper_text" in data and not _is_text(data["shopper_text"]):
        yield "shopper_text", "must be a sentence for the shopper, at most 300 characters"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 300 and value.isprintable()


def condition(text: str) -> Condition:
    """``"customer_failures >= 5 in 1h"``. Raises ValueError that says which part is wrong."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:100]!r} is not: fact comparison threshold, such as customer_failures >= 5 in 1h")
    fact, comparison, threshold, window = found.groups()
    if fact not in FACTS:
        raise ValueError(f"fact {fact[:60]!r} is not known; {_hint(fact, FACTS)}")
    if comparison not in COMPARISONS:
        raise ValueError(f"comparison {comparison[:20]!r} is not one of {' '.join(COMPARISONS)}")
    if not _NUMBER.fullmatch(threshold):
        raise ValueError(f"threshold {threshold[:40]!r} is no number from 0 on, with at most two decimals")
    if window and fact == AMOUNT:
        raise ValueError("amount is this payment's own and takes no window; customer_amount takes one")
    return Condition(fact, comparison, Decimal(threshold), spans.read(window) if window else None)


def _hint(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
