"""A payment whose shopper has the gateway's page before them, without asking a gateway."""

from __future__ import annotations

from paytm_kit.ledger import book
from paytm_kit.models import Payment
from paytm_kit.models.payments import PAGE_LIFETIME


def begin(payment_id: int, *, flow: str = "hosted", reference: str = "") -> Payment:
    """Started and handed out."""
    book.start(payment_id, flow=flow, page_lifetime=PAGE_LIFETIME)
    return book.hand_out(payment_id, reference=reference, is_new=True)
