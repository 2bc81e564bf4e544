"""What an instrument holds: balances, a day's limit in India, and the code that says it ran out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from paytm_kit.simulator.bank import instruments
from tests.simulator.conftest import Simulator

THOUSAND, A_DAY = (next(item.value for item in instruments.CARDS if getattr(item, what)) for what in ("funds", "daily"))


def spend(sim: Simulator, order_id: str, instrument: str, rupees: str) -> str:
    """Pays an order of so many rupees; the RESPCODE that the status API tells."""
    sim.initiate(order_id, txnAmount__value=rupees)
    answer = sim.post(f"/_sim/orders/{order_id}/pay", json={"instrument": instrument, "deliver": []})
    assert answer.status_code == 200, answer.text
    return sim.result(order_id)[1]


@pytest.mark.parametrize(
    ("instrument", "holds", "empty"),
    [(THOUSAND, 1000, "202"), ("thousand@demo", 1000, "202"), ("7777777776", 500, "235")],
)
def test_an_account_pays_until_it_is_empty(sim: Simulator, instrument: str, holds: int, empty: str) -> None:
    assert spend(sim, "O-1", instrument, f"{holds}.01") == empty
    assert spend(sim, "O-2", instrument, f"{holds - 100}.00") == "01"
    assert spend(sim, "O-3", instrument, "100.01") == empty
    assert spend(sim, "O-4", instrument, "100.00") == "01"
    assert spend(sim, "O-5", instrument, "1.00") == empty
    assert spend(sim, "O-6", "4111111111111111", "249.50") == "01"


def test_a_reset_fills_the_accounts_again(sim: Simulator) -> None:
    assert spend(sim, "O-1", THOUSAND, "1000.00") == "01"
    sim.post("/_sim/reset")
    assert spend(sim, "O-1", THOUSAND, "1000.00") == "01"


def test_a_failed_or_pending_payment_spends_nothing_until_it_settles(sim: Simulator) -> None:
    sim.initiate("P", txnAmount__value="900.00")
    sim.pay("P", instrument=THOUSAND, outcome="pending")
    sim.initiate("F", txnAmount__value="900.00")
    sim.pay("F", instrument=THOUSAND, outcome="failure")
    assert spend(sim, "O-1", THOUSAND, "100.00") == "01"
    sim.post("/_sim/orders/P/settle", json={"outcome": "success"})
    assert spend(sim, "O-2", THOUSAND, "1.00") == "202"


def test_a_days_limit_ends_at_midnight_in_india(sim: Simulator) -> None:
    assert sim.post("/_sim/clock", json={"at": "2031-01-02T23:00:00+05:30", "frozen": True}).status_code == 200
    assert spend(sim, "O-1", A_DAY, "1500.00") == "01"
    assert spend(sim, "O-2", A_DAY, "500.01") == "118"
    assert spend(sim, "O-3", A_DAY, "500.00") == "01"
    sim.advance(timedelta(minutes=59).total_seconds())
    assert spend(sim, "O-4", A_DAY, "1.00") == "118"
    sim.advance(60)
    assert spend(sim, "O-5", A_DAY, "2000.00") == "01"


def test_the_page_meets_an_empty_account_after_the_otp(sim: Simulator) -> None:
    token = sim.token(txnAmount__value="1000.50")
    sim.post(f"/pay/{token}/method/card", data={"number": THOUSAND, "expiry": "12/40", "cvv": "123"})
    assert sim.result() == ("PENDING", "402")
    sim.post(f"/pay/{token}/otp", data={"otp": "123123"})
    assert sim.result() == ("TXN_FAILURE", "202")
