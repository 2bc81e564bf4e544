"""The verbs that send money back: make a refund, decide one that is pending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paytm_kit.simulator import clock, database
from paytm_kit.standins import faults, outbox, payments, wording
from paytm_kit.standins.books import TOLD_OF_REFUND, Bank, Happened, NotAllowed
from paytm_kit.standins.models import Capture, Order, Refund
from paytm_kit.standins.wording import Told


class TooMuch(NotAllowed):
    """More than is left; ``left`` is in minor units."""

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(f"Only {left} minor units are left to refund.")


def make(capture: Capture, amount: int | None, reference: str = "", facts: Mapping[str, Any] | None = None) -> Refund:
    """A refund of ``amount`` minor units, or of all that is left. Raises TooMuch."""
    with database.atomic():
        order = payments.locked(capture.order)
        capture = next(row for row in order.captures.all() if row.pk == capture.pk)
        left = capture.left()
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise TooMuch(left)
        now, ends = clock.now(), _ends(order)
        pending = ends is not None
        refund = Refund.objects.create(
            capture=capture, public_id=wording.of(order).refund_id(), reference=reference, amount=amount, at=now,
            state=Bank.PENDING if pending else Bank.SUCCEEDED, decided_at=None if pending else now,
            decide_at=payments.later() if pending else None, decides_as=ends or "", facts=dict(facts or {}),
        )  # fmt: skip
        _tell(Happened.REFUND_MADE, refund)
        if not pending:
            _tell(Happened.REFUND_DONE, refund)
        return refund


def _ends(order: Order) -> Bank | None:
    """How a pending refund ends; None: it is made at once."""
    if faults.strikes(order, "refund-failed"):
        return Bank.FAILED
    if faults.strikes(order, "refund-pending") or not wording.of(order).refunds_at_once:
        return Bank.SUCCEEDED
    return None


def decide(row: Refund, bank: Bank) -> Refund:
    """What became of a pending refund. Raises NotAllowed for one that is decided."""
    with database.atomic():
        payments.locked(row.capture.order)
        row = Refund.objects.get(pk=row.pk)
        if row.state != Bank.PENDING:
            raise NotAllowed(f"This refund is {row.state} already.")
        row.state, row.decided_at, row.decide_at = bank, clock.now(), None
        row.save()
        _tell(TOLD_OF_REFUND[bank], row)
        return row


def _tell(happened: Happened, refund: Refund) -> None:
    """From the books as they are now: what is left of a capture is part of most notices."""
    row = Refund.objects.select_related("capture__order__party").get(pk=refund.pk)
    outbox.tell(Told(happened, row.capture.order, row.capture, row))
