"""A signature taken apart: what is shown of it is what is in it, and never the key."""

from __future__ import annotations

import hashlib
import json

import pytest

from paytm_kit.checksum import MerchantKeyError, Stages, sign, stages
from tests.checksum import FORM, KEY, OTHER_KEY, joined, peer_sign

TEXT = '{"mid":"FAKEMID0000000000001","orderId":"ORD-1"}'


def test_a_form_is_its_values_its_names_its_salt_and_its_hash() -> None:
    found = stages({**FORM, "CHECKSUMHASH": "left out"}, peer_sign(joined(FORM), salt="sA1t"), KEY)
    hashed = hashlib.sha256(f"{joined(FORM)}|sA1t".encode()).hexdigest()
    assert found == Stages(joined(FORM), tuple(sorted(FORM)), "sA1t", hashed, hashed, fits=True)


def test_json_is_its_text_and_has_no_names() -> None:
    found = stages(TEXT.encode(), sign(TEXT, KEY, salt="sA1t"), KEY)
    assert (found.text, found.names, found.salt, found.fits) == (TEXT, (), "sA1t", True)


def test_a_changed_message_has_another_hash_than_its_signature() -> None:
    found = stages({**FORM, "TXNAMOUNT": "1.00"}, peer_sign(joined(FORM)), KEY)
    assert not found.fits
    assert found.hash_inside == hashlib.sha256(f"{joined(FORM)}|sA1t".encode()).hexdigest()
    assert found.hash == hashlib.sha256(f"{joined({**FORM, 'TXNAMOUNT': '1.00'})}|sA1t".encode()).hexdigest()


@pytest.mark.parametrize("signature", [None, "", "%%%", peer_sign(TEXT)[:-1], peer_sign(TEXT, OTHER_KEY), "A" * 108])
def test_what_the_key_does_not_open_shows_nothing(signature: str | None) -> None:
    assert stages(TEXT, signature, KEY) == Stages(TEXT)


def test_of_several_keys_the_one_that_opens_it_is_used() -> None:
    assert stages(TEXT, peer_sign(TEXT, OTHER_KEY), [KEY, OTHER_KEY]).fits


def test_neither_key_nor_text_is_in_what_a_log_would_show() -> None:
    found = stages(TEXT, sign(TEXT, KEY), KEY)
    assert "ORD-1" not in repr(found)
    assert KEY not in json.dumps([found.text, found.salt, found.hash, found.hash_inside])


def test_what_cannot_be_signed_is_refused_as_sign_does() -> None:
    with pytest.raises(MerchantKeyError):
        stages(TEXT, "x", "short")
    with pytest.raises(TypeError):
        stages({"A": 1}, "x", KEY)  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="UTF-8"):
        stages(b"\xff", "x", KEY)
