"""Sphinx extension: mends what the theme leaves out for people who use a keyboard or a screen reader.

What scrolls sideways (code, wide tables) can be reached by Tab, and the captions of the contents say their level.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

MENDED = {
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    'role="heading">': 'role="heading" aria-level="2">',
}


def _mend(app: Any, error: Exception | None) -> None:
    for path in Path(app.outdir).rglob("*.html") if error is None else ():
        text = path.read_text("utf-8")
        for found, better in MENDED.items():
            text = text.replace(found, better)
        path.write_text(text, "utf-8")


def setup(app: Any) -> dict[str, bool]:
    app.connect("build-finished", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
