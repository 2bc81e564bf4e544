"""Whether a fault strikes: the rules that are switched on, drawn so that the same seed gives the same answers."""

from __future__ import annotations

import difflib
import random
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import F, Max

from paytm_kit.simulator import database, options
from paytm_kit.simulator.faults import table
from paytm_kit.simulator.models import FaultRule
from paytm_kit.simulator.wire import checks

OWN_FIELDS = ("fault", "order_id", "probability", "times")
MOST_TIMES = 1_000_000

Values = dict[str, Any]


class Wrong(ValueError):
    """A rule that cannot be: ``field`` names what is wrong with it, ``str()`` says why."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


# ---- striking --------------------------------------------------------------------------------------------------

# What one request has seen of the rules: None = nothing is kept, [] = not looked yet, [rules] = looked.
_seen: ContextVar[list[list[FaultRule]] | None] = ContextVar("paytm_simulator_rules", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """While this lasts the rules are read once at most: a request's strikes cost one query, whatever the processes."""
    before = _seen.set([])
    try:
        yield
    finally:
        _seen.reset(before)


def _rules() -> list[FaultRule]:
    seen = _seen.get()
    if seen:
        return seen[0]
    found = list(FaultRule.objects.order_by("place", "pk"))
    if seen is not None:
        seen.append(found)
    return found


def _look_again() -> None:
    seen = _seen.get()
    if seen:
        seen.clear()


def strike(name: str, order_id: str, *, when: Callable[[Values], bool] | None = None) -> Values | None:
    """The fault's values when it happens to this order now; None when it does not.

    The draw depends on seed, fault, order id and the rule's place alone, not on the order in which requests come.
    ``when`` sees the values first: False means that the fault has nothing to do here, and is not counted.
    """
    for rule in _rules():
        if rule.name != name or rule.order_id not in ("", order_id):
            continue
        values = {**table.BY_NAME[name].values, **rule.values}
        if _draw(rule, order_id) < rule.probability and (when is None or when(values)) and _claim(rule):
            return values
    return None


def _draw(rule: FaultRule, order_id: str) -> float:
    return random.Random(f"{rule.seed}:{rule.name}:{order_id}:{rule.place}").random()  # noqa: S311 - repeatable


def _claim(rule: FaultRule) -> bool:
    """Counts the strike; False when the rule's times are over or it was switched off meanwhile."""
    mine = FaultRule.objects.filter(pk=rule.pk)
    if rule.left is None:
        return bool(mine.update(struck=F("struck") + 1))
    return bool(mine.filter(left__gt=0).update(struck=F("struck") + 1, left=F("left") - 1))


# ---- switching -------------------------------------------------------------------------------------------------


def replace_all(wishes: Iterable[Mapping[str, Any]]) -> list[FaultRule]:
    """These rules and no others. Each is a dict of ``fault`` and, where wanted, ``order_id``, ``probability`` (0 to 1),
    ``times`` (how often at most) and the fault's own values. Raises Wrong and changes nothing."""
    rows = []
    for place, wish in enumerate(wishes):
        try:
            rows.append(_checked(wish, place))
        except Wrong as error:
            raise Wrong(f"faults[{place}].{error.field}", str(error)) from error
    with database.atomic():
        FaultRule.objects.all().delete()
        for row in rows:
            row.save()
    _look_again()
    return rows


def switch_on(fault: str, **wish: Any) -> FaultRule:
    """One more rule; the fields are those of ``replace_all``. Raises Wrong."""
    last = FaultRule.objects.aggregate(last=Max("place"))["last"]
    row = _checked({"fault": fault, **wish}, 0 if last is None else last + 1)
    row.save()
    _look_again()
    return row


def switch_off(number: int) -> bool:
    """Takes the rule with this id away. False when there is none."""
    gone, _ = FaultRule.objects.filter(pk=number).delete()
    _look_again()
    return bool(gone)


def active() -> list[dict[str, Any]]:
    """The rules that are on, in their order, with how often each struck; ``times`` is what is left of it."""
    return [shown(rule) for rule in FaultRule.objects.order_by("place", "pk")]


def shown(rule: FaultRule) -> dict[str, Any]:
    return {
        "id": rule.pk, "fault": rule.name, "order_id": rule.order_id, "probability": rule.probability,
        "times": rule.left, "struck": rule.struck, "values": {**table.BY_NAME[rule.name].values, **rule.values},
    }  # fmt: skip


def _checked(wish: Mapping[str, Any], place: int) -> FaultRule:
    if not isinstance(wish, Mapping):
        raise Wrong("fault", 'A rule is an object such as {"fault": "callback.lost"}.')
    fault = _named(wish.get("fault"))
    values = {name: value for name, value in wish.items() if name not in OWN_FIELDS}
    for name, value in values.items():
        if name not in fault.values:
            known = ", ".join((*OWN_FIELDS, *fault.values))
            raise Wrong(str(name)[:50], f"{fault.name} has no such value. Known: {known}.")
        if why := fault.limits[name].refusal(value):
            raise Wrong(name, why)
    seed = options.current().seed
    return FaultRule(
        name=fault.name, order_id=_order_id(wish.get("order_id", "")), probability=_probability(wish),
        left=_times(wish), values=values, place=place, seed=secrets.token_hex(8) if seed is None else str(seed)[:40],
    )  # fmt: skip


def _named(name: Any) -> table.Fault:
    if isinstance(name, str) and name in table.BY_NAME:
        return table.BY_NAME[name]
    near = difflib.get_close_matches(name, table.BY_NAME, n=1, cutoff=0) if isinstance(name, str) and name else []
    hint = f" Did you mean {near[0]}?" if near else " GET /_sim/faults lists them all."
    raise Wrong("fault", f"There is no fault {str(name)[:40]!r}.{hint}")


def _order_id(value: Any) -> str:
    if value == "" or (isinstance(value, str) and checks.ORDER_ID.fullmatch(value)):
        return value
    raise Wrong("order_id", "Must be an order id of at most 50 characters, or empty for every order.")


def _probability(wish: Mapping[str, Any]) -> float:
    value = wish.get("probability", 1.0)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise Wrong("probability", "Must be a number from 0 to 1.")


def _times(wish: Mapping[str, Any]) -> int | None:
    value = wish.get("times")
    if value is None:
        return None
    if why := table.Between(1, MOST_TIMES, "strikes", whole=True).refusal(value):
        raise Wrong("times", why)
    return int(value)
