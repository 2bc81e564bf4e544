"""What holds for all inputs."""

from __future__ import annotations

import base64
import copy
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from paytm_kit.checksum import explain, sign, verify
from tests.checksum import FORM, KEY, OTHER_KEY

settings.register_profile("checksum", deadline=None, max_examples=80, database=None)
PROFILE = settings.get_profile("checksum")

text = st.text(max_size=40)  # without lone surrogates: what can be sent
forms = st.dictionaries(text, st.none() | text, max_size=8)
payloads = forms | text | text.map(str.encode)
any_text = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates too
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.binary(max_size=40)
names = any_text | st.integers() | st.none() | st.binary(max_size=5)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5), max_leaves=12
)
well_formed = st.binary(min_size=79, max_size=81).map(lambda sealed: base64.b64encode(sealed).decode())


@PROFILE
@given(payload=payloads, key=st.sampled_from([KEY, "k" * 24, "k" * 32]))
def test_what_is_signed_verifies(payload: Any, key: str) -> None:
    signature = sign(payload, key)
    assert verify(payload, signature, key)
    assert verify(payload, signature, [OTHER_KEY, key])
    assert not verify(payload, signature, OTHER_KEY)
    assert explain(payload, signature, key).matches


@PROFILE
@given(payload=anything, signature=anything | well_formed)
@example(payload=b"\xff", signature="A" * 108)
@example(payload={"A": "\ud800"}, signature="A" * 106 + "==")
@example(payload="x", signature="A" * 1_000_000)
def test_garbage_is_refused_without_an_exception_and_without_a_change(payload: Any, signature: Any) -> None:
    before = repr(payload)
    assert verify(payload, signature, KEY) is False
    assert not explain(payload, signature, KEY).matches
    assert repr(payload) == before


@PROFILE
@given(place=st.integers(0, 79), bit=st.integers(0, 7))
def test_any_flipped_bit_of_the_sealed_bytes_is_refused(place: int, bit: int) -> None:
    sealed = bytearray(base64.b64decode(sign(FORM, KEY)))
    sealed[place] ^= 1 << bit
    assert not verify(FORM, base64.b64encode(sealed).decode(), KEY)


@PROFILE
@given(place=st.integers(0, 107), character=st.characters(max_codepoint=0x2100))
def test_any_changed_character_of_the_signature_is_refused(place: int, character: str) -> None:
    signature = sign(FORM, KEY)
    changed = signature[:place] + character + signature[place + 1 :]
    assert verify(FORM, changed, KEY) is (changed == signature)


@PROFILE
@given(body=st.binary(min_size=1, max_size=60), place=st.integers(0), bit=st.integers(0, 7))
def test_any_flipped_bit_of_the_payload_is_refused(body: bytes, place: int, bit: int) -> None:
    body = body.hex().encode()
    changed = bytearray(body)
    changed[place % len(body)] ^= 1 << bit
    assert not verify(bytes(changed), sign(body, KEY), KEY)


@PROFILE
@given(payload=payloads)
def test_nothing_is_changed(payload: Any) -> None:
    before = copy.deepcopy(payload)
    verify(payload, sign(payload, KEY), KEY)
    explain(payload, sign(payload, OTHER_KEY), KEY)
    explain(payload, sign("another text", KEY), KEY)
    assert payload == before
    if isinstance(payload, dict):
        assert list(payload) == list(before)


@PROFILE
@given(payload=payloads, other=payloads)
def test_explain_and_verify_agree(payload: Any, other: Any) -> None:
    signature = sign(other, KEY)
    assert explain(payload, signature, [OTHER_KEY, KEY]).matches is verify(payload, signature, [OTHER_KEY, KEY])
