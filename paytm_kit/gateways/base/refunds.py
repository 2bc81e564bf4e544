"""What is asked and answered about one refund."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from paytm_kit.gateways.base.payments import State


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One refund. ``refund_id`` is ours and is used for nothing else, ever; ``amount`` is in rupees."""

    order_id: str  # the payment's gateway order id
    transaction_id: str  # the captured transaction that is given back
    refund_id: str  # ^[A-Za-z0-9_-]{1,50}$
    amount: Decimal
    reason: str = ""  # for the gateway's own record; cut to what it takes
    wait: bool = False  # let the gateway ask the bank before it answers, where it can
    whole: bool = False  # all that was captured goes back: some gateways ask for that in other words
    reference: str = ""  # the payment's Redirect.reference
    currency: str = "INR"


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """What the gateway reports about one refund. Empty text or ``None`` means that it did not say.

    FAILURE is said only where it proves that no money moved and none will; everything doubtful is UNKNOWN.
    NOT_FOUND: the gateway knows no such refund, so the request may be made again with the same id.
    """

    order_id: str
    refund_id: str
    state: State
    merchant_id: str = ""
    amount: Decimal | None = None
    total_refunded: Decimal | None = None  # of the whole transaction, where the gateway says it
    transaction_id: str = ""
    gateway_refund_id: str = ""
    code: str = ""
    message: str = ""  # the gateway's text, for logs and staff
    shopper_text: str = ""  # safe, translatable English
    rrn: str = ""  # the bank's reference that the shopper can ask the bank for
    arn: str = ""  # the card network's
    credit_expected: date | None = None
