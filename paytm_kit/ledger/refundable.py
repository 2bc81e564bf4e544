"""What of a payment's money can still go back, by transaction: captured, less refunds, less what disputes took.

A lost dispute has given the customer their money already, and one that was closed without a word for whom may have:
both count in full, so that a refund never pays a second time. An undecided one takes nothing here; while there is one,
no refund begins at all (``refund_rules``). Amounts are in the payment's currency: nothing of another payment is added,
and what a gateway named in another currency counts for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.db import models

from paytm_kit.models import Dispute, Flag, Payment, PaymentEvent, Refund

Kind = PaymentEvent.Kind
NOTHING = Decimal("0.00")

# Events of transactions that took money, also where it was the wrong amount.
TOOK = models.Q(kind=Kind.CAPTURED) | models.Q(kind=Kind.FLAGGED, flag=Flag.AMOUNT_MISMATCH)


def captured_by(payment: Payment) -> dict[str, Decimal]:
    """What each transaction took for this payment, also where it was the wrong amount.

    A capture says more than a flag. A transaction belongs to the payment that captured it, else to the first that was
    flagged with it, and can be given back there alone.
    """
    # Two short questions, and the gateway is compared here: else PostgreSQL, without statistics, thinks that
    # it had better read every payment.
    named = list(payment.events.filter(TOOK).exclude(transaction_id="").values_list("transaction_id", flat=True))
    rows = PaymentEvent.objects.filter(TOOK, amount__gt=0, transaction_id__in=named).order_by("pk")
    found = rows.values_list("transaction_id", "payment_id", "kind", "amount", "payment__gateway")
    owners: dict[str, tuple[int, Decimal]] = {}
    for transaction_id, payment_id, _, amount, gateway in sorted(found, key=lambda row: row[2] != Kind.CAPTURED):
        if gateway == payment.gateway:
            owners.setdefault(transaction_id, (payment_id, amount or NOTHING))
    return {transaction_id: amount for transaction_id, (owner, amount) in owners.items() if owner == payment.pk}


def disputed_away(payment: Payment) -> dict[str, Decimal]:
    """What disputes took, or may have, by transaction.

    One that names no transaction of ours counts against the payment's own; one that names no amount, in full.
    """
    captured = captured_by(payment)
    own = payment.transaction_id or next(iter(captured), "")
    gone: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for row in payment.disputes.filter(status__in=Dispute.TAKEN):
        transaction_id = row.transaction_id if row.transaction_id in captured else own
        gone[transaction_id] += captured.get(transaction_id, NOTHING) if row.amount is None else row.amount
    return dict(gone)


def left_of(payment: Payment, *, without: Refund | None = None) -> dict[str, Decimal]:
    """What can still be refunded of each transaction; never below zero. ``without``: as if it were not there.

    Together never more than was taken less all that went: a refund may name another transaction than ours, or none.
    """
    gone = defaultdict(lambda: NOTHING, disputed_away(payment))
    for row in payment.refunds.exclude(status=Refund.Status.FAILED).exclude(pk=without.pk if without else None):
        gone[row.transaction_id] += row.amount
    captured = captured_by(payment)
    in_all = max(sum(captured.values(), NOTHING) - sum(gone.values(), NOTHING), NOTHING)
    return {
        transaction_id: max(min(amount - gone[transaction_id], in_all), NOTHING)
        for transaction_id, amount in captured.items()
    }


def is_over(payment: Payment) -> bool:
    """Whether more went back, by refunds and lost disputes, than was captured."""
    lost = sum(disputed_away(payment).values(), NOTHING)
    return payment.refunded_amount + lost > sum(captured_by(payment).values(), NOTHING)
