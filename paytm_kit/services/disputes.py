"""Chargebacks: keep what the gateway says of them, and let a person say how one ended.

A dispute is known from signed messages alone: there is no published way to ask about one. So what it can do is chosen
with care: an opening stops refunds, a loss takes from what is refundable, and only a word that we know ends it.
"""

from __future__ import annotations

from paytm_kit.gateways.base import DisputeClaim
from paytm_kit.ledger import book as payments
from paytm_kit.ledger import dispute_rules
from paytm_kit.ledger import disputes as ledger
from paytm_kit.models import Dispute, Flag, Payment
from paytm_kit.services import announce

__all__ = ["CannotClose", "close", "doubt", "heard"]


class CannotClose(Exception):
    """The dispute cannot be closed so. ``str()`` says why, for staff."""


def heard(payment: Payment, said: DisputeClaim, *, source: str) -> Dispute | None:
    """A signed message speaks of a dispute of this payment: it is recorded, once for each thing that it says.

    ``None``: it cannot be this payment's, or names no usable dispute; the payment is flagged for a person then.
    """
    if wrong := _misfit(payment, said):
        _flag(payment, said, source, wrong)
        return None
    return _after(ledger.apply(payment.pk, said, source=source))


def doubt(payment: Payment, said: DisputeClaim, *, source: str, why: str) -> None:
    """Tells a person of a dispute that could not be recorded, once for each."""
    message = f"Dispute {said.dispute_id} was not recorded: {why}. Look into the gateway's dashboard."
    _flag(payment, said, source, message)


def _flag(payment: Payment, said: DisputeClaim, source: str, message: str) -> None:
    about = f"dispute {said.dispute_id}"
    flagged = payments.flag(payment.pk, Flag.DISPUTE_UNCLEAR, source=source, message=message, about=about)
    announce.after_commit(flagged.announcement_ids)


def close(dispute: Dispute, status: str, *, reason: str, actor: str) -> Dispute:
    """Notes how a dispute ended when the gateway did not say so, or said it wrongly: "won", "lost" or "closed".

    After "won" the payment can be refunded again, so look into the gateway's dashboard first. ``reason``: what was
    found there, for the books (needed). Raises CannotClose.
    """
    if status not in dispute_rules.CLOSINGS:
        raise CannotClose(f"Dispute {dispute.dispute_id}: it ends as {', '.join(dispute_rules.CLOSINGS)}.")
    if not reason.strip():
        raise CannotClose(f"Dispute {dispute.dispute_id}: say what you found in the gateway's dashboard.")
    return _after(ledger.close(dispute.pk, status, actor=actor, reason=reason.strip()))


def _misfit(payment: Payment, said: DisputeClaim) -> str:
    if not said.dispute_id:
        return "The gateway speaks of a dispute without a usable id. Look for it in the gateway's dashboard."
    if said.merchant_id and said.merchant_id != payment.merchant_id:
        return f"The gateway speaks of dispute {said.dispute_id} of another merchant. It was not recorded."
    return ""


def _after(applied: ledger.Applied) -> Dispute:
    announce.after_commit(applied.announcement_ids)
    return applied.dispute
