"""What a step shows: a few kinds of blocks, each with a template of its own. Pure data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise

from demo_site.walkthrough.checks import Check
from demo_site.walkthrough.rows import Change
from demo_site.walkthrough.texts import Words

Text = str | Promise
DONE, WAITING = "done", "waiting"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, such as a form's fields or a row's columns. ``marked`` are names that stand out."""

    template: ClassVar[str] = "walkthrough/_facts.html"
    title: Text
    rows: Sequence[tuple[Text, Text]]
    folded: bool = False
    marked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """Text as it is, to the byte, except for what is masked."""

    template: ClassVar[str] = "walkthrough/_code.html"
    title: Text
    text: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first column is each row's heading. Cells that are numbers stand to the right."""

    template: ClassVar[str] = "walkthrough/_grid.html"
    title: Text
    headers: Sequence[Text]
    rows: Sequence[Sequence[Text]]


@dataclass(frozen=True, slots=True)
class Checks:
    template: ClassVar[str] = "walkthrough/_checks.html"
    title: Text
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True)
class Changes:
    template: ClassVar[str] = "walkthrough/_changes.html"
    title: Text
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Note:
    template: ClassVar[str] = "walkthrough/_note.html"
    text: Text


@dataclass(frozen=True, slots=True)
class Link:
    template: ClassVar[str] = "walkthrough/_link.html"
    text: Text
    url: str


Block = Facts | Code | Grid | Checks | Changes | Note | Link


@dataclass(frozen=True, slots=True)
class Told:
    """What one step has to tell. ``line`` says it in a few words; without one the step has not been reached."""

    line: Text = ""
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    words: Words
    told: Told

    @property
    def state(self) -> str:
        return DONE if self.told.line else WAITING
