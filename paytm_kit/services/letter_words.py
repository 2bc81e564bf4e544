"""What the shop is told by letter: for each kind a subject, what happened and what to do, in translatable English."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from paytm_kit.models import Letter

Kind = Letter.Kind


@dataclass(frozen=True, slots=True)
class Words:
    """``subject`` goes before the order's name; ``what`` happened; what to ``do`` now."""

    subject: Promise
    what: Promise
    do: Promise


MERCHANT: dict[str, Words] = {
    Kind.PAID: Words(
        _("Paid"), _("The gateway has confirmed a payment."), _("The order can be packed, if it is paid in full.")
    ),
    Kind.FAILED: Words(
        _("Not paid"), _("A payment ended without money."), _("Nothing to do: the customer can pay again.")
    ),
    Kind.PENDING: Words(
        _("Still waiting"),
        _("The bank has not answered yet whether a payment went through."),
        _("Do not pack the order yet. The gateway is asked again by itself."),
    ),
    Kind.REFUND_STARTED: Words(
        _("Refund started"), _("The gateway has taken a refund on."), _("Nothing to do: its outcome is asked for.")
    ),
    Kind.REFUND_DONE: Words(_("Refunded"), _("The gateway says that a refund was made."), _("Nothing to do.")),
    Kind.REFUND_FAILED: Words(
        _("Refund failed"),
        _("No money went back, and none will by this refund. The customer was not told."),
        _("Read below what the gateway said, then refund again, or give the money back in another way."),
    ),
    Kind.FLAGGED: Words(
        _("Needs a look"),
        _("Something about a payment does not fit, and a person has to look."),
        _("Open it in the admin and compare it with the gateway's dashboard before the order is packed."),
    ),
    Kind.DISPUTE_OPENED: Words(
        _("Dispute"),
        _("The customer's bank wants the money back. Until this is decided nothing can be refunded."),
        _("Answer in the gateway's dashboard before the time is over: without an answer the money is lost."),
    ),
    Kind.NOT_STARTED: Words(
        _("Gateway could not begin"),
        _(
            "A customer who wanted to pay could not be sent to the gateway and was offered the other ways to pay, if "
            "there are any. Nobody was charged. You get one such letter per account and hour, however many customers "
            "it concerns."
        ),
        _(
            "manage.py paytm_doctor looks over the account. If it finds nothing, look at the gateway's status page; "
            "OFFERED = False takes the account out of the choice meanwhile."
        ),
    ),
}
