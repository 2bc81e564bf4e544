"""A person has seen to a flag: it no longer waits for anybody, and stays in the payment's story.

No payment becomes payable by it. A flag that keeps an order from being paid again (``Payment.is_held``) is not resolved
here but closed together with its payment (``book.close``), so that nothing is left open for a shopper to pay twice.
"""

from __future__ import annotations

from django.db import transaction

from paytm_kit.ledger import book
from paytm_kit.ledger.entries import Origin, record
from paytm_kit.models import Payment, PaymentEvent, ledger_writes

Kind = PaymentEvent.Kind


class Held(Exception):
    """The flag keeps an order from being paid again: only closing the payment ends that."""


def newest(payment: Payment, word: str) -> int:
    """The primary key of the newest event that raised this flag; 0 if none did."""
    raised = payment.events.filter(kind=Kind.FLAGGED, flag=word).order_by("-pk")
    return raised.values_list("pk", flat=True).first() or 0


def resolve(payment_id: int, word: str, *, actor: str, reason: str, seen: int) -> book.Applied:
    """Takes one word from the payment's open flags and appends the event that says who did, and why.

    ``seen`` is what ``newest`` said when the person decided. Raises book.Changed when the flag is no longer open or was
    raised anew meanwhile, and Held. Nothing is announced; a new fact raises the flag again.
    """
    with transaction.atomic(), ledger_writes():
        payment = book.lock(payment_id)
        if word not in payment.flag_list or newest(payment, word) != seen:
            raise book.Changed
        if payment.is_held:
            raise Held
        earlier = payment.events.filter(kind=Kind.FLAG_RESOLVED, flag=word).count()
        origin, about = Origin("person", actor), str(earlier or "")
        event = record(
            payment, Kind.FLAG_RESOLVED, origin, before=payment.status, flag=word, message=reason, about=about
        )
        payment.flags = " ".join(kept for kept in payment.flag_list if kept != word)
        payment.save()
    return book.Applied(payment, (event,) if event is not None else ())
