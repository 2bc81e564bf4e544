"""Stripe as the contract plays it: Checkout Sessions by their ids, refunds listed by PaymentIntent, signed webhooks."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import requests
import responses

from paytm_kit.gateways.base import InboundMessage
from paytm_kit.models import Payment
from tests.gateways.stripe import wire

SESSIONS = f"{wire.HOST}/v1/checkout/sessions"
SESSION = re.compile(re.escape(SESSIONS) + r"/(cs_test_\w+)(?:\?.*)?$")
REFUNDS = f"{wire.HOST}/v1/refunds"

Answer = tuple[int, dict[str, str], str]


class StripeWire:
    settings = {
        "GATEWAY": "stripe",
        "ENVIRONMENT": "staging",
        "MERCHANT_ID": wire.MERCHANT,
        "MERCHANT_KEY": wire.KEY,
        "WEBHOOK_SECRET": wire.WEBHOOK_SECRET,
        "HOST": wire.HOST,
    }
    signed_with = "WEBHOOK_SECRET"
    new_key = "whsec_anotherCanary0123456789"
    secrets = (wire.KEY, wire.WEBHOOK_SECRET, wire.EMAIL, wire.PHONE, wire.CLIENT_SECRET, "Canary", "/c/pay/")
    acknowledgement = None
    intents = {"paid": "succeeded", "failed": "requires_payment_method", "pending": "processing"}
    events = {"paid": "completed", "failed": "async_payment_failed", "pending": "completed"}

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.shown: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.silent = False
        mock.add_callback(responses.GET, SESSION, callback=self._session)
        mock.add_callback(responses.GET, REFUNDS, callback=self._refunds)

    def starts(self) -> None:
        self.mock.add_callback(responses.POST, SESSIONS, callback=self._create)

    def says(self, payment: Payment, word: str, **changes: str) -> None:
        self.silent = False
        if word == "absent":
            self.shown[payment.gateway_reference] = self._page(payment, "open", "unpaid", None, **changes)
            return
        status = self.intents.get(word, "succeeded" if word == "given back" else "gibberish")
        units = int(Decimal(changes.get("amount", str(payment.amount))) * 100)
        intent = wire.intent(
            status,
            id=changes.get("transaction", self._intent(payment)),
            amount=units,
            amount_received=units if status == "succeeded" else 0,
            last_payment_error=wire.DECLINED if word == "failed" else None,
            latest_charge=wire.charge(amount=units, amount_refunded=units if word == "given back" else 0),
        )
        paid = "paid" if status == "succeeded" else "unpaid"
        self.shown[payment.gateway_reference] = self._page(payment, "complete", paid, intent, **changes)

    def is_silent(self) -> None:
        self.silent = True

    def returned(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> None:
        """The browser brings nothing: it comes to the payment's own address."""

    def webhook(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> InboundMessage:
        page = self._page(payment, "complete", "paid" if word == "paid" else "unpaid", self._intent(payment))
        said = wire.event(f"checkout.session.{self.events[word]}", page)
        return wire.webhook(said, secret=key or wire.WEBHOOK_SECRET, signed=signed)

    def takes_refunds(self) -> None:
        def take(request: requests.PreparedRequest) -> Answer:
            asked = _form(request)
            made = wire.refund("pending", asked["metadata[refund_id]"], amount=int(asked["amount"]))
            return 200, {}, json.dumps({**made, "payment_intent": asked["payment_intent"]})

        self.mock.add_callback(responses.POST, REFUNDS, callback=take)

    def refunded(self, payment: Payment, refund_id: str, amount: Decimal, *, made: bool) -> None:
        row = wire.refund("succeeded" if made else "pending", refund_id, amount=int(amount * 100))
        metadata = {"refund_id": refund_id, "order_id": payment.gateway_order_id}
        self.refunds = [{**row, "payment_intent": self._intent(payment), "metadata": metadata}]

    def _page(self, payment: Payment, status: str, paid: str, intent: Any, **changes: str) -> dict[str, Any]:
        return wire.session(
            status,
            paid,
            intent,
            id=payment.gateway_reference,
            client_reference_id=changes.get("order", payment.gateway_order_id),
            amount_total=int(Decimal(changes.get("amount", str(payment.amount))) * 100),
            url=_page_url(payment.gateway_reference) if status == "open" else None,
        )

    def _intent(self, payment: Payment) -> str:
        return f"pi_3Fake{payment.pk}"

    def _create(self, request: requests.PreparedRequest) -> Answer:
        asked = _form(request)
        reference = f"cs_test_{len(self.shown)}"
        made = wire.session(id=reference, client_reference_id=asked["client_reference_id"], url=_page_url(reference))
        self.shown[reference] = made
        return 200, {}, json.dumps(made)

    def _session(self, request: requests.PreparedRequest) -> Answer:
        if self.silent:
            raise requests.ReadTimeout("slow")
        match = SESSION.fullmatch(request.url or "")
        assert match
        shown = self.shown[match[1]]
        if "expand" not in (request.url or "") and isinstance(shown["payment_intent"], dict):
            shown = {**shown, "payment_intent": shown["payment_intent"]["id"]}
        return 200, {}, json.dumps(shown)

    def _refunds(self, request: requests.PreparedRequest) -> Answer:
        wanted = dict(parse_qsl((request.url or "").partition("?")[2]))["payment_intent"]
        return 200, {}, json.dumps(wire.page_of(*[row for row in self.refunds if row["payment_intent"] == wanted]))


def _page_url(reference: str) -> str:
    return f"{wire.HOST}/c/pay/{reference}"


def _form(request: requests.PreparedRequest) -> dict[str, str]:
    assert isinstance(request.body, bytes)
    return dict(parse_qsl(request.body.decode()))
