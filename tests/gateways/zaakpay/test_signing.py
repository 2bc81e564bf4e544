"""Zaakpay's checksum, judged by what its published kits made."""

from __future__ import annotations

from typing import Any

import pytest

from paytm_kit.gateways.zaakpay import signing
from tests.gateways.zaakpay.wire import KEY, OLD_KEY, VECTORS


def named(group: str) -> Any:
    return pytest.mark.parametrize("vector", VECTORS[group], ids=lambda vector: vector["name"])


def test_the_fields_that_are_signed_are_the_kits() -> None:
    assert list(signing.REQUEST_ORDER) == VECTORS["request_field_order"]
    assert list(signing.RETURN_ORDER) == VECTORS["response_field_order"]


@named("transact")
def test_a_request_is_signed_as_the_kits_sign_it(vector: dict[str, Any]) -> None:
    text = signing.request_text(vector["fields"])
    assert text == vector["checksum_string"]
    assert signing.sign(text, VECTORS["secret_key"]) == vector["checksum"]


@named("response")
def test_an_answer_is_verified_as_the_kits_do(vector: dict[str, Any]) -> None:
    text = signing.return_text(vector["fields"])
    assert text == vector["checksum_string"]
    assert signing.matches(text, vector["checksum"], [VECTORS["secret_key"]])


@named("json_or_raw_string")
def test_an_exact_text_is_signed_to_the_byte(vector: dict[str, Any]) -> None:
    assert signing.sign(vector["string"], VECTORS["secret_key"]) == vector["checksum"]


@named("must_not_verify")
def test_what_must_not_verify_does_not(vector: dict[str, Any]) -> None:
    text = vector["string"] if "string" in vector else signing.return_text(vector["fields"])
    assert not signing.matches(text, vector["checksum"], [VECTORS["secret_key"]])


def test_an_old_key_still_verifies_during_a_rotation() -> None:
    made = signing.sign("text", OLD_KEY)
    assert signing.matches("text", made, [KEY, OLD_KEY])
    assert not signing.matches("text", made, [KEY])


@pytest.mark.parametrize("signature", ["", "x" * 64, "é", "\ud800", "0" * 63, "\x00"])
def test_no_signature_makes_it_raise(signature: str) -> None:
    assert not signing.matches("text", signature, [KEY])
    assert not signing.matches("\ud800", signature, [KEY])
