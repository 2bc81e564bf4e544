"""What the script says, in the visitor's language: by the state of the order, by what is going on, by problem code."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

_STALE = _("This page is out of date. Please load it again.")
_PAID_ALREADY = _("This order has already been paid.")

TEXTS: dict[str, Any] = {
    "title": _("Order %(number)s"),
    "loading": _("One moment: we are looking at your order."),
    # The states, see stateOf in checkout.js.
    "ready": _("You pay on the payment service's own page, and come back here."),
    "waiting": _(
        "We are waiting for the payment service to confirm your payment. This page looks again by itself. "
        "If you have not paid yet, you can go on."
    ),
    "failed": _("The last payment did not go through. Your order is kept; you can try again."),
    "paid": _("Your payment has arrived. We are packing your order."),
    "settled": _PAID_ALREADY,
    "held": _(
        "Something about your payment needs a look by our staff. Please do not pay again: we will write to you, and "
        "money that is not due comes back."
    ),
    "none": _("No payment service can collect this order just now. It is kept; please come back later."),
    # What the button says in three of them.
    "pay_ready": _("Pay %(amount)s"),
    "pay_failed": _("Try again: pay %(amount)s"),
    "pay_waiting": _("Go on to pay %(amount)s"),
    # On the way.
    "starting": _("One moment: we are asking the payment service."),
    "leaving": _("We are taking you to the payment service."),
    "stopped": _("There is no answer yet. Nothing is lost: look again later."),
    "offline": _("The shop cannot be reached just now. Nothing is lost: we will look again."),
    "unanswered": _(
        "No answer came, so we do not know how far it got. Please check your connection and try again: you will not "
        "be charged twice."
    ),
    "refused": _("The payment could not be started. You have not been charged."),
    "other_ways": _("Please choose another way to pay."),
    "wait": _("You can try again in %(time)s."),
    "now": _("You can try again now."),
    "refund": _("Refund of %(amount)s."),
    # Problem codes of the API that bring no words of their own for the shopper.
    "already_paid": _PAID_ALREADY,
    "amount_mismatch": _("The amount of your order has changed. Please look at it again before you pay."),
    "csrf_failed": _STALE,
    "not_authenticated": _STALE,
    "not_found": _("We cannot find this order for you. Perhaps you need to sign in."),
    "payment_refused": _("This order cannot be paid online. Please write to us."),
    "idempotency_in_flight": _("Your request is being worked on. One moment, please."),
    "too_many_attempts": _("There were many attempts to pay in a short time. Your order is kept."),
    "throttled": _("That was a little fast for us."),
}
