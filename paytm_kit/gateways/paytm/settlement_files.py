"""A settlement report as a CSV file: from bytes to rows, one line at a time, however long the file is.

Each line is parsed by itself. A quote that is never closed would otherwise swallow the rest of the file; the price is
that a value may not hold a line break, and no column of a settlement report does.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from paytm_kit.gateways.base import BrokenEntry, SettlementEntry, UnreadableReport
from paytm_kit.gateways.paytm import settlement_rows
from paytm_kit.masking import safe_line

LONGEST_LINE = 64 * 1024  # characters
LOOK_FOR_HEADER = 20  # lines: some reports begin with a title
DELIMITERS = (",", ";", "\t", "|")

# What people hand over instead.
OTHER_FILES = {
    b"PK\x03\x04": "a spreadsheet (xlsx) or zip file: unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (xls): save the sheet as CSV",
    b"\x1f\x8b": "compressed (gzip): unpack it",
    b"%PDF": "a PDF: download the report as CSV",
}
ENCODINGS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

Line = tuple[int, str | None]  # its number, from 1; ``None`` for one that is too long


def read(file: BinaryIO) -> Iterator[SettlementEntry | BrokenEntry]:
    """The report's lines. Raises UnreadableReport at the first of them when it is no report that we know.

    ``file`` can be sought in and is buffered, as ``open(path, "rb")`` gives it.
    """
    text = _text(file)
    try:
        lines = _lines(text)
        header, delimiter = _header(lines)
        for number, line in lines:
            if entry := _read(number, line, header, delimiter):
                yield entry
    finally:
        text.detach()  # the file is the caller's to close


def _read(number: int, line: str | None, header: list[str], delimiter: str) -> SettlementEntry | BrokenEntry | None:
    if line is None:
        return BrokenEntry(number, f"the line is longer than {LONGEST_LINE} characters")
    try:
        cells = _cells(line, delimiter)
    except csv.Error as error:
        return BrokenEntry(number, f"the line is no CSV ({error})")
    return _entry(number, header, cells) if any(cell.strip() for cell in cells) else None


def _entry(number: int, header: list[str], cells: list[str]) -> SettlementEntry | BrokenEntry:
    if len(cells) < len(header):
        return BrokenEntry(number, f"the line ends after {len(cells)} of {len(header)} columns")
    if any(cell.strip() for cell in cells[len(header) :]):
        return BrokenEntry(number, f"the line has {len(cells)} columns, the header {len(header)}")
    return settlement_rows.read(number, dict(zip(header, cells, strict=False)))


def _text(file: BinaryIO) -> io.TextIOWrapper:
    begin = file.read(4)
    file.seek(0)
    for magic, what in OTHER_FILES.items():
        if begin.startswith(magic):
            raise UnreadableReport(f"This file is {what}.")
    encoding = next((name for bom, name in ENCODINGS.items() if begin.startswith(bom)), "utf-8-sig")
    # A byte that is no text spoils its cell, not the file.
    return io.TextIOWrapper(file, encoding, errors="replace")


def _lines(text: io.TextIOWrapper) -> Iterator[Line]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        whole = len(line) < LONGEST_LINE or line.endswith("\n")
        while line and not line.endswith("\n") and len(line) == LONGEST_LINE:
            line = text.readline(LONGEST_LINE)
        yield number, line if whole else None


def _header(lines: Iterator[Line]) -> tuple[list[str], str]:
    """The names of the columns and what separates them."""
    best: list[str] = []
    for number, line in lines:
        for delimiter in DELIMITERS if line else ():
            try:
                names = [name.strip() for name in _cells(line or "", delimiter)]
            except csv.Error:
                continue
            if not settlement_rows.missing(names):
                return _once(names, number), delimiter
            best = max(best, names, key=_likeness)
        if number >= LOOK_FOR_HEADER:
            break
    if not best:
        raise UnreadableReport("This file is empty.")
    lacking = ", ".join(settlement_rows.missing(best))
    raise UnreadableReport(
        f"This is no settlement report that we know: no line among its first {LOOK_FOR_HEADER} names all columns. "
        f"Nearest: {safe_line(', '.join(best), 200)}. Missing: {lacking}."
    )


def _likeness(names: list[str]) -> tuple[int, int]:
    return sum(bool(settlement_rows.known(name)) for name in names), len("".join(names))


def _once(names: list[str], number: int) -> list[str]:
    seen: set[str] = set()
    for name in filter(settlement_rows.known, names):
        if settlement_rows.plain(name) in seen:
            raise UnreadableReport(f"Line {number}, the header, names the column {safe_line(name, 60)} twice.")
        seen.add(settlement_rows.plain(name))
    return names


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True, skipinitialspace=True), [])
