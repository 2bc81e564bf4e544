"""Pictures of every page at three widths in English and Hindi: ``python -m tests.browser.shots OUTPUT_DIR``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

OUTPUT = "SHOTS_OUTPUT_DIR"  # where the accessibility tests leave a picture of each page that they look at


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.browser.shots OUTPUT_DIR")
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[OUTPUT] = str(folder)
    return pytest.main([str(Path(__file__).with_name("test_accessibility.py")), "-q", "-k", "every_page"])


if __name__ == "__main__":
    sys.exit(main())
