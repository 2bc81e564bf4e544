"""The ``{"head": …, "body": …}`` text of Paytm's JSON: what is signed is the body's text, to the byte.

Going out, the body is serialised once and the envelope is built around that very text. Coming in, the body's text is
cut out of the raw message by the JSON parser itself, so the text that is verified and the values that are read can
not differ (skimming for the first ``"body"`` while parsing the last one is a known hole in other kits).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paytm_kit import checksum
from paytm_kit.gateways.base import Verdict
from paytm_kit.gateways.http import Unreadable

LARGEST = 256 * 1024  # characters

_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message that was cut open. Numbers are kept as the text they were written in, so no rupee becomes a float."""

    head: Mapping[str, Any] = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)
    body_text: str = field(repr=False)  # exactly as received: this is what the signature covers

    def verdict(self, keys: tuple[str, ...]) -> Verdict:
        """Whether one of the keys signed the body."""
        signature = self.head.get("signature")
        if signature is None or signature == "":
            return Verdict.UNSIGNED
        good = isinstance(signature, str) and checksum.verify(self.body_text, signature, keys)
        return Verdict.VERIFIED if good else Verdict.BAD_SIGNATURE


def seal(body: Mapping[str, Any], key: str, head: Mapping[str, str]) -> str:
    """The envelope's text, signed. Only ASCII: Java's and .NET's libraries hash other characters differently."""
    text = _dump(body)
    signed_head = {**head, "signature": checksum.sign(text, key)}
    return f'{{"head":{_dump(signed_head)},"body":{text}}}'


def cut(text: str) -> Envelope:
    """Takes an envelope apart; head and body may come in any order. Raises Unreadable.

    Doubled keys are refused at every depth, as are NaN, Infinity, lone surrogates and NUL characters.
    """
    parts, body_text = _parse(text)
    head, body = parts.get("head"), parts.get("body")
    if not isinstance(body, dict):
        raise Unreadable("no body object")
    if head is not None and not isinstance(head, dict):
        raise Unreadable("head is not an object")
    return Envelope(head or {}, body, body_text)


def plain(text: str) -> Envelope:
    """An answer that is one unsigned object, as the lists give it. Raises Unreadable, as ``cut`` does."""
    parts, _ = _parse(text)
    return Envelope({}, parts, text)


def _parse(text: str) -> tuple[dict[str, Any], str]:
    if len(text) > LARGEST:
        raise Unreadable("longer than allowed")
    try:
        parts, body_text = _members(text)
        json.dumps(parts, ensure_ascii=False).encode()  # a lone surrogate fails here, not later in a database
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("not valid JSON") from None
    return parts, body_text


def _members(text: str) -> tuple[dict[str, Any], str]:
    """The members of the outermost object and the exact text of ``body``."""
    pairs: list[tuple[str, Any]] = []
    body_text = ""
    at = _expect(text, _skip(text, 0), "{")
    closed = text[at : at + 1] == "}"
    while not closed:
        name, end = _DECODER.raw_decode(text, at)
        if not isinstance(name, str) or text[at] != '"':
            raise Unreadable("not valid JSON")
        start = _skip(text, _expect(text, _skip(text, end), ":"))
        value, end = _DECODER.raw_decode(text, start)
        pairs.append((name, value))
        if name == "body":
            body_text = text[start:end]
        at = _skip(text, end)
        closed = text[at : at + 1] == "}"
        if not closed:
            at = _expect(text, at, ",")
    if _skip(text, at + 1) != len(text):
        raise Unreadable("more text after the end")
    return _once(pairs), body_text


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, character: str) -> int:
    if text[at : at + 1] != character:
        raise Unreadable("not valid JSON")
    return _skip(text, at + 1)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unreadable("a key comes twice")
    if any("\x00" in name or (isinstance(value, str) and "\x00" in value) for name, value in pairs):
        raise Unreadable("a NUL character")
    return members


def _no_constant(name: str) -> Any:
    raise Unreadable("NaN or Infinity")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=str, parse_int=str)


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
