"""No template shows a word that nobody could translate: what is left of it without tags and marked texts is no text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Not the simulator's: it speaks English, as Paytm's test pages do.
TEMPLATES = sorted(
    path
    for folder in ("paytm_kit/templates", "demo_site")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".html", ".txt"} and "templates" in path.parts
)
# Names, which stay as they are in every language.
NAMES = re.compile(r"\b(Kadamb|Paytm|paytm-kit|GSTIN|UTF|http|https|www|CSV|XLSX|JSON)\b")

MARKED = re.compile(r"{%-?\s*blocktrans(?:late)?\b.*?{%-?\s*endblocktrans(?:late)?\s*-?%}", re.DOTALL)
COMMENTS = re.compile(r"{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->", re.DOTALL)
NOT_SHOWN = re.compile(r"<(script|style)\b.*?</\1>|<!doctype[^>]*>", re.DOTALL | re.IGNORECASE)
ATTRIBUTES = re.compile(
    r"{% block (?:tone|region) %}.*?{% endblock\b.*?%}", re.DOTALL
)  # blocks that stand inside a tag
TEMPLATE_TAGS = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
TAGS = re.compile(r"<[^>]*>", re.DOTALL)
READ_ALOUD = re.compile(r"\b(?:alt|title|aria-label|placeholder)=(\"[^\"]*\"|'[^']*')")
CODE = re.compile(r"<(code|pre|kbd)\b[^>]*>.*?</\1>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def unmarked(source: str) -> list[str]:
    """The words of a template that stand there in English whatever the language."""
    for pattern in (COMMENTS, MARKED, NOT_SHOWN, ATTRIBUTES, TEMPLATE_TAGS, CODE):
        source = pattern.sub(" ", source)
    shown = " ".join([TAGS.sub(" ", source), *READ_ALOUD.findall(source)])
    return WORD.findall(NAMES.sub(" ", re.sub(r"&\w+;", " ", shown)))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    assert unmarked(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Pay now</p>", ["Pay", "now"]),
        ('<img alt="A jar">', ["jar"]),
        ('<p>{% translate "Pay now" %} {{ amount }}</p>', []),
        ("{% blocktranslate %}Pay {{ amount }}{% endblocktranslate %}", []),
        ('<a class="button" title="{% translate "Go" %}">→</a>', []),
        ("<script>let paid = true</script>{# a remark #}", []),
    ],
)
def test_the_check_finds_what_is_not_marked(source: str, found: list[str]) -> None:
    assert unmarked(source) == found
