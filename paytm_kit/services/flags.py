"""A person's decision: this flag has been looked into and asks nothing more of anybody."""

from __future__ import annotations

from django.utils.translation import gettext

from paytm_kit.ledger import book, resolving
from paytm_kit.ledger.resolving import newest
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment

__all__ = ["CannotResolve", "newest", "resolve", "why_not"]

log = EventLog("paytm_kit.flags")


class CannotResolve(ValueError):
    """Why not, in a sentence for staff."""


def why_not(payment: Payment, word: str) -> str:
    """Why this flag cannot be resolved now, for staff; empty when it can."""
    values = {"id": payment.gateway_order_id}
    if word not in payment.flag_list:
        return gettext("%(id)s: this flag is not open.") % values
    if payment.is_held:
        return gettext("%(id)s is held: nobody can pay its order again until you close it. Close it instead.") % values
    return ""


def resolve(payment: Payment, word: str, *, actor: str, reason: str, seen: int | None = None) -> Payment:
    """The flag ``word`` no longer counts as open; who said so, and why, stays in the payment's events.

    ``seen`` is what ``newest(payment, word)`` gave when the person looked, by default now: a flag that was raised anew
    since then stays. Money does not move and no order becomes payable. Raises CannotResolve: without a reason, for a
    flag that is not open, and for a payment that is held, which is to be closed instead.
    """
    order_id = payment.gateway_order_id
    if not reason.strip():
        raise CannotResolve(gettext("Say what you found: the reason is kept with the payment."))
    if why := why_not(payment, word):
        raise CannotResolve(why)
    seen = newest(payment, word) if seen is None else seen
    try:
        applied = resolving.resolve(payment.pk, word, actor=actor, reason=reason.strip(), seen=seen)
    except (book.Changed, resolving.Held):
        raise CannotResolve(gettext("%(id)s has changed meanwhile. Look at it again.") % {"id": order_id}) from None
    log.info("payment.flag_resolved", order_id=order_id, flag=word, actor=actor)
    return applied.payment
