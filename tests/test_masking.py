"""What may be stored or logged of a message, and what never may."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paytm_kit import masking
from paytm_kit.masking import (
    DROPPED,
    LONGEST,
    LONGEST_VALUE,
    holds_card,
    mask_cards,
    mask_contact,
    one_line,
    redact_body,
    redact_value,
    safe_line,
)

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
CARD = "4111111111111111"  # the industry's test number


def luhn(digits: str) -> bool:
    """An independent statement of the test: from the right, every second digit doubled, its digits added."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if luhn(digits + last))


def is_a_time(digits: str) -> bool:
    """Paytm's timestamps are milliseconds: 13 digits that begin with a 1, as no card of 13 digits does."""
    return len(digits) == 13 and digits.startswith("1")


cards = st.text("0123456789", min_size=12, max_size=18).map(with_check_digit).filter(lambda card: not is_a_time(card))


def test_a_timestamp_that_happens_to_pass_the_luhn_test_is_kept() -> None:
    stamp = with_check_digit("179523427200")
    assert mask_cards(stamp) == stamp


# ---- One field


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ORDERID", "261121-abc", "261121-abc"),
        ("orderId", "261121-abc", "261121-abc"),
        ("ORDER_ID", "261121-abc", "261121-abc"),
        ("TXNID", "20261121111212800110168000000000001", "20261121111212800110168000000000001"),
        ("RESPMSG", "Txn Success", "Txn Success"),
        ("CHECKSUMHASH", "q2V0" * 27, "[108 characters]"),
        ("signature", "", ""),
        ("txnToken", "tok", "[3 characters]"),
        ("EMAIL", "asha@example.com", "a***@example.com"),
        ("email", "", ""),
        ("MOBILE_NO", "9000000001", "******0001"),
        ("mobile", "911", "******"),
        ("vpa", "asha.rao@upi", "a***@upi"),
        ("payerAccount", "asha@x@upi", "a***@upi"),
        ("cardNumber", CARD, DROPPED),
        ("CVV", "123", DROPPED),
        ("expiryDate", "12/31", DROPPED),
        ("cardHolderName", "Asha Rao", DROPPED),
        ("password", "x", DROPPED),
        ("address", "4 Lake Road", DROPPED),
        ("firstName", "Asha", DROPPED),
        ("cardBin", "411111", DROPPED),
        ("lastFourDigit", "1111", "1111"),
        ("RESPMSG", f"card {CARD} declined", "card [card ****1111] declined"),
        ("RESPMSG", "sent to asha@example.com, asha@upi", "sent to a***@example.com, a***@upi"),
        ("CUST_ID", "asha@example.com", "a***@example.com"),
        ("EMAIL", f"a@{CARD}", "a***@[card ****1111]"),
    ],
)
def test_a_field_is_kept_shortened_masked_or_dropped_by_its_name(name: str, value: str, expected: str) -> None:
    assert redact_value(name, value) == expected


@given(st.text(), st.text())
def test_a_name_that_is_not_on_the_list_loses_its_value(name: str, value: str) -> None:
    key = name.replace("_", "").lower()
    if key not in masking.KEPT | masking.SHORTENED | masking.CONTACTS:
        assert redact_value(name, value) == DROPPED


def test_nothing_of_a_card_but_its_last_digits_and_network_is_on_the_list() -> None:
    """RBI/2021-22/96: at most the last four digits and the issuer's name."""
    words = ("card", "cvv", "expiry", "bin", "holder", "pan")
    suspicious = {name for name in masking.KEPT if any(word in name for word in words)}
    assert suspicious == {"cardscheme", "cardlastnums"}


def test_a_shopper_who_typed_two_addresses_keeps_neither() -> None:
    assert mask_contact("asha@example.com, ravi@example.com") == "a***@example.com"


# ---- Card numbers

SPELLINGS = {
    "plain": CARD,
    "groups": "4111 1111 1111 1111",
    "hyphens": "4111-1111-1111-1111",
    "dots": "4111.1111.1111.1111",
    "two spaces": "4111  1111  1111  1111",
    "no-break spaces": "4111\u00a01111\u00a01111\u00a01111",
    "dashes": "4111\u20131111\u20131111\u20131111",
    "digit by digit": " ".join(CARD),
    "another script": CARD.translate({ord("0") + n: ord("०") + n for n in range(10)}),
}
PLACES = [
    "{}",
    "no. {}",
    "({})",
    "{}.",
    "card={};",
    "pay 100 {}",
    "1 {}",
    "{} 12/29",
    "{} 123",
    "499.00 {} 499.00",
    "a{}b",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_card_number_is_masked_however_it_is_written_and_wherever_it_stands(spelling: str, place: str) -> None:
    text = place.format(spelling)
    shown = mask_cards(text)
    assert spelling not in shown
    assert len(re.sub(r"\D", "", shown)) <= len(re.sub(r"\D", "", text)) - 12
    assert holds_card(text)


@pytest.mark.parametrize(
    "text",
    [
        "20261121111212800110168000000000001",  # Paytm's transaction ids, 35 digits
        "103000000001",  # a bank's reference, 12 digits
        "4111111111111112",  # fails the test
        "9000000001",
        "499.00",
        "2026-11-21 10:11:12.0",
        "",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert mask_cards(text) == text
    assert not holds_card(text)


def test_the_time_in_milliseconds_raises_no_alarm_but_may_be_masked() -> None:
    """One in ten passes the Luhn test; no card begins with a 1."""
    stamp = with_check_digit("179523427200")
    assert len(stamp) == 13
    assert not holds_card(f'{{"responseTimestamp":"{stamp}"}}')


@given(cards, st.text(max_size=20), st.text(max_size=20))
def test_no_card_like_number_survives_masking(card: str, before: str, after: str) -> None:
    """Alone between things that are no digits; digits glued to digits make another number."""
    assert f"x[card ****{card[-4:]}]x" in mask_cards(f"{before}x{card}x{after}")


@given(st.text("0123456789 -.x", max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    shown = mask_cards(text)
    assert mask_cards(shown) == shown


@given(st.sampled_from(sorted(masking.KEPT | masking.CONTACTS | masking.SHORTENED)), cards, st.integers(0, 520))
@example("respmsg", CARD, LONGEST_VALUE - 15)
@example("respmsg", CARD, LONGEST_VALUE - 8)
def test_no_field_of_a_form_keeps_a_card_number_even_at_the_edge_where_it_is_cut(
    name: str, card: str, place: int
) -> None:
    stored = redact_body(urlencode({name: "x" * place + card}), FORM)
    assert card[:-4] not in stored
    assert card[: len(card) - 4] not in re.sub(r"\D", "", stored)
    assert not re.search(r"\d{12}", stored)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | cards
    | cards.map(int),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(sorted(masking.KEPT)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values, cards)
def test_no_field_of_a_json_body_keeps_a_card_number(value: Any, card: str) -> None:
    body = {"body": {"respMsg": card, "retry": [int(card), {"resultMsg": f"no. {card}"}], "head": value, card: 1}}
    stored = redact_body(json.dumps(body), JSON)
    for run in re.findall(r"(?<!\d)\d{13,19}(?!\d)", stored):
        assert not luhn(run) or is_a_time(run)


# ---- Whole bodies


def test_a_form_is_stored_as_json_by_name() -> None:
    body = "ORDERID=o1&RESPMSG=a%26b&EMAIL=asha%40example.com&CARDNO=4111&TXNID="
    assert json.loads(redact_body(body, FORM)) == {
        "ORDERID": "o1",
        "RESPMSG": "a&b",
        "EMAIL": "a***@example.com",
        "CARDNO": DROPPED,
        "TXNID": "",
    }


def test_a_repeated_field_is_stored_as_often_as_it_came() -> None:
    assert json.loads(redact_body("ORDERID=a&ORDERID=b", FORM)) == [["ORDERID", "a"], ["ORDERID", "b"]]


def test_nested_json_is_followed_only_through_known_names() -> None:
    body = {
        "head": {"signature": "s" * 108, "version": "v1", "unheard": "of"},
        "body": {
            "txnAmount": {"value": "499.00", "currency": "INR", "note": "x"},
            "userInfo": {"custId": "guest_1", "email": "asha@example.com", "mobile": 9000000001, "firstName": "Asha"},
            "paymentOptions": {"mid": "M", "cards": [CARD]},
            "errorDetails": [{"errorCode": "1", "cardNumber": CARD}, "text", None, True],
        },
    }
    assert json.loads(redact_body(json.dumps(body), JSON)) == {
        "head": {"signature": "[108 characters]", "version": "v1", "unheard": DROPPED},
        "body": {
            "txnAmount": {"value": "499.00", "currency": "INR", "note": DROPPED},
            "userInfo": {
                "custId": "guest_1",
                "email": "a***@example.com",
                "mobile": "******0001",
                "firstName": DROPPED,
            },
            "paymentOptions": {"mid": DROPPED, "cards": DROPPED},
            "errorDetails": [{"errorCode": "1", "cardNumber": DROPPED}, "text", None, True],
        },
    }


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("asha@example.com", FORM),
        ("9000000001", FORM),
        (f"{CARD}=1", FORM),
        (f"card{CARD}=1", FORM),
        (json.dumps({"asha@example.com": 1, CARD: 2, "9000000001": 3, "Asha Rao": 4}), JSON),
    ],
)
def test_a_value_that_came_in_the_place_of_a_name_is_not_kept(body: str, content_type: str) -> None:
    stored = redact_body(body, content_type)
    for secret in ("asha@", "9000000001", CARD, "Asha"):
        assert secret not in stored


@pytest.mark.parametrize("content_type", ["", "text/plain", "text/html", "multipart/form-data; boundary=x", JSON])
def test_a_body_that_cannot_be_read_is_only_counted(content_type: str) -> None:
    body = f"--x\r\nname={CARD}&email=asha@example.com"
    assert redact_body(body, content_type) == f"[{len(body)} characters that are not JSON]"


def test_the_content_type_is_read_in_any_case_and_with_parameters() -> None:
    assert redact_body("ORDERID=a", "Application/X-WWW-Form-URLencoded; charset=UTF-8") == '{"ORDERID": "a"}'


def test_an_empty_body_is_stored_as_nothing() -> None:
    assert redact_body(b"", JSON) == redact_body("", FORM) == ""


@pytest.mark.parametrize(
    "body", ["[" * 60_000, '{"body":' * 20_000, "1" * 5_000, '"\\ud800"', "NaN", "[1e999]", "null"]
)
def test_json_made_to_break_parsers_is_stored_too(body: str) -> None:
    stored = redact_body(body, JSON)
    assert stored.encode()
    assert len(stored) <= LONGEST


@given(
    st.binary(max_size=300) | st.text(max_size=200),
    st.sampled_from([FORM, JSON, "", "text/xml"]) | st.text(max_size=30),
)
@example('{"body":{"respMsg":"\\ud800\\u0000"}}', JSON)
@example(b"RESPMSG=%00%ff&\xff=\xfe", FORM)
def test_any_body_under_any_content_type_can_be_stored(body: bytes | str, content_type: str) -> None:
    stored = redact_body(body, content_type)
    stored.encode("utf-8")  # a lone surrogate would fail here, as it would in a database
    assert "\x00" not in stored
    assert len(stored) <= LONGEST


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=2000)), max_size=200))
def test_what_is_stored_is_bounded(pairs: list[tuple[str, str]]) -> None:
    assert len(redact_body(urlencode(pairs, errors="replace"), FORM)) <= LONGEST


LONG: dict[str, Callable[[], str]] = {
    "digits": lambda: "1" * 65_536,
    "single digits": lambda: "1 " * 32_768,
    "pairs": lambda: "12-" * 21_845,
    "letters": lambda: "a" * 65_536,
    "at signs": lambda: "a@" * 32_768,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_the_largest_body_costs_little_however_it_is_made(text: Callable[[], str]) -> None:
    began = time.process_time()
    holds_card(text())
    redact_body(f"RESPMSG={text()}", FORM)
    assert time.process_time() - began < 3


# ---- Log lines


@pytest.mark.parametrize(
    "bad",
    ["\r\n", "\n", "\x00", "\x1b[2J", "\x7f", "\x85", "\x9b31m", "\u2028", "\u2029", "\u202e", "\u2066", "\ud800"],
    ids=ascii,
)
def test_no_character_forges_a_line_or_moves_the_cursor(bad: str) -> None:
    shown = one_line(f"a{bad}b")
    assert shown.isprintable()
    assert len(shown.splitlines()) == 1
    assert redact_value("RESPMSG", f"a{bad}b") == shown


@given(cards, st.integers(0, 60), st.text("x \n", max_size=60))
def test_a_strangers_text_is_masked_before_it_is_cut(card: str, limit: int, before: str) -> None:
    shown = safe_line(f"{before}x{card} from asha.rao@upi", limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    assert not re.search(r"\d{5}", shown)
    assert "asha.rao" not in shown


@given(st.text(max_size=600), st.integers(0, 600))
def test_a_line_is_one_line_and_bounded(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


def test_other_scripts_are_left_alone() -> None:
    assert one_line("भुगतान ₹499 – ठीक है") == "भुगतान ₹499 – ठीक है"
