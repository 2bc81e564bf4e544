"""``/updateTxn``: refunds. Source: developer.zaakpay.com, Refunding a Transaction.

14 is a full refund (no amount), 22 a partial one (paise as text). Which code belongs to which mistake of the request is
documented loosely (184 to 187, 189, 201): ours are a guess.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator import database
from paytm_kit.simulator.door import Answer
from paytm_kit.standins import payments, refunds
from paytm_kit.standins.books import Bank, State
from paytm_kit.standins.door import api
from paytm_kit.standins.models import Capture, Order, Party, Refund
from paytm_kit.standins.parties import ZAAKPAY
from paytm_kit.standins.zaakpay import asked
from paytm_kit.standins.zaakpay.codes import WORDS

CAPTURE, CANCEL, FULL, PARTIAL = "7", "8", "14", "22"
ACCEPTED = {FULL: "230", PARTIAL: "245"}
REASON = re.compile(r"[A-Za-z0-9 ]{5,30}")
REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,50}")


@api(ZAAKPAY, "refund", asked.refuse, "POST")
def update(request: HttpRequest, party: Party) -> Answer:
    """Accepted means begun, not paid. The same ``merchantRefId`` again is the same refund."""
    said: dict[str, Any] = {}
    try:
        said = asked.data(request, party)
        code = _update(said, party)
        verdict = ""
    except asked.Wrong as wrong:
        code, verdict = wrong.code, str(wrong)
    detail = said.get("orderDetail")
    name = detail.get("orderId") if isinstance(detail, dict) else ""
    body = {
        "merchantIdentifier": party.identifier, "orderDetail": {"orderId": name}, "success": code in ACCEPTED.values(),
        "merchantRefId": said.get("merchantRefId", ""), "responseCode": code,
        "responseDescription": verdict.partition(": ")[2] or WORDS[code],
    }  # fmt: skip
    return asked.answer(body, name if isinstance(name, str) else "", verdict)


def _update(said: dict[str, Any], party: Party) -> str:
    """The code of what was begun. Raises asked.Wrong."""
    order = asked.find(party, asked.order_id(said))
    if order is None:
        raise asked.Wrong("205")
    wanted = str(said.get("updateDesired") or "")
    if wanted not in (CAPTURE, CANCEL, FULL, PARTIAL):
        raise asked.Wrong("185" if wanted else "184", "updateDesired must be 14 or 22 (7 and 8 are known).")
    if not REASON.fullmatch(str(said.get("updateReason") or "")):
        raise asked.Wrong("187", "updateReason must be 5 to 30 letters, digits and blanks.")
    if wanted in (CAPTURE, CANCEL):
        raise asked.Wrong("229" if wanted == CAPTURE else "203", "This stand-in captures by itself.")
    reference = str(said.get("merchantRefId") or "")
    if not REFERENCE.fullmatch(reference):
        raise asked.Wrong("182", "merchantRefId must be 1 to 50 letters, digits, _ and -.")
    capture = order.capture()
    if order.state != State.CAPTURED or capture is None:
        raise asked.Wrong("190", "Nothing was captured.")
    return _refund(order, capture, wanted, reference, said)


def _refund(order: Order, capture: Capture, wanted: str, reference: str, said: dict[str, Any]) -> str:
    """Under the order's lock, so that the same question twice at once is one refund."""
    amount = _amount(said) if wanted == PARTIAL else None
    facts = {"desired": wanted, "reason": said.get("updateReason")}
    with database.atomic():
        capture = payments.locked(order).capture() or capture
        _make(order, capture, wanted, reference, amount, facts)
    return ACCEPTED[wanted]


def _make(
    order: Order, capture: Capture, wanted: str, reference: str, amount: int | None, facts: dict[str, Any]
) -> None:
    known = Refund.objects.filter(capture__order__party=order.party, reference=reference).first()
    if known is not None:
        same = known.capture_id == capture.pk and known.facts.get("desired") == wanted
        if not same or amount not in (None, known.amount):
            raise asked.Wrong("203", "This merchantRefId belongs to another refund.")
        if known.state == Bank.FAILED:
            raise asked.Wrong("843", "This refund failed; a new one needs a new merchantRefId.")
        return
    if wanted == FULL and capture.refunded():
        raise asked.Wrong("203", "Part of it went back already; use 22 for the rest.")
    try:
        refunds.make(capture, amount, reference, facts)
    except refunds.TooMuch as error:
        raise asked.Wrong("203", f"Only {error.left} paise are left to refund.") from error


def _amount(said: dict[str, Any]) -> int:
    text = said["orderDetail"].get("amount")
    if not isinstance(text, str) or not re.fullmatch(r"[1-9][0-9]{0,8}", text, re.ASCII):
        raise asked.Wrong("201", "orderDetail.amount must be whole paise as text.")
    return int(text)
