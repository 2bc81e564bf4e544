"""The signed text is the sent text; the verified text is the read text."""

from __future__ import annotations

import json

import paytmchecksum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paytm_kit.gateways.base import Verdict
from paytm_kit.gateways.paytm import envelope
from tests.gateways import wire

KEYS = (wire.KEY,)


def verdict(text: str) -> Verdict:
    return envelope.cut(text).verdict(KEYS)


def test_paytms_library_verifies_the_text_that_is_sent():
    sealed = envelope.seal({"orderId": "O-1", "name": "Café ₹ नमस्ते", "quote": 'a"b\\c'}, wire.KEY, {"version": "v1"})
    sent = json.loads(sealed)
    body = sealed[sealed.index('"body":') + 7 : -1]
    assert paytmchecksum.verifySignature(body, wire.KEY, sent["head"]["signature"])
    assert sent["body"]["name"] == "Café ₹ नमस्ते"
    assert sealed.isascii()
    assert sent["head"]["version"] == "v1"


BODIES = [
    "{}",
    '{"a":"b"}',
    '{ "a" : [1, 2.50, true, null, {"b": "}"}] }',
    '{"a":"Zahlung erhalten: 5 € ₹ नमस्ते"}',
    '{"a":"quote \\" brace } backslash \\\\"}',
    '{"a":"\\u20b9 \\/ \\ud83d\\ude00"}',
    '{"a":"{\\"body\\":{\\"a\\":\\"evil\\"}}"}',
    '{"body":{"head":{"signature":"x"}}}',
    '{"CHECKSUMHASH":"in the text"}',
    '{\n\t"a": 1.00,\r\n "b": 1e2\n}',
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    "frame",
    [
        '{"head":%(head)s,"body":%(body)s}',
        ' {"body" : %(body)s\n,\t"head":%(head)s } \n',
        '{"x":"\\"body\\":{}","head":%(head)s,"body":%(body)s,"y":[]}',
    ],
)
def test_the_body_is_cut_out_exactly_as_it_came(body, frame):
    signature = wire.sign(body)
    text = frame % {"head": json.dumps({"signature": signature}), "body": body}
    opened = envelope.cut(text)
    assert opened.body_text == body
    assert opened.verdict(KEYS) is Verdict.VERIFIED


@settings(deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text('abody"{}\\₹ ', max_size=4), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_body_is_cut_out_exactly(value):
    body = json.dumps({"value": value}, ensure_ascii=False)
    assert envelope.cut(f'{{"head":{{}}, "body": {body} }}').body_text == body


@settings(deadline=None)
@given(st.text() | st.text('{}[]":,\\ bodyhead0123'))
def test_garbage_is_unreadable_and_nothing_else(text):
    try:
        opened = envelope.cut(text)
    except envelope.Unreadable:
        return
    assert opened.body_text in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[]",
        '"body"',
        "{}",
        '{"head":{}}',
        '{"body":[]}',
        '{"body":"{}"}',
        '{"body":null}',
        '{"head":[],"body":{}}',
        '{"head":"x","body":{}}',
        '{"body":{}',
        '{"body":{}}}',
        '{"body":{}} x',
        '{"body":{},}',
        '{"body" {}}',
        "{body:{}}",
        "{'body':{}}",
        '{1:2,"body":{}}',
        '{"body":{"a":NaN}}',
        '{"body":{"a":Infinity}}',
        '{"body":{"a":-Infinity}}',
        '{"body":{},"x":NaN}',
        '{"body":{"a":"\n"}}',
        '{"body":{"a":"\\u0000"}}',
        '{"body":{"a\\u0000":"b"}}',
        '{"body":{"a":"\\ud800"}}',
        '{"body":{"a":["\\udfff"]}}',
        '\ufeff{"body":{}}',
        '{"body":{"a":' + "[" * 100_000 + "]" * 100_000 + "}}",
        '{"body":{"a":"' + "x" * 300_000 + '"}}',
        "<html><body>503</body></html>",
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_what_is_no_envelope_is_refused(text):
    with pytest.raises(envelope.Unreadable):
        envelope.cut(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"body":{},"body":{}}',
        '{"head":{},"body":{},"head":{}}',
        '{"body":{"a":1,"a":1}}',
        '{"head":{"signature":"a","signature":"b"},"body":{}}',
        '{"body":{"a":{"b":1,"b":2}}}',
        '{"body":{"a":[{"b":1,"b":2}]}}',
        '{"body":{"a":1,"\\u0061":2}}',
        '{"body":{},"b\\u006fdy":{"a":1}}',
        '{"x":1,"x":2,"body":{}}',
    ],
)
def test_doubled_keys_are_refused_at_every_depth(text):
    with pytest.raises(envelope.Unreadable, match="twice"):
        envelope.cut(text)


def test_every_changed_byte_of_the_body_is_noticed():
    body = '{"orderId":"O-1","txnAmount":"249.50"}'
    signature = wire.sign(body)
    for at in range(1, len(body) - 1):
        changed = body[:at] + ("0" if body[at] != "0" else "1") + body[at + 1 :]
        text = f'{{"head":{json.dumps({"signature": signature})},"body":{changed}}}'
        try:
            found = verdict(text)
        except envelope.Unreadable:
            continue
        assert found is Verdict.BAD_SIGNATURE


def test_another_spelling_of_the_same_values_is_not_what_was_signed():
    signature = wire.sign('{"a":"b"}')
    assert verdict(f'{{"head":{json.dumps({"signature": signature})},"body":{{"a": "b"}}}}') is Verdict.BAD_SIGNATURE


def test_the_keys_of_a_rotation_all_verify_and_a_removed_one_does_not():
    text = wire.enclose('{"a":"b"}', key=wire.OTHER_KEY)
    assert envelope.cut(text).verdict((wire.KEY, wire.OTHER_KEY)) is Verdict.VERIFIED
    assert envelope.cut(text).verdict((wire.KEY,)) is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("null", Verdict.UNSIGNED),
        ("{}", Verdict.UNSIGNED),
        ('{"signature":null}', Verdict.UNSIGNED),
        ('{"signature":""}', Verdict.UNSIGNED),
        ('{"signature":"x"}', Verdict.BAD_SIGNATURE),
        ('{"signature":1}', Verdict.BAD_SIGNATURE),
        ('{"signature":true}', Verdict.BAD_SIGNATURE),
        ('{"signature":["x"]}', Verdict.BAD_SIGNATURE),
        ('{"signature":{"a":"b"}}', Verdict.BAD_SIGNATURE),
    ],
)
def test_a_signature_is_there_or_not_and_good_or_bad(head, expected):
    assert verdict(f'{{"head":{head},"body":{{}}}}') is expected
