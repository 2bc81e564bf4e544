"""The signature: the published scheme and vector, and everything that is not quite it is refused."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.outgoing import verify
from paytm_kit.outgoing.verify import NotGenuine

# Of the specification's own library: libraries/javascript/src/webhook.test.ts, "sign function works".
PUBLISHED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

BODY, AT = b'{"id":"evt_1","type":"payment.succeeded"}', 1_795_234_272
SECRET = "whsec_" + base64.b64encode(b"invented for these tests, 32 bytes"[:32]).decode()
OTHER = "whsec_" + base64.b64encode(b"another invented one, of 32 bytes"[:32]).decode()


def headers(**changes: str | None) -> dict[str, str]:
    sent = {
        "webhook_id": "evt_1",
        "webhook_timestamp": str(AT),
        "webhook_signature": verify.sign(SECRET, "evt_1", AT, BODY),
        **changes,
    }
    return {name.replace("_", "-"): value for name, value in sent.items() if value is not None}


def proved(body: bytes = BODY, given: dict[str, str] | None = None, secrets: Any = SECRET, now: float = AT) -> Any:
    return verify.verify(body, headers() if given is None else given, secrets, now=now)


def test_it_signs_as_the_specification_does() -> None:
    signature = verify.sign(PUBLISHED, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == PUBLISHED_SIGNATURE


def test_what_was_signed_is_read() -> None:
    assert proved() == {"id": "evt_1", "type": "payment.succeeded"}
    assert proved(given={name.title(): value for name, value in headers().items()}) == json.loads(BODY)
    assert proved(secrets=[OTHER, SECRET])["id"] == "evt_1"


def test_one_of_several_signatures_is_enough_and_unknown_kinds_are_passed_over() -> None:
    mine = headers()["webhook-signature"]
    proved(given=headers(webhook_signature=f"v1a,c29tZXRoaW5n v1,AAAA {mine} v2,{mine[3:]}"))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"webhook_id": None}, "The header webhook-id is missing."),
        ({"webhook_timestamp": None}, "The header webhook-timestamp is missing."),
        ({"webhook_signature": None}, "The header webhook-signature is missing."),
        ({"webhook_signature": ""}, "The header webhook-signature is missing."),
        ({"webhook_timestamp": "hello"}, "webhook-timestamp is not a whole number of seconds."),
        ({"webhook_timestamp": "1e9"}, "webhook-timestamp is not a whole number of seconds."),
        ({"webhook_timestamp": f" {AT}"}, "webhook-timestamp is not a whole number of seconds."),
        ({"webhook_timestamp": "٣"}, "webhook-timestamp is not a whole number of seconds."),
        ({"webhook_id": "evt_2"}, "No signature fits"),
        ({"webhook_timestamp": str(AT + 1)}, "No signature fits"),
        ({"webhook_signature": "v1,"}, "No signature fits"),
        ({"webhook_signature": "v1,dawfeoifkpqwoekfpqoekf"}, "No signature fits"),
        ({"webhook_signature": "v1,ü\udcff"}, "No signature fits"),
        ({"webhook_signature": verify.sign(OTHER, "evt_1", AT, BODY)}, "No signature fits"),
        ({"webhook_signature": verify.sign(SECRET, "evt_1", AT, BODY)[3:]}, "No signature fits"),
    ],
)
def test_what_is_forged_or_incomplete_is_refused(changes: dict[str, str | None], why: str) -> None:
    with pytest.raises(NotGenuine) as refused:
        proved(given=headers(**changes))
    assert str(refused.value).startswith(why)
    assert SECRET not in str(refused.value)


def test_a_recorded_message_is_too_old_and_a_wrong_clock_is_told() -> None:
    proved(now=AT + 300)
    with pytest.raises(NotGenuine, match="too old: 301 s from this clock, allowed are 300"):
        proved(now=AT + 301)
    with pytest.raises(NotGenuine, match="too far in the future: 301 s"):
        proved(now=AT - 301)


@given(at=st.integers(0, len(BODY) - 1), byte=st.integers(0, 255))
def test_no_byte_of_the_body_can_be_changed(at: int, byte: int) -> None:
    changed = BODY[:at] + bytes([byte]) + BODY[at + 1 :]
    if changed == BODY:
        return
    with pytest.raises(NotGenuine, match="No signature fits"):
        proved(changed)


@given(st.text(), st.text(), st.text(), st.binary())
def test_garbage_is_refused_and_never_crashes(identity: str, at: str, signature: str, body: bytes) -> None:
    given = {"webhook-id": identity, "webhook-timestamp": at, "webhook-signature": signature}
    with pytest.raises(NotGenuine):
        verify.verify(body, given, SECRET, now=AT)


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b"\xff"])
def test_a_signed_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(NotGenuine, match=r"not JSON|not a JSON object"):
        proved(body, headers(webhook_signature=verify.sign(SECRET, "evt_1", AT, body)))


@pytest.mark.parametrize(
    "secret", ["", "whsec_", SECRET[6:], "whsec_abc", "whsec_" + base64.b64encode(b"x" * 23).decode(), "whsec_ü" * 9]
)
def test_a_secret_that_is_too_weak_or_no_base64_is_told_without_showing_it(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^A secret is whsec_ and 24 to 64 bytes in base64\.$"):
        verify.key_of(secret)


def test_new_secrets_differ_and_are_good() -> None:
    assert len(verify.key_of(SECRET)) == 32
    assert SECRET != OTHER


def test_a_receiver_needs_nothing_but_this_module() -> None:
    script = (
        "import sys\n"
        "for name in ('django', 'requests', 'decouple', 'Crypto'): sys.modules[name] = None\n"
        "from paytm_kit.outgoing.verify import verify, NotGenuine\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
