"""What PayPal's webhooks claim, and whether PayPal signed them. Total: no data and no network makes it raise.

A notice whose certificate cannot be had now is UNCHECKED: PayPal sends it again (for three days, until it gets a 2xx).
There is no window of time for repeats: a claim is only a reason to ask PayPal, a dispute that is over stays over, and
PayPal itself sends late, and again on request. One that is taken up from what was stored has no headers any more.
Source: PayPal, Webhook event names; Integrate webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from paytm_kit.gateways import inbound, objects, order_ids, words
from paytm_kit.gateways.base import (
    Account,
    GatewayError,
    InboundMessage,
    Notice,
    Outcome,
    RefundOutcome,
    State,
    UntrustedResponse,
    Verdict,
)
from paytm_kit.gateways.http import Unreadable
from paytm_kit.gateways.paypal import disputes, fields, orders, refunds, signing
from paytm_kit.gateways.paypal.certificates import Certificates, NotTrusted

Row = Mapping[str, Any]


def read_notice(message: InboundMessage, account: Account, certificates: Certificates) -> Notice:
    """What a notice claims, and whether PayPal signed it."""
    try:
        event = _event(message)
    except Unreadable as error:
        return Notice(Verdict.MALFORMED, None, detail=str(error))
    verdict, detail = _verdict(message, account, certificates)
    kind = objects.text(event.get("event_type"))
    about = next((read for start, read in READERS if kind.startswith(start)), _nothing)
    shown = {name: objects.identifier(event.get(name)) for name in ("id", "event_type", "resource_type")}
    said = {"claim": None, **about(objects.members(event, "resource"), kind, account)}
    if not any(said.values()):
        detail = f"{detail}; says nothing that we ask about"
    return Notice(verdict, fields=shown, detail=detail, **said)


def _event(message: InboundMessage) -> Row:
    kind, text = inbound.opened(message)
    if kind != inbound.JSON:
        raise Unreadable("the content type is not JSON")
    event = objects.read(text)
    if not isinstance(event.get("event_type"), str) or not isinstance(event.get("resource"), Mapping):
        raise Unreadable("no event with a resource")
    return event


def _verdict(message: InboundMessage, account: Account, certificates: Certificates) -> tuple[Verdict, str]:
    signature = signing.find(message.headers)
    if signature is None:
        return Verdict.UNSIGNED, "no signature in the headers"
    if not signature.is_of_paypals_kind:
        return Verdict.BAD_SIGNATURE, "an algorithm that PayPal does not sign with"
    if not account.webhook_id:
        return Verdict.UNCHECKED, f'WEBHOOK_ID of account "{account.name}" is not set'
    try:
        key = certificates.key(signature.certificate_url)
    except NotTrusted as error:
        return Verdict.BAD_SIGNATURE, str(error)
    except GatewayError as error:
        return Verdict.UNCHECKED, f"the certificate cannot be had now: {error}"
    if any(signature.fits(key, name.strip(), message.body) for name in account.webhook_id.split(",")):
        return Verdict.VERIFIED, "signed by PayPal"
    return Verdict.BAD_SIGNATURE, "the signature does not match: another WEBHOOK_ID, or the body was changed"


def _order(resource: Row, kind: str, account: Account) -> dict[str, Any]:
    """An order; also of CHECKOUT.PAYMENT-APPROVAL.REVERSED, which shows its purchase units only."""
    units = objects.rows(resource, "purchase_units")
    order_id = objects.identifier(units[0].get("custom_id")) if len(units) == 1 else ""
    if not order_id:
        return {}
    try:
        return {"claim": orders.read(resource, account, order_id)}
    except UntrustedResponse:  # two captures: PayPal's own answer says so as well, and then a person is told
        return {"claim": Outcome(order_id, State.UNKNOWN, shopper_text=words.CONFIRMING)}


def _capture(resource: Row, kind: str, account: Account) -> dict[str, Any]:
    order_id = objects.identifier(resource.get("custom_id"))
    if not order_id:
        return {}
    shown = {"custom_id": order_id, "payee": resource.get("payee"), "payments": {"captures": [resource]}}
    return {"claim": orders.read({"purchase_units": [shown]}, account, order_id)}


def _refund(resource: Row, kind: str, account: Account) -> dict[str, Any]:
    """Which refund it is about. One that was made in PayPal's dashboard has its own id only."""
    invoice, custom = (objects.identifier(resource.get(name)) for name in ("invoice_id", "custom_id"))
    own = fields.THEIRS.fullmatch(objects.text(resource.get("id")))
    capture_id = refunds.capture_of(resource)
    if not own or not (order_ids.is_payment(custom) or capture_id):
        return {}
    said = RefundOutcome(
        order_id=custom if order_ids.is_payment(custom) else "",  # other software's refund: its capture tells whose
        refund_id=invoice if order_ids.is_refund(invoice) else own[0],
        state=State.UNKNOWN,  # asked, not read
        transaction_id=capture_id,
        gateway_refund_id=own[0],
        arn=objects.identifier(resource.get("acquirer_reference_number")),
    )
    return {"refund": said}


def _dispute(resource: Row, kind: str, account: Account) -> dict[str, Any]:
    return {"dispute": disputes.read(resource)}


def _nothing(resource: Row, kind: str, account: Account) -> dict[str, Any]:
    return {}


# By how the event's name begins; the first that fits. DENIED is an older word for DECLINED.
READERS: tuple[tuple[str, Callable[[Row, str, Account], dict[str, Any]]], ...] = (
    ("PAYMENT.CAPTURE.REFUNDED", _refund),
    ("PAYMENT.CAPTURE.REVERSED", _refund),
    ("PAYMENT.REFUND.", _refund),
    ("PAYMENT.CAPTURE.", _capture),
    ("CHECKOUT.ORDER.", _order),
    ("CHECKOUT.PAYMENT-APPROVAL.", _order),
    ("CUSTOMER.DISPUTE.", _dispute),
)
