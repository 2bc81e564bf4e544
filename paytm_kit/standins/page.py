"""The hosted page of all three: what is bought, what it costs, and a button for each thing a shopper can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirectBase

from paytm_kit.simulator import door, guard, options
from paytm_kit.simulator.door import Answer
from paytm_kit.simulator.rendering import render
from paytm_kit.standins import due, faults, payments, wording
from paytm_kit.standins.books import OPEN, Button, State
from paytm_kit.standins.formats import money
from paytm_kit.standins.models import Order

STATIC = Path(__file__).parent / "static" / "paytm_kit_standins"
ASSETS = {"standins.css": "text/css", "back.js": "text/javascript"}
UNKNOWN = "There is no such payment here: the address is mistaken, or the stand-in was reset meanwhile."
NO_WAY_BACK = "The shop named no address to come back to. Close this page and look at the shop."

HEADINGS = {State.CAPTURED: "Payment done", State.PENDING: "The bank has not decided yet"}
BUTTONS = (
    (Button.PAY, "Pay", ""),
    (Button.DECLINE, "Be declined by the bank", "plain"),
    (Button.PENDING, "Leave it pending, paid later", "plain"),
    (Button.PENDING_DECLINE, "Leave it pending, declined later", "plain"),
    (Button.CANCEL, "Cancel and go back to the shop", "plain"),
)


class SeeOther(HttpResponseRedirectBase):
    """303: the browser goes there with GET."""

    status_code = 303
    allowed_schemes = ["http", "https"]


@door.page("GET", "POST")
def pay(request: HttpRequest, token: str) -> Answer:
    """GET shows the page, or the way back once it is decided. POST ``do`` is what the shopper chose."""
    due.run()
    order = Order.objects.select_related("party").filter(token=token).first()
    if order is None:
        return Answer(problem(request, UNKNOWN, 404), verdict="unknown payment page")
    if request.method == "GET":
        return Answer(_shown(request, order), faults.name_of(order))
    try:
        button = Button(request.POST.get("do", ""))
    except ValueError:
        why = f"do: must be one of {', '.join(Button)}."
        return Answer(problem(request, why, 400), faults.name_of(order), "unknown button")
    before, order = order.state, payments.press(order, button)
    if before not in OPEN:
        return Answer(_shown(request, order), faults.name_of(order), f"{button}: the order was {before}")
    declined_here = order.state == State.CREATED and button is Button.DECLINE
    shown = _page(request, order, declined=True) if declined_here else leave(request, order)
    return Answer(shown, faults.name_of(order), f"the shopper: {button}")


def _shown(request: HttpRequest, order: Order) -> HttpResponseBase:
    if order.state == State.EXPIRED:
        return problem(request, "This payment page has expired. Go back to the shop and start again.", 410)
    return _page(request, order) if order.state in OPEN else leave(request, order)


def _page(request: HttpRequest, order: Order, *, declined: bool = False) -> HttpResponse:
    said = wording.of(order)
    context: dict[str, Any] = {
        "order": order, "title": said.title, "declined": declined, "name": faults.name_of(order),
        "amount": money(order.amount, order.currency, said.decimals(order.currency)),
        "merchant": order.facts.get("merchant") or "Demo merchant", "lines": order.facts.get("lines", []),
        "buttons": BUTTONS, "captures_itself": said.captures_itself,
    }  # fmt: skip
    response = render(request, "paytm_kit_standins/pay.html", context)
    response["Content-Security-Policy"] = door.policy(order.return_url or order.cancel_url)
    return response


def lost(order: Order) -> bool:
    """Whether a fault keeps the browser from coming back; drawn once, so that a refreshed page shows the same."""
    if order.lost_on_return is None:
        order.lost_on_return = faults.strikes(order, "return-lost")
        Order.objects.filter(pk=order.pk, lost_on_return=None).update(lost_on_return=order.lost_on_return)
    return order.lost_on_return


def leave(request: HttpRequest, order: Order) -> HttpResponseBase:
    """The way back to the shop, unless a fault has lost the browser."""
    if lost(order):
        return render(request, "paytm_kit_standins/closed.html", {"title": wording.of(order).title})
    way = wording.of(order).way_back(order)
    if not way.url:
        return problem(request, NO_WAY_BACK, 200)
    if why := refusal(way.url):
        return problem(request, f"The shop's address: {why}.", 400)
    return SeeOther(way.url) if way.fields is None else _form(request, order, way)


def _form(request: HttpRequest, order: Order, way: wording.Way) -> HttpResponse:
    """A page with the form; a script sends it, or the button does."""
    context = {
        "title": wording.of(order).title, "url": way.url, "fields": way.fields,
        "heading": HEADINGS.get(State(order.state), "Payment not done"),
    }  # fmt: skip
    response = render(request, "paytm_kit_standins/returning.html", context)
    response["Content-Security-Policy"] = door.policy(way.url)
    return response


def refusal(url: str) -> str:
    """Why a browser is not sent to this address, or ""."""
    return guard.refusal(url, options.current().allow_host)


def problem(request: HttpRequest, why: str, status: int, heading: str = "This did not work") -> HttpResponse:
    return render(request, "paytm_kit_standins/problem.html", {"why": why, "heading": heading}, status)


@door.page("GET")
def asset(request: HttpRequest, name: str) -> HttpResponseBase:
    """The page's own style and script, so that they also come where nobody serves static files."""
    if name not in ASSETS:
        return problem(request, "There is no such file here.", 404)
    return FileResponse((STATIC / name).open("rb"), content_type=f"{ASSETS[name]}; charset=utf-8")
