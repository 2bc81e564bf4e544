"""What whoever watches sees: everything at a glance, one order from beginning to end, whose money is where.

Every page is bounded, and its text depends on nothing but the books and the minute, so that its fingerprint holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from paytm_kit.simulator import door
from paytm_kit.simulator.bank import books, due, instruments
from paytm_kit.simulator.models import (
    Delivery,
    Dispute,
    FaultRule,
    Merchant,
    Message,
    Order,
    Posting,
    Refund,
    Settlement,
    Subscription,
    Transaction,
)
from paytm_kit.simulator.pages import conversation
from paytm_kit.simulator.pages.live import watching

ORDERS, MESSAGES, ROWS = 50, 20, 100  # how many a page shows at most; ROWS: of any other list


# ---- everything at a glance ------------------------------------------------------------------------------------


@door.watching("GET")
def overview(request: HttpRequest) -> HttpResponse:
    """The newest orders (``?before=`` pages on, ``?q=`` searches by order id) and what is going on."""
    due.run()
    wanted, before = request.GET.get("q", "")[:50], _number(request.GET.get("before", ""))
    found, messages = Order.objects.all(), Message.objects.all()
    if wanted:
        found, messages = found.filter(order_id__icontains=wanted), messages.filter(order_id__icontains=wanted)
    shown = found.filter(pk__lt=before) if before else found
    page = list(_with_money(shown.order_by("-pk"))[: ORDERS + 1])
    waiting, count = books.waiting(), found.count()
    context = {
        "orders": _order_rows(page[:ORDERS]), "count": count, "q": wanted, "before": before,
        "older": page[ORDERS - 1].pk if len(page) > ORDERS else None,
        "messages": [conversation.said(row) for row in messages.order_by("-at", "-pk")[:MESSAGES]],
        "waiting": waiting, "moment": due.next_at(), "merchants": Merchant.objects.order_by("pk")[:ROWS],
        "rules": FaultRule.objects.order_by("place", "pk")[:ROWS],
        "say": ", ".join([f"orders {count}", *(f"{row.what} {row.number}" for row in waiting)]),
    }  # fmt: skip
    return watching(request, "overview.html", context)


def _number(text: str) -> int | None:
    """A row's number in an address; None for what cannot be one."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else None


def _with_money(rows: QuerySet[Order]) -> QuerySet[Order]:
    return rows.select_related("merchant").prefetch_related("transactions__refunds")


def _order_rows(found: Iterable[Order]) -> list[dict[str, Any]]:
    """What the table of orders shows; webhooks are counted, because one order can have hundreds."""
    found = list(found)
    counted = Delivery.objects.filter(order__in=found).order_by("status").values_list("order", "status")
    hooks: dict[int, list[str]] = {}
    for order, status, count in counted.annotate(count=Count("pk")):
        hooks.setdefault(order, []).append(f"{count} {status}")
    return [_order_row(order) | {"webhooks": ", ".join(hooks.get(order.pk, []))} for order in found]


def _order_row(order: Order) -> dict[str, Any]:
    attempt = order.decisive()
    return {
        "order": order,
        "captured": order.captured(),
        "refunded": books.refunded(order),
        "state": str(attempt.status) if attempt else "created",
        "code": attempt.respcode if attempt else "",
        "mode": attempt.mode if attempt else "",
    }


# ---- one order -------------------------------------------------------------------------------------------------


@door.watching("GET")
def order(request: HttpRequest) -> HttpResponse:
    """``?id=`` and, where several merchants have this id, ``?mid=``: its conversation, its money, its webhooks."""
    due.run()
    wanted, mid = request.GET.get("id", "")[:50], request.GET.get("mid", "")
    found = [row for row in _with_money(Order.objects.filter(order_id=wanted)) if row.order_id == wanted]
    chosen = next((row for row in reversed(found) if not mid or row.merchant.mid == mid), None)
    said = conversation.about(wanted)
    context: dict[str, Any] = {"order_id": wanted, "said": said, "full": len(said) == conversation.SHOWN}
    if chosen is None:
        context["say"] = f"No order {wanted}"
        return watching(request, "order_unknown.html", context, status=200 if said else 404)
    row = _order_row(chosen)
    context |= row | _money_of(chosen)
    context["others"] = [other.merchant.mid for other in found if other != chosen]
    context["rules"] = FaultRule.objects.filter(order_id__in=("", wanted)).order_by("place", "pk")[:ROWS]
    context["say"] = f"{row['state']} {row['code']}, {len(said)} messages"
    return watching(request, "order.html", context)


def _money_of(order: Order) -> dict[str, Any]:
    """Attempts with the way of their money, refunds, webhooks and postings of one order."""
    attempts = list(Transaction.objects.filter(order=order).prefetch_related("hops__refund"))
    refunds = list(Refund.objects.filter(transaction__order=order))
    disputes = list(Dispute.objects.filter(transaction__order=order))
    abouts = (
        [row.txn_id for row in attempts] + [row.refund_id for row in refunds] + [row.dispute_id for row in disputes]
    )
    deliveries = Delivery.objects.filter(order=order)
    return {
        "attempts": attempts, "refunds": refunds, "disputes": disputes,
        "deliveries": deliveries.order_by("-pk")[:ROWS], "delivery_count": deliveries.count(),
        "postings": Posting.objects.filter(about__in=abouts).order_by("pk")[: 2 * ROWS],
    }  # fmt: skip


# ---- whose money is where --------------------------------------------------------------------------------------


@door.watching("GET")
def money(request: HttpRequest) -> HttpResponse:
    """The balance of every account, payouts, refunds, disputes and mandates."""
    due.run()
    kinds = books.by_party()
    context = {
        "kinds": kinds, "sum": sum((kind.total for kind in kinds), books.NOTHING),
        "settlements": Settlement.objects.select_related("merchant").order_by("-pk")[:ROWS],
        "refunds": _of_orders(Refund.objects.order_by("-pk")),
        "disputes": _of_orders(Dispute.objects.order_by("-pk")),
        "subscriptions": Subscription.objects.select_related("merchant").order_by("-pk")[:ROWS],
        "rows": ROWS, "say": f"{sum(len(kind.accounts) + kind.more for kind in kinds)} accounts",
    }  # fmt: skip
    return watching(request, "money.html", context)


def _of_orders(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("transaction__order__merchant")[:ROWS]


@door.watching("GET")
def test_instruments(request: HttpRequest) -> HttpResponse:
    """Which card, UPI ID, bank or wallet leads to which outcome."""
    context = {
        "instruments": instruments.ALL,
        "card_otp": instruments.CARD_OTP,
        "wallet_otp": instruments.WALLET_OTP,
        "say": "",
    }
    return watching(request, "instruments.html", context)
