"""What follows from what: the states of orders, captures and refunds, and how much may go back. Pure.

Money is a whole number of minor units (paise, cents; yen where there are none) with its currency beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """Of an order, as its shopper and the bank left it."""

    CREATED = "created"
    APPROVED = "approved"  # the shopper agreed; the merchant must still capture
    PENDING = "pending"  # the bank has not decided
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Bank(StrEnum):
    """What the bank says about one attempt, or about one refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Button(StrEnum):
    """What a shopper can do on the hosted page."""

    PAY = "pay"
    DECLINE = "decline"
    PENDING = "pending"  # decided later, as paid
    PENDING_DECLINE = "pending-decline"  # decided later, as declined
    CANCEL = "cancel"


class Happened(StrEnum):
    """What a gateway may tell the merchant about."""

    APPROVED = "approved"
    PAID = "paid"
    PENDING = "pending"
    DECLINED = "declined"
    PAID_LATE = "paid-late"  # a pending one
    DECLINED_LATE = "declined-late"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUND_MADE = "refund-made"
    REFUND_DONE = "refund-done"
    REFUND_FAILED = "refund-failed"


class NotAllowed(ValueError):
    """This cannot follow; ``str()`` says why."""


OPEN = frozenset({State.CREATED, State.APPROVED})

# Which state may follow which. A gateway that lets a shopper try again after a decline leaves the order "created".
MOVES: dict[State, frozenset[State]] = {
    State.CREATED: frozenset(State) - {State.CREATED},
    State.APPROVED: frozenset({State.CREATED, State.PENDING, State.CAPTURED, State.EXPIRED}),
    State.PENDING: frozenset({State.CAPTURED, State.DECLINED}),
    State.CAPTURED: frozenset(),
    State.DECLINED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}

# What each button makes of a payment: the bank's answer now, and the one that comes later.
ANSWERS: dict[Button, tuple[Bank, Bank | None]] = {
    Button.PAY: (Bank.SUCCEEDED, None),
    Button.DECLINE: (Bank.FAILED, None),
    Button.PENDING: (Bank.PENDING, Bank.SUCCEEDED),
    Button.PENDING_DECLINE: (Bank.PENDING, Bank.FAILED),
}
STATES = {Bank.SUCCEEDED: State.CAPTURED, Bank.FAILED: State.DECLINED, Bank.PENDING: State.PENDING}
TOLD = {Bank.SUCCEEDED: Happened.PAID, Bank.FAILED: Happened.DECLINED, Bank.PENDING: Happened.PENDING}
TOLD_LATE = {Bank.SUCCEEDED: Happened.PAID_LATE, Bank.FAILED: Happened.DECLINED_LATE}
TOLD_OF_REFUND = {Bank.SUCCEEDED: Happened.REFUND_DONE, Bank.FAILED: Happened.REFUND_FAILED}


def check_move(before: str, after: State) -> None:
    """Raises NotAllowed."""
    if after not in MOVES[State(before)]:
        raise NotAllowed(f"An order that is {before} cannot become {after}.")


def refundable(captured: int, refunds: Iterable[tuple[str, int]]) -> int:
    """Minor units that may still go back: what was captured less every refund (state, amount) that did not fail."""
    return captured - sum(amount for state, amount in refunds if state != Bank.FAILED)
