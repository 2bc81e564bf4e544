"""What a spreadsheet may be given as text: nothing that it would take for a formula."""

from __future__ import annotations

# What begins so is a formula to a spreadsheet, or becomes one when it drops the white space.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(text: str) -> str:
    """The text for a cell of a CSV file, with ``'`` before what would be run. That sign means text in a spreadsheet."""
    return f"'{text}" if text.startswith(_FORMULA) else text
