"""Webhooks through the control plane: every one with its attempts, and sending one again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from paytm_kit.masking import redact_body
from paytm_kit.simulator.bank import due
from paytm_kit.simulator.control.command import Mistake, command, sent
from paytm_kit.simulator.models import Delivery
from paytm_kit.simulator.webhooks import outbox

SHOWN = 1000


def webhook_json(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk, "order_id": row.order.order_id if row.order else "", "event": row.event, "url": row.url,
        "content_type": row.content_type, "body": redact_body(row.body, row.content_type), "status": row.status,
        "next_at": row.next_at.isoformat() if row.status == Delivery.QUEUED else None, "faults": row.faults,
        "attempts": row.attempts,
    }  # fmt: skip


@command("GET")
def webhooks(request: HttpRequest) -> dict[str, Any]:
    """In the order of their making, redacted; ``?order_id=`` narrows it, the newest 1000 are shown."""
    due.run()
    rows = Delivery.objects.select_related("order")
    if wanted := request.GET.get("order_id"):
        rows = rows.filter(order__order_id=wanted)
    return {"webhooks": [webhook_json(row) for row in reversed(rows.order_by("-pk")[:SHOWN])]}


@command("POST")
def redeliver(request: HttpRequest, number: int) -> dict[str, Any]:
    """Sends a webhook once more, now, and answers with its attempts."""
    sent(request, ())
    row = Delivery.objects.select_related("order").filter(pk=number).first()
    if row is None:
        raise Mistake("id", "There is no webhook with this id. GET /_sim/webhooks lists them.", 404)
    if not outbox.redeliver(row):
        raise Mistake("id", "This webhook is being sent right now; look again in a moment.", 409)
    return webhook_json(Delivery.objects.select_related("order").get(pk=number))
