"""Every status of a refund under every answer: what proves something moves it, nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from paytm_kit.gateways.base import RefundOutcome, State
from paytm_kit.ledger import refund_rules
from paytm_kit.ledger.refund_rules import Facts, IllegalTransition, decide, forbidden
from paytm_kit.models import Flag, Refund

RUPEES = Decimal("100.00")
STATUSES = list(Refund.Status)


def said(state: State, amount: Decimal | None = RUPEES) -> RefundOutcome:
    return RefundOutcome("order", "r-1", state, amount=amount)


EXPECTED = {
    ("requested", State.SUCCESS): ("succeeded", "refund_succeeded", ()),
    ("requested", State.FAILURE): ("failed", "refund_failed", ()),
    ("requested", State.PENDING): ("pending", "refund_pending", ()),
    ("pending", State.SUCCESS): ("succeeded", "refund_succeeded", ()),
    ("pending", State.FAILURE): ("failed", "refund_failed", ()),
    ("failed", State.SUCCESS): ("succeeded", "refund_succeeded", (Flag.REFUND_LATE,)),
    ("failed", State.PENDING): ("pending", "refund_pending", (Flag.REFUND_LATE,)),
    ("succeeded", State.FAILURE): ("succeeded", None, (Flag.REFUND_MISMATCH,)),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("state", State)
def test_every_answer_to_every_status(status, state):
    decision = decide(status, RUPEES, said(state))
    assert (decision.status, decision.kind, decision.flags) == EXPECTED.get((status, state), (status, None, ()))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("amount", [None, Decimal("99.99"), Decimal("100.01")])
def test_a_success_over_another_amount_is_flagged_and_moves_nothing(status, amount):
    decision = decide(status, RUPEES, said(State.SUCCESS, amount))
    assert (decision.status, decision.kind, decision.flags) == (status, None, (Flag.REFUND_MISMATCH,))


def test_a_refund_that_was_made_never_becomes_anything_else():
    for after in STATUSES[:2] + STATUSES[3:]:
        with pytest.raises(IllegalTransition):
            refund_rules.check("succeeded", after)


def test_the_ladder_climbs_and_then_asks_once_a_day():
    began = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    now, asked = began, []
    for _ in range(9):
        now = refund_rules.next_ask(began, now)
        asked.append(now - began)
    minutes = [1, 15, 60, 360, 720, 1440]
    assert asked == [*(timedelta(minutes=m) for m in minutes), *(timedelta(days=d) for d in (2, 3, 4))]
    assert not refund_rules.is_stuck(began, began + timedelta(days=14))
    assert refund_rules.is_stuck(began, began + timedelta(days=14, seconds=1))


def test_a_refund_is_sent_again_only_when_it_cannot_be_on_its_way():
    sent = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert refund_rules.may_send_again("requested", None, sent)
    assert not refund_rules.may_send_again("requested", sent, sent + timedelta(minutes=14, seconds=59))
    assert refund_rules.may_send_again("requested", sent, sent + timedelta(minutes=15))


@pytest.mark.parametrize("status", STATUSES[1:])
def test_a_refund_that_the_gateway_had_taken_on_is_never_sent_again(status):
    sent = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert not refund_rules.may_send_again(status, sent, sent + timedelta(days=1))


def test_a_person_hears_of_a_refund_that_nobody_has_taken_on_in_a_day():
    began = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert not refund_rules.is_unheard("requested", began, began + timedelta(days=1))
    assert refund_rules.is_unheard("requested", began, began + timedelta(days=1, seconds=1))
    assert not refund_rules.is_unheard("pending", began, began + timedelta(days=2))


@pytest.mark.parametrize("status", ["requested", "pending", "failed"])
def test_under_way_over_another_amount_is_flagged(status):
    assert Flag.REFUND_MISMATCH in decide(status, RUPEES, said(State.PENDING, Decimal("99.99"))).flags
    assert Flag.REFUND_MISMATCH not in decide(status, RUPEES, said(State.PENDING, None)).flags


# ---- what forbids one beforehand --------------------------------------------------------------------------------


def facts(wanted: str = "100.00", *, captured: str = "499.00", left: str = "499.00", **more: object) -> Facts:
    return Facts("T1", Decimal(wanted), Decimal(captured), Decimal(left), **more)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (facts("499.00"), ""),
        (facts("1.00"), ""),
        (facts("0.50", captured="0.50", left="0.50"), ""),  # all of it is no part
        (facts("499.01"), "499.00 rupees of transaction T1 are left"),
        (facts("0.00"), "0.00 cannot be refunded"),
        (facts("-1.00"), "-1.00 cannot be refunded"),
        (facts("0.99"), "no part below one rupee"),
        (facts("300.00", left="299.00", disputed_away=Decimal("200.00")), "disputes took 200.00"),
        (facts("299.00", left="299.00", disputed_away=Decimal("200.00")), ""),
        (facts(held="it is disputed {f.left}."), "it is disputed {f.left}."),
        (facts("600.00", held="it is disputed."), "it is disputed."),
        (facts(network="RUPAY", parts=5), ""),
        (facts(network="RUPAY", parts=6), "six partial refunds, and 6 were made"),
        (facts(network="rupay", parts=7), "six partial refunds, and 7 were made"),
        (facts(network="VISA", parts=60), ""),
        (facts(network="", parts=6), ""),  # not told: the gateway may refuse, we do not guess
    ],
)
def test_what_the_rules_know_is_refused_beforehand(asked: Facts, why: str) -> None:
    found = forbidden(asked)
    assert why in found
    assert bool(found) is bool(why)
