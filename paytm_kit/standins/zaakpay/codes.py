"""The response codes that this stand-in says, and what an order's state is called by them. Pure.

Source: developer.zaakpay.com, Check Transaction Status API and Refunding a Transaction. The sentences are ours.
"""

from __future__ import annotations

from typing import NamedTuple

from paytm_kit.standins.books import Bank, State
from paytm_kit.standins.models import Capture, Order

WORDS = {
    "100": "The payment went through. ",  # the blank at the end is Zaakpay's habit, and it is signed
    "103": "Suspected fraud.",
    "110": "The merchant identifier is missing.",
    "111": "The merchant identifier is not known.",
    "129": "The order id is missing.",
    "155": "The mode is missing.",
    "156": "The mode is not known.",
    "180": "The checksum does not match.",
    "182": "The request is incomplete.",
    "184": "The wanted update is missing.",
    "185": "The wanted update is not known.",
    "186": "The reason of the update is missing.",
    "187": "The reason of the update is not usable.",
    "189": "The checksum is blank.",
    "190": "The order was not processed.",
    "201": "The amount is not usable.",
    "203": "The order was not updated.",
    "205": "The order was not found.",
    "207": "The payment was initiated.",
    "208": "The payment is being processed.",
    "213": "The payment was cancelled.",
    "228": "The payment was captured.",
    "229": "The payment cannot be captured.",
    "230": "The refund was initiated.",
    "231": "The refund was completed.",
    "245": "The partial refund was initiated.",
    "252": "The partial refund was completed.",
    "400": "The bank declined the payment.",
    "843": "There is not enough unsettled money for this refund.",
}


class Standing(NamedTuple):
    code: str
    txn_status: str  # 0 success, 1 failure, 2 pending, 3 refund, 4 partial refund


RETURNED = {
    State.CAPTURED: "100", State.DECLINED: "400", State.PENDING: "208", State.CANCELLED: "213", State.EXPIRED: "213",
}  # fmt: skip
UNPAID = {
    State.CREATED: Standing("207", "2"), State.PENDING: Standing("208", "2"), State.DECLINED: Standing("400", "1"),
    State.CANCELLED: Standing("213", "1"), State.EXPIRED: Standing("213", "1"),
}  # fmt: skip


def standing(order: Order, capture: Capture | None) -> Standing:
    """What the status API says of the order."""
    if order.state != State.CAPTURED or capture is None:
        return UNPAID[State(order.state)]
    rows = [row for row in capture.refunds.all() if row.state != Bank.FAILED]
    if not rows:
        return Standing("228", "0")
    whole, waits = capture.left() == 0, any(row.state == Bank.PENDING for row in rows)
    if whole and len(rows) == 1:
        return Standing("230" if waits else "231", "3")
    return Standing("245" if waits else "252", "3" if whole else "4")
