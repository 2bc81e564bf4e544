"""docs/flask.md, from an empty folder to a paid order, as written."""

from __future__ import annotations

import json
from pathlib import Path

from tests.docs import browser, page, project
from tests.flask import quick

MANUAL = project.DOCS / "flask.md"
WALKED = "\n## In your own app\n"  # up to here


def test_the_manual_leads_to_a_paid_order(tmp_path: Path) -> None:
    with project.newcomer(tmp_path, FLASK_PAYTM_KIT_DJANGO=json.dumps(quick.HASHES)) as reader:
        window = browser.Browser()
        for item in page.items(MANUAL):
            if isinstance(item, page.Block):
                reader.take(item)
                continue
            for kind, what, where in browser.steps(item.partition(WALKED)[0]):
                with reader.telling_what_was_printed():
                    window.do(kind, reader.there(what), where)
            if WALKED in item:
                break
        assert not [program for program in reader.own if "Traceback" in program.printed()]


def test_it_tells_what_to_do_in_the_browser() -> None:
    told = [item for item in page.items(MANUAL) if isinstance(item, str) and WALKED in item]
    assert [len(browser.steps(item.partition(WALKED)[0])) for item in told] == [8]
