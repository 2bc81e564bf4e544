"""Sphinx extension: ``<!-- generated: settings -->`` in a page becomes what the code says about settings.

The comments are replaced when Sphinx reads a page, so a page on disk holds nothing that could grow stale. ``expand``
does the same for the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from docs._ext import addresses, api, checksums, codes, commands, errors, events, features, signals, tables
from docs._ext.site import ready

BLOCKS: dict[str, Callable[[], str]] = {
    "account settings": tables.account_settings,
    "kit settings": tables.kit_settings,
    "endpoint settings": tables.endpoint_settings,
    "outgoing types": tables.outgoing_types,
    "outgoing ladder": tables.outgoing_ladder,
    "states": tables.states,
    "tampers": tables.tampers,
    "flags": tables.flags,
    "limits": tables.limits,
    "measures": tables.measures,
    "rules": tables.rules,
    "recipes": tables.recipes,
    "letters": tables.letters,
    "letter context": tables.letter_context,
    "rights": tables.rights,
    "acts": tables.acts,
    "features": features.shown,
    "addresses": addresses.shown,
    "signals": signals.pages,
    "commands": commands.pages,
    "errors": errors.classes,
    "checks": errors.checks,
    "codes": codes.pages,
    "reasons": checksums.pages,
    "events": events.shown,
    "endpoints": api.endpoints,
    "problems": api.problems,
}
_MARK = re.compile(r"^<!-- generated: ([\w ]+) -->$", re.MULTILINE)


def expand(text: str) -> str:
    """The page with each mark replaced. Raises KeyError for a mark that nobody makes."""
    if not _MARK.search(text):
        return text
    ready()
    return _MARK.sub(lambda match: BLOCKS[match[1]](), text)


def _read(app: Any, name: str, source: list[str]) -> None:
    source[0] = expand(source[0])


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
