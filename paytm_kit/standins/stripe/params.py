"""Stripe's form encoding: ``line_items[0][price_data][currency]=inr`` as nested dicts and lists. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

DEEPEST = 8
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


class Malformed(ValueError):
    """A name that cannot be read; ``name`` is as it came."""

    def __init__(self, name: str) -> None:
        self.name = name[:100]
        super().__init__(f"Invalid parameter name: {self.name}")


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The pairs as Stripe reads them. ``[]`` and numbers make lists. Raises Malformed."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        path = [match[1], *_PART.findall(match[2])] if match else []
        if not path or len(path) > DEEPEST:
            raise Malformed(name)
        place = tree
        for step in path[:-1]:
            place = place.setdefault(_key(step, place), {})
            if not isinstance(place, dict):
                raise Malformed(name)
        last = _key(path[-1], place)
        if isinstance(place.get(last), dict):
            raise Malformed(name)
        place[last] = value
    return {name: _listed(value) for name, value in tree.items()}


def _key(step: str, place: dict[str, Any]) -> str:
    return step or str(len(place))


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    if inner and all(name.isascii() and name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
