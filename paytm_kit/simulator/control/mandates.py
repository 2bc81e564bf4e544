"""Mandates through the control plane: read them, and what a customer does in their UPI app."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator.bank import due, mandates
from paytm_kit.simulator.control.command import Mistake, command, sent
from paytm_kit.simulator.models import Subscription
from paytm_kit.simulator.wire.subscription_notices import facts


def _json(row: Subscription) -> dict[str, Any]:
    return {**facts(row), "mid": row.merchant.mid, "orders": [order.order_id for order in row.orders.all()]}


@command("GET")
def subscriptions(request: HttpRequest) -> dict[str, Any]:
    """Every mandate, oldest first."""
    due.run()
    rows = Subscription.objects.select_related("merchant").prefetch_related("orders")
    return {"subscriptions": [_json(row) for row in rows]}


@command("POST")
def cancel(request: HttpRequest, subs_id: str) -> dict[str, Any]:
    """The customer ends the mandate."""
    due.run()
    sent(request, ())
    row = Subscription.objects.filter(subs_id=subs_id).select_related("merchant").first()
    if row is None:
        raise Mistake("subs_id", "There is no such subscription here.", 404)
    try:
        return _json(mandates.change(row, "REJECT", "USER_CANCELLED"))
    except mandates.Refused as error:
        raise Mistake("subs_id", f"{error}.") from error
