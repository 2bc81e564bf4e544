"""docs/scale.md as data: its fenced blocks, chapter by chapter, each with the part that the words before it give it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SAVED = re.compile(r"Save as\s+`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """``file``: where to save it. ``goes_on``: a program that runs until it is stopped. ``answer``: what it prints."""

    text: str
    file: str
    goes_on: bool
    answer: str


def chapter(title: str) -> list[Block]:
    """The shell blocks of one chapter, in order."""
    found: list[Block] = []
    body = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    (text,) = (part for part in body if part.startswith(f"{title}\n"))
    at = 0
    for match in _FENCE.finditer(text):
        lead, at = text[at : match.start()], match.end()
        if match[1] == "text":
            before = found.pop()
            found.append(Block(before.text, before.file, before.goes_on, match[2]))
        elif match[1] == "sh":
            saved = _SAVED.search(lead)
            found.append(Block(match[2], saved[1] if saved else "", "in a terminal of its own" in lead, ""))
    return found
