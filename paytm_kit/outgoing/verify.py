"""Signs webhooks and proves them, by the scheme of Standard Webhooks. Pure: neither Django nor the rest of the kit.

What is signed is ``{webhook-id}.{webhook-timestamp}.{body}``, with HMAC-SHA256; the header ``webhook-signature`` holds
one or more ``v1,<base64>`` separated by spaces, so that a secret can be exchanged while both sides run. Source:
Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers"
(github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets as random
import time
from collections.abc import Iterable, Mapping
from typing import Any

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret (192 to 512 bits, says the specification)
TOLERANCE = 300  # seconds between the sender's clock and ours


class NotGenuine(ValueError):
    """The message proves nothing: answer 400 and do nothing. ``str()`` says why and is safe to log."""


def new_secret() -> str:
    """A fresh secret: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for. Raises ValueError, which never quotes it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"A secret is {PREFIX} and {SHORTEST} to {LONGEST} bytes in base64.")
    return key


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,<base64>``. ``timestamp``: of the attempt, in seconds since 1970. Raises ValueError for a bad secret."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secrets: str | Iterable[str],
    *,
    tolerance: int = TOLERANCE,
    now: float | None = None,
) -> dict[str, Any]:
    """The message, read from its JSON, once it is proved. Raises NotGenuine, and ValueError for a bad secret of yours.

    ``body``       the bytes as they came; JSON that was read and written again is another text
    ``headers``    of the request, in any spelling (``request.headers`` of Django or Flask)
    ``secrets``    yours for this sender; several while they are exchanged
    ``tolerance``  seconds; an older message may be one that somebody recorded
    ``now``        seconds since 1970, by default this machine's clock
    Remember ``message["id"]`` and do nothing for one that you have seen: every message may come more than once.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp, signatures = (given.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    for name in (ID, TIMESTAMP, SIGNATURE):
        if not given.get(name):
            raise NotGenuine(f"The header {name} is missing.")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise NotGenuine(f"{TIMESTAMP} is not a whole number of seconds.")
    apart = (time.time() if now is None else now) - int(timestamp)
    if abs(apart) > tolerance:
        when = "old" if apart > 0 else "far in the future"
        raise NotGenuine(f"The message is too {when}: {abs(apart):.0f} s from this clock, allowed are {tolerance}.")
    expected = [
        sign(secret, message_id, int(timestamp), body).encode()
        for secret in ([secrets] if isinstance(secrets, str) else secrets)
    ]
    offered = [word.encode("utf-8", "replace") for word in signatures.split(" ")]
    if not any(hmac.compare_digest(right, word) for right in expected for word in offered):
        raise NotGenuine("No signature fits: another secret, or the body is not the one that was signed.")
    return _read(body)


def _read(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        raise NotGenuine("The body is not JSON.") from None
    if not isinstance(message, dict):
        raise NotGenuine("The body is not a JSON object.")
    return message
