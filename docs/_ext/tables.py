"""Settings, flags, and what ``paytm_kit.testing`` can make: each a table of the code's own table."""

from __future__ import annotations

import ast
import inspect
from decimal import Decimal
from typing import Any

from docs._ext.markdown import cell, code, sentence, table

# Defaults that are tables themselves: where they are told.
ELSEWHERE = {
    "LIMITS": "[these](risk.md#limits)",
    "RISK_RULES": "`default`: [these](risk.md#the-rules)",
    "API_THROTTLES": "[these](api.md#how-much-is-too-much)",
}


def _default(setting: Any) -> str:
    from paytm_kit.conf.tables import REQUIRED

    value = setting.default
    if setting.name in ELSEWHERE:
        return ELSEWHERE[setting.name]
    if value is REQUIRED:
        return "needed"
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple | dict):
        return "all" if value else "none"
    if isinstance(value, Decimal):
        return code(value)
    return code(value) or "none"


def _settings(rows: Any) -> str:
    from paytm_kit import conf

    return table(
        "name,variable,default,meaning",
        ((code(row.name), code(conf.variable(row)), _default(row), cell(row.help)) for row in rows),
    )


def account_settings() -> str:
    from paytm_kit.conf.tables import ACCOUNT_SETTINGS

    return _settings(ACCOUNT_SETTINGS)


def endpoint_settings() -> str:
    from paytm_kit import conf
    from paytm_kit.conf.tables import ENDPOINT_SETTINGS

    return table(
        "name,variable,default,meaning",
        (
            (code(row.name), code(conf.variable(row, "outgoing-erp")), _default(row), cell(row.help))
            for row in ENDPOINT_SETTINGS
        ),
    )


def outgoing_types() -> str:
    from docs._ext import signals
    from paytm_kit.outgoing.bodies import kind_of
    from paytm_kit.signals import BY_NAME

    meanings = dict(signals.found())
    return table("type,when", ((code(kind_of(name)), cell(sentence(meanings[name]))) for name in BY_NAME))


def outgoing_ladder() -> str:
    from datetime import timedelta

    from paytm_kit.outgoing.deliveries import RETRY_MINUTES

    at, rows = 0, [("1", "at once", "0:00:00")]
    for number, minutes in enumerate(RETRY_MINUTES, 2):
        at += minutes
        rows.append((str(number), f"after {timedelta(minutes=minutes)}", str(timedelta(minutes=at))))
    return table("try,wait (h:mm:ss),since the first", rows)


GROUPS = {
    "mail": "E-mail",
    "api": "REST API",
    "outgoing": "Webhooks to other systems",
    "seller": "The seller, for receipts",
    "risk": "Limits and risk rules",
}


def kit_settings() -> str:
    """One table for each group, in the order of the code."""
    from paytm_kit.conf.tables import KIT_SETTINGS

    groups: dict[str, list[Any]] = {}
    for row in KIT_SETTINGS:
        groups.setdefault(row.group, []).append(row)
    return "\n\n".join(
        f"### {GROUPS.get(group, sentence(group).rstrip('.'))}\n\n{_settings(rows)}" if group else _settings(rows)
        for group, rows in groups.items()
    )


def states() -> str:
    from paytm_kit.testing import factories

    return table(
        "state,what has happened", ((code(name), cell(about)) for name, (about, _) in factories.STATES.items())
    )


def tampers() -> str:
    from paytm_kit.simulator.triggers import tampers as rows

    return table("name,what it does", ((code(row.name), cell(row.does)) for row in rows.ALL))


def flags() -> str:
    from paytm_kit.models import Flag
    from paytm_kit.services import advice

    return table(
        "flag,meaning,what to do",
        ((code(flag.value), cell(sentence(str(flag.label))), cell(advice.FLAGS[flag])) for flag in Flag),
    )


def limits() -> str:
    from paytm_kit.risk.limits import KINDS

    return table(
        "kind,usual,what is counted", ((code(kind), code(limit), cell(what)) for kind, (limit, what) in KINDS.items())
    )


def measures() -> str:
    from paytm_kit.risk.facts import FACTS, MEANINGS

    subjects: dict[str, list[str]] = {}
    for subject, measure in FACTS.values():
        if subject:
            subjects.setdefault(measure, []).append(f"{subject}_{measure}")
    rows = [
        (code("amount"), "this payment's amount, if it is in the rule's currency"),
        *((", ".join(map(code, names)), cell(MEANINGS[measure])) for measure, names in subjects.items()),
    ]
    return table("fact,is", rows)


def _rules(rows: Any) -> str:
    def when(value: Any) -> str:
        return " and ".join(map(code, [value] if isinstance(value, str) else value))

    return table(
        "name,when,then,reason",
        ((code(row["name"]), when(row["when"]), cell(row["action"]), cell(row["reason"])) for row in rows),
    )


def rules() -> str:
    from paytm_kit.risk.defaults import DEFAULT

    return _rules(DEFAULT)


def recipes() -> str:
    from paytm_kit.risk.defaults import RECIPES

    return _rules(RECIPES)


def letters() -> str:
    from paytm_kit.conf.tables import MERCHANT_KINDS, SHOPPER_KINDS
    from paytm_kit.models import Letter
    from paytm_kit.services.letter_kinds import RULES

    rows = (
        (
            code(kind),
            cell(Letter.Kind(kind).label),
            code(RULES[kind].signal) or "`paytm_reconcile`, after `EMAIL_PENDING_MINUTES`",
            "yes" if kind in SHOPPER_KINDS else "",
            "yes" if kind in MERCHANT_KINDS else "",
        )
        for kind in RULES
    )
    return table("kind,about,brought about by,to the shopper,to the shop", rows)


def letter_context() -> str:
    """The names that a letter's template can use, read from the function that gives them."""
    from paytm_kit.services import letter_text

    [given] = [
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(letter_text._context)))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
    ]
    return ", ".join(code(key.value) for key in given.keys if isinstance(key, ast.Constant))


def rights() -> str:
    from paytm_kit.services.roles import EVERYBODY, RIGHTS

    names = [role.removeprefix("Paytm ") for role in EVERYBODY]
    return table(
        f"may,permission,{','.join(names)}",
        (
            (cell(right.words), code(right.codename), *("yes" if role in right.roles else "" for role in EVERYBODY))
            for right in RIGHTS
        ),
    )


def acts() -> str:
    """Every button that is an ``Act``, on whatever page of the desk it stands."""
    from django.contrib import admin

    rows = []
    for model, desk in admin.site._registry.items():
        if model._meta.app_label == "paytm_kit":
            rows += [
                (f"**{cell(act.label)}**", cell(model._meta.verbose_name), cell(act.explains), code(act.right))
                for act in getattr(desk, "acts", ())
            ]
    return table("button,of a,what happens,permission", rows)
