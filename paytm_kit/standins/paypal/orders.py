"""``/v2/checkout/orders``: create, show, capture. Source: developer.paypal.com/docs/api/orders/v2."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from paytm_kit.simulator import clock
from paytm_kit.standins import faults, ids, page, payments
from paytm_kit.standins.books import Bank, NotAllowed, State
from paytm_kit.standins.door import base_url
from paytm_kit.standins.models import Capture, Order, Party
from paytm_kit.standins.payments import Wanted
from paytm_kit.standins.paypal import errors, fields, objects
from paytm_kit.standins.paypal.asked import Body, Done, call

UNIT = "/purchase_units/0"
LIFE = timedelta(hours=6)  # that an order waits for its payer, as the SDK notes of its key
MINIMAL = ("id", "status", "payment_source", "links")
CAPTURED = ("id", "status", "payment_source", "purchase_units", "payer", "links")


@call("start", "POST")
def create(request: HttpRequest, party: Party, said: Body) -> Done:
    """PAYER_ACTION_REQUIRED with ``payment_source.paypal``, CREATED without."""
    intent = said.get("intent")
    if intent != "CAPTURE":
        known = {None: "MISSING_REQUIRED_PARAMETER", "AUTHORIZE": "ACTION_NOT_SUPPORTED"}
        raise errors.Wrong(
            known.get(intent if isinstance(intent, str | None) else "", "INVALID_PARAMETER_VALUE"), "/intent"
        )
    unit, source = _unit(said), "payment_source" in said
    if source and not request.headers.get("PayPal-Request-Id"):
        raise errors.Wrong("PAYPAL_REQUEST_ID_REQUIRED", "PayPal-Request-Id")
    context = _context(said)
    amount, currency = fields.amount(fields.part(unit, "amount", UNIT), f"{UNIT}/amount")
    facts: dict[str, Any] = {
        "source": source, "payer_id": ids.draw(ids.CAPITALS, 13),
        "reference_id": fields.text(unit, "reference_id", UNIT, 256) or "default",
        "custom_id": fields.text(unit, "custom_id", UNIT, 255),
        "invoice_id": fields.text(unit, "invoice_id", UNIT, 127),
        "description": fields.text(unit, "description", UNIT, 127),
        "merchant": fields.text(context, "brand_name", "/payment_source/paypal/experience_context", 127),
    }  # fmt: skip
    facts["lines"] = [facts["description"]] if facts["description"] else []
    reference = facts["custom_id"] or facts["invoice_id"] or unit.get("reference_id", "")
    wanted = Wanted(
        ids.draw(ids.CAPITALS, 17), reference, amount, currency, _url(context, "return_url"),
        _url(context, "cancel_url"), base_url(request), facts, clock.now() + LIFE,
    )  # fmt: skip
    order = payments.open_order(party, wanted)
    order.facts["page"] = reverse("paytm_kit_standins:pay", args=[order.token])
    order.save(update_fields=["facts"])
    # 200 beside payment_source, 201 without (orders_create, responses)
    return Done(objects.order(faults.with_told_amount(order)), order, 200 if source else 201, MINIMAL)


def _unit(said: Body) -> Body:
    units = said.get("purchase_units")
    if not units:
        raise errors.Wrong("MISSING_REQUIRED_PARAMETER", "/purchase_units")
    if not isinstance(units, list) or not isinstance(units[0], dict):
        raise errors.Wrong("INVALID_PARAMETER_SYNTAX", "/purchase_units")
    if len(units) > 1:
        raise errors.Wrong("INVALID_ARRAY_MAX_ITEMS", "/purchase_units")
    return units[0]


def _context(said: Body) -> Body:
    """Where the payer comes back to: the payment source's own, or the older ``application_context``."""
    if "payment_source" not in said:
        return fields.part(said, "application_context", "") if "application_context" in said else {}
    source = fields.part(said, "payment_source", "")
    if "paypal" not in source:
        raise errors.Wrong("ACTION_NOT_SUPPORTED", "/payment_source")
    paypal = fields.part(source, "paypal", "/payment_source")
    return fields.part(paypal, "experience_context", "/payment_source/paypal") if "experience_context" in paypal else {}


def _url(context: Body, name: str) -> str:
    url = fields.text(context, name, "/payment_source/paypal/experience_context", 2048)
    if url and page.refusal(url):
        raise errors.Wrong("INVALID_PARAMETER_SYNTAX", f"/payment_source/paypal/experience_context/{name}")
    return url


def find(party: Party, order_id: str) -> Order:
    row = Order.objects.filter(party=party, public_id=order_id).select_related("party").first()
    if row is None or row.public_id != order_id:
        raise errors.Wrong("INVALID_RESOURCE_ID", "/order_id")
    return row


@call("status", "GET")
def show(request: HttpRequest, party: Party, said: Body, order_id: str) -> Done:
    order = find(party, order_id)
    return Done(objects.order(faults.with_told_amount(order)), order)


@call("capture", "POST")
def capture(request: HttpRequest, party: Party, said: Body, order_id: str) -> Done:
    """Takes the money of an approved order; what the bank says was chosen on the approval page."""
    order = find(party, order_id)
    invoice = order.facts["invoice_id"]
    if invoice and order.state == State.APPROVED and _used(party, invoice, order):
        raise errors.Wrong("DUPLICATE_INVOICE_ID", f"{UNIT}/invoice_id")
    try:
        taken = payments.capture(order)
    except NotAllowed:
        issue = {State.CREATED: "ORDER_NOT_APPROVED", State.EXPIRED: "ORDER_EXPIRED"}
        raise errors.Wrong(issue.get(State(find(party, order_id).state), "ORDER_ALREADY_CAPTURED")) from None
    if taken is None:
        raise errors.Wrong("INSTRUMENT_DECLINED", links=[{**objects.approval(order), "rel": "redirect"}])
    order = find(party, order_id)
    return Done(objects.order(faults.with_told_amount(order)), order, 201, CAPTURED)


def _used(party: Party, invoice: str, order: Order) -> bool:
    taken = Capture.objects.filter(order__party=party).exclude(state=Bank.FAILED).exclude(order=order)
    return taken.filter(order__facts__invoice_id=invoice).exists()


@call("status", "GET", "POST", "PATCH", "DELETE")
def unknown(request: HttpRequest, party: Party, said: Body, rest: str) -> Done:
    raise errors.Wrong("INVALID_RESOURCE_ID", "/")
