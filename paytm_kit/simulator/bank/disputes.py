"""Chargebacks, in little: the customer's bank asks for the money back, the merchant wins or loses.

Only the webhook is Paytm's (Paytm docs, Dispute webhook); who decides and when is up to the control plane.
"""

from __future__ import annotations

from decimal import Decimal

from paytm_kit.simulator import clock, database, ids
from paytm_kit.simulator.bank import postings, refunds
from paytm_kit.simulator.bank.machine import State
from paytm_kit.simulator.models import NOTHING, Dispute, Transaction
from paytm_kit.simulator.webhooks import outbox
from paytm_kit.simulator.wire import refund_notices as notices

OUTCOMES = ("won", "lost")


def open_dispute(row: Transaction, amount: Decimal, reason: str) -> Dispute:
    """The customer's bank asks for the money back. Raises Refused. No refund is accepted until it is closed."""
    with database.atomic():
        refunds.locked(row.order.merchant, row.order.order_id)
        row = Transaction.objects.select_related("order__merchant").get(pk=row.pk)
        if row.status != State.SUCCESS or row.disputes.filter(status="open").exists():
            raise refunds.Refused("600", "Only a paid order without an open dispute can be disputed.")
        if amount > row.amount - sum((r.amount for r in row.refunds.exclude(status=refunds.FAILURE)), NOTHING):
            raise refunds.Refused("619", "More than was taken and not refunded.")
        now = clock.now()
        opened = Dispute.objects.create(
            transaction=row, dispute_id=ids.txn_id(now), amount=amount, reason=reason, opened_at=now
        )
        if row.order.merchant.webhook_url:
            outbox.enqueue(row.order, "dispute", notices.chargeback(opened))
        return opened


def close(found: Dispute, outcome: str) -> Dispute:
    """Won: the merchant keeps the money. Lost: it goes back to the customer. Raises Refused when it is closed."""
    with database.atomic():
        refunds.locked(found.transaction.order.merchant, found.transaction.order.order_id)
        row = Dispute.objects.select_related("transaction__order__merchant").get(pk=found.pk)
        if row.status != "open":
            raise refunds.Refused("600", f"The dispute is {row.status} already.")
        row.status, row.closed_at = outcome, clock.now()
        row.save()
        if outcome == "lost":
            postings.move(postings.way(row.transaction)[::-1], row.amount, row.dispute_id)
        if row.transaction.order.merchant.webhook_url:
            outbox.enqueue(row.transaction.order, "dispute", notices.chargeback(row))
        return row
