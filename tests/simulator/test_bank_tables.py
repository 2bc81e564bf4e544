"""The bank's tables without a server: networks by number, answers and codes, instalments, references, payment modes."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.simulator import ids
from paytm_kit.simulator.bank import answers, cards, emi, entries, instruments, modes, parties, talk
from paytm_kit.simulator.bank.instruments import Method
from paytm_kit.simulator.wire import checks, codes

AMOUNTS = st.decimals(min_value="3000", max_value="500000", places=2)


# ---- parties ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "network", "issuer", "mode", "acquirer"),
    [
        ("4111111111111111", "VISA", "Sahyadri Demo Bank", "CC", "KDBL"),
        ("4242424242424242", "VISA", "Godavari Demo Bank", "CC", "KDBL"),
        ("4012888888881881", "VISA", "Godavari Demo Bank", "DC", "KDBL"),
        ("5555555555554444", "MASTER", "Sahyadri Demo Bank", "CC", "KDBL"),
        ("2223003122003222", "MASTER", "Sahyadri Demo Bank", "CC", "KDBL"),
        ("6074825972083818", "RUPAY", "Sahyadri Demo Bank", "DC", "MDBL"),
        ("378282246310005", "AMEX", "Narmada Demo Bank", "CC", "MDBL"),
        ("6759649826438453", "MAESTRO", "Sahyadri Demo Bank", "DC", "KDBL"),
        ("675964982643", "MAESTRO", "Sahyadri Demo Bank", "DC", "KDBL"),
    ],
)
def test_a_number_tells_its_network_issuer_and_acquirer(
    number: str, network: str, issuer: str, mode: str, acquirer: str
) -> None:
    number = cards.with_check_digit(number[:-1])
    card = entries.card_number(number)
    assert (card.scheme, card.bank, card.mode, card.acquirer) == (network, issuer, mode, acquirer)


def test_every_party_that_a_table_names_exists() -> None:
    named = {network.acquirer for network in parties.NETWORKS} | {network.code for network in parties.NETWORKS}
    named |= {row.issuer for row in parties.BINS.values()} | {plan.bank for plan in emi.PLANS}
    named |= {code for handle in (*parties.HANDLES.values(), parties.ANY_HANDLE) for code in handle}
    named |= {code for item in instruments.ALL for code in (item.issuer, item.acquirer)}
    assert named <= parties.BY_CODE.keys()
    assert len(parties.BY_CODE) == len(parties.PARTIES)


@given(st.text("0123456789", min_size=11, max_size=18))
def test_a_check_digit_is_the_one_that_luhn_accepts(digits: str) -> None:
    assert [last for last in "0123456789" if cards.luhn(digits + last)] == [cards.with_check_digit(digits)[-1]]


def test_a_token_hides_its_number_and_depends_on_the_books() -> None:
    token = cards.token("one", "card", "4111111111111111")
    assert re.fullmatch(r"card_[0-9a-f]{24}", token)
    assert token == cards.token("one", "card", "4111111111111111")
    others = [("two", "card", "4111111111111111"), ("one", "card", "4242424242424242"), ("one", "upi", "a@demo")]
    assert token not in {cards.token(*other) for other in others}


# ---- answers and codes -----------------------------------------------------------------------------------------


def test_an_answer_means_one_code_and_is_spoken_by_somebody_on_the_way() -> None:
    assert max(Counter((row.method, row.code) for row in answers.ANSWERS).values()) == 1
    assert max(Counter((row.method, row.respcode) for row in answers.ANSWERS).values()) == 1
    for row in answers.ANSWERS:
        assert row.respcode in codes.PAYMENT
        assert row.speaker in {step.target for step in talk.WAYS[Method(row.method)]}, row
        assert answers.behind(row.method, row.respcode) is answers.given(row.method, row.code) is row


@pytest.mark.parametrize(
    ("method", "said", "respcode"),
    [("card", "00", "01"), ("card", "51", "202"), ("card", "54", "207"), ("card", "05", "227"), ("card", "14", "209"),
     ("card", "41", "210"), ("card", "91", "220"), ("upi", "ZM", "931"), ("upi", "XY", "220"), ("upi", "ZH", "295"),
     ("wallet", "NO_BALANCE", "235"), ("netbanking", "DOWN", "220")],
)  # fmt: skip
def test_what_a_party_says_becomes_paytms_code(method: str, said: str, respcode: str) -> None:
    assert answers.given(method, said).respcode == respcode


@pytest.mark.parametrize("code", codes.PAYMENT)
@pytest.mark.parametrize("method", list(Method))
def test_every_code_has_an_answer_in_every_method(method: Method, code: str) -> None:
    assert answers.behind(method, code).respcode == code


# ---- instalments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "rate", "months", "each"),
    [
        ("100000", "12", 12, "8884.88"),  # the textbook annuity
        ("12000", "0", 6, "2000.00"),
        ("10000", "0", 3, "3333.33"),
        ("6000", "14", 6, "1041.23"),
    ],
)
def test_an_instalment_is_the_annuity_to_the_paisa(amount: str, rate: str, months: int, each: str) -> None:
    assert emi.instalment(Decimal(amount), Decimal(rate), months) == Decimal(each)


@given(AMOUNTS)
def test_a_plan_pays_the_order_back_and_interest_only_where_there_is_a_rate(amount: Decimal) -> None:
    for offer in emi.offers(amount):
        assert offer.total - amount == offer.interest >= 0
        assert abs(offer.instalment * offer.months - offer.total) <= Decimal("0.005") * offer.months
        assert (offer.interest > Decimal("0.5")) == bool(offer.rate)


@given(AMOUNTS, st.sampled_from([plan for plan in emi.PLANS if plan.rate]))
def test_the_last_balance_of_a_plan_is_nothing(amount: Decimal, plan: emi.Plan) -> None:
    left = amount
    for _ in range(plan.months):
        left += left * plan.rate / 1200 - emi.instalment(amount, plan.rate, plan.months)
    assert abs(left) <= Decimal("0.01") * plan.months


@pytest.mark.parametrize("amount", ["2999.99", "500000.01"])
def test_small_and_huge_orders_have_no_plans(amount: str) -> None:
    assert emi.offers(Decimal(amount)) == []
    assert emi.offers(Decimal("3000.00"))


# ---- references ------------------------------------------------------------------------------------------------


def test_references_have_the_shapes_of_the_real_ones_and_repeat_with_a_seed() -> None:
    moment = datetime(2031, 2, 1, 20, 0, tzinfo=UTC)  # already the second of February in India
    drawn = []
    for _ in range(2):
        ids.reseed(5)
        drawn.append((ids.auth_code(), ids.rrn(moment), ids.arn(moment), ids.bank_txn_id()))
    ids.reseed(None)
    assert drawn[0] == drawn[1]
    auth_code, rrn, arn, bank = drawn[0]
    assert re.fullmatch(r"[0-9A-Z]{6}", auth_code)
    assert re.fullmatch(r"1033\d{8}", rrn)
    assert re.fullmatch(r"7\d{6}1033\d{12}", arn)
    assert len(arn) == 23
    assert cards.luhn(arn)
    assert re.fullmatch(r"\d{12}", bank)


# ---- payment modes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ({}, ()),
        ({"enablePaymentMode": []}, ()),
        ({"enablePaymentMode": [{"mode": "UPI"}]}, ("UPI", "UPI_INTENT")),
        ({"enablePaymentMode": [{"mode": "UPI", "channels": ["UPI"]}]}, ("UPI",)),
        ({"enablePaymentMode": [{"mode": "UPI", "channels": ["UPIPUSH"]}]}, ("UPI_INTENT",)),
        ({"enablePaymentMode": [{"mode": "CREDIT_CARD"}, {"mode": "EMI", "channels": ["SDBL"]}]}, ("CC", "EMI")),
        ({"enablePaymentMode": [{"mode": "BALANCE"}, {"mode": "PAYTM_DIGITAL_CREDIT"}]}, ("PPI",)),
        ({"disablePaymentMode": [{"mode": "NB"}, {"mode": "BALANCE"}]}, ("UPI", "UPI_INTENT", "CC", "DC", "EMI")),
        ({"enablePaymentMode": [{"mode": "CC"}, {"mode": "DC"}], "disablePaymentMode": [{"mode": "DC"}]}, ("CC",)),
    ],
)  # fmt: skip
def test_a_merchants_lists_become_the_modes_that_are_open(body: dict[str, object], allowed: tuple[str, ...]) -> None:
    assert checks.modes_fault(body) == ""
    assert checks.payment_modes(body) == allowed


@pytest.mark.parametrize(
    "body",
    [
        {"enablePaymentMode": "UPI"},
        {"enablePaymentMode": ["UPI"]},
        {"enablePaymentMode": [{}]},
        {"enablePaymentMode": [{"mode": ["UPI"]}]},
        {"disablePaymentMode": [{"mode": "BARTER"}]},
        {"enablePaymentMode": [{"mode": "UPI", "channels": "UPI"}]},
        {"enablePaymentMode": [{"mode": "COD"}]},
        {"enablePaymentMode": [{"mode": "NB"}], "disablePaymentMode": [{"mode": "NB"}]},
    ],
)
def test_lists_that_cannot_be_used_or_leave_nothing_are_named(body: dict[str, object]) -> None:
    assert "PaymentMode" in checks.modes_fault(body)


def test_what_the_shop_does_not_take_is_said_with_what_it_takes() -> None:
    card = entries.card_number("6074825972083818")
    assert modes.refusal(["DC"], card) == modes.refusal([], card) == ""
    assert modes.refusal(["CC", "EMI"], card) == (
        "This shop does not take debit card for this order, but credit card, EMI."
    )
