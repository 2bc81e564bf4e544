"""The customer's side of the money: what an instrument holds is data, what was spent is read from the postings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from paytm_kit.simulator import clock
from paytm_kit.simulator.bank import answers, postings
from paytm_kit.simulator.bank.instruments import SUCCESS, Instrument
from paytm_kit.simulator.bank.machine import Decision, Outcome
from paytm_kit.simulator.models import NOTHING, Posting, Transaction, World

# How each kind of account says that it cannot pay (codes of bank/answers).
EMPTY = {"card": "51", "upi": "Z9", "wallet": "NO_BALANCE"}
DAY_IS_OVER = {"card": "61", "upi": "Z8", "wallet": "LIMIT"}


def plan(instrument: Instrument, amount: Decimal) -> dict[str, str | None] | None:
    """What the bank will go by once the shopper has proved to be there; None: whoever plays it is asked.

    Kept with the transaction, because the number that names the instrument is not.
    """
    decision = instrument.decided(amount)
    if decision is None:
        return None
    kept: dict[str, str | None] = dict(zip(Decision._fields, decision, strict=True))
    for name, limit in (("funds", instrument.funds), ("daily", instrument.daily)):
        if limit is not None:
            kept[name] = str(limit)
    return kept


def decide(row: Transaction) -> Decision:
    """The bank's answer to an authorised attempt. Raises nothing: an account that cannot pay declines."""
    planned = row.planned
    if not planned:
        return SUCCESS
    if "funds" in planned or "daily" in planned:
        # One payment at a time looks at accounts that can run out: two at once must not spend the same rupees.
        World.objects.select_for_update().get(pk=1)
    if "funds" in planned and Decimal(planned["funds"]) - spent(row) < row.amount:
        return _declined(row, EMPTY)
    if "daily" in planned and Decimal(planned["daily"]) - spent(row, since=_midnight(clock.now())) < row.amount:
        return _declined(row, DAY_IS_OVER)
    settles_as = planned["settles_as"]
    return Decision(Outcome(planned["outcome"]), planned["code"], Outcome(settles_as) if settles_as else None)


def spent(row: Transaction, since: datetime | None = None) -> Decimal:
    """Rupees that left the payer's account, less what came back."""
    account = postings.way(row)[0]
    moved = Posting.objects.filter(at__gte=since) if since else Posting.objects.all()
    out, back = (
        moved.filter(**{side: account}).aggregate(sum=Sum("amount"))["sum"] or NOTHING for side in ("source", "target")
    )
    return out - back


def _declined(row: Transaction, words: dict[str, str]) -> Decision:
    return Decision(Outcome.FAILURE, answers.given(row.method, words[row.method]).respcode)


def _midnight(now: datetime) -> datetime:
    """When the present day began in India."""
    return now.astimezone(clock.IST).replace(hour=0, minute=0, second=0, microsecond=0)
