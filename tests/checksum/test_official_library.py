"""Paytm's own Python library (paytmchecksum 1.7.0) verifies all that we sign, and we verify what it signs."""

from __future__ import annotations

from typing import Any

import paytmchecksum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paytm_kit.checksum import sign, verify
from tests.checksum import FORM, KEY

KEYS = (KEY, "k3y_of_twenty-four_bytes", "a_key_of_thirty-two_bytes_#&@!$%")
BODIES = ('{"mid":"FAKEMID0000000000001","orderId":"ORD-1"}', '{"name": "आशा ₹ \\u20b9"}', "")

text = st.text(max_size=30)
forms = st.dictionaries(text.filter(lambda name: name != "CHECKSUMHASH"), st.none() | text, max_size=8)
bodies = text.filter(lambda body: "CHECKSUMHASH" not in body)  # the library raises TypeError on that word


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("payload", [FORM, {}, {"A": None, "B": "NULL", "C": "x|y"}, *BODIES])
def test_each_verifies_what_the_other_signs(payload: Any, key: str) -> None:
    assert paytmchecksum.verifySignature(payload, key, sign(payload, key))
    assert verify(payload, paytmchecksum.generateSignature(payload, key), key)


@settings(deadline=None, max_examples=80, database=None)
@given(payload=forms | bodies, key=st.sampled_from(KEYS))
def test_for_any_payload(payload: Any, key: str) -> None:
    assert paytmchecksum.verifySignature(payload, key, sign(payload, key))
    assert verify(payload, paytmchecksum.generateSignature(payload, key), key)
