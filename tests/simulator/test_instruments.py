"""The test instruments: every code that a payment can end with, forced by an instrument and told by the status API."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paytm_kit.simulator.bank import cards, instruments, machine
from paytm_kit.simulator.bank.instruments import Instrument, Method
from paytm_kit.simulator.wire import codes
from tests.simulator.conftest import Simulator, callback_form, signed

FORCING = {item.decided(Decimal("249.50")).code: item for item in instruments.ALL if item.decided(Decimal("249.50"))}
CARD = {"expiry": "12/40", "cvv": "123"}


def by_hand(sim: Simulator, token: str, item: Instrument) -> dict[str, str]:
    """Pays with an instrument as a shopper at the page does; the callback's fields."""
    if item.method is Method.UPI:
        page = sim.post(f"/pay/{token}/method/upi", data={"vpa": item.value})
    elif item.method is Method.NETBANKING:
        page = sim.post(f"/pay/{token}/method/netbanking", data={"bank": item.value})
    else:
        form = {"number": item.value, **CARD} if item.method is Method.CARD else {"mobile": item.value}
        if item.scheme == "AMEX":
            form["cvv"] = "1234"
        sim.post(f"/pay/{token}/method/{item.method}", data=form)
        otp = instruments.CARD_OTP if item.method is Method.CARD else instruments.WALLET_OTP
        page = sim.post(f"/pay/{token}/otp", data={"otp": otp})
    return callback_form(page)[1]


def test_every_code_that_a_payment_can_end_with_has_an_instrument() -> None:
    assert codes.PAYMENT.keys() - FORCING.keys() == set(), "add an instrument that forces these codes"


@pytest.mark.parametrize("code", codes.PAYMENT)
def test_the_instrument_of_a_code_forces_it_at_the_page_and_the_status_api_says_so(sim: Simulator, code: str) -> None:
    fields = by_hand(sim, sim.token(), FORCING[code])
    assert signed(fields)
    assert (fields["STATUS"], fields["RESPCODE"]) == sim.result() == (codes.PAYMENT[code].status, code)
    assert fields["RESPMSG"] == codes.PAYMENT[code].text


@pytest.mark.parametrize("item", [item for item in instruments.ALL if item.decision], ids=lambda item: item.value)
def test_an_instrument_does_what_the_table_says_through_the_control_plane(sim: Simulator, item: Instrument) -> None:
    sim.initiate()
    answer = sim.post("/_sim/orders/ORD-1/pay", json={"instrument": item.value, "deliver": []})
    assert answer.status_code == 200, answer.text
    [row] = answer.json()["transactions"]
    assert row["respcode"] == sim.result()[1] == item.decision.code
    assert item.method is Method.NETBANKING or item.value not in answer.text


def test_a_pending_instrument_ends_as_the_table_says(sim: Simulator) -> None:
    sim.settings(settle_after=20)
    pending = [item for item in instruments.ALL if item.decision and item.decision.settles_as]
    for number, item in enumerate(pending):
        by_hand(sim, sim.token(f"P-{number}"), item)
    sim.advance(21)
    for number, item in enumerate(pending):
        assert f"then {item.decision.settles_as}" in item.effect
        assert sim.order(f"P-{number}")["status"] == item.decision.settles_as


WHOLE_RUPEES = [(f"{code}.00", code) for code in codes.PAYMENT if code.isdigit() and code != "01"]
OTHER_AMOUNTS = [(amount, "01") for amount in ("1.00", "226.00", "227.50", "227.01", "330.00")]


@pytest.mark.parametrize(("amount", "code"), WHOLE_RUPEES + OTHER_AMOUNTS)
def test_only_the_instruments_that_say_so_look_at_the_amount(amount: str, code: str) -> None:
    by_amount = [item for item in instruments.ALL if item.by_amount]
    assert {item.method for item in by_amount} == {Method.UPI, Method.CARD}
    for item in by_amount:
        assert item.decided(Decimal(amount)).code == code
    for item in instruments.ALL:
        assert item.by_amount or item.decided(Decimal(amount)) == item.decision


def test_an_amount_decides_at_the_page(sim: Simulator) -> None:
    token = sim.token(txnAmount__value="843.00")
    sim.post(f"/pay/{token}/method/upi", data={"vpa": "amount@demo"})
    assert sim.result() == ("TXN_FAILURE", "843")


def test_no_two_instruments_are_the_same_and_card_numbers_show_their_code() -> None:
    values = [item.value for item in instruments.ALL]
    assert len(set(values)) == len(values)
    assert all(cards.luhn(item.value) for item in instruments.CARDS)
    for item in instruments.CODE_CARDS:
        assert item.value[-4:-1] == item.decision.code[-3:]
        assert item.decision.code in machine.codes_for(item.decision.outcome)


def test_the_page_and_the_terminal_show_every_instrument_with_its_effect(sim: Simulator) -> None:
    page, listing = sim.get(f"/pay/{sim.token()}/").text, "\n".join(instruments.listing())
    for item in instruments.ALL:
        assert item.shown in page
        assert item.value in listing
        assert item.effect in page
        assert item.effect in listing
    short = list(instruments.listing(common=True))
    assert len(short) < 30
    assert any("4111111111111111" in line for line in short)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"instrument": "4111111111111112"}, "instrument"),
        ({"instrument": "nobody"}, "instrument"),
        ({"instrument": "a b@demo"}, "instrument"),
        ({"instrument": 4111111111111111}, "instrument"),
        ({"instrument": "SDBL", "method": "upi"}, "method"),
        ({"instrument": "SDBL", "emi": "SDBL-3"}, "emi"),
        ({"instrument": "4111111111111111", "emi": ["SDBL-3"]}, "emi"),
        ({"instrument": "4111111111111111", "outcome": "maybe"}, "outcome"),
        ({"instrument": "4111111111111111", "risk": "yes"}, "risk"),
    ],
)
def test_a_mistake_names_its_field(sim: Simulator, sent: dict[str, object], field: str) -> None:
    sim.initiate()
    answer = sim.post("/_sim/orders/ORD-1/pay", json=sent)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert sim.order()["status"] == "created"


def test_an_outcome_overrules_the_instrument(sim: Simulator) -> None:
    sim.initiate()
    paid = sim.pay(instrument="4000000000000002", outcome="success")
    assert paid["transactions"][0]["instrument"] == "card ending 0002"
    assert sim.result() == ("TXN_SUCCESS", "01")
