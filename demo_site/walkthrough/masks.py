"""What of a message may be shown: the text as it was signed, with contacts and tokens masked inside it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from paytm_kit.masking import redact, redact_value

CHECKSUM = "CHECKSUMHASH"


def members(text: str) -> dict[str, str]:
    """The members of the outermost JSON object, each as the exact text that stands there. Raises ValueError."""
    decoder, found = json.JSONDecoder(), {}
    at = _skip(text, text.index("{") + 1, "")
    while text[at : at + 1] not in ("}", ""):
        name, at = decoder.raw_decode(text, at)
        start = _skip(text, at, ":")
        _, at = decoder.raw_decode(text, start)
        found[str(name)] = text[start:at]
        at = _skip(text, at, ",")
    return found


def _skip(text: str, at: int, also: str) -> int:
    while text[at : at + 1] and text[at] in f" \t\r\n{also}":
        at += 1
    return at


def form(pairs: list[tuple[str, str]]) -> tuple[list[list[str]], list[str]]:
    """The fields but the signature, masked, in their order; and the names of those that were changed."""
    shown = [[name, redact_value(name, value)] for name, value in pairs if name != CHECKSUM]
    plain = dict(pairs)
    return shown, [name for name, value in shown if value != plain[name]]


def body(text: str) -> tuple[str, list[str]]:
    """JSON text with the same spaces and spellings, masked; and the names of what was changed. Raises ValueError."""
    value = json.loads(text)
    shown = redact(value)
    changed = list(_changes(value, shown))
    result = text
    for _, true, masked in changed:
        for spelt in (json.dumps(true), json.dumps(true, ensure_ascii=False)):
            result = result.replace(spelt, json.dumps(masked, ensure_ascii=False))
    if _texts(json.loads(result)) != _texts(shown):  # two fields had one value, or what was masked is no text
        result = json.dumps(shown, separators=(",", ":"), ensure_ascii=False)
    return result, [name for name, _, _ in changed]


def _changes(true: Any, shown: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(true, Mapping) and isinstance(shown, Mapping):
        for (key, item), masked in zip(true.items(), shown.values(), strict=False):
            yield from _changes(item, masked, key)
    elif isinstance(true, list) and isinstance(shown, list):
        for item, masked in zip(true, shown, strict=False):
            yield from _changes(item, masked, name)
    elif _texts(true) != shown:
        yield name, true, shown


def _texts(value: Any) -> Any:
    """The same with numbers as text, as masking leaves them."""
    if isinstance(value, Mapping):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value if value is None or isinstance(value, bool) else str(value)
