"""``/v2/payments``: captures and refunds. Source: developer.paypal.com/docs/api/payments/v2."""

from __future__ import annotations

from django.http import HttpRequest

from paytm_kit.standins import faults, refunds
from paytm_kit.standins.books import Bank
from paytm_kit.standins.models import Capture, Party, Refund
from paytm_kit.standins.paypal import errors, fields, objects
from paytm_kit.standins.paypal.asked import Body, Done, call

MINIMAL = ("id", "status", "links")


def find(party: Party, capture_id: str) -> Capture:
    row = Capture.objects.filter(order__party=party, public_id=capture_id).select_related("order__party").first()
    if row is None or row.public_id != capture_id:
        raise errors.Wrong("INVALID_RESOURCE_ID", "/capture_id")
    return row


@call("status", "GET")
def show(request: HttpRequest, party: Party, said: Body, capture_id: str) -> Done:
    row = find(party, capture_id)
    return Done(objects.capture(faults.with_told_amount(row.order), row), row.order)


@call("refund", "POST")
def refund(request: HttpRequest, party: Party, said: Body, capture_id: str) -> Done:
    """All that is left, or ``amount``; the same PayPal-Request-Id again is the same refund."""
    row = find(party, capture_id)
    facts = {
        name: fields.text(said, name, "", longest)
        for name, longest in (("note_to_payer", 255), ("invoice_id", 127), ("custom_id", 127))
    }
    amount = None
    if "amount" in said:
        amount, currency = fields.amount(fields.part(said, "amount", ""), "/amount")
        if currency != row.order.currency:
            raise errors.Wrong("REFUND_CAPTURE_CURRENCY_MISMATCH", "/amount/currency_code")
    if row.state != Bank.SUCCEEDED:
        raise errors.Wrong("REFUND_NOT_ALLOWED")
    try:
        made = refunds.make(row, amount, facts=facts)
    except refunds.TooMuch as error:
        raise errors.Wrong("REFUND_AMOUNT_EXCEEDED" if error.left else "CAPTURE_FULLY_REFUNDED", "/amount") from error
    return Done(objects.refund(_read(party, made.public_id)), row.order, 201, MINIMAL)


def _read(party: Party, refund_id: str) -> Refund:
    rows = Refund.objects.filter(capture__order__party=party, public_id=refund_id)
    row = rows.select_related("capture__order__party").first()
    if row is None or row.public_id != refund_id:
        raise errors.Wrong("INVALID_RESOURCE_ID", "/refund_id")
    return row


@call("refund-status", "GET")
def show_refund(request: HttpRequest, party: Party, said: Body, refund_id: str) -> Done:
    row = _read(party, refund_id)
    return Done(objects.refund(row), row.capture.order)
