"""Paytm's published clients in environments of their own: their old pins must not disturb ours. Installed once."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / ".venv-clients"
VENV = FOLDER / "python"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = HERE / "python" / "requirements.txt"
NODE = HERE / "node"
MODULES = NODE / "node_modules"
TIMEOUT = 300  # seconds for one installation


def prepare() -> str:
    """Installs what is not there yet. "" when every client can run, else a sentence: what is missing, what to do."""
    if absent := [name for name in ("node", "npm") if shutil.which(name) is None]:
        return f"{' and '.join(absent)} not found: install Node.js 18 or newer with npm (apt-get install nodejs npm)"
    FOLDER.mkdir(exist_ok=True)
    try:
        with (FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once install once
            _once(VENV / "installed", REQUIREMENTS, _install_python)
            _once(MODULES / ".installed", NODE / "package-lock.json", _install_node)
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", "") or str(error)
        return f"Paytm's packages could not be installed; go online once and run make test-clients ({_last_line(said)})"
    return ""


def _once(stamp: Path, pins: Path, install: Callable[[], None]) -> None:
    wanted = hashlib.sha256(sys.version.encode() + pins.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == wanted):
        install()
        stamp.write_text(wanted)


def _install_python() -> None:
    _run(sys.executable, "-m", "venv", "--clear", VENV)
    _run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS)


def _install_node() -> None:
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", NODE)


def _run(*command: str | Path) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, text=True, timeout=TIMEOUT, cwd=HERE
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason given"


if __name__ == "__main__":
    sys.exit(prepare() or None)
