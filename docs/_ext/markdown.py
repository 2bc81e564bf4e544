"""Markdown from values: cells that cannot break a table, and tables."""

from __future__ import annotations

from collections.abc import Iterable


def cell(value: object) -> str:
    """One line, with pipes and angle brackets that stay what they are."""
    text = " ".join(str(value).split())
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def code(value: object) -> str:
    text = " ".join(str(value).split())
    return f"`{text}`" if text else ""


def table(heads: str, rows: Iterable[Iterable[str]]) -> str:
    """Cells come ready: ``code`` or ``cell``. ``heads`` are separated by commas."""
    names = heads.split(",")
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def sentence(text: str) -> str:
    """As a sentence: a capital at the beginning, a stop at the end."""
    text = text.strip()
    return text and text[0].upper() + text[1:] + ("" if text[-1] in ".!?:" else ".")


def first_paragraph(doc: str | None) -> str:
    return " ".join((doc or "").strip().split("\n\n")[0].split())
