"""docs/quickstart.md, from an empty folder to a paid order, as written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import browser, page, project

QUICKSTART = project.DOCS / "quickstart.md"


def test_the_quickstart_leads_to_a_paid_order(tmp_path: Path) -> None:
    with project.newcomer(tmp_path) as reader:
        window = browser.Browser()
        for item in page.items(QUICKSTART):
            if isinstance(item, page.Block):
                reader.take(item)
            for kind, what, where in browser.steps(item) if isinstance(item, str) else ():
                with reader.telling_what_was_printed():
                    window.do(kind, reader.there(what), where)
        window.open(reader.there("http://127.0.0.1:8000/orders/2/"))
        window.read("We are packing it.")
        printed = "".join(program.printed() for program in reader.own)
        assert "Traceback" not in printed, printed


def test_the_quickstart_tells_what_to_do_in_the_browser() -> None:
    steps = [browser.steps(item) for item in page.items(QUICKSTART) if isinstance(item, str)]
    assert [len(found) for found in steps if found] == [9, 5]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("python3 -m venv .venv\n", ""),
        (". .venv/bin/activate\npip install --quiet paytm-kit\nls\n", "ls\n"),
        ("python manage.py migrate\n", "python manage.py migrate\n"),
    ],
)
def test_only_the_environment_and_its_installation_are_left_out(line: str, left: str) -> None:
    assert project.pasted(line) == left
