"""Zaakpay's words for what happened: the signed form that goes back by browser, and the form webhook."""

from __future__ import annotations

import json
import string
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from paytm_kit.simulator import clock
from paytm_kit.simulator.webhooks.sending import FORM, Answer
from paytm_kit.standins import faults, ids
from paytm_kit.standins.books import Happened, State
from paytm_kit.standins.models import Order, Webhook
from paytm_kit.standins.parties import STARTS, ZAAKPAY
from paytm_kit.standins.wording import Notice, Sealed, Told, Way
from paytm_kit.standins.zaakpay import signing
from paytm_kit.standins.zaakpay.codes import RETURNED, WORDS

PRODUCTS = ("productDescription", *(f"product{number}Description" for number in range(1, 5)))
REAL_TIME = frozenset({Happened.PAID, Happened.DECLINED, Happened.PENDING, Happened.CANCELLED})


def return_fields(order: Order) -> dict[str, str]:
    """What the browser brings to the shop, unsigned. Missing text is ``NA`` (Redirect Flow, response table)."""
    capture = order.capture()
    code = RETURNED[State(order.state)]
    at = capture.at if capture else clock.now()
    told = order.facts.get("form", {})
    return {
        "orderId": order.reference, "responseCode": code, "responseDescription": WORDS[code],
        "amount": str(order.amount), "doRedirect": "false", "paymentMode": "Debit Card" if capture else "NA",
        "cardId": "NA", "cardScheme": "RuPay" if capture else "NA",
        "cardToken": "4000 XXXX XXXX 0002" if capture else "NA", "bank": "NA", "bankid": "NA", "paymentMethod": "NA",
        "cardhashid": "NA", **{name: told.get(name) or "NA" for name in PRODUCTS},
        "pgTransId": capture.public_id if capture else "NA", "pgTransTime": clock.ist(at, "%m/%d/%Y %H:%M:%S"),
    }  # fmt: skip


def signed(fields: dict[str, str], key: str) -> dict[str, str]:
    return {**fields, "checksum": signing.of_text(signing.return_text(fields), key)}


def moment(at: datetime) -> str:
    """``2026-01-15 10:11:13.36``, Indian time."""
    return clock.ist(at, "%Y-%m-%d %H:%M:%S.%f")[:-4]


class Zaakpay:
    gateway, title = ZAAKPAY, STARTS[ZAAKPAY].title
    captures_itself, tries_again, cancel_ends, refunds_at_once = True, False, True, False

    def payment_id(self) -> str:
        return ""

    def capture_id(self) -> str:
        return f"ZP{ids.draw(string.digits, 13)}"

    def refund_id(self) -> str:
        return f"ZPR{ids.draw(string.digits, 13)}"

    def decimals(self, currency: str) -> int:
        return 2

    def notices(self, told: Told) -> list[Notice]:
        """The return's fields in real time; later only "became successful". Nothing about refunds of the merchant."""
        if told.happened in REAL_TIME:
            return [self._notice("realtime", told.order, return_fields(told.order))]
        if told.happened is Happened.PAID_LATE:
            return [
                self._notice("late success", told.order, {"orderid": told.order.reference, "amount": told.order.amount})
            ]
        return []

    def _notice(self, event: str, order: Order, row: dict[str, Any]) -> Notice:
        capture = order.capture()
        at = capture.at if capture else order.created_at
        said = {"merchantIdentifier": order.party.identifier, "txns": [{**row, "txnDate": moment(at)}]}
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return Notice(event, text.replace("/", "\\/"))  # as PHP writes it: the checksum covers the backslashes

    def seal(self, webhook: Webhook, address: str) -> Sealed:
        """``txnData`` and ``checksum`` as a form; the checksum is that of the exact text."""
        covered = webhook.body + (" " if webhook.forged else "")
        checksum = signing.of_text(covered, webhook.order.party.key)
        return Sealed(urlencode({"txnData": webhook.body, "checksum": checksum}), FORM, {})

    def accepts(self, answer: Answer) -> bool:
        return answer.status is not None and 200 <= answer.status < 300 and answer.said.strip() == "SUCCESS"

    def way_back(self, order: Order) -> Way:
        """The signed form to ``returnUrl``."""
        fields = signed(return_fields(faults.with_told_amount(order)), order.party.key)
        if faults.strikes(order, "return-wrong-signature"):
            fields["checksum"] = signing.of_text("another form", order.party.key)
        return Way(order.return_url, fields)


WORDING = Zaakpay()
