"""What a webhook says: the facts of one event as the ledger held them when it was announced. No personal data.

Texts for staff, customer ids, contacts, addresses and cards have no place here. An amount is text with two decimals. A
field may be added; none is renamed or removed under one ``api_version``.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType

from paytm_kit.models import Dispute, Payment, PaymentEvent, Refund

API_VERSION = "2026-11-21"
PING = "ping"


def kind_of(signal: str) -> str:
    """``refund_started`` → ``refund.started``."""
    return signal.replace("_", ".", 1)


def message_id(event: PaymentEvent) -> str:
    """The same for every endpoint and attempt, and no other event's, on no other site."""
    fact = f"{event.payment.gateway_order_id}|{event.fingerprint}"
    return f"evt_{hashlib.sha256(fact.encode()).hexdigest()[:32]}"


def of(event: PaymentEvent, kind: str) -> str:
    """The body as JSON text."""
    data = {
        "payment": _payment(event.payment),
        "refund": _refund(event.refund) if event.refund else None,
        "dispute": _dispute(event.dispute) if event.dispute else None,
        "event": _event(event),
    }
    return _written(message_id(event), kind, event.created_at, event.pk, data)


def ping(name: str, now: datetime) -> tuple[str, str]:
    """Id and body of a message that says nothing and proves that the way is open."""
    identity = f"ping_{hashlib.sha256(f'{name}|{now.isoformat()}'.encode()).hexdigest()[:32]}"
    return identity, _written(identity, PING, now, 0, {"endpoint": name})


def _written(identity: str, kind: str, at: datetime, sequence: int, data: dict[str, Any]) -> str:
    body = {
        "id": identity,
        "type": kind,
        "api_version": API_VERSION,
        "created_at": _moment(at),
        "sequence": sequence,
        "data": data,
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _payment(payment: Payment) -> dict[str, Any]:
    order = ContentType.objects.get_for_id(payment.content_type_id)
    return {
        "account": payment.account,
        "gateway": payment.gateway,
        "environment": payment.environment,
        "gateway_order_id": payment.gateway_order_id,
        "order_type": f"{order.app_label}.{order.model}",
        "order_key": payment.object_id,
        "order_label": payment.order_label,
        "status": payment.status,
        "amount": _amount(payment.amount),
        "currency": payment.currency,
        "captured_amount": _amount(payment.captured_amount),
        "refunded_amount": _amount(payment.refunded_amount),
        "refunding_amount": _amount(payment.refunding_amount),
        "transaction_id": payment.transaction_id,
        "payment_mode": payment.payment_mode,
        "code": payment.code,
        "flags": payment.flag_list,
        "created_at": _moment(payment.created_at),
        "paid_at": _moment(payment.paid_at),
        "closed_at": _moment(payment.closed_at),
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "refund_id": refund.refund_id,
        "gateway_refund_id": refund.gateway_refund_id,
        "status": refund.status,
        "amount": _amount(refund.amount),
        "transaction_id": refund.transaction_id,
        "external": refund.external,
        "code": refund.code,
        "rrn": refund.rrn,
        "arn": refund.arn,
        "requested_at": _moment(refund.requested_at),
        "closed_at": _moment(refund.closed_at),
    }


def _dispute(dispute: Dispute) -> dict[str, Any]:
    return {
        "dispute_id": dispute.dispute_id,
        "status": dispute.status,
        "amount": _amount(dispute.amount),
        "transaction_id": dispute.transaction_id,
        "due_at": _moment(dispute.due_at),
        "opened_at": _moment(dispute.opened_at),
        "closed_at": _moment(dispute.closed_at),
    }


def _event(event: PaymentEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "flag": event.flag,
        "amount": _amount(event.amount),
        "transaction_id": event.transaction_id,
        "code": event.code,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
