"""Which rules hold of a payment, and what follows from all of them together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from paytm_kit.risk import defaults
from paytm_kit.risk.facts import Facts
from paytm_kit.risk.rules import STRENGTH, Action, Rule, Rulebook, read


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule whose conditions all hold, what follows, and the numbers that made it so: condition → what was found."""

    rule: Rule
    action: Action
    numbers: dict[str, str]


def judge(rules: Sequence[Rule], facts: Facts, *, has_email: bool) -> list[Hit]:
    """The rules that hold, in their order. Without an e-mail address no code can be asked for: see ``Rule``."""
    hits = []
    for rule in rules:
        values = {one: facts.value(one.fact, one.window, rule.currency) for one in rule.conditions}
        if all(condition.holds(value) for condition, value in values.items()):
            action = rule.without_email if rule.action is Action.VERIFY and not has_email else rule.action
            hits.append(Hit(rule, action, {str(one): str(value) for one, value in values.items()}))
    return hits


def strongest(actions: Iterable[Action]) -> Action | None:
    """What happens when several rules hold: refuse before hold before verify before flag."""
    return max(actions, key=STRENGTH.index, default=None)


def rulebook(value: Any) -> Rulebook:
    """The rules of a setting: ``default``, names of recipes, rules of one's own, in any mixture. Total."""
    return value if isinstance(value, Rulebook) else read(value, defaults.NAMED)
