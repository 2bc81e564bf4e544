"""Runs ``apart_*.py`` where a Flask app configures Django, in one process for all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_the_extension_where_flask_has_configured_django(tmp_path: Path) -> None:
    files = sorted(HERE.glob("apart_*.py"))
    assert files
    ours = ("PAYTM_", "DJANGO_", "PYTEST_", "FLASK_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    plugins = ("-p", "no:django", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist")
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-W", "error", "-c", os.devnull, "--rootdir", ROOT,
            "--confcutdir", HERE, "--disable-socket", "--allow-hosts=127.0.0.1", *plugins,
            "-p", "paytm_kit.testing.pytest_plugin", "-p", "tests.flask.place", *files,
        ],
        cwd=ROOT, env=environ | {"FLASK_TESTS": str(tmp_path)}, text=True, capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
