"""How payloads are signed and verified: forms, JSON text, keys, salts."""

from __future__ import annotations

import ast
import copy
import inspect
import os
import subprocess
import sys
from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from django.http import QueryDict

from paytm_kit.checksum import MerchantKeyError, scheme, sign, verify
from tests.checksum import FORM, KEY, OTHER_KEY, joined, peer_sign


def test_a_form_signs_its_values_sorted_by_name_and_joined_by_pipes() -> None:
    assert sign({"b": "2", "B": "1", "_": "x", "": "0"}, KEY, salt="sA1t") == peer_sign("0|1|x|2")


def test_names_sort_by_code_point_not_by_utf16() -> None:
    assert sign({"\U0001f600": "emoji", "\uff21": "wide"}, KEY, salt="sA1t") == peer_sign("wide|emoji")


@pytest.mark.parametrize("word", [None, "", "null", "NULL", "Null", "nuLL"])
def test_none_and_null_in_any_spelling_are_empty(word: str | None) -> None:
    assert sign({"A": word, "B": "x"}, KEY, salt="sA1t") == peer_sign("|x")


@pytest.mark.parametrize("word", [" null", "null ", "nullable", "None", "nul"])
def test_other_words_are_not(word: str) -> None:
    assert sign({"A": word, "B": "x"}, KEY, salt="sA1t") == peer_sign(f"{word}|x")


def test_the_checksum_field_itself_is_left_out_and_left_in_place() -> None:
    form = {**FORM, "CHECKSUMHASH": sign(FORM, KEY)}
    before = copy.deepcopy(form)
    assert verify(form, form["CHECKSUMHASH"], KEY)
    assert form == before
    assert sign(form, KEY, salt="sA1t") == sign(FORM, KEY, salt="sA1t")


@pytest.mark.parametrize("text", ['{"mid": "M"}', "", '{"note":"₹ CHECKSUMHASH"}', "null"])
def test_json_text_is_signed_as_it_stands_and_bytes_are_the_same_text(text: str) -> None:
    assert sign(text, KEY, salt="sA1t") == sign(text.encode(), KEY, salt="sA1t") == peer_sign(text)
    assert verify(text, peer_sign(text), KEY)
    assert verify(text.encode(), peer_sign(text), KEY)


def test_an_empty_form_signs_as_empty_text() -> None:
    assert sign({}, KEY, salt="sA1t") == peer_sign("") == sign({"CHECKSUMHASH": "x"}, KEY, salt="sA1t")


@pytest.mark.parametrize("value", [1, 1.5, True, Decimal("1.00"), ["x"], b"x", {"a": "b"}, ("x",)])
def test_a_value_that_is_not_text_is_named_when_signing_and_refused_when_verifying(value: Any) -> None:
    with pytest.raises(TypeError, match=f"'AMT' is {type(value).__name__}, not text"):
        sign({"AMT": value}, KEY)
    assert not verify({"AMT": value}, peer_sign(str(value)), KEY)


@pytest.mark.parametrize("name", [1, b"A", None, ("A",)])
def test_so_is_a_name_that_is_not_text(name: Any) -> None:
    with pytest.raises(TypeError, match="name is"):
        sign({"A": "x", name: "y"}, KEY)
    assert not verify({"A": "x", name: "y"}, peer_sign("x|y"), KEY)


@pytest.mark.parametrize("payload", [None, 5, ["a"], bytearray(b"{}"), object()])
def test_so_is_a_payload_of_another_kind(payload: Any) -> None:
    with pytest.raises(TypeError, match="mapping of form fields or JSON text"):
        sign(payload, KEY)
    assert not verify(payload, peer_sign(""), KEY)


@pytest.mark.parametrize("payload", [b"\xff", {"A": "\ud800"}, {"\ud800": "\udfff"}, "\ud800"])
def test_so_is_text_that_utf8_cannot_hold(payload: Any) -> None:
    with pytest.raises(ValueError, match=r"UTF-8"):
        sign(payload, KEY)
    assert not verify(payload, peer_sign(""), KEY)


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType])
def test_any_mapping_will_do(kind: Any) -> None:
    assert verify(kind(FORM), sign(kind(FORM), KEY), KEY)


def test_djangos_querydict_will_do_and_is_not_changed() -> None:
    posted = QueryDict("B=1%2B1&A=a+b&E=&CHECKSUMHASH=stale")
    assert sign(posted, KEY, salt="sA1t") == peer_sign("a b|1+1|")
    assert verify(posted, peer_sign("a b|1+1|"), KEY)
    assert posted.urlencode() == "B=1%2B1&A=a+b&E=&CHECKSUMHASH=stale"


@pytest.mark.parametrize("body", ["A=1&A=2", "A=1&A=1", "A=1&CHECKSUMHASH=a&CHECKSUMHASH=b"])
def test_a_repeated_field_is_refused_never_last_one_wins(body: str) -> None:
    posted = QueryDict(body)
    with pytest.raises(ValueError, match="has 2 values"):
        sign(posted, KEY)
    assert not any(verify(posted, peer_sign(text), KEY) for text in ("1", "2", "1|1", "1|2"))


def test_a_field_without_any_value_is_refused() -> None:
    posted = QueryDict("A=1", mutable=True)
    posted.setlist("B", [])
    with pytest.raises(ValueError, match="'B' has 0 values"):
        sign(posted, KEY)


# ---- salts


def test_every_signature_has_a_salt_of_its_own() -> None:
    signatures = {sign(FORM, KEY) for _ in range(50)}
    assert len(signatures) == 50
    assert all(len(signature) == 108 and verify(FORM, signature, KEY) for signature in signatures)


@pytest.mark.parametrize("salt", ["aB3d", "+/+/", "-_-_", "!@#$", "||||", "\0\0\0\0", b"\xff\xfe\x00\x80", "₹1"])
def test_any_four_bytes_are_accepted_as_salt(salt: str | bytes) -> None:
    assert verify(FORM, peer_sign(joined(FORM), salt=salt), KEY)
    assert sign(FORM, KEY, salt=salt) == peer_sign(joined(FORM), salt=salt)


@pytest.mark.parametrize("salt", ["", "abc", "abcde", "₹₹", b""])
def test_a_salt_of_another_length_is_refused(salt: str | bytes) -> None:
    with pytest.raises(ValueError, match="A salt has 4 bytes"):
        sign(FORM, KEY, salt=salt)


# ---- keys


@pytest.mark.parametrize("key", ["k" * 16, "k" * 24, "k" * 32, "₹" * 8, "#'\"&@ $%=\\`\t!+/x"])
def test_keys_of_16_24_and_32_bytes_work(key: str) -> None:
    assert verify(FORM, sign(FORM, key), key)
    assert sign(FORM, key, salt="sA1t") == peer_sign(joined(FORM), key)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "0 bytes.* empty"),
        ("Secr3t", "6 bytes.* '#' cuts it off"),
        ("Secr3tSecr3tSecr\n", "17 bytes.* begins or ends with white space"),
        ('"Secr3tSecr3tSecr"', "18 bytes.* stands in quotes"),
        ("Secr3t₹Secr3tSecr", "19 bytes.* outside ASCII"),
        ("Secr3t\udcffSecr3tS", "not valid UTF-8"),
        (None, "NoneType"),
        (b"Secr3tSecr3tSecr", "bytes"),
        ([], "no merchant key"),
        ([KEY, "Secr3t"], "2 of 2 has 6 bytes"),
    ],
)
def test_an_unusable_key_is_a_configuration_error_that_does_not_show_it(key: Any, said: str) -> None:
    calls = [lambda: verify(FORM, peer_sign(""), key), lambda: verify("garbage", "garbage", key)]
    if not isinstance(key, list):
        calls.append(lambda: sign(FORM, key))
    for call in calls:
        with pytest.raises(MerchantKeyError, match=rf"(?s){said}") as caught:
            call()
        assert "Secr3t" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_only_one_key_signs() -> None:
    with pytest.raises(MerchantKeyError, match="is list"):
        sign(FORM, [KEY, OTHER_KEY])  # type: ignore[arg-type]


@pytest.mark.parametrize("keys", [[KEY, OTHER_KEY], (OTHER_KEY, KEY), [OTHER_KEY, KEY, OTHER_KEY]])
def test_during_a_rotation_any_of_the_keys_verifies(keys: Any) -> None:
    assert verify(FORM, sign(FORM, KEY), keys)
    assert not verify(FORM, sign(FORM, KEY), [key for key in keys if key != KEY])


def test_every_key_is_tried_even_after_one_has_matched(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    unseal = scheme.unseal

    def spy(sealed: bytes, key: bytes) -> bytes:
        tried.append(key.decode())
        return unseal(sealed, key)

    monkeypatch.setattr(scheme, "unseal", spy)
    assert verify(FORM, sign(FORM, KEY), [KEY, OTHER_KEY])
    assert tried == [KEY, OTHER_KEY]


# ---- the module itself


def test_seals_are_compared_in_constant_time_only() -> None:
    for function in (scheme.verify, scheme.is_seal_of):
        tree = ast.parse(inspect.getsource(function))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Eq | ast.NotEq | ast.In)]
    assert "hmac.compare_digest(" in inspect.getsource(scheme.is_seal_of)


def test_the_module_needs_neither_django_nor_the_network() -> None:
    heavy = "{'django', 'requests', 'decouple', 'socket', 'ssl'}"
    code = f"import sys, paytm_kit.checksum; sys.exit(bool({heavy} & set(sys.modules)))"
    # Measuring coverage in child processes would itself import them.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30, env=plain).returncode == 0
