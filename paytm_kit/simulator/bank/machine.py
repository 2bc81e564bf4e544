"""The life of one transaction as a table: what may follow what, and the code that says so."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from paytm_kit.simulator.wire import codes


class State(StrEnum):
    STARTED = "started"  # with the bank: OTP or approval is awaited
    PENDING = "pending"  # the bank has not confirmed
    SUCCESS = "success"
    FAILURE = "failure"


class Outcome(StrEnum):
    """What the bank, or whoever plays the bank, decides."""

    SUCCESS = "success"
    FAILURE = "failure"
    PENDING = "pending"
    CANCEL = "cancel"


NEXT = {
    (State.STARTED, Outcome.SUCCESS): State.SUCCESS,
    (State.STARTED, Outcome.FAILURE): State.FAILURE,
    (State.STARTED, Outcome.CANCEL): State.FAILURE,
    (State.STARTED, Outcome.PENDING): State.PENDING,
    (State.PENDING, Outcome.SUCCESS): State.SUCCESS,
    (State.PENDING, Outcome.FAILURE): State.FAILURE,
}

USUAL_CODE = {Outcome.SUCCESS: "01", Outcome.FAILURE: "227", Outcome.PENDING: "402", Outcome.CANCEL: "141"}

# The shopper gave up (Paytm's RESPCODE list; all but 141 and 810 unconfirmed).
CANCEL_CODES = ("141", "810", "8102", "8103", "14112")

# In Paytm's word for it. A started payment is one whose status is "not confirmed yet".
WIRE_STATUS = {
    State.STARTED: codes.PENDING,
    State.PENDING: codes.PENDING,
    State.SUCCESS: codes.SUCCESS,
    State.FAILURE: codes.FAILURE,
}


class IllegalMove(Exception):
    """This outcome cannot follow this state. Nothing was changed."""


class Decision(NamedTuple):
    """What the bank answers to one attempt."""

    outcome: Outcome
    code: str
    settles_as: Outcome | None = None  # for a pending one: how it ends

    @classmethod
    def usual(cls, outcome: Outcome) -> Decision:
        return cls(outcome, USUAL_CODE[outcome], Outcome.SUCCESS if outcome is Outcome.PENDING else None)

    @classmethod
    def saying(cls, code: str) -> Decision:
        """The decision that is told with this RESPCODE. Raises KeyError for a code that no payment ends with."""
        word = codes.PAYMENT[code]
        if word.status == codes.PENDING:
            return cls(Outcome.PENDING, code, Outcome.SUCCESS)
        return cls(Outcome.SUCCESS if word.status == codes.SUCCESS else Outcome.FAILURE, code)


def move(state: State, outcome: Outcome) -> State:
    """The state after this outcome. Raises IllegalMove."""
    try:
        return NEXT[state, outcome]
    except KeyError:
        raise IllegalMove(f"A transaction that is {state} cannot become {outcome}.") from None


def codes_for(outcome: Outcome) -> tuple[str, ...]:
    """The RESPCODEs that fit an outcome."""
    if outcome is Outcome.CANCEL:
        return CANCEL_CODES
    wanted = {
        Outcome.SUCCESS: codes.SUCCESS,
        Outcome.FAILURE: codes.FAILURE,
        Outcome.PENDING: codes.PENDING,
    }[outcome]
    return tuple(code for code, word in codes.PAYMENT.items() if word.status == wanted)
