"""The console script ``paytm-simulator``: which command is meant. Without a command it serves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from paytm_kit.simulator import guard

# Each is imported only when it is meant: none waits for what another needs.
COMMANDS = {
    "serve": "paytm_kit.simulator.run.serve",
    "instruments": "paytm_kit.simulator.run.instruments",
    "examine": "paytm_kit.simulator.examine.cli",
    "trigger": "paytm_kit.simulator.triggers.cli",
}
HELP = ("-h", "--help")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns its exit status: 0 done, 2 could not start or did not understand."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = words.pop(0) if words and not words[0].startswith("-") else "serve"
    if name not in COMMANDS:
        return _failed(f"There is no command {name[:40]!r}. Known: {', '.join(COMMANDS)}.")
    if not set(HELP) & set(words) and (why := guard.production()):
        return _failed(why)
    return int(import_module(COMMANDS[name]).main(words))


def _failed(message: str) -> int:
    sys.stderr.write(f"paytm-simulator: {message}\n")
    return 2
