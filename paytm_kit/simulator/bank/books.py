"""What the books say, as the control plane and the pages show it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Min, QuerySet

from paytm_kit.simulator import clock, options, world
from paytm_kit.simulator.bank import parties, postings, risk
from paytm_kit.simulator.bank.machine import State
from paytm_kit.simulator.models import NOTHING, Delivery, Dispute, Message, Order, Refund, Subscription, Transaction
from paytm_kit.simulator.wire import codes


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
        "refunded_amount": f"{refunded(order):.2f}",
        "token_age_seconds": round(age, 3),
        "token_expired": age >= clock.TOKEN_LIFE.total_seconds(),
        "transactions": [transaction_json(row) for row in rows],
        "refunds": [refund_json(refund) for row in rows for refund in row.refunds.all()],
        "webhooks": [
            {
                "id": sent.pk,
                "event": sent.event,
                "url": sent.url,
                "status": sent.status,
                "attempts": len(sent.attempts),
                "log": sent.attempts,
            }
            for sent in order.deliveries.all()
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
        "auth_code": row.auth_code,
        "rrn": row.rrn,
        "arn": row.arn,
        "emi": row.emi,
        "risk": row.risk,
        "settle_at": row.settle_at.isoformat() if row.settle_at else None,
    }


def refund_json(row: Refund) -> dict[str, Any]:
    return {
        "ref_id": row.ref_id,
        "refund_id": row.refund_id,
        "status": row.status,
        "respcode": row.respcode,
        "amount": f"{row.amount:.2f}",
        "requested_at": row.requested_at.isoformat(),
    }


def refunded(order: Order) -> Decimal:
    """Rupees that went back to the customer, from the refunds of its transactions."""
    return sum((row.refunded() for row in order.transactions.all()), NOTHING)


def orders() -> QuerySet[Order]:
    """Every order, oldest first, with all that ``order_json`` reads."""
    wanted = ("transactions__refunds", "deliveries")
    return Order.objects.select_related("merchant").prefetch_related(*wanted).order_by("pk")


def message_json(row: Message) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(), "direction": row.direction, "method": row.method, "url": row.url,
        "order_id": row.order_id, "request": row.request, "http_status": row.http_status,
        "response": row.response, "verdict": row.verdict,
    }  # fmt: skip


def settings_json() -> dict[str, Any]:
    merchant = world.merchant(options.current().mid)
    now = world.get()
    return {
        "webhook_url": merchant.webhook_url if merchant else "",
        "webhook_on_pending": bool(merchant and merchant.webhook_on_pending),
        "webhook_format": merchant.webhook_format if merchant else "form",
        "webhook_ladder": now.webhook_ladder,
        "settle_after": now.settle_after,
        "risk_rules": risk.table_json(now.risk_rules),
    }


# ---- for the page: whose money is where, what has not happened yet ---------------------------------------------

# The first part of an account's name, and what such accounts are called. The order is that of the money.
KINDS = (
    ("customer", "Customers"),
    ("issuer", "Issuing banks and wallets"),
    ("acquirer", "Acquirers"),
    ("gateway", "Gateway, for merchants"),
    ("merchant", "Merchants"),
    ("gateway-fees", "Gateway, fees and GST"),
)
SHOWN = 50  # accounts of each kind


class Account(NamedTuple):
    name: str
    balance: Decimal  # rupees; below zero: more went out than came in


class Books(NamedTuple):
    """The accounts of one kind. ``accounts`` are the largest ``SHOWN``; ``more`` counts the others."""

    kind: str
    total: Decimal
    accounts: list[Account]
    more: int


def by_party() -> list[Books]:
    """Every account, by whose it is. All totals together are zero."""
    held: dict[str, list[Account]] = {kind: [] for kind, _ in KINDS}
    for name, balance in postings.balances().items():
        kind, _, whose = name.partition("/")
        held.setdefault(kind, []).append(Account(_holder(kind, whose), balance))
    titles = dict(KINDS)
    return [_books(titles.get(kind, kind), accounts) for kind, accounts in held.items() if accounts]


def _holder(kind: str, whose: str) -> str:
    name = parties.name(whose) if kind in ("issuer", "acquirer") else whose or kind
    return name if whose == name else name[:1].upper() + name[1:]


def _books(kind: str, accounts: list[Account]) -> Books:
    largest = sorted(accounts, key=lambda account: (-abs(account.balance), account.name))
    total = sum((account.balance for account in accounts), NOTHING)
    return Books(kind, total, largest[:SHOWN], max(0, len(accounts) - SHOWN))


class Waiting(NamedTuple):
    """What has not happened yet: how many, and the simulated time of the next; None: somebody must act."""

    what: str
    number: int
    next_at: datetime | None


def waiting() -> list[Waiting]:
    """Everything that is still to come, what is nothing left out."""
    return [row for row in _all_waiting() if row.number]


def _all_waiting() -> Iterator[Waiting]:
    hooks, refunds = Delivery.objects.all(), Refund.objects.filter(status="pending")
    yield _counted("payments at the bank's or the shopper's step", Transaction.objects.filter(status=State.STARTED))
    yield _counted("payments pending", Transaction.objects.filter(status=State.PENDING), "settle_at")
    yield _counted("webhooks to be sent", hooks.filter(status__in=(Delivery.QUEUED, Delivery.SENDING)), "next_at")
    yield _counted("webhooks given up", hooks.filter(status=Delivery.FAILED))
    yield _counted("webhooks held back by a fault", hooks.filter(status=Delivery.WITHHELD))
    yield _counted("refunds pending", refunds, "credit_at")
    yield _counted("mandate notices to be sent", Subscription.objects.exclude(notify_at=None), "notify_at")
    yield _counted("disputes open", Dispute.objects.filter(status="open"))


def _counted(what: str, rows: QuerySet[Any], moment: str = "") -> Waiting:
    found = rows.order_by().aggregate(count=Count("pk"), **({"next": Min(moment)} if moment else {}))
    return Waiting(what, found["count"], found.get("next"))
