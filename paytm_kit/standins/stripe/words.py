"""Stripe's words for what happened: events with a signature, and the browser's way to ``success_url``.

Sources: docs.stripe.com/api/events/types, docs.stripe.com/webhooks#verify-manually.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from paytm_kit.simulator import clock
from paytm_kit.simulator.webhooks.sending import JSON, Answer
from paytm_kit.standins import ids
from paytm_kit.standins.books import Button, Happened, State
from paytm_kit.standins.models import Order, Webhook
from paytm_kit.standins.parties import STARTS, STRIPE
from paytm_kit.standins.stripe import fields, objects
from paytm_kit.standins.wording import Notice, Sealed, Told, Way

API_VERSION = "2026-10-28.endive"
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def _session(told: Told) -> objects.Body:
    return objects.session(told.order)


def _intent(told: Told) -> objects.Body:
    return objects.intent(told.order)


def _charge(told: Told) -> objects.Body:
    assert told.capture
    return objects.charge(told.order, told.capture)


def _refund(told: Told) -> objects.Body:
    assert told.refund
    return objects.refund(told.refund)


# What is told, in order: the event and its object.
EVENTS: dict[Happened, tuple[tuple[str, Any], ...]] = {
    Happened.PAID: (
        ("payment_intent.succeeded", _intent), ("charge.succeeded", _charge), ("checkout.session.completed", _session),
    ),
    Happened.PENDING: (("payment_intent.processing", _intent), ("checkout.session.completed", _session)),
    Happened.DECLINED: (("payment_intent.payment_failed", _intent),),
    Happened.PAID_LATE: (
        ("payment_intent.succeeded", _intent), ("charge.succeeded", _charge),
        ("checkout.session.async_payment_succeeded", _session),
    ),
    Happened.DECLINED_LATE: (
        ("payment_intent.payment_failed", _intent), ("checkout.session.async_payment_failed", _session),
    ),
    Happened.EXPIRED: (("checkout.session.expired", _session),),
    Happened.REFUND_MADE: (("refund.created", _refund), ("charge.refunded", _charge)),
    Happened.REFUND_DONE: (("refund.updated", _refund),),
    Happened.REFUND_FAILED: (("refund.updated", _refund), ("refund.failed", _refund)),
}  # fmt: skip


def signature(body: str, secret: str, at: int) -> str:
    """``t=…,v1=…``: HMAC-SHA256 over the time, a point and the exact body."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Stripe:
    gateway, title = STRIPE, STARTS[STRIPE].title
    captures_itself, tries_again, cancel_ends, refunds_at_once = True, True, False, True

    def payment_id(self) -> str:
        return f"pi_{ids.draw(ids.LETTERS, 24)}"

    def capture_id(self) -> str:
        return f"ch_{ids.draw(ids.LETTERS, 24)}"

    def refund_id(self) -> str:
        return f"re_{ids.draw(ids.LETTERS, 24)}"

    def decimals(self, currency: str) -> int:
        return fields.decimals(currency)

    def notices(self, told: Told) -> list[Notice]:
        return [self._event(event, show(told)) for event, show in EVENTS.get(told.happened, ())]

    def _event(self, event: str, shown: objects.Body) -> Notice:
        said = {
            "id": f"evt_{ids.draw(ids.LETTERS, 24)}", "object": "event", "api_version": API_VERSION,
            "created": objects.unix(clock.now()), "data": {"object": shown}, "livemode": False, "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None}, "type": event,
        }  # fmt: skip
        return Notice(event, json.dumps(said, ensure_ascii=False, indent=2))

    def seal(self, webhook: Webhook, address: str) -> Sealed:
        """With the real time of this attempt: merchants refuse what is older than five minutes of theirs."""
        covered = webhook.body + (" " if webhook.forged else "")
        signed = signature(covered, webhook.order.party.webhook_secret, int(time.time()))
        return Sealed(webhook.body, JSON, {"Stripe-Signature": signed})

    def accepts(self, answer: Answer) -> bool:
        return answer.status is not None and 200 <= answer.status < 300

    def way_back(self, order: Order) -> Way:
        """``success_url``, its placeholder filled in, or ``cancel_url``."""
        if order.state == State.CREATED and order.button == Button.CANCEL:
            return Way(order.cancel_url)
        return Way(order.return_url.replace(PLACEHOLDER, order.public_id))


WORDING = Stripe()
