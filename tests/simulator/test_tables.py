"""The pure parts: the life of a transaction, the instruments, the envelope, the guard, the options."""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.simulator import guard, options
from paytm_kit.simulator.bank import entries, instruments, machine
from paytm_kit.simulator.bank.instruments import Method
from paytm_kit.simulator.bank.machine import Decision, IllegalMove, Outcome, State
from paytm_kit.simulator.wire import checks, codes, envelope

TODAY = date(2031, 6, 15)


# ---- the life of a transaction ---------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("state", [State.SUCCESS, State.FAILURE])
def test_what_is_final_stays(state: State, outcome: Outcome) -> None:
    with pytest.raises(IllegalMove):
        machine.move(state, outcome)


def test_a_pending_transaction_only_succeeds_or_fails() -> None:
    assert machine.move(State.PENDING, Outcome.SUCCESS) is State.SUCCESS
    assert machine.move(State.PENDING, Outcome.FAILURE) is State.FAILURE
    for outcome in (Outcome.PENDING, Outcome.CANCEL):
        with pytest.raises(IllegalMove):
            machine.move(State.PENDING, outcome)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_usual_code_fits_its_outcome_and_has_words(outcome: Outcome) -> None:
    decision = Decision.usual(outcome)
    assert decision.code in machine.codes_for(outcome)
    assert codes.PAYMENT[decision.code].text
    state = machine.move(State.STARTED, outcome)
    assert codes.PAYMENT[decision.code].status == machine.WIRE_STATUS[state]


def test_every_payment_code_belongs_to_an_outcome() -> None:
    reachable = {code for outcome in Outcome for code in machine.codes_for(outcome)}
    assert reachable == set(codes.PAYMENT)


# ---- instruments -----------------------------------------------------------------------------------------------


def test_the_test_cards_are_numbers_a_form_would_accept() -> None:
    for item in instruments.CARDS:
        assert entries.card(item.value, "12/40", "1234" if item.scheme == "AMEX" else "123", TODAY) is item


@pytest.mark.parametrize("item", instruments.ALL, ids=lambda item: item.value)
def test_every_instrument_states_a_code_that_fits_and_is_masked(item: instruments.Instrument) -> None:
    if item.decision:
        assert item.decision.code in machine.codes_for(item.decision.outcome)
        assert item.decision.code in item.effect
    assert item.method is Method.NETBANKING or item.value not in instruments.mask(item)


@pytest.mark.parametrize("expiry", ["06/31", "6/31", "07/2031", "12 / 40"])
def test_a_card_is_good_to_the_end_of_its_month(expiry: str) -> None:
    if expiry == "6/31":
        with pytest.raises(entries.Unusable, match="MM/YY"):
            entries.card("4111111111111111", expiry, "123", TODAY)
    else:
        assert entries.card("4111111111111111", expiry, "123", TODAY)


def test_last_months_card_is_not() -> None:
    with pytest.raises(entries.Unusable, match="expired"):
        entries.card("4111111111111111", "05/31", "123", TODAY)


@pytest.mark.parametrize(
    ("number", "scheme", "mode"),
    [("4242424242424242", "VISA", "CC"), ("2223003122003222", "MASTER", "CC"), ("378282246310005", "AMEX", "CC"),
     ("6082015309577308", "RUPAY", "DC"), ("6759649826438453", "MAESTRO", "DC")],
)  # fmt: skip
def test_the_network_is_read_from_the_number(number: str, scheme: str, mode: str) -> None:
    card = entries.card(number, "12/40", "1234" if scheme == "AMEX" else "123", TODAY)
    assert (card.scheme, card.mode) == (scheme, mode)


# ---- the envelope ----------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["body", "head", "a", '"']), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "body", '}"']), json_values), st.sampled_from([None, 1, 4]))
def test_the_body_is_cut_out_as_it_was_written(body: dict[str, object], indent: int | None) -> None:
    text = json.dumps(body, indent=indent)
    for raw in (f'{{"head":{{"body":{{}}}},"body":{text}}}', f'\n{{ "body" : {text} , "x":"}}", "head": {{}} }}\t'):
        opened = envelope.open_envelope(raw.encode())
        assert opened.body_text == text
        assert opened.body == body


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_malformed(raw: bytes) -> None:
    with suppress(envelope.Malformed):
        assert envelope.open_envelope(raw).body_text in raw.decode()


# ---- checks and guard ------------------------------------------------------------------------------------------


@given(st.decimals(min_value="0.01", max_value="999999.99", places=2))
def test_two_decimals_are_an_amount(amount: object) -> None:
    assert checks.amount_fault(f"{amount}") == ""


@given(st.text())
def test_other_texts_are_amounts_only_if_paytms_pattern_says_so(text: str) -> None:
    if not (text.isascii() and text.replace(".", "", 1).isdigit()):
        assert checks.amount_fault(text)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/x", "https://127.0.0.1/", "http://[::1]:9/", "HTTP://LOCALHOST/"]
)
def test_this_machine_may_be_contacted(url: str) -> None:
    assert guard.refusal(url, ()) == ""


@given(st.text())
def test_any_text_is_allowed_or_refused_with_a_reason(url: str) -> None:
    assert guard.refusal(url, ()) or url.lower().startswith(
        ("http://localhost", "http://127.", "https://l", "https://1")
    )


def test_an_allowed_host_is_compared_without_case_and_as_a_whole() -> None:
    assert guard.refusal("https://Shop.Test/cb", ("shop.test",)) == ""
    assert guard.refusal("https://a.shop.test/cb", ("shop.test",))
    assert guard.refusal("https://shop.test.evil.example/cb", ("shop.test",))


# ---- options ---------------------------------------------------------------------------------------------------


def test_options_survive_the_environment() -> None:
    chosen = options.Options(
        host="0.0.0.0", port=0, db="/x y/b", seed=-3, key="a#b'c\"d $e@f&g=h", webhook_url="http://localhost/?a=b",
        settle_after=0.5, allow_host=("one.test", "two.test"),
    )  # fmt: skip
    assert options.from_environ(options.to_environ(chosen)) == chosen


def test_the_key_is_not_in_the_repr() -> None:
    assert options.Options().key not in repr(options.Options())


def test_every_option_has_a_flag_with_help() -> None:
    parser = argparse.ArgumentParser()
    options.add_arguments(parser)
    told = parser.format_help()
    for flag in options.FLAGS:
        assert f"--{flag.name}" in told
        assert options.env_name(flag.name) in told.replace("\n", " ")
    assert {flag.name.replace("-", "_") for flag in options.FLAGS} == set(options.Options.__dataclass_fields__)


def test_the_command_line_wins_and_hosts_add_up() -> None:
    base = options.from_environ({"PAYTM_SIM_PORT": "1", "PAYTM_SIM_ALLOW_HOST": "a.test"})
    said = options.with_arguments(base, {"port": 2, "allow_host": [("b.test",), ("c.test",)], "mid": None})
    assert (said.port, said.allow_host, said.mid) == (2, ("a.test", "b.test", "c.test"), options.Options().mid)
