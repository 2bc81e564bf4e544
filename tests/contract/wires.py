"""What the contract asks of each gateway's other end: answers to our questions, returns and webhooks of its own.

A wire says in its gateway's words what the contract says in ours. Amounts are rupees.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

import requests
import responses

from paytm_kit.gateways.base import InboundMessage
from paytm_kit.models import Payment
from tests import paytm as paytm_wire
from tests.contract.paypal_wire import PayPalWire
from tests.contract.stripe_wire import StripeWire
from tests.gateways.zaakpay import wire as zaakpay_wire

FORM = "application/x-www-form-urlencoded"


class Wire(Protocol):
    """One gateway, as its account is set up here, and as it is played."""

    settings: Mapping[str, str]
    signed_with: str  # which setting holds what verifies its notices
    new_key: str  # another such
    secrets: tuple[str, ...]  # that no stored message, page or log may hold
    acknowledgement: bytes | None  # what its webhook waits for; None: anything

    def starts(self) -> None:
        """From now on it lets payments begin."""

    def says(self, payment: Payment, word: str, **changes: str) -> None:
        """Asked about the payment it says paid, failed, pending, absent, given back or gibberish.

        ``changes``: amount, order, transaction.
        """

    def is_silent(self) -> None:
        """From now on no question is answered."""

    def returned(
        self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True
    ) -> InboundMessage | None:
        """What the shopper's browser brings back; ``None``: nothing, it comes to the payment's own address."""

    def webhook(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> InboundMessage:
        """What its server sends."""

    def takes_refunds(self) -> None:
        """From now on it takes refunds on: accepted, not yet made."""

    def refunded(self, payment: Payment, refund_id: str, amount: Decimal, *, made: bool) -> None:
        """Asked about the refund, it says that it is made, or under way."""


class PaytmWire:
    settings = {
        "ENVIRONMENT": "staging",
        "MERCHANT_ID": paytm_wire.MID,
        "MERCHANT_KEY": paytm_wire.KEY,
        "HOST": paytm_wire.HOST,
    }
    signed_with = "MERCHANT_KEY"
    new_key = "another0Key#5555"
    secrets = (paytm_wire.KEY,)
    acknowledgement = None
    words = {"paid": "TXN_SUCCESS", "failed": "TXN_FAILURE", "pending": "PENDING", "absent": "NO_RECORD_FOUND"}

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.paytm = paytm_wire.Paytm(mock)

    def starts(self) -> None:
        self.paytm.will_start()

    def says(self, payment: Payment, word: str, **changes: str) -> None:
        names = {"amount": "txnAmount", "order": "orderId", "transaction": "txnId"}
        given = {names[name]: value for name, value in changes.items()}
        if word == "given back":
            word, given["refundAmt"] = "paid", str(payment.amount)
        self.paytm.will_say(self.words.get(word, "GIBBERISH"), payment=payment, **given)

    def is_silent(self) -> None:
        self.paytm.will_answer(requests.ReadTimeout("slow"))

    def returned(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> InboundMessage:
        fields = paytm_wire.callback_fields(payment, self.words[word], key=key or paytm_wire.KEY)
        if not signed:
            del fields["CHECKSUMHASH"]
        return InboundMessage(urlencode(fields).encode(), FORM)

    webhook = returned

    def takes_refunds(self) -> None:
        self.paytm.will_refund("PENDING", "601")

    def refunded(self, payment: Payment, refund_id: str, amount: Decimal, *, made: bool) -> None:
        word, code = ("TXN_SUCCESS", "10") if made else ("PENDING", "601")
        self.paytm.refund_becomes(word, code, refundAmount=str(amount), totalRefundAmount=str(amount))


class ZaakpayWire:
    settings = {
        "GATEWAY": "zaakpay",
        "ENVIRONMENT": "staging",
        "MERCHANT_ID": zaakpay_wire.MERCHANT,
        "MERCHANT_KEY": zaakpay_wire.KEY,
        "HOST": zaakpay_wire.HOST,
    }
    signed_with = "MERCHANT_KEY"
    new_key = zaakpay_wire.OLD_KEY
    secrets = (zaakpay_wire.KEY, "1112")
    acknowledgement = b"SUCCESS"
    words = {
        "paid": ("228", "0"),
        "given back": ("231", "3"),
        "failed": ("400", "1"),
        "pending": ("207", "2"),
        "gibberish": ("999", "9"),
    }
    codes = {"paid": "100", "failed": "400", "pending": "207"}

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock

    def starts(self) -> None:
        """Zaakpay is asked nothing: the form is signed here."""

    def says(self, payment: Payment, word: str, **changes: str) -> None:
        if word == "absent":
            return self._answers({"success": False, "responseCode": "205", "responseDescription": "Not found"})
        order = self._order(payment, *self.words[word], **changes)
        return self._answers(zaakpay_wire.status_answer(order))

    def is_silent(self) -> None:
        self.mock.upsert(responses.POST, f"{zaakpay_wire.HOST}/checkTxn", body=requests.ReadTimeout("slow"))

    def returned(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> InboundMessage:
        message = zaakpay_wire.returned(
            key or zaakpay_wire.KEY, orderId=payment.gateway_order_id, responseCode=self.codes[word]
        )
        return message if signed else _without_checksum(message)

    def webhook(self, payment: Payment, word: str = "paid", *, key: str = "", signed: bool = True) -> InboundMessage:
        row = {
            "orderId": payment.gateway_order_id,
            "amount": "49900",
            "pgTransId": f"ZP{payment.pk}",
            "responseCode": self.codes[word],
        }
        message = zaakpay_wire.webhook(row, key=key or zaakpay_wire.KEY)
        return message if signed else _without_checksum(message)

    def takes_refunds(self) -> None:
        body = json.dumps({"responseCode": "230", "responseDescription": "Refund initiated"})
        self.mock.upsert(responses.POST, f"{zaakpay_wire.HOST}/updateTxn", body=body)

    def refunded(self, payment: Payment, refund_id: str, amount: Decimal, *, made: bool) -> None:
        row = {"merchantRefId": refund_id, "amount": str(int(amount * 100)), "arn": "74332746" if made else "NA"}
        order = self._order(payment, "245", "4")
        self._answers(zaakpay_wire.status_answer({**order, "refundDetails": [row]}))

    def _order(self, payment: Payment, code: str, status: str, **changes: str) -> dict[str, Any]:
        rupees = Decimal(changes.get("amount", str(payment.amount)))
        detail = {
            "orderId": changes.get("order", payment.gateway_order_id),
            "txnId": changes.get("transaction", f"ZP{payment.pk}"),
            "amount": str(int(rupees * 100)),
        }
        return zaakpay_wire.order(code, status, orderDetail=detail)

    def _answers(self, body: dict[str, Any]) -> None:
        self.mock.upsert(responses.POST, f"{zaakpay_wire.HOST}/checkTxn", body=json.dumps(body))


def _without_checksum(message: InboundMessage) -> InboundMessage:
    kept = [pair for pair in parse_qsl(message.body.decode(), keep_blank_values=True) if pair[0] != "checksum"]
    return InboundMessage(urlencode(kept).encode(), FORM)


WIRES = {"paytm": PaytmWire, "zaakpay": ZaakpayWire, "paypal": PayPalWire, "stripe": StripeWire}
