"""The pure table: what an outcome may do to a payment."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.gateways.base import Outcome, State
from paytm_kit.ledger.transitions import TRANSITIONS, Facts, IllegalTransition, check, decide
from paytm_kit.models import Flag, Payment, PaymentEvent

Status, Kind = Payment.Status, PaymentEvent.Kind

FACTS = Facts(
    status=Status.PROCESSING,
    order_id="261121-abc",
    merchant_id="TESTMID0000000000001",
    amount=Decimal("499.00"),
    currency="INR",
    transaction_id="",
    flags=frozenset(),
    may_expire=False,
    captured_beside=Decimal("0.00"),
    transaction_taken=False,
)
SUCCESS = Outcome(
    order_id="261121-abc",
    state=State.SUCCESS,
    merchant_id="TESTMID0000000000001",
    amount=Decimal("499.00"),
    transaction_id="T1",
)


def test_a_matching_success_pays() -> None:
    decision = decide(FACTS, SUCCESS)
    assert (decision.status, decision.kind, decision.flags, decision.captured) == (
        Status.PAID,
        Kind.CAPTURED,
        (),
        Decimal("499.00"),
    )


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"amount": Decimal("1.00")}, Flag.AMOUNT_MISMATCH),
        ({"amount": Decimal("499.01")}, Flag.AMOUNT_MISMATCH),
        ({"amount": None}, Flag.AMOUNT_MISMATCH),
        ({"currency": "USD"}, Flag.CURRENCY_MISMATCH),
        ({"currency": "USD", "amount": Decimal("6.00")}, Flag.CURRENCY_MISMATCH),
        ({"merchant_id": "OTHERMID"}, Flag.MERCHANT_MISMATCH),
        ({"merchant_id": ""}, Flag.MERCHANT_MISMATCH),
        ({"order_id": "261121-xyz"}, Flag.ORDER_MISMATCH),
        ({"transaction_id": ""}, Flag.TRANSACTION_CONFLICT),
        ({"transaction_id": "9" * 65}, Flag.TRANSACTION_CONFLICT),
    ],
)
def test_a_success_that_does_not_match_what_was_sold_is_flagged_and_never_paid(change: dict, flag: Flag) -> None:
    decision = decide(FACTS, replace(SUCCESS, **change))
    assert decision.status == Status.PROCESSING
    assert decision.kind is None
    assert decision.captured == 0
    assert flag in decision.flags


def test_a_currency_that_a_signed_message_called_wrong_stays_wrong_until_the_gateway_states_it() -> None:
    facts = replace(FACTS, flags=frozenset({Flag.CURRENCY_MISMATCH}))
    assert decide(facts, SUCCESS).flags == (Flag.CURRENCY_MISMATCH,)
    assert decide(facts, replace(SUCCESS, currency="INR")).status == Status.PAID


def test_a_transaction_that_belongs_to_another_payment_is_flagged() -> None:
    decision = decide(replace(FACTS, transaction_taken=True), SUCCESS)
    assert decision.flags == (Flag.TRANSACTION_CONFLICT,)
    assert decision.status == Status.PROCESSING


@pytest.mark.parametrize("status", [Status.FAILED, Status.EXPIRED])
def test_a_late_success_is_real_money_and_flagged(status: str) -> None:
    decision = decide(replace(FACTS, status=status), SUCCESS)
    assert (decision.status, decision.kind, decision.flags) == (Status.PAID, Kind.CAPTURED, (Flag.LATE_SUCCESS,))


def test_a_second_payment_for_one_order_is_kept_and_flagged() -> None:
    decision = decide(replace(FACTS, captured_beside=Decimal("499.00")), SUCCESS)
    assert (decision.status, decision.flags, decision.silent) == (Status.PAID, (Flag.DUPLICATE,), True)


def test_a_payment_that_completes_an_order_beside_a_smaller_old_one_is_announced() -> None:
    decision = decide(replace(FACTS, captured_beside=Decimal("100.00")), SUCCESS)
    assert (decision.status, decision.flags, decision.silent) == (Status.PAID, (Flag.DUPLICATE,), False)


@pytest.mark.parametrize("state", [State.FAILURE, State.NOT_FOUND])
def test_an_attempt_that_ends_beside_a_paid_one_is_not_announced_as_failed(state: State) -> None:
    facts = replace(FACTS, captured_beside=Decimal("499.00"), may_expire=True)
    decision = decide(facts, replace(SUCCESS, state=state))
    assert decision.kind in (Kind.FAILED, Kind.EXPIRED)
    assert decision.silent


def test_a_second_transaction_of_a_paid_payment_is_kept_and_flagged() -> None:
    paid = replace(FACTS, status=Status.PAID, transaction_id="T1")
    assert decide(paid, SUCCESS).kind is None
    second = decide(paid, replace(SUCCESS, transaction_id="T2"))
    assert (second.kind, second.flags, second.captured) == (Kind.CAPTURED, (Flag.DUPLICATE,), Decimal("499.00"))


@pytest.mark.parametrize("state", [State.FAILURE, State.PENDING, State.NOT_FOUND, State.UNKNOWN])
def test_nothing_unpays(state: State) -> None:
    paid = replace(FACTS, status=Status.PAID, transaction_id="T1", may_expire=True)
    decision = decide(paid, replace(SUCCESS, state=state))
    assert (decision.status, decision.kind, decision.flags) == (Status.PAID, None, ())


def test_no_record_expires_only_after_the_token_is_dead() -> None:
    missing = replace(SUCCESS, state=State.NOT_FOUND)
    assert decide(FACTS, missing).status == Status.PROCESSING
    assert decide(replace(FACTS, may_expire=True), missing).status == Status.EXPIRED


def test_unknown_words_change_nothing() -> None:
    decision = decide(FACTS, replace(SUCCESS, state=State.UNKNOWN))
    assert (decision.status, decision.kind, decision.flags) == (Status.PROCESSING, None, ())


def test_what_is_not_in_the_table_raises() -> None:
    for before, after in itertools.product(Status.values, repeat=2):
        if after == before or after in TRANSITIONS[before]:
            check(before, after)
        else:
            with pytest.raises(IllegalTransition, match=before):
                check(before, after)


def play(states: tuple[State, ...]) -> str:
    """The status after these outcomes, in this order."""
    facts = FACTS
    for state in states:
        decision = decide(facts, replace(SUCCESS, state=state))
        check(facts.status, decision.status)
        facts = replace(facts, status=decision.status, transaction_id="T1" if decision.status == Status.PAID else "")
    return facts.status


def test_the_order_of_arrival_does_not_matter() -> None:
    """Every sequence of up to five reports ends as its set of reports says: paid if any was a success."""
    reports = (State.SUCCESS, State.FAILURE, State.PENDING, State.UNKNOWN)
    for length in range(1, 6):
        for states in itertools.product(reports, repeat=length):
            expected = Status.PROCESSING
            if State.FAILURE in states:
                expected = Status.FAILED
            if State.SUCCESS in states:
                expected = Status.PAID
            assert play(states) == expected, states


outcomes = st.builds(
    Outcome,
    order_id=st.sampled_from(["261121-abc", "other"]),
    state=st.sampled_from(State),
    merchant_id=st.sampled_from(["TESTMID0000000000001", "", "X"]),
    amount=st.sampled_from([Decimal("499.00"), Decimal("1.00"), None]),
    currency=st.sampled_from(["", "INR", "USD"]),
    transaction_id=st.sampled_from(["", "T1", "T2"]),
)
situations = st.builds(
    replace,
    st.just(FACTS),
    status=st.sampled_from(Status.values),
    may_expire=st.booleans(),
    captured_beside=st.sampled_from([Decimal("0.00"), Decimal("100.00"), Decimal("499.00")]),
    transaction_taken=st.booleans(),
)


@given(situations.filter(lambda facts: facts.status != Status.CREATED), outcomes)
def test_paid_needs_a_success_that_matches_in_everything(facts: Facts, outcome: Outcome) -> None:
    decision = decide(facts, outcome)
    check(facts.status, decision.status)
    if decision.status == Status.PAID != facts.status:
        assert outcome.state is State.SUCCESS
        assert outcome.order_id == facts.order_id
        assert outcome.merchant_id == facts.merchant_id
        assert outcome.amount == facts.amount == decision.captured
        assert outcome.currency in ("", facts.currency)
        assert outcome.transaction_id
        assert not facts.transaction_taken


def test_the_amount_of_another_currency_is_not_compared() -> None:
    """A flagged amount can be refunded, so it must be one of this payment's currency."""
    decision = decide(FACTS, replace(SUCCESS, currency="USD", amount=Decimal("6.00")))
    assert decision.flags == (Flag.CURRENCY_MISMATCH,)


@pytest.mark.parametrize("state", [State.FAILURE, State.NOT_FOUND])
def test_nobody_is_told_to_pay_again_what_was_paid_in_another_currency(state: State) -> None:
    facts = replace(FACTS, captured_otherwise=True, may_expire=True)
    assert decide(facts, replace(SUCCESS, state=state)).silent


def test_what_came_in_another_currency_makes_a_duplicate_but_does_not_pay_the_order() -> None:
    decision = decide(replace(FACTS, captured_otherwise=True), SUCCESS)
    assert (decision.status, decision.flags, decision.silent) == (Status.PAID, (Flag.DUPLICATE,), False)
