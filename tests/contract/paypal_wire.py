"""PayPal as the contract plays it: orders by the ids that it gave them, and notices signed with its own certificate."""

from __future__ import annotations

import json
import re
import threading
from decimal import Decimal
from typing import Any

import requests
import responses

from paytm_kit.gateways.base import InboundMessage
from paytm_kit.models import Payment
from tests.gateways.paypal import authority, wire

ORDERS = re.compile(re.escape(wire.HOST) + r"/v2/checkout/orders/([A-Z0-9]+)(/capture)?$")
REFUNDS = re.compile(re.escape(wire.HOST) + r"/v2/payments/captures/([A-Z0-9]+)/refund$")
CERTIFICATE = f"{wire.HOST}/v1/notifications/certs/CERT-contract"

Answer = tuple[int, dict[str, str], str]


class PayPalWire:
    """``approved`` beside the contract's own words: the shopper agreed, and capturing pays."""

    settings = {
        "GATEWAY": "paypal",
        "ENVIRONMENT": "simulator",  # whose certificate is HOST's own
        "MERCHANT_ID": wire.MERCHANT,
        "MERCHANT_KEY": wire.SECRET,
        "CLIENT_ID": wire.CLIENT_ID,
        "WEBHOOK_ID": wire.WEBHOOK_ID,
        "CURRENCY": "USD",
        "HOST": wire.HOST,
    }
    signed_with = "MERCHANT_KEY"  # of no matter: PayPal signs with a certificate, and takes only the old secret here
    new_key = wire.NEW_SECRET
    secrets = (wire.SECRET, wire.TOKEN, wire.EMAIL, "Canary")
    acknowledgement = None
    captures = {"paid": "COMPLETED", "given back": "REFUNDED", "failed": "DECLINED", "pending": "PENDING"}
    events = {"paid": "COMPLETED", "failed": "DECLINED", "pending": "PENDING"}

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.paypal = wire.PayPal(mock)
        self.shown: dict[str, dict[str, Any]] = {}
        self.captured: list[str] = []
        self.one_at_a_time = threading.Lock()
        self.silent = False
        self.paypal.serves(authority.self_signed(), CERTIFICATE)
        mock.add_callback(responses.POST, f"{wire.HOST}/v2/checkout/orders", callback=self._create)
        mock.add_callback(responses.GET, ORDERS, callback=self._order)
        mock.add_callback(responses.POST, ORDERS, callback=self._order)

    def starts(self) -> None:
        """PayPal lets every payment begin."""

    def says(self, payment: Payment, word: str, **changes: str) -> None:
        self.silent = False
        waiting = {"absent": "PAYER_ACTION_REQUIRED", "approved": "APPROVED"}
        if word in waiting:
            self.shown[payment.gateway_reference] = self._shown(payment, waiting[word], **changes)
        else:
            taken = self._capture(payment, self.captures.get(word, "GIBBERISH"), **changes)
            self.shown[payment.gateway_reference] = self._shown(payment, "COMPLETED", taken, **changes)

    def is_silent(self) -> None:
        self.silent = True

    def returned(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> None:
        """The browser brings nothing that counts: it comes to the payment's own address."""

    def webhook(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> InboundMessage:
        resource = self._capture(payment, self.captures[word])
        said = wire.event(f"PAYMENT.CAPTURE.{self.events[word]}", resource)
        message = wire.notice(said, url=CERTIFICATE, signer="Mallory" if key == self.new_key else "PayPal")
        return message if signed else InboundMessage(message.body, message.content_type)

    def takes_refunds(self) -> None:
        def take(request: requests.PreparedRequest) -> Answer:
            asked = json.loads(request.body)
            made = wire.refund("PENDING", amount=asked["amount"], invoice_id=asked["invoice_id"], links=[])
            return 201, {}, json.dumps(made)

        self.mock.add_callback(responses.POST, REFUNDS, callback=take)

    def refunded(self, payment: Payment, refund_id: str, amount: Decimal, *, made: bool) -> None:
        status = "COMPLETED" if made else "PENDING"
        row = wire.refund(status, amount=wire.money(str(amount)), invoice_id=refund_id, links=[])
        self.gives_back(payment, row)

    def gives_back(self, payment: Payment, *rows: dict[str, Any]) -> None:
        taken = self._capture(payment, "PARTIALLY_REFUNDED")
        self.shown[payment.gateway_reference] = self._shown(payment, "COMPLETED", taken, refunds=rows)

    def capture_id(self, payment: Payment) -> str:
        return f"CAP{payment.pk}"

    def _shown(
        self, payment: Payment, status: str, *captures: Any, refunds: Any = (), **changes: str
    ) -> dict[str, Any]:
        amount = wire.money(changes.get("amount", str(payment.amount)))
        bears = changes.get("order", payment.gateway_order_id)
        return wire.order(
            status, *captures, refunds=refunds, id=payment.gateway_reference, custom_id=bears, amount=amount
        )

    def _capture(self, payment: Payment, status: str, **changes: str) -> dict[str, Any]:
        return wire.capture(
            status,
            id=changes.get("transaction", self.capture_id(payment)),
            amount=wire.money(changes.get("amount", str(payment.amount))),
            custom_id=payment.gateway_order_id,
            invoice_id=payment.gateway_order_id,
        )

    def _create(self, request: requests.PreparedRequest) -> Answer:
        [unit] = json.loads(request.body)["purchase_units"]
        reference = f"ORDER{len(self.shown)}"
        page = wire.link(f"/checkoutnow?token={reference}", "payer-action")
        made = wire.order(id=reference, custom_id=unit["custom_id"], amount=unit["amount"], links=[page])
        self.shown[reference] = made
        return 201, {}, json.dumps(made)

    def _order(self, request: requests.PreparedRequest) -> Answer:
        if self.silent:
            raise requests.ReadTimeout("slow")
        match = ORDERS.fullmatch(request.url or "")
        assert match
        reference, capturing = match[1], match[2]
        if capturing:
            with self.one_at_a_time:
                return self._taken(reference, request.headers["PayPal-Request-Id"])
        return 200, {}, json.dumps(self.shown[reference])

    def _taken(self, reference: str, request_id: str) -> Answer:
        """Once for each request id, as PayPal does."""
        order = self.shown[reference]
        if order["status"] == "APPROVED":
            self.captured.append(request_id)
            [unit] = order["purchase_units"]
            number = Payment.objects.get(gateway_order_id=unit["custom_id"]).pk
            taken = wire.capture(id=f"CAP{number}", amount=unit["amount"], custom_id=unit["custom_id"])
            order |= {"status": "COMPLETED", "purchase_units": [{**unit, "payments": {"captures": [taken]}}]}
        elif request_id not in self.captured:
            issue = "ORDER_ALREADY_CAPTURED" if order["status"] == "COMPLETED" else "ORDER_NOT_APPROVED"
            return 422, {}, json.dumps(wire.error(issue))
        return 201, {}, json.dumps(order)
