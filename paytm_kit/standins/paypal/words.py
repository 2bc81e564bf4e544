"""PayPal's words for what happened: notices with five headers, and the payer's way back.

Sources: developer.paypal.com/api/rest/webhooks/event-names and /api/rest/webhooks.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from paytm_kit.simulator import clock
from paytm_kit.simulator.webhooks.sending import JSON, Answer
from paytm_kit.standins import ids
from paytm_kit.standins.books import Button, Happened
from paytm_kit.standins.formats import with_query
from paytm_kit.standins.models import Order, Webhook
from paytm_kit.standins.parties import PAYPAL, STARTS
from paytm_kit.standins.paypal import certificate, fields, objects
from paytm_kit.standins.wording import Notice, Sealed, Told, Way


def _order(told: Told) -> objects.Body:
    return objects.order(told.order)


def _capture(told: Told) -> objects.Body:
    assert told.capture
    return objects.capture(told.order, told.capture)


def _refund(told: Told) -> objects.Body:
    assert told.refund
    return objects.refund(told.refund)


# Event, kind of its resource, the resource.
EVENTS: dict[Happened, tuple[str, str, Any]] = {
    Happened.APPROVED: ("CHECKOUT.ORDER.APPROVED", "checkout-order", _order),
    Happened.PAID: ("PAYMENT.CAPTURE.COMPLETED", "capture", _capture),
    Happened.PENDING: ("PAYMENT.CAPTURE.PENDING", "capture", _capture),
    Happened.PAID_LATE: ("PAYMENT.CAPTURE.COMPLETED", "capture", _capture),
    Happened.DECLINED_LATE: ("PAYMENT.CAPTURE.DECLINED", "capture", _capture),
    Happened.REFUND_DONE: ("PAYMENT.CAPTURE.REFUNDED", "refund", _refund),
}


class PayPal:
    gateway, title = PAYPAL, STARTS[PAYPAL].title
    captures_itself, tries_again, cancel_ends, refunds_at_once = False, False, False, True

    def payment_id(self) -> str:
        return ""

    def capture_id(self) -> str:
        return ids.draw(ids.CAPITALS, 17)

    refund_id = capture_id

    def decimals(self, currency: str) -> int:
        return fields.decimals(currency)

    def notices(self, told: Told) -> list[Notice]:
        if told.happened not in EVENTS:
            return []
        event, kind, show = EVENTS[told.happened]
        said = {
            "id": f"WH-{ids.draw(ids.CAPITALS, 17)}-{ids.draw(ids.CAPITALS, 17)}", "event_version": "1.0",
            "create_time": objects.moment(clock.now()), "resource_type": kind, "resource_version": "2.0",
            "event_type": event, "summary": f"{event} at paytm-kit's stand-in", "resource": show(told), "links": [],
        }  # fmt: skip
        return [Notice(event, json.dumps(said, ensure_ascii=False, separators=(",", ":")))]

    def seal(self, webhook: Webhook, address: str) -> Sealed:
        """A transmission of its own for each attempt. Raises ImportError where cryptography is missing."""
        transmission = "-".join(ids.draw("0123456789abcdef", length) for length in (8, 4, 4, 4, 12))
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        covered = webhook.body.encode() + (b" " if webhook.forged else b"")
        text = certificate.signed_text(transmission, at, webhook.order.party.webhook_secret, covered)
        headers = {
            "PAYPAL-TRANSMISSION-ID": transmission, "PAYPAL-TRANSMISSION-TIME": at,
            "PAYPAL-TRANSMISSION-SIG": certificate.sign(text), "PAYPAL-AUTH-ALGO": certificate.ALGORITHM,
            "PAYPAL-CERT-URL": f"{address}/v1/notifications/certs/{certificate.name()}",
        }  # fmt: skip
        return Sealed(webhook.body, JSON, headers)

    def accepts(self, answer: Answer) -> bool:
        return answer.status is not None and 200 <= answer.status < 300

    def way_back(self, order: Order) -> Way:
        """``return_url`` with token and PayerID, or ``cancel_url`` with the token."""
        if order.button == Button.CANCEL:
            return Way(with_query(order.cancel_url, token=order.public_id))
        return Way(with_query(order.return_url, token=order.public_id, PayerID=order.facts["payer_id"]))


WORDING = PayPal()
