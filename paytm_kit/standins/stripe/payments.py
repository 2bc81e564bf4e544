"""``/v1/payment_intents`` and ``/v1/charges``: what became of sessions. Source: docs.stripe.com/api/payment_intents."""

from __future__ import annotations

from django.http import HttpRequest

from paytm_kit.standins import faults
from paytm_kit.standins.models import Capture, Order, Party
from paytm_kit.standins.stripe import errors, fields, objects
from paytm_kit.standins.stripe.asked import Body, Done, call


def of_intent(party: Party, intent_id: str, status: int = 404, param: str = "intent") -> Order:
    rows = Order.objects.filter(party=party, payment_id=intent_id).select_related("party")
    order = next((row for row in rows if intent_id and row.payment_id == intent_id), None)
    if order is None:
        raise errors.missing("payment_intent", intent_id, param, status)
    return order


def of_charge(party: Party, charge_id: str, status: int = 404, param: str = "id") -> Capture:
    row = Capture.objects.filter(order__party=party, public_id=charge_id).select_related("order__party").first()
    if row is None or row.public_id != charge_id:
        raise errors.missing("charge", charge_id, param, status)
    return row


@call("status", "GET")
def intent(request: HttpRequest, party: Party, said: Body, intent_id: str) -> Done:
    fields.known(said, ("expand",))
    expand = fields.expand(said, ("latest_charge",))
    order = of_intent(party, intent_id)
    return Done(objects.intent(faults.with_told_amount(order), expand), order)


@call("status", "GET")
def charge(request: HttpRequest, party: Party, said: Body, charge_id: str) -> Done:
    fields.known(said, ("expand",))
    row = of_charge(party, charge_id)
    return Done(objects.charge(faults.with_told_amount(row.order), row), row.order)
