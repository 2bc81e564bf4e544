"""Hindi is complete: every text has its translation, and the compiled file is the one that belongs to it."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

import paytm_kit
from paytm_kit.models import Payment

PACKAGE = Path(paytm_kit.__path__[0])
CATALOGUE = PACKAGE / "locale/hi/LC_MESSAGES/django.po"


def entries(path: Path) -> dict[str, str]:
    found = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def test_no_text_is_left_untranslated_or_uncertain() -> None:
    assert len(entries(CATALOGUE)) > 100
    assert [text for text, translated in entries(CATALOGUE).items() if not translated] == []
    assert "fuzzy" not in CATALOGUE.read_text(encoding="utf-8")


def test_placeholders_survive_translation() -> None:
    for text, translated in entries(CATALOGUE).items():
        assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(re.findall(r"%\(\w+\)s", translated)), text


def test_the_compiled_catalogue_says_the_same() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for text, translated in entries(CATALOGUE).items():
        assert compiled.gettext(text) == translated


def test_the_catalogue_holds_the_texts_of_today(tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        assert os.environ.get("CI") != "true", "CI needs gettext: apt-get install gettext"
        pytest.skip("needs gettext: apt-get install gettext")
    copy = tmp_path / "paytm_kit"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("simulator", "__pycache__"))
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "hi", "--no-wrap", "--add-location", "file"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, check=True, capture_output=True, env=environment)
    fresh = entries(copy / "locale/hi/LC_MESSAGES/django.po")
    assert fresh.keys() == entries(CATALOGUE).keys(), "run: make messages, then translate what is new"


def test_a_hindi_shopper_reads_hindi(payment: Payment, client: Client) -> None:
    page = client.get(payment.get_result_url(), headers={"Accept-Language": "hi"}).content.decode()
    assert '<html lang="hi"' in page
    assert "आपके भुगतान की पुष्टि हो रही है" in page
    assert "Confirming your payment" not in page
