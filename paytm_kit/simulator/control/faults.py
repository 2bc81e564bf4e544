"""Faults through the control plane: which are on, switching them on and off."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator.control.command import Mistake, command, sent
from paytm_kit.simulator.faults import rules, table
from paytm_kit.simulator.wire import envelope

TABLE = [
    {
        "fault": fault.name,
        "does": fault.does,
        "values": {
            name: {"default": default, "must_be": fault.limits[name].words()} for name, default in fault.values.items()
        },
    }
    for fault in table.ALL
]


@command("GET", "PUT", "POST")
def faults(request: HttpRequest) -> dict[str, Any]:
    """GET: what is on, and the table of all. PUT: a list of rules that replaces what is on. POST: one rule more."""
    try:
        if request.method == "PUT":
            rules.replace_all(_wishes(request))
        elif request.method == "POST":
            fields = {name for fault in table.BY_NAME.values() for name in fault.values}
            wish = sent(request, (*rules.OWN_FIELDS, *sorted(fields)))
            return rules.shown(rules.switch_on(wish.pop("fault", ""), **wish))
    except rules.Wrong as error:
        raise Mistake(error.field, str(error)) from error
    return {"active": rules.active(), "faults": TABLE}


@command("DELETE")
def fault(request: HttpRequest, number: int) -> dict[str, Any]:
    """Switches one rule off."""
    if not rules.switch_off(number):
        raise Mistake("id", "No fault with this id is on. GET /_sim/faults lists those that are.", 404)
    return {"active": rules.active()}


def _wishes(request: HttpRequest) -> list[Any]:
    """The list in the body, as it is or under "faults"."""
    raw = request.body.strip()
    try:
        wishes = envelope.read_json(b'{"faults":%s}' % raw if raw.startswith(b"[") else raw)[0].get("faults")
    except envelope.Malformed as error:
        raise Mistake("body", str(error)) from error
    if not isinstance(wishes, list):
        raise Mistake("faults", 'Send a list such as [{"fault": "callback.lost"}]; an empty one ends them all.')
    return wishes
