"""The stand-ins' control plane at ``/_sim/standins/``: what a person, a test or another program may do by JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator import database, merchant_fields, options
from paytm_kit.simulator.control.command import Mistake, command, one_of, sent
from paytm_kit.simulator.faults import rules
from paytm_kit.simulator.models import FaultRule
from paytm_kit.standins import due, guest, outbox, page, payments, wording
from paytm_kit.standins import faults as table
from paytm_kit.standins import refunds as refund_verbs
from paytm_kit.standins.books import OPEN, Bank, Button, NotAllowed
from paytm_kit.standins.formats import minor
from paytm_kit.standins.models import Order, Party, Refund, Remembered, Webhook
from paytm_kit.standins.parties import GATEWAYS
from paytm_kit.standins.telling import Body, order_json, party_json, refund_json, webhook_json
from paytm_kit.standins.telling import orders as told_orders

SHOWN = 1000
OUTCOMES = {"success": Bank.SUCCEEDED, "failure": Bank.FAILED}
LONGEST = {"identifier": 100, "key": 120, "webhook_secret": 120}  # characters


# ---- parties ---------------------------------------------------------------------------------------------------


@command("GET")
def parties(request: HttpRequest) -> Body:
    """The merchant at each gateway; of its secrets the beginning."""
    return {"parties": [party_json(row) for row in Party.objects.order_by("pk")]}


@command("GET", "PUT")
def party(request: HttpRequest, gateway: str) -> Body:
    """PUT lays ``webhook_url``, ``identifier``, ``key`` or ``webhook_secret`` over it; "" as an URL sends nothing."""
    row = Party.objects.filter(gateway=gateway).first()
    if row is None:
        raise Mistake("gateway", f"Must be one of {', '.join(GATEWAYS)}.", 404)
    if request.method == "PUT":
        given = sent(request, ("webhook_url", *LONGEST))
        for name, value in given.items():
            setattr(row, name, _webhook_url(value) if name == "webhook_url" else _credential(name, value))
        row.save()
    return party_json(row)


def _webhook_url(value: Any) -> str:
    try:
        return merchant_fields.webhook_url(value, options.current().allow_host)
    except merchant_fields.MerchantMistake as error:
        raise Mistake(error.field, str(error)) from error


def _credential(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= LONGEST[name]:
        raise Mistake(name, f"Must be text of 1 to {LONGEST[name]} characters.")
    return value


# ---- orders ----------------------------------------------------------------------------------------------------


def _find(name: str) -> Order:
    """By the gateway's id or the merchant's; of several the newest."""
    due.run()
    rows = told_orders()
    found = rows.filter(public_id=name).first() or rows.filter(reference=name).first()
    if found is None or name not in (found.public_id, found.reference):
        raise Mistake("id", "There is no such order here. GET /_sim/standins/orders lists them.", 404)
    return found


def _told(order: Order) -> Body:
    return order_json(told_orders().get(pk=order.pk))


@command("GET")
def orders(request: HttpRequest) -> Body:
    """Newest first; ``?gateway=`` and ``?reference=`` narrow it, 1000 are shown."""
    due.run()
    rows = told_orders()
    for name, column in (("gateway", "party__gateway"), ("reference", "reference")):
        if wanted := request.GET.get(name):
            rows = rows.filter(**{column: wanted})
    return {"orders": [order_json(row) for row in rows[:SHOWN]]}


@command("GET")
def order(request: HttpRequest, name: str) -> Body:
    return _told(_find(name))


@command("POST")
def pay(request: HttpRequest, name: str) -> Body:
    """What a shopper would ``do`` on the hosted page: pay, decline, pending, pending-decline or cancel.

    ``back`` is where the browser would go then, with the fields of its form; null when a fault lost it.
    """
    found = _find(name)
    button = Button(one_of("do", sent(request, ("do",)).get("do", Button.PAY), tuple(Button)))
    if found.state not in OPEN:
        raise Mistake("id", f"This order is {found.state}: its page takes no answer any more.", 409)
    after = payments.press(found, button)
    way = None if page.lost(after) else wording.of(after).way_back(after)
    return {**_told(after), "back": way._asdict() if way else None}


@command("POST")
def decide(request: HttpRequest, name: str) -> Body:
    """The bank's late answer to a pending payment: ``outcome`` is success or failure."""
    found = _find(name)
    row = found.capture()
    bank = _outcome(request)
    if row is None:
        raise Mistake("id", "Nothing was paid for this order yet.", 409)
    try:
        payments.decide(row, bank)
    except NotAllowed as error:
        raise Mistake("id", str(error), 409) from error
    return _told(found)


@command("POST")
def expire(request: HttpRequest, name: str) -> Body:
    """Ends an order that waits for its shopper."""
    sent(request, ())
    try:
        return _told(payments.expire(_find(name)))
    except NotAllowed as error:
        raise Mistake("id", str(error), 409) from error


@command("POST")
def refund(request: HttpRequest, name: str) -> Body:
    """A refund that the merchant makes in the gateway's dashboard: ``amount`` as text, or all that is left."""
    found = _find(name)
    given = sent(request, ("amount",))
    row, wanted = found.capture(), None
    if "amount" in given:
        decimals = wording.of(found).decimals(found.currency)
        wanted = minor(given["amount"], decimals) if isinstance(given["amount"], str) else None
        if not wanted:
            raise Mistake("amount", f"Must be text such as 1.00, above zero, with at most {decimals} decimals.")
    if row is None:
        raise Mistake("id", "Nothing was paid for this order yet.", 409)
    try:
        made = refund_verbs.make(row, wanted)
    except NotAllowed as error:
        raise Mistake("amount", str(error), 409) from error
    return refund_json(made, found)


@command("POST")
def decide_refund(request: HttpRequest, public_id: str) -> Body:
    """What becomes of a pending refund, by the gateway's id or the merchant's: ``outcome`` is success or failure."""
    due.run()
    rows = Refund.objects.select_related("capture__order__party")
    row = rows.filter(public_id=public_id).first() or rows.filter(reference=public_id).last()
    bank = _outcome(request)
    if row is None:
        raise Mistake("id", "There is no such refund here.", 404)
    try:
        return refund_json(refund_verbs.decide(row, bank), row.capture.order)
    except NotAllowed as error:
        raise Mistake("id", str(error), 409) from error


def _outcome(request: HttpRequest) -> Bank:
    return OUTCOMES[one_of("outcome", sent(request, ("outcome",)).get("outcome"), tuple(OUTCOMES))]


# ---- webhooks, faults, reset -------------------------------------------------------------------------------------


@command("GET")
def webhooks(request: HttpRequest) -> Body:
    """In the order of their making, redacted; ``?order=`` narrows it, the newest 1000 are shown."""
    due.run()
    rows = Webhook.objects.select_related("order__party").order_by("-pk")
    if wanted := request.GET.get("order"):
        rows = rows.filter(order=_find(wanted))
    return {"webhooks": [webhook_json(row) for row in reversed(rows[:SHOWN])]}


@command("POST")
def redeliver(request: HttpRequest, number: int) -> Body:
    """Sends a webhook once more, now, signed anew, and answers with its attempts."""
    sent(request, ())
    row = Webhook.objects.select_related("order__party").filter(pk=number).first()
    if row is None:
        raise Mistake("id", "There is no webhook with this id. GET /_sim/standins/webhooks lists them.", 404)
    if not outbox.send_again(row):
        raise Mistake("id", "This webhook is being sent right now; look again in a moment.", 409)
    return webhook_json(Webhook.objects.select_related("order__party").get(pk=number))


def _faults_json() -> Body:
    names = {fault.name for fault in table.ALL}
    shown = [
        {"fault": fault.name, "does": fault.does, "values": fault.values,
         "must_be": {name: limit.words() for name, limit in fault.limits.items()}}
        for fault in table.ALL
    ]  # fmt: skip
    return {"active": [rule for rule in rules.active() if rule["fault"] in names], "faults": shown}


@command("GET", "POST")
def faults(request: HttpRequest) -> Body:
    """GET: the table, and what is on. POST: one rule more. ``/_sim/faults`` switches them off and replaces them."""
    if request.method == "GET":
        return _faults_json()
    wish = sent(request, (*rules.OWN_FIELDS, *sorted({name for fault in table.ALL for name in fault.values})))
    try:
        return rules.shown(rules.switch_on(wish.pop("fault", ""), **wish))
    except rules.Wrong as error:
        raise Mistake(error.field, str(error)) from error


@command("POST")
def reset(request: HttpRequest) -> Body:
    """Forgets the stand-ins' orders, webhooks and faults and their parties' changes. The clock and Paytm's stay."""
    sent(request, ())
    with database.alone():
        for model in (Order, Remembered, Party):
            model._default_manager.all().delete()
        FaultRule.objects.filter(name__in=[fault.name for fault in table.ALL]).delete()
        guest.open_books()
    return {"status": "ok"}
