"""Why a signature does not match: every usual mistake has its own finding, and no finding shows a secret."""

from __future__ import annotations

import html
import json
import sys
from dataclasses import FrozenInstanceError
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from django.http import QueryDict

from paytm_kit.checksum import Explanation, MerchantKeyError, Reason, diagnosis, explain, sign, verify
from tests.checksum import FORM, KEY, OTHER_KEY, joined, peer_sign

JSON_VALUE = {
    "mid": "FAKEMID0000000000001",
    "orderId": "ORD-QX7T2",
    "callbackUrl": "https://shop.example.com/back?a=1&b=2",
    "name": "Zoë D'Souza",
    "txnAmount": {"value": "249.50", "currency": "INR"},
}
JSON = json.dumps(JSON_VALUE, separators=(",", ":"), ensure_ascii=False)


def dumped(value: Any = JSON_VALUE, **options: Any) -> str:
    return json.dumps(value, **options)


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in FORM.items() if name not in names}


def expect(found: Explanation, reason: Reason, *, fields: tuple[str, ...] | None = None) -> None:
    assert found.reason == reason, found.text
    assert found.text
    assert "{" not in found.text.replace('{"body": …}', "")
    if fields is not None:
        assert found.fields == fields


# ---- a match


def test_a_match_says_so() -> None:
    found = explain(FORM, sign(FORM, KEY), KEY)
    assert found.matches
    assert found.key_number == 1
    expect(found, Reason.MATCHES)


def test_a_match_with_an_older_key_says_which() -> None:
    found = explain(FORM, sign(FORM, KEY), [OTHER_KEY, KEY])
    assert found.matches
    assert found.key_number == 2
    expect(found, Reason.OLDER_KEY)
    assert "key 2" in found.text


def test_an_explanation_cannot_be_changed_and_reads_as_text() -> None:
    found = explain(FORM, sign(FORM, KEY), KEY)
    with pytest.raises(FrozenInstanceError):
        found.matches = False  # type: ignore[misc]
    assert f"{found.reason}" == "matches"


# ---- the key


@pytest.mark.parametrize("keys", [OTHER_KEY, [OTHER_KEY, "k" * 32]])
def test_a_wrong_key_is_told_from_a_changed_payload(keys: Any) -> None:
    found = explain(FORM, sign(FORM, KEY), keys)
    assert found.key_number is None
    expect(found, Reason.WRONG_KEY)
    expect(explain({**FORM, "TXNAMOUNT": "1.00"}, sign(FORM, KEY), keys), Reason.WRONG_KEY)


KEY_AMP = "Inv3nted&Key<16>"


@pytest.mark.parametrize(
    ("held", "real", "reason"),
    [
        (KEY + "\n", KEY, Reason.KEY_WRAPPED),
        (f"  {KEY} ", KEY, Reason.KEY_WRAPPED),
        (f'"{KEY}"', KEY, Reason.KEY_WRAPPED),
        (f"'{KEY}'\r\n", KEY, Reason.KEY_WRAPPED),
        (f" {'k' * 14}\n", "k" * 14 + "  ", None),  # 16 bytes either way, and nothing in common
        (html.escape(KEY_AMP), KEY_AMP, Reason.KEY_HTML_ESCAPED),
        (quote(KEY), KEY, Reason.KEY_URL_ENCODED),
        ("k" * 20 + "1234", "k" * 16, Reason.KEY_CUT_OR_PADDED),
        ("Inv3nt", "Inv3nt" + "\0" * 10, Reason.KEY_CUT_OR_PADDED),
        ("Inv3nt&amp;Key12", "Inv3nt&Key12\0\0\0\0", Reason.KEY_CUT_OR_PADDED),
    ],
)
def test_a_key_spoilt_on_its_way_is_recognised(held: str, real: str, reason: Reason | None) -> None:
    found = explain(FORM, peer_sign(joined(FORM), real), held)
    assert not found.matches
    expect(found, reason or Reason.WRONG_KEY)
    if reason:
        assert "it matches" in found.text


def test_a_spoilt_key_and_a_changed_payload_are_both_reported() -> None:
    found = explain(without("STATUS"), peer_sign(joined(FORM)), [OTHER_KEY, f'"{KEY}"'])
    expect(found, Reason.KEY_WRAPPED)
    assert found.key_number == 2
    assert "a value was changed" in found.text


@pytest.mark.parametrize("key", ["", "Secr3t", "k" * 17, [KEY, "Secr3t"], [], None])
def test_a_key_that_nothing_mends_is_a_configuration_error(key: Any) -> None:
    for signature in (peer_sign(joined(FORM), OTHER_KEY), peer_sign(joined(FORM)), "garbage", None):
        with pytest.raises(MerchantKeyError):
            explain(FORM, signature, key)


# ---- the signature's spelling

PLUSSES = next(s for s in (sign(FORM, KEY, salt=f"{n:04}") for n in range(1000)) if s.count("+") > 1 and "/" in s[:-1])


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        (PLUSSES.replace("+", " "), Reason.SIGNATURE_PLUS_LOST),
        (quote_plus(PLUSSES), Reason.SIGNATURE_URL_ENCODED),
        (quote(PLUSSES), Reason.SIGNATURE_URL_ENCODED),
        (PLUSSES.replace("+", "&#43;").replace("=", "&#x3D;"), Reason.SIGNATURE_HTML_ESCAPED),
        (f" {PLUSSES}\n", Reason.SIGNATURE_WRAPPED),
        (f'"{PLUSSES}"', Reason.SIGNATURE_WRAPPED),
        (f"{PLUSSES[:76]}\r\n{PLUSSES[76:]}", Reason.SIGNATURE_WRAPPED),
        (PLUSSES.replace("+", "-").replace("/", "_"), Reason.SIGNATURE_URL_SAFE),
        (PLUSSES[:-1], Reason.SIGNATURE_TRUNCATED),
        (PLUSSES + "=", Reason.SIGNATURE_TOO_LONG),
        (PLUSSES[:-2] + chr(ord(PLUSSES[-2]) + 1) + "=", Reason.SIGNATURE_NOT_CANONICAL),
    ],
)
def test_a_signature_respelt_on_its_way_is_recognised_and_judged_further(received: str, reason: Reason) -> None:
    assert not verify(FORM, received, KEY)
    right, wrong = explain(FORM, received, KEY), explain(without("MID"), received, KEY)
    expect(right, reason)
    expect(wrong, reason)
    assert not right.matches
    assert "With that put right it matches." in right.text
    assert "With that put right: The" in wrong.text


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        (None, Reason.SIGNATURE_MISSING),
        ("", Reason.SIGNATURE_MISSING),
        (PLUSSES[:60], Reason.SIGNATURE_TRUNCATED),
        (PLUSSES[:104], Reason.SIGNATURE_TRUNCATED),
        (PLUSSES[:-1] + PLUSSES, Reason.SIGNATURE_TOO_LONG),
        ("not a signature", Reason.SIGNATURE_MALFORMED),
        ("0123456789abcdef" * 4, Reason.SIGNATURE_MALFORMED),
        ("x" * 108, Reason.SIGNATURE_MALFORMED),
        ("x" * 1_000_000, Reason.SIGNATURE_MALFORMED),
        (108, Reason.SIGNATURE_MALFORMED),
        (PLUSSES.encode(), Reason.SIGNATURE_MALFORMED),
    ],
)
def test_what_cannot_be_put_right_is_named(received: Any, reason: Reason) -> None:
    expect(explain(FORM, received, KEY), reason)


@pytest.mark.parametrize("place", [0, 30, 55, 100])
def test_a_changed_character_is_damage_not_a_wrong_key(place: int) -> None:
    signature = sign(FORM, KEY)
    changed = signature[:place] + ("A" if signature[place] != "A" else "B") + signature[place + 1 :]
    expect(explain(FORM, changed, KEY), Reason.SIGNATURE_DAMAGED)


# ---- forms

SORTED = dict(sorted(FORM.items()))

FORM_CASES: dict[str, tuple[dict[str, Any], str | bytes, Reason, tuple[str, ...] | None]] = {
    "Node keeps the word null": (
        {**FORM, "BANKTXNID": "null"},
        joined({**FORM, "BANKTXNID": "null"}),
        Reason.NULL_VALUES,
        ("BANKTXNID",),
    ),
    "the word null was signed for None": (
        {**FORM, "BANKTXNID": None},
        joined({**FORM, "BANKTXNID": "null"}),
        Reason.NULL_VALUES,
        ("BANKTXNID",),
    ),
    "str(None) was signed for empty text": (
        {**FORM, "BANKNAME": ""},
        joined({**FORM, "BANKNAME": "", "BANKTXNID": "None"}),
        Reason.NULL_VALUES,
        ("BANKTXNID",),
    ),
    "empty text was signed, None arrived as a word": (
        {**FORM, "BANKTXNID": "None"},
        joined(FORM),
        Reason.NULL_VALUES,
        ("BANKTXNID",),
    ),
    "the framework's token was added": (
        {**FORM, "csrfmiddlewaretoken": "c" * 64},
        joined(FORM),
        Reason.FIELD_ADDED,
        ("csrfmiddlewaretoken",),
    ),
    "query parameters were added": (
        {**FORM, "utm_source": "x", "utm_medium": "y", "order": "z"},
        joined(FORM),
        Reason.FIELD_ADDED,
        ("order", "utm_medium", "utm_source"),
    ),
    "one unknown field was added": ({**FORM, "EXTRA": "x"}, joined(FORM), Reason.FIELD_ADDED, ("EXTRA",)),
    "two unknown fields were added": (
        {**FORM, "EXTRA": "x", "MORE": "y"},
        joined(FORM),
        Reason.FIELD_ADDED,
        ("EXTRA", "MORE"),
    ),
    "an empty field was dropped": (without("BANKTXNID"), joined(FORM), Reason.FIELD_MISSING, ("BANKTXNID",)),
    "all empty fields were dropped": (
        without("BANKTXNID"),
        joined({**FORM, "GATEWAYNAME": "", "PAYMENTMODE": "", "TXNDATE": ""}),
        Reason.FIELD_MISSING,
        ("BANKTXNID", "GATEWAYNAME", "PAYMENTMODE", "TXNDATE"),
    ),
    "an unknown empty field was dropped": (FORM, joined({**FORM, "Z": ""}), Reason.FIELD_MISSING, ()),
    "two unknown empty fields were dropped": (
        {"A": "x", "M": "y"},
        joined({"A": "x", "B": "", "M": "y", "Z": ""}),
        Reason.FIELD_MISSING,
        (),
    ),
    "a constant field was dropped": (
        {"MID": "M", "ORDER_ID": "O", "CHANNEL_ID": "WEB"},
        joined({"MID": "M", "ORDER_ID": "O", "CHANNEL_ID": "WEB", "WEBSITE": "WEBSTAGING"}),
        Reason.FIELD_MISSING,
        ("WEBSITE",),
    ),
    "Java signed CHECKSUMHASH too": (
        {**FORM, "CHECKSUMHASH": "stale"},
        joined({**FORM, "CHECKSUMHASH": "stale"}),
        Reason.CHECKSUM_FIELD_SIGNED,
        ("CHECKSUMHASH",),
    ),
    "insertion order": (FORM, "|".join(FORM.values()), Reason.KEY_ORDER, None),
    "case-insensitive order": ({"b": "1", "C": "2", "a": "3", "D": "4"}, "3|1|2|4", Reason.KEY_ORDER, None),
    "upper-cased order": ({"x": "0", "A_C": "1", "Abc": "2", "B": "3"}, "2|1|3|0", Reason.KEY_ORDER, None),
    "JavaScript's order": ({"x": "0", "10": "1", "9": "2", "01": "3"}, "2|1|3|0", Reason.KEY_ORDER, None),
    "PHP's order": ({"x": "0", "1e1": "1", "007": "2", "9.5": "3"}, "2|3|1|0", Reason.KEY_ORDER, None),
    "UTF-16 order": ({"B": "0", "\uff21": "1", "\U0001f600": "2", "A": "3"}, "3|0|2|1", Reason.KEY_ORDER, None),
    "untrimmed here": (
        {**FORM, "RESPMSG": " Txn Success ", "MID": FORM["MID"] + "\n"},
        joined(FORM),
        Reason.WHITESPACE,
        ("RESPMSG", "MID"),
    ),
    "untrimmed there": (FORM, joined({**FORM, "ORDERID": "ORD-QX7T2 "}), Reason.WHITESPACE, ("ORDERID",)),
    "a newline there": (FORM, joined({**FORM, "RESPMSG": "Txn Success\n"}), Reason.WHITESPACE, ("RESPMSG",)),
    "a browser's line ends": (
        {**FORM, "RESPMSG": "one\ntwo"},
        joined({**FORM, "RESPMSG": "one\r\ntwo"}),
        Reason.WHITESPACE,
        ("RESPMSG",),
    ),
    "spaces removed there": (
        FORM,
        joined({name: value.replace(" ", "") for name, value in FORM.items()}),
        Reason.WHITESPACE,
        None,
    ),
    "ISO-8859-1": (FORM, joined(FORM).encode("latin-1"), Reason.ENCODING, ()),
    "Windows-1252": ({**FORM, "N": "€ 5"}, joined({**FORM, "N": "€ 5"}).encode("cp1252"), Reason.ENCODING, ()),
    ".NET's ASCII": (
        {**FORM, "N": "ok 😋"},
        joined({**FORM, "N": "ok ??", "CUST_NAME": "Asha D'Souza & S?hne"}),
        Reason.ENCODING,
        ("CUST_NAME", "N"),
    ),
    "encoded twice there": (
        FORM,
        joined({**FORM, "CUST_NAME": FORM["CUST_NAME"].encode().decode("latin-1")}),
        Reason.ENCODING,
        ("CUST_NAME",),
    ),
    "read wrongly here": (
        {**FORM, "CUST_NAME": FORM["CUST_NAME"].encode().decode("cp1252")},
        joined(FORM),
        Reason.ENCODING,
        ("CUST_NAME",),
    ),
    "decomposed there": (FORM, joined({**FORM, "CUST_NAME": "Asha D'Souza & So\u0308hne"}), Reason.ENCODING, None),
    "HTML-escaped there": (
        FORM,
        joined({name: html.escape(value) for name, value in FORM.items()}),
        Reason.HTML_ESCAPED,
        ("CUST_NAME",),
    ),
    "escaped by PHP there": (
        FORM,
        joined({**FORM, "CUST_NAME": "Asha D&#039;Souza &amp; Söhne"}),
        Reason.HTML_ESCAPED,
        ("CUST_NAME",),
    ),
    "HTML-escaped here": (
        {**FORM, "CUST_NAME": html.escape(FORM["CUST_NAME"])},
        joined(FORM),
        Reason.HTML_ESCAPED,
        ("CUST_NAME",),
    ),
    "not decoded here": (
        {name: quote_plus(value) for name, value in FORM.items()},
        joined(FORM),
        Reason.URL_ENCODED,
        None,
    ),
    "decoded twice here": (
        {**FORM, "CUST_NAME": "a b"},
        joined({**FORM, "CUST_NAME": "a+b"}),
        Reason.URL_ENCODED,
        ("CUST_NAME",),
    ),
    "URL-encoded there": (
        FORM,
        joined({name: quote(value, safe="") for name, value in FORM.items()}),
        Reason.URL_ENCODED,
        None,
    ),
    "an amount with one decimal": (
        FORM,
        joined({**FORM, "TXNAMOUNT": "249.5"}),
        Reason.NUMBER_SPELLING,
        ("TXNAMOUNT",),
    ),
    "an amount with two decimals": (
        {**FORM, "TXNAMOUNT": "5"},
        joined({**FORM, "TXNAMOUNT": "5.00"}),
        Reason.NUMBER_SPELLING,
        ("TXNAMOUNT",),
    ),
    "names were signed too": (FORM, urlencode(SORTED), Reason.OTHER_SCHEME, None),
    "signed as JSON": (FORM, json.dumps(SORTED, separators=(",", ":")), Reason.OTHER_SCHEME, None),
    "a value was changed": ({**FORM, "TXNAMOUNT": "1.00"}, joined(FORM), Reason.PAYLOAD_DIFFERS, ()),
}


@pytest.mark.parametrize(("form", "signed", "reason", "fields"), FORM_CASES.values(), ids=FORM_CASES.keys())
def test_for_a_form(form: Any, signed: str | bytes, reason: Reason, fields: tuple[str, ...] | None) -> None:
    signature = peer_sign(signed)
    assert not verify(form, signature, KEY)
    found = explain(form, signature, [OTHER_KEY, KEY])
    assert found.key_number == 2
    expect(found, reason, fields=tuple(sorted(fields)) if fields else fields)


def test_the_names_of_the_fields_stand_in_the_text() -> None:
    found = explain({**FORM, "csrfmiddlewaretoken": "x"}, peer_sign(joined(FORM)), KEY)
    assert "without 'csrfmiddlewaretoken' it matches" in found.text
    many = {f"F{n:02}": " x" for n in range(20)}
    found = explain(many, peer_sign("|".join("x" * 20)), KEY)
    assert "'F07' and 12 more" in found.text


def test_a_name_cannot_forge_lines_or_flood_the_text() -> None:
    found = explain({**FORM, "x\nERROR\x1b[31m" + "y" * 500: "1"}, peer_sign(joined(FORM)), KEY)
    assert found.reason == Reason.FIELD_ADDED
    assert found.text.isprintable()
    assert len(found.text) < 500


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"AMT": 1}, "'AMT' is int"),
        ({"body": {"mid": "M"}}, "'body' is dict"),
        (QueryDict("A=1&A=2"), "'A' has 2 values"),
        (b"\xff", "not UTF-8"),
        (None, "NoneType"),
    ],
)
def test_a_payload_that_cannot_have_been_signed_is_named(payload: Any, said: str) -> None:
    found = explain(payload, peer_sign("x"), KEY)
    expect(found, Reason.PAYLOAD_UNUSABLE)
    assert said in found.text


# ---- JSON text

JSON_CASES: dict[str, tuple[str | bytes, str | bytes, Reason]] = {
    "spaced here": (dumped(ensure_ascii=False), JSON, Reason.JSON_RESERIALISED),
    "spaced there": (JSON, dumped(ensure_ascii=False), Reason.JSON_RESERIALISED),
    "escaped there": (JSON, dumped(separators=(",", ":")), Reason.JSON_RESERIALISED),
    "escaped here": (dumped(), JSON, Reason.JSON_RESERIALISED),
    "sorted there": (JSON, dumped(separators=(",", ":"), sort_keys=True), Reason.JSON_RESERIALISED),
    "sorted and spaced there": (JSON, dumped(sort_keys=True), Reason.JSON_RESERIALISED),
    "indented there": (JSON, dumped(indent=2, ensure_ascii=False), Reason.JSON_RESERIALISED),
    "indented here": (dumped(indent=4), JSON, Reason.JSON_RESERIALISED),
    "PHP's slashes there": (
        JSON,
        dumped(separators=(",", ":")).replace("/", "\\/"),
        Reason.JSON_RESERIALISED,
    ),
    "PHP's slashes here": (JSON.replace("/", "\\/"), JSON, Reason.JSON_RESERIALISED),
    "Gson's escapes there": (
        JSON,
        JSON.replace("&", "\\u0026").replace("=", "\\u003d").replace("'", "\\u0027"),
        Reason.JSON_RESERIALISED,
    ),
    "Go's escapes there": (JSON, JSON.replace("&", "\\u0026"), Reason.JSON_RESERIALISED),
    "JavaScript's numbers there": ('{"a":1.0,"b":2.5}', '{"a":1,"b":2.5}', Reason.JSON_RESERIALISED),
    "spelling kept, spaces gone": ('{"a": 1.00, "b": "x y"}', '{"a":1.00,"b":"x y"}', Reason.JSON_RESERIALISED),
    "the whole envelope here": (f'{{"head": {{"signature": "x"}}, "body": {JSON} }}', JSON, Reason.JSON_ENVELOPE),
    "the envelope, re-serialised": (
        dumped({"body": JSON_VALUE, "head": {}}),
        JSON,
        Reason.JSON_ENVELOPE,
    ),
    "the envelope there": (JSON, f'{{"body":{JSON}}}', Reason.JSON_ENVELOPE),
    "a string in JSON here": (dumped(JSON, ensure_ascii=False), JSON, Reason.JSON_QUOTED),
    "a string in JSON there": (JSON, dumped(JSON), Reason.JSON_QUOTED),
    "a newline at the end here": (JSON + "\n", JSON, Reason.WHITESPACE),
    "a newline at the end there": (JSON.encode(), JSON + "\n", Reason.WHITESPACE),
    "something after the JSON": (JSON + "<!-- proxy -->", JSON, Reason.WHITESPACE),
    "a byte order mark here": ("\ufeff" + JSON, JSON, Reason.WHITESPACE),
    "a byte order mark there": (JSON, "\ufeff" + JSON, Reason.WHITESPACE),
    "ISO-8859-1": (JSON, JSON.encode("latin-1"), Reason.ENCODING),
    "ASCII question marks": (JSON, JSON.replace("ë", "?"), Reason.ENCODING),
    "encoded twice here": (JSON.encode().decode("latin-1"), JSON, Reason.ENCODING),
    "HTML-escaped here": (html.escape(JSON), JSON, Reason.HTML_ESCAPED),
    "HTML-escaped there": (JSON, html.escape(JSON), Reason.HTML_ESCAPED),
    "URL-encoded here": (quote_plus(JSON), JSON, Reason.URL_ENCODED),
    "signed as a form": ('{"b":"2","A":"1","n":"null"}', "1|2|", Reason.OTHER_SCHEME),
    "a member added here": ('{"a":"1","extra":"x","b":"2"}', '{"a":"1","b":"2"}', Reason.FIELD_ADDED),
    "cut off in a string": (JSON[:60], JSON, Reason.PAYLOAD_TRUNCATED),
    "cut off between braces": (JSON[:-1], JSON, Reason.PAYLOAD_TRUNCATED),
    "cut off in a word": ('{"a":tr', '{"a":true}', Reason.PAYLOAD_TRUNCATED),
    "an altered value": (JSON.replace("249.50", "1.00"), JSON, Reason.PAYLOAD_DIFFERS),
    "not JSON at all": ("plain words", JSON, Reason.PAYLOAD_DIFFERS),
    "nothing at all": ("", JSON, Reason.PAYLOAD_DIFFERS),
    "broken JSON": ('{"a" 1}', JSON, Reason.PAYLOAD_DIFFERS),
    "too deep": ("[" * 20_000 + "]" * 20_000, JSON, Reason.PAYLOAD_DIFFERS),
    "too long a number": ("[" + "9" * 5000 + "]", JSON, Reason.PAYLOAD_DIFFERS),
    "lone surrogates": ('{"a":"\\ud800"}', JSON, Reason.PAYLOAD_DIFFERS),
    "too large to search": ("x" * 70_000, JSON, Reason.PAYLOAD_TOO_LARGE),
}


@pytest.mark.parametrize(("text", "signed", "reason"), JSON_CASES.values(), ids=JSON_CASES.keys())
def test_for_json_text(text: str | bytes, signed: str | bytes, reason: Reason) -> None:
    signature = peer_sign(signed)
    assert not verify(text, signature, KEY)
    expect(explain(text, signature, KEY), reason)


def is_parsed(depth: int) -> bool:
    try:
        json.loads("[" * depth + "]" * depth)
    except RecursionError:
        return False
    return True


def test_nesting_of_any_depth_does_no_harm() -> None:
    deepest = next(depth for depth in range(sys.getrecursionlimit(), 0, -1) if is_parsed(depth))
    for depth in range(deepest - 6, deepest - 1):  # near the limit some calls still succeed and others do not
        expect(explain("[" * depth + "]" * depth, peer_sign(JSON), KEY), Reason.PAYLOAD_DIFFERS)


# ---- what holds for all findings


def test_no_finding_shows_a_key_a_hash_a_salt_or_a_value() -> None:
    found = [explain(form, peer_sign(signed), [OTHER_KEY, KEY]) for form, signed, _, _ in FORM_CASES.values()]
    found += [explain(text, peer_sign(signed), KEY) for text, signed, _ in JSON_CASES.values()]
    found += [
        explain(FORM, sign(FORM, KEY), OTHER_KEY),
        explain(FORM, sign(FORM, KEY), f'"{KEY}"'),
        explain(FORM, sign(FORM, KEY)[:50], KEY),
        explain(FORM, PLUSSES.replace("+", " "), KEY),
    ]
    values = (FORM["MID"], FORM["ORDERID"], FORM["TXNID"], "249.50", "D'Souza", "cccccc", "shop.example.com")
    for one in found:
        for secret in (KEY, OTHER_KEY, KEY[:8], "sA1t", *values, PLUSSES[:12]):
            assert secret not in repr(one)
        assert not any(len(word) > 40 for word in one.text.split())


def test_every_reason_has_its_text_and_its_test() -> None:
    tested = {reason for _, _, reason, _ in FORM_CASES.values()} | {reason for *_, reason in JSON_CASES.values()}
    others = {reason for reason in Reason if reason not in tested}
    assert all(reason in diagnosis.TEXTS for reason in Reason)
    assert {str(reason) for reason in others} == {
        *("matches", "older_key", "wrong_key", "payload_unusable"),
        *(str(reason) for reason in Reason if reason.startswith(("signature_", "key_")) and reason != "key_order"),
    }


@pytest.mark.parametrize(
    "payload",
    [
        {f"FIELD{n:05}": "x" * 5 for n in range(9_000)},
        {f"F{n:02}": " x+" * 500 for n in range(40)},
        json.dumps({f"name{n}": {"é": [1.0, "a/b"]} for n in range(1_500)}),
    ],
    ids=["many fields", "long values", "json"],
)
def test_the_search_is_bounded(payload: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = 0
    seal = diagnosis.seal

    def spy(text: bytes, salt: bytes) -> bytes:
        nonlocal hashed
        hashed += len(text)
        return seal(text, salt)

    monkeypatch.setattr(diagnosis, "seal", spy)
    expect(explain(payload, peer_sign("something else"), KEY), Reason.PAYLOAD_DIFFERS)
    assert 0 < hashed <= diagnosis.SEARCH_BUDGET + 10 * diagnosis.LARGEST_PAYLOAD
