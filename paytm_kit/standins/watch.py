"""The stand-ins' watch pages: their orders, one order from beginning to end, and the buttons of whoever watches."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from paytm_kit.simulator import door
from paytm_kit.simulator.models import FaultRule
from paytm_kit.simulator.pages.live import watching
from paytm_kit.standins import due, outbox, payments, refunds, wording
from paytm_kit.standins.books import OPEN, Bank, NotAllowed, State
from paytm_kit.standins.control import OUTCOMES
from paytm_kit.standins.formats import money
from paytm_kit.standins.models import Capture, Order, Party, Refund, Webhook
from paytm_kit.standins.page import SeeOther
from paytm_kit.standins.parties import STARTS
from paytm_kit.standins.telling import orders

SHOWN, WEBHOOKS = 50, 100
TONES = {State.CAPTURED: "success", State.DECLINED: "failure", State.CANCELLED: "failure"}  # of the watch pages' style
GONE = "This is not here any more: the simulator was reset."

action = door.watching("POST")


def _row(order: Order) -> dict[str, Any]:
    capture = order.capture()
    decimals = wording.of(order).decimals(order.currency)
    return {
        "order": order, "title": wording.of(order).title, "open": order.state in OPEN,
        "tone": TONES.get(State(order.state), order.state),
        "amount": money(order.amount, order.currency, decimals), "capture": capture,
        "pending": capture is not None and capture.state == Bank.PENDING,
        "refunds": [
            {"refund": one, "amount": money(one.amount, order.currency, decimals), "pending": one.state == Bank.PENDING}
            for row in order.captures.all() for one in row.refunds.all()
        ],
    }  # fmt: skip


@door.watching("GET")
def overview(request: HttpRequest) -> HttpResponse:
    """The newest orders of all three, what is decided by hand, and where webhooks go."""
    due.run()
    found = [_row(order) for order in orders()[:SHOWN]]
    parties = [{"row": row, "title": STARTS[row.gateway].title} for row in Party.objects.order_by("pk")]
    waiting = sum(row["pending"] for row in found)
    context = {
        "orders": found, "parties": parties, "shown": SHOWN, "count": Order.objects.count(),
        "rules": FaultRule.objects.filter(name__regex=f"^({'|'.join(STARTS)})[.]").order_by("place", "pk")[:SHOWN],
        "say": f"{len(found)} orders, {waiting} pending",
    }  # fmt: skip
    return watching(request, "paytm_kit_standins/watch.html", context)


@door.watching("GET")
def order(request: HttpRequest, number: int) -> HttpResponseBase:
    """One order with its attempts, refunds and webhooks."""
    due.run()
    found = orders().filter(pk=number).first()
    if found is None:
        return door.refuse_page(request, 404, GONE)
    webhooks: QuerySet[Webhook] = found.webhooks.order_by("-pk")
    context = {**_row(found), "webhooks": webhooks[:WEBHOOKS], "say": f"{found.state}, {webhooks.count()} webhooks"}
    return watching(request, "paytm_kit_standins/watch_order.html", context)


def _back(order: Order) -> HttpResponse:
    return SeeOther(reverse("paytm_kit_standins:watch-order", args=[order.pk]))


def _bank(request: HttpRequest) -> Bank | None:
    return OUTCOMES.get(request.POST.get("outcome", ""))


@action
def decide(request: HttpRequest, number: int) -> HttpResponseBase:
    """The bank's late answer to a pending payment."""
    row, bank = Capture.objects.select_related("order").filter(pk=number).first(), _bank(request)
    if row is None or bank is None:
        return door.refuse_page(request, 404 if row is None else 400, GONE if row is None else "outcome: not known.")
    try:
        payments.decide(row, bank)
    except NotAllowed as error:
        return door.refuse_page(request, 409, str(error))
    return _back(row.order)


@action
def decide_refund(request: HttpRequest, number: int) -> HttpResponseBase:
    """What becomes of a pending refund."""
    row, bank = Refund.objects.select_related("capture__order").filter(pk=number).first(), _bank(request)
    if row is None or bank is None:
        return door.refuse_page(request, 404 if row is None else 400, GONE if row is None else "outcome: not known.")
    try:
        refunds.decide(row, bank)
    except NotAllowed as error:
        return door.refuse_page(request, 409, str(error))
    return _back(row.capture.order)


@action
def send_again(request: HttpRequest, number: int) -> HttpResponseBase:
    """Brings a webhook to the merchant once more, now."""
    row = Webhook.objects.select_related("order__party").filter(pk=number).first()
    if row is None:
        return door.refuse_page(request, 404, GONE)
    outbox.send_again(row)  # False: it is on its way at this moment, which is what was asked for
    return _back(row.order)
