"""Every status of a dispute under every word: an end is never undone by an opening or by a word that is not known."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from paytm_kit.gateways.base import DisputeClaim, DisputeState
from paytm_kit.ledger import dispute_rules
from paytm_kit.ledger.dispute_rules import decide, first_heard, oddities
from paytm_kit.models import Dispute

CAPTURED = {"T1": Decimal("499.00"), "T2": Decimal("100.00")}


def said(state: DisputeState, amount: str | None = "200.00", transaction_id: str = "T1") -> DisputeClaim:
    rupees = None if amount is None else Decimal(amount)
    return DisputeClaim("order", "D1", state, word=state.upper(), amount=rupees, transaction_id=transaction_id)


EXPECTED = {
    ("open", DisputeState.WON): ("won", "dispute_won"),
    ("open", DisputeState.LOST): ("lost", "dispute_lost"),
    ("open", DisputeState.CLOSED): ("closed", "dispute_closed"),
    ("unknown", DisputeState.OPEN): ("open", "dispute_updated"),
    ("unknown", DisputeState.WON): ("won", "dispute_won"),
    ("unknown", DisputeState.LOST): ("lost", "dispute_lost"),
    ("unknown", DisputeState.CLOSED): ("closed", "dispute_closed"),
    ("closed", DisputeState.WON): ("won", "dispute_won"),
    ("closed", DisputeState.LOST): ("lost", "dispute_lost"),
    ("won", DisputeState.LOST): ("lost", "dispute_lost"),
}


@pytest.mark.parametrize("status", list(Dispute.Status))
@pytest.mark.parametrize("state", DisputeState)
def test_every_word_to_every_status(status: str, state: DisputeState) -> None:
    decision = decide(status, said(state))
    assert (decision.status, decision.kind) == EXPECTED.get((status, state), (status, "dispute_updated"))


@pytest.mark.parametrize("state", DisputeState)
def test_a_new_one_is_written_down_undecided_whatever_is_said(state: DisputeState) -> None:
    assert first_heard(said(state)) == ("unknown" if state is DisputeState.UNKNOWN else "open")


def test_every_status_is_either_undecided_or_an_end() -> None:
    assert {*Dispute.UNDECIDED, *dispute_rules.CLOSINGS} == set(Dispute.Status)
    assert {*Dispute.TAKEN} < {*dispute_rules.CLOSINGS}


@pytest.mark.parametrize(
    ("before", "claim", "why"),
    [
        ("", said(DisputeState.OPEN), []),
        ("", said(DisputeState.OPEN, "499.00"), []),
        ("open", said(DisputeState.UNKNOWN), ["word"]),
        ("won", said(DisputeState.LOST), ["won before"]),
        ("lost", said(DisputeState.WON), ["lost before"]),
        ("closed", said(DisputeState.LOST), []),
        ("", said(DisputeState.OPEN, "100.01", "T2"), ["100.01 rupees"]),
        ("", said(DisputeState.OPEN, "599.00", ""), ["took no money"]),
        ("", said(DisputeState.OPEN, "599.01", "T9"), ["took no money", "599.01 rupees"]),
        ("", said(DisputeState.OPEN, None), ["no usable amount"]),
    ],
)
def test_what_is_odd_is_named(before: str, claim: DisputeClaim, why: list[str]) -> None:
    found = list(oddities(before, claim, CAPTURED))
    assert len(found) == len(why)
    assert all(part in text for part, text in zip(why, found, strict=True))


def test_it_is_overdue_once_its_time_is_over_and_nobody_decided() -> None:
    past, future = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    cases = {("open", past): True, ("unknown", past): True, ("open", future): False, ("lost", past): False}
    for (status, due_at), overdue in cases.items():
        assert Dispute(status=status, due_at=due_at).is_overdue is overdue
    assert not Dispute(status="open").is_overdue
