"""A person's decision: this payment has been looked at, and its order may be paid anew."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from paytm_kit.gateways.base import GatewayError
from paytm_kit.ledger import book
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment
from paytm_kit.services import confirm, opening

log = EventLog("paytm_kit.closing")


@dataclass(frozen=True, slots=True)
class Closed:
    """The payment as it stands now. ``page_stays``: its page at the gateway may still be open, and could be paid."""

    payment: Payment
    page_stays: bool

    @property
    def said(self) -> str:
        """For whoever closed it."""
        words = [gettext("Closed. The order can be paid anew.")]
        if self.page_stays:
            words.append(
                gettext(
                    "The shopper's page at the gateway may still be open for a while: money that is paid there is "
                    "recorded and flagged."
                )
            )
        return " ".join(words)


class CannotClose(ValueError):
    """Why not, in a sentence for staff."""


def close(payment: Payment, *, actor: str, reason: str) -> Closed:
    """Settles the flags and frees the order. Money that is captured later is still recorded, as a late success.

    A gateway that can call its page back is told to; one that does not answer keeps nobody from deciding. Call it
    outside transactions: it may wait for the gateway.

    ``actor`` is who decided, ``reason`` what they found; both are kept in the payment's events.
    Raises CannotClose for a paid payment, for one that nobody needs to close, for one that changed since it was read,
    and without a reason.
    """
    values = {"id": payment.gateway_order_id}
    if not reason.strip():
        raise CannotClose(gettext("Say what you found: the reason is kept with the payment."))
    if payment.is_paid:
        raise CannotClose(gettext("%(id)s is paid: there is nothing to close.") % values)
    if not (payment.is_open or payment.is_held):
        raise CannotClose(gettext("%(id)s has ended by itself: its order can be paid anew already.") % values)
    changed = CannotClose(gettext("%(id)s has changed meanwhile. Look at it again.") % values)
    waiting = opening.in_the_banks_hands(payment)
    page_stays = not _called_back(payment)
    if not waiting and opening.in_the_banks_hands(payment):  # the gateway has just said so: nobody decided about that
        raise changed
    try:
        closed = book.close(payment.pk, seen=payment, actor=actor, reason=reason.strip())
    except book.Changed:
        raise changed from None
    log.warning("payment.closed", order_id=payment.gateway_order_id, actor=actor)
    return Closed(closed, page_stays)


def _called_back(payment: Payment) -> bool:
    """Whether nobody can pay on the payment's page any more; that of a failed one may still be before the shopper."""
    if payment.handed_out_at is None:
        return True  # there never was a page
    over = False
    if payment.is_open:
        try:
            _now, over = confirm.withdraw(payment, source="close")
        except GatewayError as error:
            log.warning("closing.page_stays", order_id=payment.gateway_order_id, error=error.code, why=error)
    return over or not opening.page_alive(payment)
