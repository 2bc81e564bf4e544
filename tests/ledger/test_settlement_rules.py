"""The verdicts on settlement lines, as a table, and the arithmetic that no line may break."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from paytm_kit.gateways.base import EntryKind, SettlementEntry
from paytm_kit.ledger.settlement_rules import Held, fee_fault, judge, window


def entry(**changes: Any) -> SettlementEntry:
    """₹499.00 by card, less 8.73 and GST of 1.57."""
    values = {
        "number": 2,
        "kind": EntryKind.PAYMENT,
        "order_id": "ORD-1",
        "transaction_id": "T1",
        "gross": Decimal("499.00"),
        "fee": Decimal("8.73"),
        "tax": Decimal("1.57"),
        "net": Decimal("488.70"),
    }
    return SettlementEntry(**{**values, **changes})


def back(kind: EntryKind = EntryKind.REFUND, amount: str = "100.00") -> SettlementEntry:
    nothing = Decimal("0.00")
    return entry(kind=kind, gross=-Decimal(amount), fee=nothing, tax=nothing, net=-Decimal(amount))


HELD = Held("MID1", "ORD-1", captured=Decimal("499.00"), captured_in_all=Decimal("499.00"))
GIVEN_BACK = replace(HELD, refunded=Decimal("100.00"), refund_status="succeeded")
NOT_CAPTURED = replace(HELD, captured=None, captured_in_all=Decimal("0.00"))

TABLE = {
    "the same": (entry(), HELD, "matched", False),
    "the same, with our merchant id": (entry(merchant_id="MID1"), HELD, "matched", False),
    "another merchant's": (entry(merchant_id="MID2"), HELD, "missing_here", False),
    "an order that we do not know": (entry(), Held("MID1"), "missing_here", False),
    "a transaction of another order": (entry(order_id="ORD-2"), HELD, "missing_here", False),
    "a type that no ledger holds": (entry(kind=EntryKind.OTHER, word="M2B"), HELD, "missing_here", False),
    "a paisa less": (entry(gross=Decimal("498.99"), net=Decimal("488.69")), HELD, "amount", False),
    "not captured, as far as we know": (entry(), NOT_CAPTURED, "status", True),
    "listed, but not paid out": (entry(unsettled="PENDING"), HELD, "status", False),
    "a sum that does not add up": (entry(net=Decimal("488.71")), HELD, "fees", False),
    "fees above the amount": (entry(fee=Decimal("600.00"), net=Decimal("-102.57")), HELD, "fees", False),
    "a fee below zero": (entry(fee=Decimal("-8.73"), net=Decimal("506.16")), HELD, "fees", False),
    "a refund": (back(), GIVEN_BACK, "matched", False),
    "a refund that the bank has not credited yet": (
        back(),
        replace(GIVEN_BACK, refund_status="pending"),
        "matched",
        False,
    ),
    "a refund that failed here": (back(), replace(GIVEN_BACK, refund_status="failed"), "status", True),
    "a refund that was never answered": (back(), replace(GIVEN_BACK, refund_status="requested"), "status", True),
    "a refund that we do not know": (back(), HELD, "missing_here", False),
    "a refund of more": (back(amount="100.01"), GIVEN_BACK, "amount", False),
    "a refund whose fee is given back": (
        entry(
            kind=EntryKind.REFUND,
            gross=Decimal("-100.00"),
            fee=Decimal("-1.75"),
            tax=Decimal("-0.32"),
            net=Decimal("-97.93"),
        ),
        GIVEN_BACK,
        "matched",
        False,
    ),
    "a chargeback": (back(EntryKind.CHARGEBACK), HELD, "matched", False),
    "a chargeback of more than was captured": (back(EntryKind.CHARGEBACK, "499.01"), HELD, "amount", False),
    "a chargeback of an unpaid payment": (back(EntryKind.CHARGEBACK), NOT_CAPTURED, "status", True),
}


@pytest.mark.parametrize("case", TABLE)
def test_each_line_gets_its_verdict_and_every_difference_a_reason(case: str) -> None:
    line, held, verdict, ask = TABLE[case]
    finding = judge(line, held)
    assert (finding.verdict, finding.ask) == (verdict, ask), finding.reason
    assert bool(finding.reason) == (verdict != "matched")


paise = st.integers(min_value=0, max_value=10**9).map(lambda number: Decimal(number) / 100)


@given(gross=paise, fee=paise, tax=paise, off=st.integers(min_value=-300, max_value=300))
def test_a_payment_matches_only_if_gross_less_fee_less_tax_is_net_to_the_paisa(
    gross: Decimal, fee: Decimal, tax: Decimal, off: int
) -> None:
    assume(gross > 0)
    line = entry(gross=gross, fee=fee, tax=tax, net=gross - fee - tax + Decimal(off) / 100)
    held = replace(HELD, captured=gross)
    assert (judge(line, held).verdict == "matched") == (off == 0 and fee + tax <= gross)
    assert bool(fee_fault(line)) == (judge(line, held).verdict == "fees")


@pytest.mark.parametrize(
    ("how", "days"),
    [
        ({"grace": 1, "quiet": False, "begun": date(2031, 1, 1)}, ("2031-01-01", "2031-01-05")),
        ({"grace": 0, "quiet": False, "begun": date(2031, 1, 1)}, ("2031-01-01", "2031-01-06")),
        ({"grace": 1, "quiet": True, "begun": date(2031, 1, 1)}, ("2031-01-01", "2031-01-02")),
        ({"grace": 1, "quiet": False, "begun": None}, ("2031-01-05", "2031-01-05")),
        ({"grace": 1, "quiet": False, "begun": date(2030, 6, 1)}, ("2030-12-05", "2031-01-05")),
        ({"grace": 1, "quiet": False, "begun": date(2031, 1, 6)}, ("2031-01-06", "2031-01-05")),  # none yet
    ],
)
def test_what_must_stand_in_a_report_by_the_payout_of_the_seventh(how: dict[str, Any], days: tuple[str, str]) -> None:
    first, last = window(date(2031, 1, 7), **how)
    assert (first.isoformat(), last.isoformat()) == days
