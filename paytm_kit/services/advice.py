"""Why a payment stands as it does, and what a merchant should do next: tables of sentences, chosen by its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit import gateways
from paytm_kit.models import Flag, Payment


@dataclass(frozen=True, slots=True)
class Advice:
    """What staff read: what happened, what to do. ``flag`` is the word that it is about; empty: the payment itself."""

    what: str
    todo: str
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """One row: the first whose ``holds`` is true of a payment at a moment tells about it."""

    holds: Callable[[Payment, datetime], bool]
    what: Any
    todo: Any


ON_ITS_PAGE = timedelta(minutes=15)  # the ladder's first question; until then the shopper is likely at it
Status = Payment.Status

SITUATIONS = (
    Situation(
        lambda payment, now: payment.is_held,
        _("It is held: what the gateway says does not fit, so nobody can pay this order again."),
        _("Look at each flag below. Then close the payment with what you found: after that its order can be paid."),
    ),
    Situation(
        lambda payment, now: payment.status == Status.CREATED and _is_kept(payment),
        _("A risk rule keeps it from starting: its reason stands in the story below."),
        _("Look at the decision and settle it there, or wait until the shopper has proved their e-mail address."),
    ),
    Situation(
        lambda payment, now: payment.status == Status.CREATED,
        _("The shopper has not gone on to the gateway."),
        _("Nothing: no money can move yet. The shopper may still begin, or start anew."),
    ),
    Situation(
        lambda payment, now: payment.is_open and (payment.started_at or now) > now - ON_ITS_PAGE,
        _("The shopper is on the gateway's page, or the bank is deciding."),
        _("Wait: the gateway is asked by itself. Do not ask the shopper to pay again."),
    ),
    Situation(
        lambda payment, now: payment.is_open,
        _("The gateway has not said how it ended. That is neither paid nor failed."),
        _("Ask the gateway now. It is asked by itself for 72 hours. Until then nobody should pay again."),
    ),
    Situation(
        lambda payment, now: payment.status == Status.EXPIRED,
        _("The shopper never completed it, and the gateway knows of no payment."),
        _("Nothing: the shopper can pay again. Should money come after all, it is recorded and flagged."),
    ),
    Situation(
        lambda payment, now: payment.status == Status.FAILED and not payment.code,
        _("A person closed it: the reason stands in the story below."),
        _("Nothing: its order can be paid anew. Should money come after all, it is recorded and flagged."),
    ),
)

UNKNOWN_CODE = (
    _("The gateway gave a reason that the kit does not know: its own words stand beside it."),
    _("Read them. Where they do not help, ask the gateway's support with the ORDERID and the transaction id."),
)

# What to do about a flag; what it says is its label.
FLAGS = {
    Flag.AMOUNT_MISMATCH: _(
        "Compare the order's total with the gateway's dashboard. What was taken can be refunded here."
    ),
    Flag.CURRENCY_MISMATCH: _(
        "Look the transaction up in the gateway's dashboard: money in another currency is given back there, not here."
    ),
    Flag.MERCHANT_MISMATCH: _(
        "Compare the account's MID with the dashboard: two accounts may have been mixed up, or a message was forged."
    ),
    Flag.ORDER_MISMATCH: _(
        "The answer was about another order and changed nothing. Should it come again, tell the gateway's support."
    ),
    Flag.NOTICE_MISMATCH: _(
        "The gateway's own answer stands. Ask it again; if its dashboard agrees with the message, tell its support."
    ),
    Flag.TRANSACTION_CONFLICT: _(
        "Search for the transaction id: another payment has it. Only one was paid by it: ask the gateway which."
    ),
    Flag.DUPLICATE: _(
        "The customer paid twice: refund the surplus. The second transaction is offered by the refund page."
    ),
    Flag.LATE_SUCCESS: _("The order may have been cancelled or sold on meanwhile: deliver it, or refund it."),
    Flag.STUCK: _("Look it up in the gateway's dashboard. If money was taken, ask again here; if none was, close it."),
    Flag.REFUND_MISMATCH: _("Compare the refund with the gateway's dashboard before you make any further one."),
    Flag.REFUND_LATE: _("This refund went out although it had failed before: see that none was made in its place."),
    Flag.REFUND_STUCK: _("Ask the gateway's support about the refund's id. Do not refund again by hand."),
    Flag.OVER_REFUNDED: _("More went back than came in: compare each refund with the gateway's dashboard."),
    Flag.DISPUTE_UNCLEAR: _("Look the dispute up in the gateway's dashboard, and answer it there in time."),
}


def _is_kept(payment: Payment) -> bool:
    return any(decision.is_blocking for decision in payment.risk_decisions.all())


def about(payment: Payment, now: datetime | None = None) -> Advice | None:
    """Why it is not paid, and what to do; ``None`` for a payment about which nothing is to be said."""
    now = now or timezone.now()
    for row in SITUATIONS:
        if row.holds(payment, now):
            return Advice(str(row.what), str(row.todo))
    if payment.status != Status.FAILED:
        return None
    meaning = gateways.meaning(payment.gateway, payment.code)
    what, todo = (gettext(meaning.what), gettext(meaning.todo)) if meaning else map(str, UNKNOWN_CODE)
    return Advice(what, todo)


def about_flags(payment: Payment) -> list[Advice]:
    """What each open flag says and asks for."""
    return [
        Advice(str(Flag(word).label), str(FLAGS[Flag(word)]), word) for word in payment.flag_list if word in Flag.values
    ]
