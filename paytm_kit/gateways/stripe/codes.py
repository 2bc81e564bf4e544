"""What Stripe's words mean: the state of a payment or refund, what to do, what the shopper may read.

Sources: docs.stripe.com, Checkout Session, PaymentIntent, Refund and Dispute objects; Decline codes; Error codes. A
word that is not in the tables is UNKNOWN, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from paytm_kit.gateways.base import DisputeState, Meaning, State, gettext_noop
from paytm_kit.gateways.words import AGAIN, CANCELLED, CONFIRMING, NEW, NONE, NOT_HEARD, RECEIVED, REFUNDED, REFUNDING

_ = gettext_noop  # what merchants read; shoppers' texts say gettext_noop

DECLINED = gettext_noop("Your bank declined the payment. Please try again or choose another way to pay.")
FUNDS = gettext_noop("Your account has not enough money for this payment. Please choose another way to pay.")
CARD = gettext_noop("The card's details were not accepted. Please check them or use another card.")
EXPIRED_CARD = gettext_noop("The card has expired. Please use another card.")
CHECKED = gettext_noop("Your bank could not confirm that it is you. Please try again or choose another way to pay.")
AGAIN_LATER = gettext_noop("The payment did not go through. Please try again in a few minutes.")
NOT_REFUNDED = gettext_noop("Your refund could not be made this way. The shop will get in touch with you.")

KEEP_QUIET = _("Let the shopper try another way; do not tell them the bank's reason.")
ELSEWHERE = _("The money is back in your Stripe balance: pay the customer by other means.")
ANSWER = _("Look at the dispute in Stripe's dashboard.")
FUND = _("Add money to your Stripe balance, then ask for the refund again.")

UNPAID_PAGE: Mapping[str, State] = {
    "": State.NOT_FOUND,
    "requires_payment_method": State.NOT_FOUND,
    "requires_confirmation": State.NOT_FOUND,
    "requires_action": State.NOT_FOUND,
    "canceled": State.NOT_FOUND,
    "processing": State.PENDING,
    "requires_capture": State.PENDING,
}
# A page that is complete cannot be paid again: of a method that pays later, this is the end.
AFTER_THE_PAGE: Mapping[str, State] = {
    "processing": State.PENDING,
    "requires_action": State.PENDING,  # a voucher or a transfer that the shopper still has to make
    "requires_confirmation": State.PENDING,
    "requires_capture": State.PENDING,
    "requires_payment_method": State.FAILURE,
    "canceled": State.FAILURE,
}
# The page's status and payment_status, then the PaymentIntent's status (empty: there is none yet).
SESSION: Mapping[tuple[str, str], Mapping[str, State]] = {
    ("open", "unpaid"): UNPAID_PAGE,
    ("expired", "unpaid"): UNPAID_PAGE,
    ("complete", "unpaid"): AFTER_THE_PAGE,
    ("complete", "paid"): {"succeeded": State.SUCCESS},
}

# A refund that failed or was cancelled puts the money back into the merchant's balance (Stripe, Failed refunds).
REFUND: Mapping[str, State] = {
    "pending": State.PENDING,
    "requires_action": State.PENDING,
    "succeeded": State.SUCCESS,
    "failed": State.FAILURE,
    "canceled": State.FAILURE,
}

# Of an inquiry (warning_…) no money was taken yet, so closed it leaves the money with the merchant. "prevented" was
# resolved before it became a dispute, mostly by giving the money back: for whom, the word does not say.
DISPUTE: Mapping[str, DisputeState] = {
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.OPEN,
    "warning_needs_response": DisputeState.OPEN,
    "warning_under_review": DisputeState.OPEN,
    "appeal_needs_response": DisputeState.OPEN,
    "appeal_under_review": DisputeState.OPEN,
    "warning_closed": DisputeState.WON,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "prevented": DisputeState.CLOSED,
    "charge_refunded": DisputeState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Code:
    what: str
    todo: str
    shopper: str = ""


def _rows(codes: str, what: str, todo: str, shopper: str = "") -> dict[str, Code]:
    return {code: Code(what, todo, shopper) for code in codes.split()}


PAYMENT: dict[str, Code] = {
    **_rows("succeeded", _("The money was captured."), NONE, RECEIVED),
    **_rows("open not_begun", _("Nobody has paid on Stripe's page yet."), AGAIN, NOT_HEARD),
    **_rows("expired", _("Stripe's page ended and nobody has paid on it."), NEW, CANCELLED),
    **_rows("processing", _("The bank is still at work; some methods take days."), AGAIN, CONFIRMING),
    **_rows("requires_action requires_confirmation", _("The shopper still has a step to do."), AGAIN, CONFIRMING),
    **_rows("requires_capture", _("Authorised only: capture it in Stripe's dashboard."), AGAIN, CONFIRMING),
    **_rows("requires_payment_method", _("The attempt failed."), NEW, DECLINED),
    **_rows("canceled", _("Cancelled in Stripe."), NEW, CANCELLED),
    **_rows(
        "card_declined generic_decline do_not_honor call_issuer transaction_not_allowed not_permitted no_action_taken "
        "try_again_later payment_intent_payment_attempt_failed",
        _("The bank declined it and does not say more."),
        NEW,
        DECLINED,
    ),
    **_rows("insufficient_funds withdrawal_count_limit_exceeded", _("Not enough money, or a limit."), NEW, FUNDS),
    **_rows(
        "incorrect_number invalid_number incorrect_cvc invalid_cvc incorrect_zip incorrect_address invalid_account "
        "invalid_expiry_month invalid_expiry_year card_not_supported currency_not_supported",
        _("The card's details were refused, or the card does not work for this."),
        NEW,
        CARD,
    ),
    **_rows("expired_card", _("The card has expired."), NEW, EXPIRED_CARD),
    **_rows(
        "authentication_required payment_intent_authentication_failure authentication_not_handled",
        _("The shopper was not authenticated (3-D Secure)."),
        NEW,
        CHECKED,
    ),
    **_rows(
        "fraudulent stolen_card lost_card pickup_card restricted_card merchant_blacklist security_violation "
        "card_velocity_exceeded",
        _("Refused as suspected fraud, or the card is blocked."),
        KEEP_QUIET,
        DECLINED,
    ),
    **_rows("processing_error issuer_not_available reenter_transaction", _("A fault on the way."), NEW, AGAIN_LATER),
}

OF_REFUND: dict[str, Code] = {
    **_rows("succeeded", _("Stripe has sent the money back."), NONE, REFUNDED),
    **_rows("pending processing charge_pending", _("The refund is under way."), NONE, REFUNDING),
    **_rows("requires_action", _("The customer has to say where the money goes."), NONE, REFUNDING),
    **_rows("insufficient_funds", _("Not enough money in your Stripe balance."), FUND, REFUNDING),
    **_rows(
        "failed unknown declined expired_or_canceled_card lost_or_stolen_card",
        _("The customer's bank did not take the refund."),
        ELSEWHERE,
        NOT_REFUNDED,
    ),
    **_rows("canceled merchant_request", _("The refund was cancelled."), ELSEWHERE, NOT_REFUNDED),
    **_rows(
        "charge_for_pending_refund_disputed",
        _("The customer disputed the payment while the refund was under way."),
        ANSWER,
        NOT_REFUNDED,
    ),
}


def explain(code: str, of_refund: bool) -> Meaning | None:
    """What a word means; ``None`` for one that is not in the tables."""
    found = (OF_REFUND if of_refund else PAYMENT).get(code)
    return Meaning(found.what, found.todo, found.shopper) if found else None


def shopper_text(code: str, otherwise: str, *, of_refund: bool = False) -> str:
    """What the shopper may read of it."""
    found = (OF_REFUND if of_refund else PAYMENT).get(code)
    return found.shopper if found else otherwise
