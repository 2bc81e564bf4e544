"""A page as data: its chapters, and each fenced block with the part that it plays. Pure.

The words before a block say what it is, and a reader reads the same words: "Save as `name`" is a file, "in a terminal
of its own" is a program that goes on running, "Not run" is not executed. A shell block without any is executed; a
block of JSON or text behind it is its answer. Nothing else may stand on the page.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
ANSWERS = ("json", "text")
_SAVED = re.compile(r"Save as `([^`]+)`")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Part(Enum):
    FILE = "file"
    PROGRAM = "program"
    COMMAND = "command"
    ANSWER = "answer"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    lead: str  # the paragraph before it
    chapter: str
    section: str
    line: int
    page: str = PAGE.name

    @property
    def part(self) -> Part:
        if "Not run" in self.lead:
            return Part.NOT_RUN
        if self.file:
            return Part.FILE
        if self.language == "sh":
            return Part.PROGRAM if "in a terminal of its own" in self.lead else Part.COMMAND
        if self.language in ANSWERS:
            return Part.ANSWER
        raise AssertionError(f"line {self.line}: say what this {self.language} block is")

    @property
    def file(self) -> str:
        found = _SAVED.search(self.lead)
        return found[1] if found else ""

    @property
    def stays(self) -> bool:
        """Whether all later chapters need this program."""
        return "leave it running" in self.lead


def text(page: Path = PAGE) -> str:
    return page.read_text("utf-8")


def prose(page: Path = PAGE) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", text(page))


def blocks(page: Path = PAGE) -> list[Block]:
    whole, found = text(page), []
    for match in _FENCE.finditer(whole):
        before = whole[: match.start()]
        last = before.rstrip().rsplit("\n\n", 1)[-1]
        lead = "" if last.endswith("```") else " ".join(last.split())
        heads = _heading("##", before), _heading("###", before)
        found.append(Block(match[1], match[2], lead, *heads, _line(before), page.name))
    return found


def items(page: Path) -> list[Block | str]:
    """The blocks and the prose between them, in order."""
    *prose, last = re.split(_FENCE.pattern, text(page), flags=_FENCE.flags)
    between = prose[::3]  # the pattern has two groups
    return [item for pair in zip(between, blocks(page), strict=True) for item in pair] + [last]


def _heading(marks: str, before: str) -> str:
    headings = re.findall(rf"^{marks} (.+)$", before, re.MULTILINE)
    return headings[-1] if headings else ""


def _line(before: str) -> int:
    return before.count("\n") + 1


def chapters() -> list[str]:
    """The chapters in which something runs."""
    return list(dict.fromkeys(block.chapter for block in blocks()))


def tables() -> dict[str, list[list[str]]]:
    """The rows of every table by its first heading cell; the cells as they stand, without the code marks."""
    found: dict[str, list[list[str]]] = {}
    for match in re.finditer(r"^\|(.+)\|\n\|[-| :]+\|\n((?:\|.*\|\n)+)", text(), re.MULTILINE):
        rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in match[2].splitlines()]
        found.setdefault(match[1].split(" | ")[0].strip(), []).extend(rows)
    return found


def calls() -> set[tuple[str, str]]:
    """Method and path of every control-plane call that a shell block makes."""
    found = set()
    for block in blocks():
        if block.part is Part.COMMAND:
            for command in re.split(r"(?<!\\)\n|[|;]|\$\(", block.text.replace("\\\n", " ")):
                if "curl " in command and "/_sim/" in command:
                    found.add(_call(command))
    return found


def _call(command: str) -> tuple[str, str]:
    words = shlex.split(command.replace(")", " ").replace('"$', "$"), posix=True)
    path = next(word for word in words if "/_sim/" in word).partition("/_sim/")[2].partition("?")[0]
    posts = {"-d", "--data"} & set(words)
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if posts else "GET"
    return method, "/_sim/" + re.sub(r"\$\{?\w+\}?", "1", path)
