"""JSON objects that name each member once, as gateways answer and send them, and texts out of what is in them.

Whatever is not clear is Unreadable; what the members mean is each gateway's own affair.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from paytm_kit.gateways.http import Unreadable

_IDENTIFIER = re.compile(r"[!-~]{1,64}")


def read(text: str) -> dict[str, Any]:
    """Raises Unreadable for what is no JSON object, and for one that names a member twice. Fractions stay texts."""
    try:
        body = json.loads(text, object_pairs_hook=_once, parse_float=str, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {type(error).__name__}") from None
    if not isinstance(body, dict):
        raise Unreadable("no JSON object")
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member comes twice")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def members(body: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The object at the end of the path; an empty one where there is none."""
    for name in path:
        inner = body.get(name)
        body = inner if isinstance(inner, Mapping) else {}
    return body


def rows(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects in a list; nothing where there is no list."""
    found = body.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def text(value: object) -> str:
    """Codes come as texts and as numbers; everything else is empty."""
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def identifier(value: object) -> str:
    """An id as it may stand in a column and a log; empty for anything else."""
    found = text(value)
    return found if _IDENTIFIER.fullmatch(found) else ""
