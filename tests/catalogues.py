"""Reads translation catalogues and tells where one falls short; each test file says what must not happen."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

FIELD = re.compile(r'^(msg\w+(?:\[\d\])?) ((?:".*"(?:\n|\Z))+)', re.MULTILINE)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|<[^>]+>")
DEVANAGARI = re.compile("[\u0900-\u097f]")


class Entry(NamedTuple):
    """One text in English with its Hindi. ``plural`` is empty where the text does not count anything."""

    text: str
    plural: str
    hindi: tuple[str, ...]


def hindi(package: Path) -> Path:
    return package / "locale/hi/LC_MESSAGES/django.po"


def entries(package: Path) -> list[Entry]:
    """The package's texts, without the header."""
    found = []
    for block in hindi(package).read_text(encoding="utf-8").split("\n\n"):
        fields = {name: _unquoted(lines) for name, lines in FIELD.findall(block)}
        if text := fields.pop("msgid", ""):
            plural = fields.pop("msgid_plural", "")
            found.append(Entry(text, plural, tuple(fields[name] for name in sorted(fields))))
    return found


def _unquoted(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in lines.splitlines())


def untranslated(package: Path, same: frozenset[str]) -> list[str]:
    """Texts without Hindi, except those of ``same``, which are written in Latin letters in Hindi, too."""
    return [
        entry.text
        for entry in entries(package)
        if entry.text not in same and not all(DEVANAGARI.search(text) for text in entry.hindi)
    ]


def uncertain(package: Path) -> list[str]:
    """Lines that mark a translation as a guess or as of yesterday."""
    lines = hindi(package).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("#~") or (line.startswith("#,") and "fuzzy" in line)]


def lost_placeholders(package: Path) -> list[str]:
    """Texts whose Hindi has other placeholders or other HTML."""
    return [
        entry.text
        for entry in entries(package)
        for text in entry.hindi
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(entry.plural or entry.text))
    ]


def compiled_differently(package: Path) -> list[str]:
    """Texts for which the compiled file says something else than the catalogue."""
    with hindi(package).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    return [entry.text for entry in entries(package) if _compiled(compiled, entry) != entry.hindi]


def _compiled(compiled: gettext.GNUTranslations, entry: Entry) -> tuple[str, ...]:
    if not entry.plural:
        return (compiled.gettext(entry.text),)
    return tuple(compiled.ngettext(entry.text, entry.plural, count) for count in (1, 2))


def texts_of_today(package: Path, folder: Path, *ignore: str) -> set[str]:
    """What ``makemessages`` finds in a copy of the package. ``ignore`` names its parts that are not translated."""
    if shutil.which("xgettext") is None:
        assert os.environ.get("CI") != "true", "CI needs gettext: apt-get install gettext"
        pytest.skip("needs gettext: apt-get install gettext")
    copy = folder / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns(*ignore, "__pycache__"))
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "hi", "--no-wrap", "--add-location", "file"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, check=True, capture_output=True, env=environment)
    return {entry.text for entry in entries(copy)}
