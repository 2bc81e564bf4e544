"""The books as whoever watches them is told, on pages and as JSON. No key and no signature is shown in full."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from paytm_kit.masking import redact_body
from paytm_kit.simulator.webhooks.sending import JSON
from paytm_kit.standins import wording
from paytm_kit.standins.formats import plain
from paytm_kit.standins.models import Order, Party, Refund, Webhook

Body = dict[str, Any]


def orders() -> QuerySet[Order]:
    rows = Order.objects.select_related("party").order_by("-pk")
    return rows.prefetch_related("captures__refunds", "webhooks")


def amount(minor: int, order: Order) -> str:
    """``249.50``: as the currency is written, without its sign."""
    return plain(minor, wording.of(order).decimals(order.currency))


def order_json(order: Order) -> Body:
    return {
        "gateway": order.party.gateway, "id": order.public_id, "reference": order.reference, "state": order.state,
        "amount": amount(order.amount, order), "currency": order.currency,
        "page": f"/standins/pay/{order.token}", "payment_id": order.payment_id,
        "created_at": order.created_at.isoformat(),
        "expires_at": order.expires_at.isoformat() if order.expires_at else None,
        "captures": [
            {
                "id": row.public_id, "state": row.state, "amount": amount(row.amount, order),
                "decide_at": row.decide_at.isoformat() if row.decide_at else None,
                "refunds": [refund_json(refund, order) for refund in row.refunds.all()],
            }
            for row in order.captures.all()
        ],
        "webhooks": [f"{row.event} {row.status}" for row in order.webhooks.all()],
    }  # fmt: skip


def refund_json(row: Refund, order: Order) -> Body:
    return {
        "id": row.public_id, "reference": row.reference, "state": row.state, "amount": amount(row.amount, order),
        "decide_at": row.decide_at.isoformat() if row.decide_at else None,
    }  # fmt: skip


def webhook_json(row: Webhook) -> Body:
    return {
        "id": row.pk, "gateway": row.order.party.gateway, "order": row.order.public_id,
        "reference": row.order.reference, "event": row.event, "url": row.url, "status": row.status,
        "body": redact_body(row.body, JSON), "faults": row.faults, "attempts": row.attempts,
        "next_at": row.next_at.isoformat() if row.status == Webhook.QUEUED else None,
    }  # fmt: skip


def party_json(row: Party) -> Body:
    return {
        "gateway": row.gateway, "identifier": row.identifier, "key": f"{row.key[:4]}…",
        "webhook_secret": f"{row.webhook_secret[:6]}…" if row.webhook_secret else "", "webhook_url": row.webhook_url,
    }  # fmt: skip
