"""Rules as data: what they may say, what is wrong with a wrong one, and what follows from facts. No database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.conf.tables import KIT_SETTINGS
from paytm_kit.risk import limits, spans
from paytm_kit.risk.defaults import DEFAULT, NAMED, RECIPES
from paytm_kit.risk.facts import FACTS, MISMATCHES, Facts, Past
from paytm_kit.risk.rules import Action, condition
from paytm_kit.risk.verdicts import judge, rulebook, strongest

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RULE = {"name": "often", "when": "customer_failures >= 3 in 1h", "action": "flag", "reason": "Many failures."}


def past(status: str = "failed", minutes: int = 5, amount: str = "100.00", flags: str = "", who: str = "c1") -> Past:
    return Past(NOW - timedelta(minutes=minutes), status, Decimal(amount), frozenset(flags.split()), who)


def about(amount: str = "500.00", **before: list[Past]) -> Facts:
    return Facts(Decimal(amount), "c1", NOW, before)


# ---- What is in force


def test_the_default_rules_are_sound_and_only_flag() -> None:
    found = rulebook("default")
    assert found.problems == ()
    assert {rule.action for rule in found.rules} == {Action.FLAG}
    assert len(found.rules) == len(DEFAULT)


def test_an_honest_first_purchase_meets_no_default_rule() -> None:
    facts = about(customer=[], device=[], address=[past("paid", who="c2"), past(who="c3")])
    assert judge(rulebook("default").rules, facts, has_email=True) == []


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe["name"])
def test_each_recipe_can_be_switched_on_by_its_name(recipe: Any) -> None:
    found = rulebook(f"default, {recipe['name']}")
    assert found.problems == ()
    assert [rule.name for rule in found.rules][-1] == recipe["name"]


def test_names_rules_and_json_can_be_mixed() -> None:
    written = ["default", "refuse_card_testing", RULE]
    assert rulebook(written) == rulebook(json.dumps(written))
    assert [rule.name for rule in rulebook(written).rules][-2:] == ["refuse_card_testing", "often"]
    assert rulebook("off") == rulebook([]) == rulebook("")


# ---- What is wrong with a rule

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"name": None}, "name", "must be 1 to 60"),
    "a name with spaces": ({"name": "too often"}, "name", "must be 1 to 60"),
    "no condition": ({"when": []}, "when", "needs a condition"),
    "a misspelt fact": (
        {"when": "customer_failure >= 3 in 1h"},
        "when",
        "fact 'customer_failure' is not known; did you mean customer_failures?",
    ),
    "a fact that cannot be": ({"when": "customer_customers >= 3"}, "when", "'customer_customers' is not known"),
    "a comparison": ({"when": "amount ~ 3"}, "when", "comparison '~'"),
    "a threshold": ({"when": "amount >= many"}, "when", "threshold 'many'"),
    "a threshold with three decimals": ({"when": "amount >= 1.001"}, "when", "threshold '1.001'"),
    "a negative threshold": ({"when": "amount >= -1"}, "when", "threshold '-1'"),
    "a window": ({"when": "customer_failures >= 3 in 1y"}, "when", "'1y' is no stretch of time"),
    "a window of an amount": ({"when": "amount >= 3 in 1h"}, "when", "takes no window"),
    "a half condition": ({"when": "amount"}, "when", "is not: fact comparison threshold"),
    "the second condition": ({"when": ["amount >= 3", "amout >= 3"]}, "when", "did you mean amount?"),
    "an action": ({"action": "block"}, "action", "must be one of flag, verify, hold, refuse"),
    "no reason": ({"reason": ""}, "reason", "needs a sentence"),
    "a reason on two lines": ({"reason": "a\nb"}, "reason", "needs a sentence"),
    "a shopper's text that is none": ({"shopper_text": 3}, "shopper_text", "must be a sentence"),
    "a code instead of a code": ({"without_email": "verify"}, "without_email", "must be one of flag, hold, refuse"),
    "a misspelt field": ({"acton": "hold"}, "acton", "unknown field; did you mean action?"),
}


@pytest.mark.parametrize(("change", "field", "what"), WRONG.values(), ids=WRONG)
def test_a_wrong_rule_is_left_out_and_named_with_its_field(change: dict[str, Any], field: str, what: str) -> None:
    good = {**RULE, "name": "good"}
    found = rulebook([{**RULE, **change}, good])
    assert [rule.name for rule in found.rules] == ["good"]
    [problem] = found.problems
    assert problem.field == field
    assert what in problem.what
    assert problem.rule in ("often", "#1")


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (["defualt"], 'Rule "defualt", name: unknown; did you mean default?'),
        ([RULE, RULE], "stands twice"),
        ([3], "must be a dictionary"),
        ({"a": 1}, "needs a condition"),
        ("[{", "is no JSON"),
        (3, "must be a list"),
        ([{**RULE, "name": f"r{number}"} for number in range(60)], "more than 50"),
    ],
)
def test_what_is_no_list_of_rules_is_said(value: Any, what: str) -> None:
    assert what in " ".join(map(str, rulebook(value).problems))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*RULE, "x"]) | st.text(), inner),
    max_leaves=12,
)


@given(JSON)
def test_reading_rules_never_raises(value: Any) -> None:
    found = rulebook(value)
    assert all(str(problem) for problem in found.problems)


# ---- Facts and what follows

BUSY = [past(), past("paid", amount="200.00"), past(who="c2", flags="amount_mismatch stuck"), past("failed", 90)]
VALUES = {
    "customer_payments >= 0": 4,
    "customer_payments >= 0 in 1h": 3,
    "customer_failures >= 0 in 1h": 2,
    "customer_paid >= 0": 1,
    "customer_amount >= 0": 700,  # what was paid, and this one
    "customer_mismatches >= 0": 1,
    "device_customers >= 0": 2,
    "amount >= 0": 500,
}


@pytest.mark.parametrize(("text", "value"), VALUES.items(), ids=VALUES)
def test_a_fact_is_a_number(text: str, value: int) -> None:
    asked = condition(text)
    assert about(customer=BUSY, device=BUSY).value(asked.fact, asked.window) == value
    assert str(condition(str(asked))) == str(asked)


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact != "amount"])
def test_of_somebody_unknown_no_condition_holds(fact: str) -> None:
    """Not even "none at all": a browser without our cookie is no newcomer, it is unknown."""
    for text in (f"{fact} == 0", f"{fact} >= 0 in 1h", f"{fact} < 1"):
        asked = condition(text)
        assert not asked.holds(about().value(asked.fact, asked.window))


@pytest.mark.parametrize(
    ("comparison", "holds"), [(">=", True), (">", False), ("<=", True), ("<", False), ("==", True)]
)
def test_a_comparison_at_its_threshold(comparison: str, holds: bool) -> None:
    assert condition(f"amount {comparison} 500").holds(Decimal("500.00")) is holds


def test_all_conditions_have_to_hold_and_the_numbers_are_kept() -> None:
    both = {**RULE, "when": ["amount >= 500", "customer_failures >= 3 in 1h"]}
    rules = rulebook([both]).rules
    assert judge(rules, about(customer=[past()] * 2), has_email=True) == []
    [hit] = judge(rules, about(customer=[past()] * 3), has_email=True)
    assert hit.numbers == {"amount >= 500": "500.00", "customer_failures >= 3 in 1h": "3"}


@pytest.mark.parametrize(("without_email", "action"), [(None, "hold"), ("flag", "flag"), ("refuse", "refuse")])
def test_where_no_code_can_be_sent_something_else_happens(without_email: str | None, action: str) -> None:
    more = {"without_email": without_email} if without_email else {}
    rules = rulebook([{**RULE, "when": "amount >= 1", "action": "verify", **more}]).rules
    assert [hit.action for hit in judge(rules, about(), has_email=True)] == ["verify"]
    assert [hit.action for hit in judge(rules, about(), has_email=False)] == [action]


def test_the_strongest_action_wins() -> None:
    assert strongest([Action.VERIFY, Action.REFUSE, Action.FLAG]) is Action.REFUSE
    assert strongest([Action.VERIFY, Action.HOLD]) is Action.HOLD
    assert strongest([]) is None


def test_only_the_subjects_and_times_that_rules_ask_about_are_looked_at() -> None:
    found = rulebook([{**RULE, "when": ["customer_failures >= 3 in 1h", "customer_amount >= 3 in 2d", "amount > 1"]}])
    assert found.window == {"customer": timedelta(days=2)}
    assert rulebook([{**RULE, "when": ["device_paid == 0", "device_failures > 1 in 1h"]}]).window == {"device": None}


def test_the_mismatches_are_flags_of_payments() -> None:
    from paytm_kit.models import Flag

    assert set(Flag) > MISMATCHES


# ---- Limits and spans


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("10m", 600), ("2h", 7200), ("30d", 2_592_000), (" 1h ", 3600)]
)
def test_a_span_reads_and_writes(text: str, seconds: int) -> None:
    assert spans.read(text).total_seconds() == seconds
    assert spans.read(spans.write(spans.read(text))) == spans.read(text)


@pytest.mark.parametrize("text", ["", "10", "m", "0m", "-1h", "1.5h", "1w", "10 m", "400d", "١٠m", "99999s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"stretch of time|longer than a year"):
        spans.read(text)


def test_limits_that_are_not_named_keep_their_default() -> None:
    found = limits.read("customer=2/1h, address=off")
    assert found["customer"] == limits.Limit(2, timedelta(hours=1))
    assert "address" not in found
    assert found["device"] == limits.DEFAULT["device"]
    assert found == limits.read({"customer": "2/1h", "address": None})
    assert limits.read(str(found)) == found
    assert limits.read("off") == {}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("customer", "customer: '' is not count/time, such as 10/10m, nor off"),
        ("customer=2", "customer: '' is no stretch of time"),
        ("customer=0/1h", "customer: '0/1h' is not count/time"),
        ("customer=x/1h", "customer: 'x/1h' is not count/time"),
        ("customr=2/1h", "customr: is not counted; did you mean customer?"),
        ("customer=2/1w", "customer: '1w' is no stretch of time"),
        ({"customer": 5}, "customer: '' is no stretch of time"),
        (["customer"], "['customer']: is not counted; did you mean customer?"),
    ],
)
def test_a_limit_that_cannot_be_read_keeps_its_default_and_is_named(value: Any, what: str) -> None:
    found = limits.read(value)
    assert found == limits.DEFAULT
    [problem] = found.problems
    assert problem.startswith(what)


@given(JSON)
def test_reading_limits_never_raises(value: Any) -> None:
    assert set(limits.read(value)) <= set(limits.KINDS)


def test_the_settings_documentation_names_every_kind_and_the_names_of_rules_are_free_of_doubles() -> None:
    [text] = [setting.help for setting in KIT_SETTINGS if setting.name == "LIMITS"]
    assert all(f"{kind}=" in text for kind in limits.KINDS)
    assert len(NAMED) == len(DEFAULT) + len(RECIPES) + 2


# ---- Currencies


def test_amounts_are_added_up_in_the_rules_currency_alone() -> None:
    before = [past("paid", amount="70.00"), replace(past("paid", amount="900.00"), currency="USD")]
    facts = about("500.00", customer=before)
    assert facts.value("customer_amount", None) == Decimal("570.00")
    assert facts.value("customer_amount", None, "USD") == Decimal("900.00")
    assert facts.value("customer_paid", None, "USD") == 2
    assert (facts.value("amount", None), facts.value("amount", None, "USD")) == (Decimal("500.00"), None)


@pytest.mark.parametrize("currency", ["usd", "US", "dollars", "", 840, None, ["USD"]])
def test_a_currency_that_is_none_is_named_and_the_rule_left_out(currency: Any) -> None:
    found = rulebook([{**RULE, "currency": currency}, "many_payments"])
    assert [rule.name for rule in found.rules] == ["many_payments"]
    assert str(found.problems[0]).startswith('Rule "often", currency: must be three capital letters')
