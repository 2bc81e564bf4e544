"""Every known answer made by Paytm's own libraries verifies, is refused, or stands here with its reason."""

from __future__ import annotations

from typing import Any

import paytmchecksum
import pytest

from paytm_kit.checksum import Reason, explain, sign, verify
from tests.checksum import vectors

PUBLIC = vectors("checksum_public.json")
TAMPERED = vectors("checksum_public_negatives.json")["tampered"]
SIGN_ERRORS = vectors("checksum_public_negatives.json")["sign_errors"]

NULL_KEPT = (Reason.NULL_VALUES, 'signs the word "null"; Python, PHP and Java sign empty text')
NUMBER_ORDER = (Reason.KEY_ORDER, "sorts integer-like names by number; Python, Java, Ruby and .NET sort them as text")
KEY_CUT = (Reason.KEY_CUT_OR_PADDED, "has AES-128 only and lets OpenSSL cut or zero-fill the key to 16 bytes")
COERCED = (Reason.PAYLOAD_UNUSABLE, "spells numbers and booleans in its own language's way; ours must be text")

# (vector, signer) → what explain says of it, and why it does not verify with us
KNOWN_DIVERGENCES = {
    ("pub-null-literal", "node-paytmchecksum"): NULL_KEPT,
    ("pub-null-literal", "ruby-paytmchecksum"): NULL_KEPT,
    ("pub-intkeys", "node-paytmchecksum"): NUMBER_ORDER,
    ("pub-intkeys", "php-paytmchecksum"): NUMBER_ORDER,
    ("pub-key24", "php-paytmchecksum"): KEY_CUT,
    ("pub-key32", "php-paytmchecksum"): KEY_CUT,
    ("pub-key-entity", "php-paytmchecksum"): (
        Reason.KEY_CUT_OR_PADDED,
        "decodes HTML entities in the key, then lets OpenSSL fill it with zero bytes",
    ),
    ("pub-unicode-hindi", "dotnet-PaytmChecksum.dll"): (
        Reason.ENCODING,
        "encodes as ASCII, so that everything else becomes '?'",
    ),
    ("pub-num-bool", "php-paytmchecksum"): COERCED,
    ("pub-num-bool", "ruby-paytmchecksum"): COERCED,
}

# Altered messages that nobody can refuse, because the signed text is the same
KNOWN_WEAKNESSES = {
    "key-renamed-same-order": "names of fields are not signed",
    "pipe-merge": "two values may be merged into one with '|'",
    "blank-to-null-literal": '"null" is signed as empty text, as in Python, PHP and Java',
}

# Where a library refuses to sign: what we do instead
KNOWN_SIGNING = {
    ("pub-key24", "node-paytmchecksum"): "AES-192, as Python, Java and .NET do; Node has AES-128 only",
    ("pub-key24", "ruby-paytmchecksum"): "AES-192, as Python, Java and .NET do; Ruby has AES-128 only",
    ("pub-key32", "node-paytmchecksum"): "AES-256, as Python, Java and .NET do; Node has AES-128 only",
    ("pub-key32", "ruby-paytmchecksum"): "AES-256, as Python, Java and .NET do; Ruby has AES-128 only",
}


def name(record: dict[str, Any]) -> tuple[str, str]:
    return record["id"], record["peer"]


def label(record: dict[str, Any]) -> str:
    return "-".join(name(record)) if "peer" in record else record["id"]


AGREED = [record for record in PUBLIC if name(record) not in KNOWN_DIVERGENCES]
DIVERGING = [record for record in PUBLIC if name(record) in KNOWN_DIVERGENCES]


def test_the_files_are_whole_and_the_lists_name_only_what_is_in_them() -> None:
    assert (len(PUBLIC), len(TAMPERED), len(SIGN_ERRORS)) == (68, 41, 6)
    assert len(DIVERGING) == len(KNOWN_DIVERGENCES)
    assert {record["tamper"] for record in TAMPERED} >= KNOWN_WEAKNESSES.keys()
    assert {name(record) for record in SIGN_ERRORS} >= KNOWN_SIGNING.keys()


@pytest.mark.parametrize("record", AGREED, ids=label)
def test_what_paytms_libraries_sign_verifies_and_signs_alike(record: dict[str, Any]) -> None:
    assert verify(record["input"], record["signature"], record["key"])
    assert sign(record["input"], record["key"], salt=record["salt"]) == record["signature"]
    assert explain(record["input"], record["signature"], record["key"]).reason == Reason.MATCHES


@pytest.mark.parametrize("record", DIVERGING, ids=label)
def test_a_known_divergence_is_refused_and_explained(record: dict[str, Any]) -> None:
    assert not verify(record["input"], record["signature"], record["key"])
    assert explain(record["input"], record["signature"], record["key"]).reason == KNOWN_DIVERGENCES[name(record)][0]


@pytest.mark.parametrize("record", TAMPERED, ids=label)
def test_a_tampered_message_is_refused_unless_the_scheme_cannot_see_it(record: dict[str, Any]) -> None:
    expected = record["class"] == "control" or record["tamper"] in KNOWN_WEAKNESSES
    assert verify(record["input"], record["signature"], record["key"]) is expected
    assert explain(record["input"], record["signature"], record["key"]).matches is expected


@pytest.mark.parametrize("record", SIGN_ERRORS, ids=label)
def test_where_a_library_refuses_to_sign_we_refuse_too_or_have_a_reason(record: dict[str, Any]) -> None:
    if name(record) in KNOWN_SIGNING:
        signature = sign(record["input"], record["key"])
        assert paytmchecksum.verifySignature(dict(record["input"]), record["key"], signature)
    else:
        with pytest.raises(TypeError, match="'AMT' is int, not text"):
            sign(record["input"], record["key"])
