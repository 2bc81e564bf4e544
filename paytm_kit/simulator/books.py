"""What the books say, as the control plane and the overview show it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from paytm_kit.simulator import clock, codes, options, world
from paytm_kit.simulator.models import Message, Order, Transaction


def order_json(order: Order) -> dict[str, Any]:
    attempt = order.decisive()
    age = (clock.now() - order.token_at).total_seconds()
    rows = list(order.transactions.all())
    return {
        "order_id": order.order_id,
        "mid": order.merchant.mid,
        "amount": f"{order.amount:.2f}",
        "currency": order.currency,
        "status": str(attempt.status) if attempt else "created",
        "callback_url": order.callback_url,
        "cust_id": order.cust_id,
        "captured_amount": f"{order.captured():.2f}",
        "token_age_seconds": round(age, 3),
        "token_expired": age >= clock.TOKEN_LIFE.total_seconds(),
        "transactions": [transaction_json(row) for row in rows],
        "webhooks": [
            {"url": sent.url, "status": sent.status, "attempts": len(sent.attempts), "log": sent.attempts}
            for row in rows
            for sent in row.deliveries.all()
        ],
    }


def transaction_json(row: Transaction) -> dict[str, Any]:
    return {
        "txn_id": row.txn_id,
        "status": str(row.status),
        "amount": f"{row.amount:.2f}",
        "mode": row.mode,
        "instrument": row.instrument,
        "respcode": row.respcode,
        "respmsg": codes.PAYMENT[row.respcode].text if row.respcode else "",
        "bank_txn_id": row.bank_txn_id,
        "settle_at": row.settle_at.isoformat() if row.settle_at else None,
    }


def orders() -> QuerySet[Order]:
    """Every order, oldest first, with all that ``order_json`` reads."""
    return Order.objects.select_related("merchant").prefetch_related("transactions__deliveries").order_by("pk")


def message_json(row: Message) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(), "direction": row.direction, "method": row.method, "url": row.url,
        "order_id": row.order_id, "request": row.request, "http_status": row.http_status,
        "response": row.response, "verdict": row.verdict,
    }  # fmt: skip


def settings_json() -> dict[str, Any]:
    merchant = world.merchant(options.current().mid)
    return {
        "webhook_url": merchant.webhook_url if merchant else "",
        "webhook_on_pending": bool(merchant and merchant.webhook_on_pending),
        "settle_after": world.get().settle_after,
    }
