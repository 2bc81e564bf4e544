"""Turns invented stories into rows of the ledger and the wire messages that would have brought them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from paytm_kit.gateways.paytm.codes import CODES, Family
from paytm_kit.ledger.seeding import Rows
from paytm_kit.masking import findable
from paytm_kit.models import Dispute, Payment, PaymentEvent, Refund, WireMessage
from paytm_kit.services.invention import ENVIRONMENT, GATEWAY, MERCHANT_ID, Step, Story, digest

Kind = PaymentEvent.Kind
NOTHING = Decimal("0.00")
REFUND_OVER = (Refund.Status.SUCCEEDED, Refund.Status.FAILED)
FAMILIES = (Family.PAYMENT, Family.STATUS)


def rows_of(stories: Iterable[Story], *, account: str, content_type_id: int) -> Rows:
    """Unsaved rows of these stories; their payments belong to orders that do not exist."""
    rows = Rows()
    for told in stories:
        _tell(rows, told, account, content_type_id)
    return rows


def _tell(rows: Rows, told: Story, account: str, content_type_id: int) -> None:
    payment = _payment(told, account, content_type_id)
    rows.payments.append(payment)
    refund: Refund | None = None
    dispute: Dispute | None = None
    for step in told.steps:
        event = PaymentEvent(
            payment=payment,
            kind=step.kind,
            source=step.source,
            actor=step.actor,
            status_after=step.status,
            amount=step.amount,
            transaction_id=step.transaction_id,
            code=step.code,
            message=step.message,
            flag=step.flag,
            correlation_id=_correlation(payment, step),
            created_at=step.at,
        )
        if step.about == "refund":
            event.status_before = refund.status if refund else ""
            event.refund = refund = _refund(rows, payment, refund, step)
        elif step.about == "dispute":
            event.status_before = dispute.status if dispute else ""
            event.dispute = dispute = _dispute(rows, payment, dispute, step)
        else:
            event.status_before = payment.status if step.kind != Kind.OPENED else ""
            _bring_in(payment, step, told)
        rows.events.append(event)
        rows.messages.extend(_messages(payment, step))


def _payment(told: Story, account: str, content_type_id: int) -> Payment:
    return Payment(
        account=account,
        gateway=GATEWAY,
        environment=ENVIRONMENT,
        merchant_id=MERCHANT_ID,
        gateway_order_id=told.order_id,
        token=digest("token", told.order_id)[:40],
        content_type_id=content_type_id,
        object_id=f"-{told.order_number + 1}",  # no order has such a key
        order_label=f"INV-{told.order_number + 1:07d}",
        customer_id=f"CUST{told.shopper_number:07d}",
        contact_email=findable(f"{told.shopper}{told.shopper_number}@example.com"),
        contact_mobile=findable(f"900000{told.shopper_number % 10000:04d}"),
        flow="hosted",
        amount=told.amount,
        created_at=told.created_at,
    )


def _bring_in(payment: Payment, step: Step, told: Story) -> None:
    """What the ledger's own verbs would have put on the payment."""
    if step.kind == Kind.STARTED:
        payment.started_at = payment.handed_out_at = step.at
    elif step.kind == Kind.FLAGGED:
        payment.flags = f"{payment.flags} {step.flag}".strip()
    elif step.kind in (Kind.PENDING, Kind.CAPTURED, Kind.FAILED) and payment.paid_at is None:
        payment.payment_mode, payment.bank_name = told.mode.name, told.bank
        payment.gateway_name, payment.network = told.mode.acquirer, told.network
        payment.bank_transaction_id = told.bank_transaction_id
        payment.code, payment.message = step.code, step.message
        rows = (CODES.get((family, step.code)) for family in FAMILIES)
        payment.shopper_text_source = next((row.shopper for row in rows if row), "")
    if step.kind == Kind.CAPTURED:
        payment.captured_amount += step.amount or NOTHING
        payment.transaction_id = payment.transaction_id or step.transaction_id
        payment.paid_at = payment.paid_at or step.at
    if step.status != payment.status and step.status not in Payment.OPEN:
        payment.closed_at = step.at
    if step.source in ("reconcile", "callback", "webhook"):
        payment.asked_at = step.at
    payment.status = step.status


def _refund(rows: Rows, payment: Payment, refund: Refund | None, step: Step) -> Refund:
    if refund is None:
        refund_id = f"r-{digest('refund', payment.gateway_order_id)[:24]}"
        refund = Refund(
            payment=payment,
            refund_id=refund_id,
            key=digest(payment.gateway_order_id, refund_id),
            transaction_id=step.transaction_id,
            amount=step.amount or NOTHING,
            reason="Sent back by the customer",
            actor=step.actor,
            requested_at=step.at,
            sent_at=step.at,
        )
        payment.refunding_amount = refund.amount
        rows.refunds.append(refund)
    refund.status, refund.code = step.status, step.code or refund.code
    refund.asked_at = step.at
    if refund.status in REFUND_OVER:
        refund.closed_at = step.at
        payment.refunding_amount = NOTHING
        payment.refunded_amount = refund.amount if refund.status == Refund.Status.SUCCEEDED else NOTHING
    return refund


def _dispute(rows: Rows, payment: Payment, dispute: Dispute | None, step: Step) -> Dispute:
    if dispute is None:
        dispute_id = f"D{digest('dispute', payment.gateway_order_id)[:20]}"
        dispute = Dispute(
            payment=payment,
            dispute_id=dispute_id,
            key=digest(payment.gateway_order_id, dispute_id),
            transaction_id=step.transaction_id,
            amount=step.amount,
            kind="chargeback",
            reason=step.message,
            due_at=step.at + timedelta(days=7),
            opened_at=step.at,
        )
        rows.disputes.append(dispute)
    dispute.status = step.status
    if not dispute.is_undecided:
        dispute.closed_at = step.at
    return dispute


def _correlation(payment: Payment, step: Step) -> str:
    return digest(payment.gateway_order_id, step.kind)[:16]


# The messages that a step's source stands for: direction, channel, HTTP status, milliseconds before the step.
WIRE = {
    "checkout": (("out", "initiate", 200, 300),),
    "callback": (("in", "callback", 303, 900), ("out", "status", 200, 400)),
    "webhook": (("in", "webhook", 200, 900), ("out", "status", 200, 400)),
    "reconcile": (("out", "status", 200, 400),),
    "request": (("out", "refund", 200, 500),),
}
NO_MESSAGE = (Kind.OPENED, Kind.FLAGGED)


def _messages(payment: Payment, step: Step) -> Iterable[WireMessage]:
    if step.kind in NO_MESSAGE:
        return
    for direction, channel, http_status, before in WIRE.get(step.source, ()):
        at = step.at - timedelta(milliseconds=before)
        body = json.dumps({"orderId": payment.gateway_order_id, "mid": MERCHANT_ID, "txnAmount": str(payment.amount)})
        said = json.dumps(
            {"resultInfo": {"resultCode": step.code, "resultMsg": step.message}, "txnId": step.transaction_id}
        )
        yield WireMessage(
            direction=direction,
            channel=channel,
            payment=payment,
            account=payment.account,
            gateway_order_id=payment.gateway_order_id,
            url=f"/paytm/{channel}/" if direction == "in" else f"http://127.0.0.1/{channel}",
            content_type="application/json",
            request_body=body,
            response_body=said if direction == "out" else "",
            http_status=http_status,
            verdict=WireMessage.Verdict.VERIFIED,
            remote_ip="192.0.2.10" if direction == "in" else None,
            correlation_id=_correlation(payment, step),
            elapsed_ms=before // 2 if direction == "out" else None,
            created_at=at,
            processed_at=step.at,
        )
