"""How a text changes on its way between two programs: the table of usual accidents, one function each."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from paytm_kit.checksum.reasons import Reason


@dataclass(frozen=True, slots=True)
class Guess:
    """One text that may have been signed instead, and the finding if it was."""

    reason: Reason
    detail: str
    text: bytes = field(repr=False)
    fields: tuple[str, ...] = ()


def _php_escape(text: str) -> str:
    return html.escape(text).replace("&#x27;", "&#039;")


def _recode(text: str, written: str, read: str) -> str:
    """Text written in one encoding and read in another; unchanged where that is impossible."""
    try:
        return text.encode(written).decode(read)
    except UnicodeError:
        return text


def _two_marks(text: str) -> str:
    """.NET's ASCII encoder: one "?" per UTF-16 unit, so two for an emoji."""
    return re.sub(r"[^\x00-\x7f]", lambda found: "??" if ord(found[0]) > 0xFFFF else "?", text)


def _one_mark(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")


# (finding, "the signed text …", from our text to the text that may have been signed)
REWRITES: tuple[tuple[Reason, str, Callable[[str], str]], ...] = (
    (Reason.WHITESPACE, "no white space at its beginning and end", str.strip),
    (Reason.WHITESPACE, "a newline at its end", lambda text: text + "\n"),
    (Reason.WHITESPACE, "a carriage return and newline at its end", lambda text: text + "\r\n"),
    (Reason.WHITESPACE, "a space at its end", lambda text: text + " "),
    (Reason.WHITESPACE, "a space at its beginning", lambda text: " " + text),
    (Reason.WHITESPACE, "line ends of the other kind (LF)", lambda text: text.replace("\r\n", "\n")),
    (Reason.WHITESPACE, "line ends of the other kind (CRLF)", lambda text: re.sub(r"\r?\n", "\r\n", text)),
    (Reason.WHITESPACE, "single spaces only", lambda text: re.sub(r"\s+", " ", text)),
    (Reason.WHITESPACE, "no spaces at all", lambda text: text.replace(" ", "")),
    (Reason.WHITESPACE, "no byte order mark", lambda text: text.removeprefix("\ufeff")),
    (Reason.WHITESPACE, "a byte order mark before it", lambda text: "\ufeff" + text),
    (Reason.HTML_ESCAPED, "HTML-escaped", html.escape),
    (Reason.HTML_ESCAPED, "HTML-escaped, as PHP does it", _php_escape),
    (Reason.HTML_ESCAPED, "HTML-escaped except quotes", lambda text: html.escape(text, quote=False)),
    (Reason.HTML_ESCAPED, "without HTML entities", html.unescape),
    (Reason.URL_ENCODED, "URL-decoded", unquote),
    (Reason.URL_ENCODED, "URL-decoded, with '+' for spaces", unquote_plus),
    (Reason.URL_ENCODED, "written with '+' where the payload has spaces", lambda text: text.replace(" ", "+")),
    (Reason.URL_ENCODED, "URL-encoded", lambda text: quote(text, safe="")),
    (Reason.URL_ENCODED, "URL-encoded except '/'", quote),
    (Reason.URL_ENCODED, "URL-encoded, with '+' for spaces", quote_plus),
    (Reason.ENCODING, "ASCII, with '?' for all else, as .NET writes it", _two_marks),
    (Reason.ENCODING, "ASCII, with '?' for all else", _one_mark),
    (Reason.ENCODING, "UTF-8 read as ISO-8859-1", lambda text: _recode(text, "utf-8", "latin-1")),
    (Reason.ENCODING, "UTF-8 read as Windows-1252", lambda text: _recode(text, "utf-8", "cp1252")),
    (Reason.ENCODING, "UTF-8, which the payload shows as ISO-8859-1", lambda text: _recode(text, "latin-1", "utf-8")),
    (Reason.ENCODING, "UTF-8, which the payload shows as Windows-1252", lambda text: _recode(text, "cp1252", "utf-8")),
    (Reason.ENCODING, "composed Unicode (NFC)", lambda text: unicodedata.normalize("NFC", text)),
    (Reason.ENCODING, "decomposed Unicode (NFD)", lambda text: unicodedata.normalize("NFD", text)),
)

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def _respelt(spell: Callable[[Decimal], str]) -> Callable[[str], str]:
    return lambda text: spell(Decimal(text)) if _NUMBER.fullmatch(text) else text


NUMBERS: tuple[tuple[Reason, str, Callable[[str], str]], ...] = (
    (Reason.NUMBER_SPELLING, "the number with two decimals", _respelt("{:.2f}".format)),
    (Reason.NUMBER_SPELLING, "the number with one decimal", _respelt("{:.1f}".format)),
    (Reason.NUMBER_SPELLING, "the number without decimals", _respelt("{:.0f}".format)),
)


def other_encodings(text: str) -> Iterator[Guess]:
    """The whole text in the encodings that Java and Windows programs fall back to."""
    for name in ("latin-1", "cp1252"):
        label = {"latin-1": "ISO-8859-1", "cp1252": "Windows-1252"}[name]
        yield Guess(Reason.ENCODING, f"{label} instead of UTF-8", text.encode(name, "replace"))
