"""What whoever watches may do: move the clock, switch faults, send a webhook again. Each is a form that leads back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from paytm_kit.simulator import clock, door, guests, travel
from paytm_kit.simulator.faults import rules, table
from paytm_kit.simulator.models import Delivery, FaultRule
from paytm_kit.simulator.pages.formats import order_url
from paytm_kit.simulator.pages.live import STEPS, watching
from paytm_kit.simulator.webhooks import outbox

action = door.watching("POST")


def _back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """303 to where the form stood, if that is an address of ours."""
    back = request.POST.get("back", "")
    ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = HttpResponseRedirect(back if ours else otherwise)
    response.status_code = 303
    return response


@action
def move_clock(request: HttpRequest) -> HttpResponseBase:
    """Lets time pass: what falls into it happens before the page is shown again."""
    _, seconds = STEPS.get(request.POST.get("by", ""), ("", 0))
    if not seconds:
        return door.refuse_page(request, 400, f"by: must be one of {', '.join(STEPS)}.")
    if clock.offset().total_seconds() + seconds > table.TEN_YEARS:
        return door.refuse_page(request, 400, "The clock is ten years ahead at most; a reset puts it back.")
    travel.advance(seconds)
    return _back(request, reverse("paytm_simulator:overview"))


@action
def send_again(request: HttpRequest, number: str) -> HttpResponseBase:
    """Carries one webhook to the merchant once more, now."""
    row = Delivery.objects.select_related("order__merchant").filter(pk=int(number)).first()
    if row is None:
        return door.refuse_page(request, 404, "There is no such webhook here any more: the simulator was reset.")
    outbox.redeliver(row)  # False: it is on its way at this moment, which is what was asked for
    if row.order is None:
        return _back(request, reverse("paytm_simulator:overview"))
    return _back(request, order_url(row.order.order_id, row.order.merchant.mid))


# ---- faults ----------------------------------------------------------------------------------------------------


@door.watching("GET")
def faults(request: HttpRequest) -> HttpResponse:
    """The whole table: what each fault does, which are on and how often they struck."""
    return _faults(request)


def _faults(
    request: HttpRequest, typed: Mapping[str, str] | None = None, wrong: rules.Wrong | None = None
) -> HttpResponse:
    on: dict[str, list[FaultRule]] = {}
    for rule in FaultRule.objects.order_by("place", "pk"):
        on.setdefault(rule.name, []).append(rule)
    usual = {"order_id": request.GET.get("order", "")[:50], "probability": "1"}
    rows = []
    for fault in (*table.ALL, *guests.faults()):
        mine = bool(typed and typed.get("fault") == fault.name)
        fields = _fields(fault, typed if typed and mine else usual, wrong if mine else None)
        rows.append({"fault": fault, "room": fault.name.partition(".")[0], "fields": fields, "open": mine,
                     "on": on.get(fault.name, [])})  # fmt: skip
    count = sum(len(found) for found in on.values())
    context: dict[str, Any] = {"rows": rows, "count": count, "say": f"{count} faults on"}
    if wrong:
        context["here"] = reverse("paytm_simulator:watch-faults")
    return watching(request, "faults.html", context, status=400 if wrong else 200)


class Field(NamedTuple):
    name: str
    label: str
    hint: str
    value: str
    error: str


def _fields(fault: table.Fault, typed: Mapping[str, str], wrong: rules.Wrong | None) -> list[Field]:
    """The form of one fault: what every rule has, and the values that this fault takes."""
    asked = [
        ("order_id", "Order id", "Empty: every order"),
        ("probability", "Probability", "0 to 1"),
        ("times", "Times", "Empty: without end"),
    ]
    asked += [(name, name.capitalize(), limit.words()) for name, limit in fault.limits.items()]
    defaults = {name: str(value) for name, value in fault.values.items()}
    return [
        Field(
            name,
            label,
            hint,
            typed.get(name, defaults.get(name, "")),
            str(wrong or "") if wrong and wrong.field == name else "",
        )
        for name, label, hint in asked
    ]


@action
def switch_on(request: HttpRequest) -> HttpResponseBase:
    """One rule more; what is wrong with it is shown at its field."""
    typed = request.POST.dict()
    try:
        rules.switch_on(typed.get("fault", ""), **_wish(typed))
    except rules.Wrong as error:
        if typed.get("fault", "") not in table.BY_NAME:
            return door.refuse_page(request, 400, f"fault: {error}")
        return _faults(request, typed, error)
    return _back(request, reverse("paytm_simulator:watch-faults"))


def _wish(typed: Mapping[str, str]) -> dict[str, Any]:
    """The form as a rule; what was left empty is left out. Numbers that cannot be read stay text and are refused."""
    fault = table.BY_NAME.get(typed.get("fault", ""))
    limits = fault.limits if fault else {}
    wish: dict[str, Any] = {"order_id": typed.get("order_id", "").strip()}
    for name in ("probability", "times", *limits):
        if text := typed.get(name, "").strip():
            number = name not in limits or isinstance(limits[name], table.Between)
            wish[name] = _number(text) if number else text
    return wish


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


@action
def switch_off(request: HttpRequest, number: str) -> HttpResponseBase:
    """Takes one rule away; one that is gone already is as good."""
    rules.switch_off(int(number))
    return _back(request, reverse("paytm_simulator:watch-faults"))
