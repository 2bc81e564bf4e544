"""What PayPal's words mean: of an order, a capture, a refund, and why it refused. A word not in here is UNKNOWN.

Source: PayPal's published OpenAPI descriptions of Orders v2 and Payments v2 (github.com/paypal/
paypal-rest-api-specifications): order_status, capture_status, capture_status_details, refund_status and the issues of
orders.capture-422 and captures.refund-422. ORDER_EXPIRED is from PayPal's troubleshooting pages.
"""

from __future__ import annotations

from paytm_kit.gateways.base import Meaning, State, gettext_noop
from paytm_kit.gateways.words import (
    AGAIN,
    CANCELLED,
    CONFIRMING,
    NEW,
    NONE,
    NOT_HEARD,
    RECEIVED,
    REFUNDED,
    REFUNDING,
    Code,
    rows,
)

_ = gettext_noop  # what merchants read; shoppers' texts say gettext_noop

DECLINED = gettext_noop("PayPal could not take the payment. Please try again or choose another way to pay.")

BALANCE = _("Look into PayPal's dashboard: your account has to be put in order first.")
LOOK = _("Look into PayPal's dashboard: PayPal waits for you to accept or review it.")
POLL = _("Ask for the refund's status; pending means begun, not paid.")
OTHERWISE = _("PayPal no longer refunds this payment: pay it back by other means.")
DISPUTE = _("Answer the dispute in PayPal's dashboard.")
FUND = _("Put money into the PayPal account and refund again.")
LEFT = _("Look how much of the payment is left, and refund that.")


# Of an order that has no capture. COMPLETED without one, and words not in here, are UNKNOWN.
ORDER: dict[str, Code] = {
    **rows("CREATED SAVED", State.NOT_FOUND, _("The shopper has not paid yet."), AGAIN, NOT_HEARD),
    **rows(
        "PAYER_ACTION_REQUIRED", State.NOT_FOUND, _("The shopper has not yet approved it at PayPal."), AGAIN, NOT_HEARD
    ),
    **rows(
        "RESOURCE_NOT_FOUND INVALID_RESOURCE_ID",
        State.NOT_FOUND,
        _("PayPal knows no such order (any more)."),
        AGAIN,
        NOT_HEARD,
    ),
    **rows("APPROVED", State.APPROVED, _("The shopper approved it; the money is not taken yet."), AGAIN, CONFIRMING),
    **rows("VOIDED", State.FAILURE, _("Voided or expired; no money was taken."), NEW, CANCELLED),
}

# Of the capture, which decides as soon as there is one.
CAPTURE: dict[str, Code] = {
    **rows("COMPLETED", State.SUCCESS, _("The money was captured."), NONE, RECEIVED),
    **rows("PARTIALLY_REFUNDED", State.SUCCESS, _("Captured; a part of it was given back."), NONE, RECEIVED),
    **rows("REFUNDED", State.SUCCESS, _("Captured; it was given back."), NONE, RECEIVED),
    **rows("PENDING", State.PENDING, _("Captured, but PayPal holds it back still."), AGAIN, CONFIRMING),
    **rows("DECLINED", State.FAILURE, _("The payer's bank or PayPal declined it."), NEW, DECLINED),
    **rows("FAILED", State.FAILURE, _("The capture failed."), NEW, DECLINED),
}

# Why a capture is pending: it stands as the code instead of PENDING.
REASONS: dict[str, Code] = {
    **rows("ECHECK", State.PENDING, _("Paid by eCheck, which has not cleared."), AGAIN, CONFIRMING),
    **rows(
        "PENDING_REVIEW TRANSACTION_APPROVED_AWAITING_FUNDING VERIFICATION_REQUIRED OTHER",
        State.PENDING,
        _("PayPal reviews the payment or waits for its money."),
        AGAIN,
        CONFIRMING,
    ),
    **rows(
        "UNILATERAL RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION INTERNATIONAL_WITHDRAWAL",
        State.PENDING,
        _("PayPal holds the money until the merchant has acted."),
        LOOK,
        CONFIRMING,
    ),
    **rows("BUYER_COMPLAINT CHARGEBACK", State.PENDING, _("A dispute holds the money."), DISPUTE, CONFIRMING),
}

# Why a capture was refused: no money moved, and none will, because a failed payment is never captured again.
REFUSED: dict[str, Code] = {
    **rows("INSTRUMENT_DECLINED", State.FAILURE, _("The payer's card or bank declined it."), NEW, DECLINED),
    **rows(
        "PAYER_ACTION_REQUIRED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING PAYER_CANNOT_PAY PAYER_ACCOUNT_LOCKED_OR_CLOSED "
        "PAYER_ACCOUNT_RESTRICTED MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED TRANSACTION_REFUSED "
        "TRANSACTION_LIMIT_EXCEEDED DOMESTIC_TRANSACTION_REQUIRED",
        State.FAILURE,
        _("The payer cannot pay it so; no money was taken."),
        NEW,
        DECLINED,
    ),
    **rows(
        "COMPLIANCE_VIOLATION PAYEE_BLOCKED_TRANSACTION TRANSACTION_BLOCKED_BY_PAYEE "
        "TRANSACTION_RECEIVING_LIMIT_EXCEEDED",
        State.FAILURE,
        _("PayPal or your own settings there block it; no money was taken."),
        BALANCE,
        DECLINED,
    ),
    **rows("ORDER_EXPIRED", State.FAILURE, _("It was approved, but taken too late."), NEW, CANCELLED),
    **rows("ORDER_NOT_APPROVED", State.NOT_FOUND, _("The shopper has not approved it."), AGAIN, NOT_HEARD),
}

REFUND: dict[str, Code] = {
    **rows("COMPLETED", State.SUCCESS, _("The refund was made."), NONE, REFUNDED),
    **rows("PENDING ECHECK", State.PENDING, _("PayPal has taken the refund on."), POLL, REFUNDING),
    **rows("FAILED", State.FAILURE, _("The refund failed."), FUND),
    **rows("CANCELLED", State.FAILURE, _("The refund was cancelled."), NONE),
    **rows("REFUND_FAILED_INSUFFICIENT_FUNDS", State.FAILURE, _("Not enough money in the PayPal account."), FUND),
    **rows(
        "CAPTURE_FULLY_REFUNDED REFUND_AMOUNT_EXCEEDED REFUND_AMOUNT_TOO_LOW CANNOT_BE_ZERO_OR_NEGATIVE",
        State.FAILURE,
        _("Not so much can be given back."),
        LEFT,
    ),
    **rows(
        "REFUND_TIME_LIMIT_EXCEEDED REFUND_NOT_ALLOWED MAX_NUMBER_OF_REFUNDS_EXCEEDED PARTIAL_REFUND_NOT_ALLOWED "
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED REFUND_IS_RESTRICTED RESOURCE_NOT_FOUND INVALID_RESOURCE_ID",
        State.FAILURE,
        _("PayPal does not refund it."),
        OTHERWISE,
    ),
    **rows(
        "PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYEE_ACCOUNT_RESTRICTED",
        State.FAILURE,
        _("Your PayPal account is restricted."),
        BALANCE,
    ),
    **rows("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK TRANSACTION_DISPUTED", State.FAILURE, _("It is disputed."), DISPUTE),
    **rows("PENDING_CAPTURE", State.FAILURE, _("The payment itself is still pending."), AGAIN),
    **rows(
        "CURRENCY_MISMATCH REFUND_CAPTURE_CURRENCY_MISMATCH", State.FAILURE, _("It was paid in another currency."), LEFT
    ),
}


def explain(code: str, of_refund: bool) -> Meaning | None:
    """What a word means; ``None`` for one that is not in the tables."""
    tables = (REFUND,) if of_refund else (CAPTURE, ORDER, REASONS, REFUSED)
    found = next((table[code] for table in tables if code in table), None)
    return found.meaning if found else None
