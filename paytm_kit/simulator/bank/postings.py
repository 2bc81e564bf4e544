"""The money in each party's books. A movement is one row from one account to another: nothing appears or vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from django.db.models import Sum

from paytm_kit.simulator import clock
from paytm_kit.simulator.models import NOTHING, Posting, Transaction


def way(row: Transaction) -> list[str]:
    """The accounts that a payment passes, from the customer's to what the gateway owes the merchant."""
    return [
        f"customer/{row.card_token or row.instrument or 'unknown'}",
        f"issuer/{row.issuer or 'unknown'}",
        f"acquirer/{row.acquirer or 'unknown'}",
        f"gateway/{row.order.merchant.mid}",
    ]


def move(accounts: Sequence[str], amount: Decimal, about: str) -> None:
    """Carries rupees from the first account through every other to the last, in the caller's transaction."""
    if amount > 0:
        at = clock.now()
        Posting.objects.bulk_create(
            Posting(at=at, source=source, target=target, amount=amount, about=about)
            for source, target in pairwise(accounts)
        )


def balances() -> dict[str, Decimal]:
    """Rupees on each account, those that went below zero included; they add up to zero."""
    totals: dict[str, Decimal] = {}
    for name, sign in (("target", 1), ("source", -1)):
        for row in Posting.objects.values(name).annotate(sum=Sum("amount")):
            totals[row[name]] = totals.get(row[name], NOTHING) + sign * row["sum"]
    return dict(sorted(totals.items()))
