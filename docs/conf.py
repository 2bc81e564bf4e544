"""How the documentation is built: ``make docs``, offline, every warning an error."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from paytm_kit import __version__

project = "paytm-kit"
author = "the paytm-kit authors"
copyright = author
version = release = __version__

extensions = ["myst_parser", "docs._ext.generated", "docs._ext.accessible"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext", "_static"]
suppress_warnings = ["misc.highlighting_failure"]  # JSON with "…" in it, as simulator.md shows answers

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
nitpicky = True
smartquotes = False  # a quote in a sentence may be the very character that is meant

html_theme = "furo"
html_title = "paytm-kit"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": False, "top_of_page_buttons": []}
