"""Which status of a dispute may follow which, and what is odd about a message that speaks of one. Pure.

The messages carry no time and come doubled and out of order, so a closing is never undone by an opening: at most one
closing follows another, towards the loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from paytm_kit.currencies import INR
from paytm_kit.gateways.base import DisputeClaim, DisputeState
from paytm_kit.models import Dispute, PaymentEvent
from paytm_kit.money import plain

Status = Dispute.Status
Kind = PaymentEvent.Kind

STATUS = {
    DisputeState.OPEN: Status.OPEN,
    DisputeState.WON: Status.WON,
    DisputeState.LOST: Status.LOST,
    DisputeState.CLOSED: Status.CLOSED,
    DisputeState.UNKNOWN: Status.UNKNOWN,
}

CLOSINGS: dict[str, str] = {
    Status.WON: Kind.DISPUTE_WON,
    Status.LOST: Kind.DISPUTE_LOST,
    Status.CLOSED: Kind.DISPUTE_CLOSED,
}

# What the gateway may say. A word that is not understood closes nothing and reopens nothing.
TRANSITIONS: dict[str, frozenset[str]] = {
    Status.OPEN: frozenset({Status.WON, Status.LOST, Status.CLOSED}),
    Status.UNKNOWN: frozenset({Status.OPEN, Status.WON, Status.LOST, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.WON, Status.LOST}),  # now it is said for whom
    Status.WON: frozenset({Status.LOST}),  # money that was taken after all
    Status.LOST: frozenset(),
}

OPPOSITES = frozenset({Status.WON, Status.LOST})


@dataclass(frozen=True, slots=True)
class Decision:
    """The status afterwards and the kind of the event to write."""

    status: str
    kind: str


def first_heard(claim: DisputeClaim) -> str:
    """The status with which a dispute is written down; a closing that came first is applied after that."""
    said = STATUS[claim.state]
    return Status.OPEN if said in CLOSINGS else said


def decide(status: str, claim: DisputeClaim) -> Decision:
    """What a message means for a dispute that we know."""
    said = STATUS[claim.state]
    if said not in TRANSITIONS[status]:
        return Decision(status, Kind.DISPUTE_UPDATED)
    return Decision(said, CLOSINGS.get(said, Kind.DISPUTE_UPDATED))


def oddities(before: str, claim: DisputeClaim, captured: Mapping[str, Decimal], currency: str = INR) -> Iterator[str]:
    """Why a person should look, in words.

    ``before`` is empty for a new one; ``captured``: amounts by transaction, in the payment's ``currency``.
    """
    said = STATUS[claim.state]
    if said == Status.UNKNOWN:
        yield f'the gateway\'s word "{claim.word}" is not known'
    if {before, said} == OPPOSITES:
        yield f"it was {before} before and is now said to be {said}"
    if claim.transaction_id not in captured:
        yield f'it names transaction "{claim.transaction_id}", which took no money here'
    limit = captured.get(claim.transaction_id, sum(captured.values(), Decimal("0.00")))
    if claim.amount is None:
        yield "no usable amount is named, so the whole transaction counts"
    elif claim.amount > limit:
        yield f"{plain(claim.amount, currency)} are disputed, but {limit} were captured"
