"""What can be done to a payment at the desk, besides refunds and flags, which have pages of their own."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin.acting import Act
from paytm_kit.models import Payment
from paytm_kit.services import closing, confirm, letters


def _ask(payment: Payment, actor: str, reason: str) -> str:
    after = confirm.ask(payment, source="admin", actor=actor)
    values = {"id": after.gateway_order_id, "status": after.get_status_display(), "message": after.message}
    return gettext("%(id)s: %(status)s. %(message)s") % values


def _close(payment: Payment, actor: str, reason: str) -> str:
    return closing.close(payment, actor=actor, reason=reason).said


def _closes_nothing(payment: Payment) -> str:
    return "" if payment.is_open or payment.is_held else gettext("It has ended: there is nothing to close.")


def _resend(payment: Payment, actor: str, reason: str) -> str:
    letters.resend(payment, actor=actor)
    return gettext("%(id)s: the receipt goes out again.") % {"id": payment.gateway_order_id}


def _no_receipt(payment: Payment) -> str:
    return "" if payment.is_paid else gettext("It is not paid: there is no receipt.")


ASK = Act(
    name="ask",
    action="ask_now",
    audit="payment.ask",
    right="view_payment",
    label=_("Ask the gateway now"),
    explains=_(
        "The gateway is asked what became of each payment, and its answer goes into the books. No money moves. One "
        "question can take half a minute."
    ),
    do=_ask,
    at_once=5,
    asks=True,
)

CLOSE = Act(
    name="close",
    action="",
    audit="payment.close",
    right="change_payment",
    label=_("Close this payment…"),
    explains=_(
        "You have looked into it: its flags are resolved and its order can be paid anew. An open payment becomes "
        "failed; money that still comes is recorded as a late success. Ask the gateway first."
    ),
    do=_close,
    why_not=_closes_nothing,
    refusals=(closing.CannotClose,),
    needs_reason=True,
)

RESEND = Act(
    name="resend",
    action="resend_receipt",
    audit="payment.resend_receipt",
    right="resend_receipt",
    label=_("Send the receipt again…"),
    explains=_("The shopper gets the e-mail about the payment once more, at the address that stands on the order now."),
    do=_resend,
    why_not=_no_receipt,
    refusals=(letters.CannotResend,),
)

ACTS = (ASK, CLOSE, RESEND)
