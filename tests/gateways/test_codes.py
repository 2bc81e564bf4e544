"""Every result code, and what a status word and a code say together."""

from __future__ import annotations

import pytest

from paytm_kit.gateways.base import State
from paytm_kit.gateways.paytm import codes
from paytm_kit.gateways.paytm.codes import CODES, Family

# As the documentation lists them, kept apart from the table on purpose.
INITIATE = "0000 0002 196 501 900 00000900 1001 1006 1007 1008 1011 1012 2004 2005 2007 2013 2014 2023"
STATUS = "01 227 235 267 295 330 331 334 335 400 401 402 501 810 820 843"
PAYMENT = """00 0 01 118 130 141 151 153 163 196 202 205 207 208 209 210 220 222 227 232 235 237 239 240 243 260 274 305
    309 312 315 317 325 327 328 330 343 344 345 372 510 530 712 804 810 931 1005 RC-00018 8102 8103 14112"""
REFUND = "10 328 330 335 501 600 601 602 604 607 610 617 619 626 627 628 629 635 640 677 701 703"
REFUND_STATUS = "10 330 335 501 600 601 604 620 631"
PROCESS = "0000 0001 309 312 315 317 372 501 510 931 1001 1005 1006 1007 2004 RC-00018"


@pytest.mark.parametrize(
    ("family", "listed"),
    [
        (Family.INITIATE, INITIATE),
        (Family.STATUS, STATUS),
        (Family.PAYMENT, PAYMENT),
        (Family.PROCESS, PROCESS),
        (Family.REFUND, REFUND),
        (Family.REFUND_STATUS, REFUND_STATUS),
    ],
)
def test_the_table_has_exactly_the_documented_codes(family, listed):
    assert sorted(code for of, code in CODES if of is family) == sorted(listed.split())


@pytest.mark.parametrize("row", CODES.values(), ids=lambda row: f"{row.family}-{row.code}")
def test_every_row_says_what_to_do_and_shows_shoppers_only_plain_sentences(row):
    assert row.meaning
    assert row.action.endswith((".", ")"))
    assert row.shopper or row.code in ("0000", "0002")
    assert not row.shopper or row.shopper.endswith(".")
    assert row.code not in row.shopper
    for word in ("checksum", "key", "MID", "Paytm", "merchant", "token"):
        assert word not in row.shopper
    assert row.retryable == (row.state in (State.PENDING, State.NOT_FOUND, State.UNKNOWN))


def test_makemessages_finds_every_shopper_text():
    with open(codes.__file__, encoding="utf-8") as source:
        text = source.read()
    for shopper in {row.shopper for row in CODES.values()} - {""}:
        assert f'gettext_noop("{shopper}")' in text


WORD_OF = {State.SUCCESS: "TXN_SUCCESS", State.FAILURE: "TXN_FAILURE", State.PENDING: "PENDING"}
WORD_OF |= {State.NOT_FOUND: "NO_RECORD_FOUND"}
PAYMENTS = [row for row in CODES.values() if row.family in (Family.STATUS, Family.PAYMENT)]


@pytest.mark.parametrize("row", PAYMENTS, ids=lambda row: f"{row.family}-{row.code}")
@pytest.mark.parametrize("word", codes.WORDS)
def test_the_word_decides_and_the_code_must_agree(row, word):
    judged = codes.judge(word, row.code, row.family)
    agree = row.state is codes.WORDS[word]
    assert judged.state is (row.state if agree else State.UNKNOWN)
    assert bool(judged.doubt) is not agree
    if agree:
        assert (judged.shopper, judged.action) == (row.shopper, row.action)


@pytest.mark.parametrize("code", ["", "999", "1e0", "001", "O1", " 01", "٠١"])
@pytest.mark.parametrize("word", codes.WORDS)
def test_an_unknown_code_is_never_paid_and_never_failed(word, code):
    judged = codes.judge(word, code, Family.STATUS, Family.PAYMENT)
    assert judged.state is State.UNKNOWN
    assert judged.doubt == "result code is not known"


@pytest.mark.parametrize("word", ["", "SUCCESS", "txn_success", "TXN_SUCCESS ", "S", "CAPTURED", "null"])
def test_an_unknown_word_is_never_paid_and_never_failed(word):
    judged = codes.judge(word, "01", Family.STATUS)
    assert judged.state is State.UNKNOWN
    assert judged.doubt == "status word is not known"
    assert "do not pay again" in judged.shopper


def test_one_is_zero_one():
    assert codes.judge("TXN_SUCCESS", "1", Family.PAYMENT).state is State.SUCCESS


@pytest.mark.parametrize("code", ["330", "334", "335", "501"])
def test_a_refused_question_says_nothing_of_the_payment(code):
    assert codes.judge("TXN_FAILURE", code, Family.STATUS).state is State.UNKNOWN


@pytest.mark.parametrize("code", ["151", "325", "345", "1005"])
def test_a_second_submission_says_nothing_of_the_first(code):
    assert codes.judge("TXN_FAILURE", code, Family.PAYMENT).state is State.UNKNOWN


def test_the_first_family_that_knows_a_code_explains_it():
    assert codes.find("330", Family.STATUS, Family.PAYMENT).state is State.UNKNOWN
    assert codes.find("330", Family.PAYMENT, Family.STATUS).state is State.FAILURE
    assert codes.find("141", Family.STATUS, Family.PAYMENT).family is Family.PAYMENT
