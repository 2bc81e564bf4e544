"""Which other texts may have been signed for this JSON text: the usual mistakes, the likely ones first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from paytm_kit.checksum.reasons import Reason
from paytm_kit.checksum.rewrites import REWRITES, Guess, other_encodings
from paytm_kit.checksum.scheme import signed_text

_UNREADABLE = object()  # JSON has no value that is this one

LAYOUTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("compact", {"separators": (",", ":")}),
    ("with a space after each ',' and ':'", {}),
    ("indented by 2", {"indent": 2}),
    ("indented by 4", {"indent": 4}),
)

# These characters stand only inside strings, so a plain translation of the JSON text is enough.
ESCAPES: tuple[tuple[str, dict[int, str]], ...] = (
    ("", {}),
    (", with escaped slashes as PHP writes them", str.maketrans({"/": "\\/"})),
    (", with <, > and & escaped as Go writes them", {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}),
    (", with <, >, &, = and ' escaped as Gson writes them", {ord(c): f"\\u{ord(c):04x}" for c in "<>&='"}),
)

_BODY = re.compile(r'"body"\s*:\s*')
_SPACE_OUTSIDE_STRINGS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')


def json_guesses(text: str) -> Iterator[Guess]:
    """Every guess for a JSON text; the text need not be JSON."""
    value = _parsed(text)
    for reason, detail, rewrite in REWRITES:
        yield Guess(reason, detail, _encoded(rewrite(text)))
    yield from other_encodings(text)
    yield from _text_level(text)
    if value is _UNREADABLE:
        return
    yield from _envelope(text, value)
    yield from _reserialised(text, value)
    yield from _quoted(text, value)
    if isinstance(value, dict):
        yield from _as_form(value)
        yield from _fields_added(value)


def is_cut_off(text: str) -> bool:
    """Whether the text begins like JSON and ends before its end."""
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        return False
    try:
        json.loads(stripped)
    except json.JSONDecodeError as error:
        return error.pos >= len(stripped) or stripped[-1] not in "}]"
    except (ValueError, RecursionError):  # a huge number, or too deep to follow: no sign of an early end
        return False
    return False


def _parsed(text: str, **options: Any) -> Any:
    try:
        return json.loads(text, **options)
    except (ValueError, RecursionError):
        return _UNREADABLE


def _dumped(value: Any, **options: Any) -> str | None:
    try:
        return json.dumps(value, **options)
    except RecursionError:
        return None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _text_level(text: str) -> Iterator[Guess]:
    """Rewrites that leave every token as it is spelt."""
    without_spaces = _SPACE_OUTSIDE_STRINGS.sub(r"\1", text)
    yield Guess(Reason.JSON_RESERIALISED, "without the spaces between its parts", _encoded(without_spaces))
    for how, spelling in (("without", text.replace("\\/", "/")), ("with", text.replace("/", "\\/"))):
        yield Guess(Reason.JSON_RESERIALISED, f"{how} backslashes before '/'", _encoded(spelling))
    try:
        end = json.JSONDecoder().raw_decode(text.lstrip())[1]
    except (ValueError, RecursionError):
        return
    yield Guess(Reason.WHITESPACE, "nothing after the JSON", _encoded(text.lstrip()[:end]))


def _envelope(text: str, value: Any) -> Iterator[Guess]:
    if isinstance(value, dict) and "body" in value:
        for found in islice(_BODY.finditer(text), 5):
            end = json.JSONDecoder().raw_decode(text, found.end())[1]  # the text as a whole has been parsed already
            yield Guess(Reason.JSON_ENVELOPE, 'the text of "body" alone', _encoded(text[found.end() : end]))
        for guess in _reserialised(text, value["body"]):
            yield Guess(Reason.JSON_ENVELOPE, f'"body" alone, {guess.detail}', guess.text)
    for spelling in (f'{{"body":{text}}}', f'{{"body": {text}}}'):
        yield Guess(Reason.JSON_ENVELOPE, 'the payload wrapped in {"body": …}', _encoded(spelling))


def _whole_as_int(spelling: str) -> float | int:
    """JavaScript writes 1.0 as 1."""
    number = float(spelling)
    return int(number) if number.is_integer() else number


def _reserialised(text: str, value: Any) -> Iterator[Guess]:
    values = [("", value)]
    javascript = _parsed(text, parse_float=_whole_as_int)
    if javascript is not _UNREADABLE and re.search(r"[0-9]\.0|[0-9][eE]", text):
        values.append((", whole numbers without decimals", javascript))
    for (layout, options), (order, by_name), raw, (numbers, one) in product(
        LAYOUTS, (("", False), (", keys sorted", True)), (True, False), values
    ):
        spelling = _dumped(one, sort_keys=by_name, ensure_ascii=not raw, **options)
        if spelling is None:
            return
        characters = "" if spelling.isascii() and raw else (", raw UTF-8" if raw else ", with \\u escapes")
        for escapes, table in ESCAPES:
            detail = f"{layout}{order}{characters}{numbers}{escapes}"
            yield Guess(Reason.JSON_RESERIALISED, detail, _encoded(spelling.translate(table)))


def _quoted(text: str, value: Any) -> Iterator[Guess]:
    if isinstance(value, str):
        yield Guess(Reason.JSON_QUOTED, "the content of the string", _encoded(value))
    for raw in (True, False):
        spelling = json.dumps(text, ensure_ascii=not raw)
        yield Guess(Reason.JSON_QUOTED, "the whole JSON as a string in quotes", _encoded(spelling))


def _as_form(value: dict[str, Any]) -> Iterator[Guess]:
    try:
        yield Guess(Reason.OTHER_SCHEME, "its values, sorted by name and joined by '|'", signed_text(value))
    except (TypeError, ValueError):
        return  # nested or not all text: no form could have had these values


def _fields_added(value: dict[str, Any]) -> Iterator[Guess]:
    for name, (_, options), raw in product(value, LAYOUTS[:2], (True, False)):
        rest = {other: item for other, item in value.items() if other != name}
        if (spelling := _dumped(rest, ensure_ascii=not raw, **options)) is not None:
            yield Guess(Reason.FIELD_ADDED, "", _encoded(spelling), (name,))
