"""``/v1/checkout/sessions``: create, retrieve, list, expire. Source: docs.stripe.com/api/checkout/sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from paytm_kit.masking import mask_contact
from paytm_kit.simulator import clock
from paytm_kit.standins import faults, ids, page, payments
from paytm_kit.standins.books import NotAllowed, State
from paytm_kit.standins.door import base_url
from paytm_kit.standins.models import Order, Party
from paytm_kit.standins.payments import Wanted
from paytm_kit.standins.stripe import errors, fields, objects
from paytm_kit.standins.stripe.asked import Body, Done, call

EXPANDED = ("payment_intent", "payment_intent.latest_charge")
SOONEST, LATEST = timedelta(minutes=30), timedelta(hours=24)
LEEWAY = timedelta(seconds=60)  # the client read its clock before it asked
# Of these the stand-in uses the first row; the others are taken and change nothing here.
KNOWN = (
    "mode", "line_items", "success_url", "cancel_url", "client_reference_id", "customer_email", "metadata",
    "payment_intent_data", "expires_at", "expand",
    "adaptive_pricing", "allow_promotion_codes", "automatic_tax", "billing_address_collection", "consent_collection",
    "custom_text", "customer", "customer_creation", "invoice_creation", "locale", "payment_method_options",
    "payment_method_types", "phone_number_collection", "shipping_address_collection", "submit_type", "ui_mode",
)  # fmt: skip
INTENT_DATA = ("metadata", "description", "capture_method", "statement_descriptor", "statement_descriptor_suffix",
               "receipt_email", "shipping", "setup_future_usage")  # fmt: skip
HIGHEST_QUANTITY = 999_999


@call("start", "POST", "GET")
def sessions(request: HttpRequest, party: Party, said: Body) -> Done:
    if request.method == "GET":
        return _list(request, party, said)
    fields.known(said, KNOWN)
    expand = fields.expand(said, EXPANDED)
    if fields.required(said, "mode") != "payment":
        raise errors.Wrong("This stand-in knows mode payment only.", param="mode")
    if said.get("ui_mode", "hosted_page") not in ("hosted", "hosted_page"):
        raise errors.Wrong("This stand-in has the hosted page only.", param="ui_mode")
    amount, currency, lines = _lines(fields.required(said, "line_items"))
    expires_at, shown = _expiry(said)
    public_id = f"cs_test_{ids.draw(ids.LETTERS, 40)}"
    intent = _intent_data(said)
    wanted = Wanted(
        public_id=public_id,
        reference=fields.text(said.get("client_reference_id", ""), "client_reference_id", 200),
        amount=amount,
        currency=currency,
        return_url=_url(fields.required(said, "success_url"), "success_url"),
        cancel_url=_url(said.get("cancel_url", ""), "cancel_url"),
        base_url=base_url(request),
        expires_at=expires_at,
        facts={
            "lines": lines, "expires_at": shown, "metadata": fields.metadata(said.get("metadata")),
            "customer_email": mask_contact(fields.text(said.get("customer_email", ""), "customer_email", 512)) or None,
            "intent_metadata": fields.metadata(intent.get("metadata"), "payment_intent_data[metadata]"),
            "description": intent.get("description"),
        },
    )  # fmt: skip
    order = payments.open_order(party, wanted)
    order.facts["page"] = reverse("paytm_kit_standins:pay", args=[order.token])
    order.save(update_fields=["facts"])
    return Done(objects.session(faults.with_told_amount(order), expand), order)


def _lines(items: Any) -> tuple[int, str, list[str]]:
    """Minor units, currency and a line for the page of each item."""
    total, currencies, lines = 0, set(), []
    for place, item in enumerate(items if isinstance(items, list) else []):
        param = f"line_items[{place}]"
        if not isinstance(item, dict):
            raise errors.Wrong("Invalid object", param=param)
        if "price" in item:
            raise errors.missing("price", str(item["price"]), f"{param}[price]", 400)
        data = fields.required(item, "price_data", f"{param}[price_data]")
        product = data.get("product_data") if isinstance(data, dict) else None
        if not isinstance(product, dict):
            raise errors.Wrong("Missing required param: product_data.", param=f"{param}[price_data][product_data]")
        name = fields.text(fields.required(product, "name", f"{param}[price_data][product_data][name]"), "name", 250)
        currencies.add(fields.currency(data.get("currency"), f"{param}[price_data][currency]"))
        currency = next(iter(currencies))
        unit = fields.amount(data.get("unit_amount"), f"{param}[price_data][unit_amount]", currency)
        quantity = fields.integer(item.get("quantity", ""), f"{param}[quantity]")
        if not 1 <= quantity <= HIGHEST_QUANTITY:
            raise errors.Wrong("Invalid quantity", param=f"{param}[quantity]")
        total += unit * quantity
        lines.append(f"{quantity} of {name}" if quantity > 1 else name)
    if not lines:
        raise errors.Wrong("Invalid array", param="line_items")
    if len(currencies) > 1:
        raise errors.Wrong("All line items must have the same currency.", param="line_items")
    if total > fields.LARGEST:
        raise errors.Wrong("The total is too large.", param="line_items", code="amount_too_large")
    return total, currencies.pop(), lines


def _intent_data(said: Body) -> Body:
    data = said.get("payment_intent_data") or {}
    if not isinstance(data, dict):
        raise errors.Wrong("Invalid object", param="payment_intent_data")
    for name in data:
        fields.known({f"payment_intent_data[{name}]": ""}, [f"payment_intent_data[{one}]" for one in INTENT_DATA])
    if data.get("capture_method", "automatic") not in ("automatic", "automatic_async"):
        raise errors.Wrong("This stand-in captures by itself.", param="payment_intent_data[capture_method]")
    return data


def _expiry(said: Body) -> tuple[datetime, int]:
    """In simulated time, and as it is told: the client's clock is the real one."""
    now = timezone.now()
    at = now + LATEST
    if "expires_at" in said:
        at = datetime.fromtimestamp(max(0, fields.integer(said["expires_at"], "expires_at")), UTC)
    if not now + SOONEST - LEEWAY <= at <= now + LATEST + LEEWAY:
        raise errors.Wrong("expires_at must be 30 minutes to 24 hours from now.", param="expires_at")
    return at + clock.offset(), objects.unix(at)


def _url(value: Any, param: str) -> str:
    url = fields.text(value, param, 2048)
    if url and (why := page.refusal(url.replace("{CHECKOUT_SESSION_ID}", "x"))):
        raise errors.Wrong(f"Not a valid URL: {why}.", param=param, code="url_invalid")
    return url


def find(party: Party, session_id: str) -> Order:
    row = Order.objects.filter(party=party, public_id=session_id).select_related("party").first()
    if row is None or row.public_id != session_id:
        raise errors.missing("checkout.session", session_id, "session")
    return row


@call("status", "GET")
def session(request: HttpRequest, party: Party, said: Body, session_id: str) -> Done:
    fields.known(said, ("expand",))
    expand = fields.expand(said, EXPANDED)
    order = find(party, session_id)
    return Done(objects.session(faults.with_told_amount(order), expand), order)


@call("expire", "POST")
def expire(request: HttpRequest, party: Party, said: Body, session_id: str) -> Done:
    fields.known(said, ("expand",))
    expand = fields.expand(said, EXPANDED)
    order = find(party, session_id)
    try:
        order = payments.expire(order)
    except NotAllowed:
        status = objects.SESSION_STATUS.get(State(order.state), "complete")
        raise errors.Wrong(f"Only sessions that are open can be expired; this one is {status}.") from None
    return Done(objects.session(order, expand), order)


def _list(request: HttpRequest, party: Party, said: Body) -> Done:
    fields.known(said, ("payment_intent", "created", "limit", "starting_after", "expand"))
    expand = [path.removeprefix("data.") for path in fields.expand(said, [f"data.{path}" for path in EXPANDED])]
    rows = Order.objects.filter(party=party).select_related("party").order_by("-pk")
    rows = rows.filter(**{f"created_at__{name}": at for name, at in fields.created(said).items()})
    if "starting_after" in said:
        rows = rows.filter(pk__lt=find(party, str(said["starting_after"])).pk)
    if "payment_intent" in said:
        rows = rows.filter(payment_id=fields.required(said, "payment_intent"))
    limit = page_size(said)
    found = [objects.session(faults.with_told_amount(order), expand) for order in rows[: limit + 1]]
    return Done(objects.listed(found[:limit], request.path, more=len(found) > limit))


def page_size(said: Body) -> int:
    limit = fields.integer(said.get("limit", "10"), "limit")
    if not 1 <= limit <= 100:
        raise errors.Wrong("limit must be 1 to 100.", param="limit")
    return limit
