"""Paytm's JSON envelope: read strictly, cut the signed text out as it came, seal answers the same way.

The signature covers the exact text of ``body`` (Paytm docs, Checksum). The head is not signed.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from paytm_kit.simulator.wire import signing

_SPACE = re.compile(r"[ \t\r\n]*")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # behind two backslashes it is a text that says so


class Malformed(ValueError):
    """The text is not what Paytm's API takes. ``str()`` says why."""


class Envelope(NamedTuple):
    head: dict[str, Any]
    body: dict[str, Any]
    body_text: str


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Malformed("a key stands twice in one object")
    return dict(pairs)


def _no_constant(word: str) -> Any:
    raise Malformed(f"{word} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def read_json(raw: bytes) -> tuple[dict[str, Any], str]:
    """A JSON object and its text. Raises Malformed for anything else, NUL and lone surrogates included."""
    try:
        text = raw.decode("utf-8")
        value = _decoder.decode(text)
        shown = json.dumps(value, ensure_ascii=False)
        shown.encode("utf-8")
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the body is not JSON ({type(error).__name__})") from error
    if not isinstance(value, dict):
        raise Malformed("the body is not a JSON object")
    if _NUL.search(shown):
        raise Malformed("the body holds a NUL character")
    return value, text


def open_envelope(raw: bytes) -> Envelope:
    """A request's head and body, and the text of the body as it came. Raises Malformed."""
    value, text = read_json(raw)
    head, body = value.get("head"), value.get("body")
    if not isinstance(head, dict) or not isinstance(body, dict):
        raise Malformed("the envelope needs the objects head and body")
    return Envelope(head, body, member_text(text, "body"))


def member_text(text: str, name: str) -> str:
    """The exact text of one member of a JSON object that is known to be valid and to have it."""

    def skip(position: int) -> int:
        match = _SPACE.match(text, position)
        return match.end() if match else position

    position = skip(skip(0) + 1)  # past the opening brace
    while True:
        key, position = _decoder.raw_decode(text, position)
        start = skip(skip(position) + 1)  # past the colon
        _, position = _decoder.raw_decode(text, start)
        if key == name:
            return text[start:position]
        position = skip(skip(position) + 1)  # past the comma


def seal(head: dict[str, str], body: dict[str, Any], key: str | None) -> str:
    """The answer's text; signed when a key is given. The signed text is the sent text."""
    body_text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if key:
        head = {**head, "signature": signing.sign(body_text, key)}
    return f'{{"head":{json.dumps(head, separators=(",", ":"))},"body":{body_text}}}'
