"""Forgets whose a payment was. What was paid, refunded and decided stays, and so does the key of the order."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connections, router
from django.db.models import Exists, OuterRef, Q, QuerySet

from paytm_kit.ledger import waiting
from paytm_kit.models import Dispute, Payment, Refund, ledger_writes

# Who the customer is to the shop, the masked contacts, what the order is called, where the shopper went afterwards.
# Gateways' and people's words elsewhere are masked before they are stored; who decided something, and why, stays with
# the money.
PERSONAL = {"customer_id": "", "order_label": "", "return_url": "", "contact_email": "", "contact_mobile": ""}


def finished(path: str = "") -> Q:
    """Payments about which nobody asks any more: not open, not on the ladder, no refund or dispute undecided.

    ``path`` leads from the rows in question to their payment, such as ``payment__``.
    """
    payment = OuterRef(f"{path}pk")
    ended = [status for status in Payment.Status if status not in Payment.OPEN]
    return (
        Q(**{f"{path}status__in": ended, f"{path}next_ask_at__isnull": True})
        & ~Exists(Refund.objects.filter(payment=payment, status__in=Refund.OPEN))
        & ~Exists(Dispute.objects.undecided().filter(payment=payment))
    )


def known() -> QuerySet[Payment]:
    """Payments of which something personal is still kept."""
    return Payment.objects.exclude(**PERSONAL)


def forget(pks: Sequence[int]) -> int:
    """Empties the personal columns of these payments; how many. Those in other hands are left for the next time."""
    can = connections[router.db_for_write(Payment)].features
    with waiting.bounded(), ledger_writes():
        rows = Payment.objects.filter(finished(), pk__in=pks)
        if can.has_select_for_update_skip_locked:
            free = rows.select_for_update(skip_locked=True, no_key=can.has_select_for_no_key_update)
            rows = Payment.objects.filter(pk__in=list(free.order_by("pk").values_list("pk", flat=True)))
        return rows.update(**PERSONAL)
