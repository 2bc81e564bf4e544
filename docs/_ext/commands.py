"""Every management command, with what its own --help prints; what Django adds to each command is left out."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from unittest.mock import patch

BASE = ("version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks")


def names() -> list[str]:
    from paytm_kit.management import commands

    return sorted(path.stem for path in Path(commands.__path__[0]).glob("paytm_*.py"))


def help_of(name: str) -> str:
    """What ``manage.py NAME --help`` prints, at 100 columns."""
    from django.core.management import load_command_class

    with patch.dict(os.environ, COLUMNS="100"):
        parser = load_command_class("paytm_kit", name).create_parser("manage.py", name)
        for action in parser._actions:
            if action.dest in BASE:
                action.help = argparse.SUPPRESS
        return parser.format_help().rstrip()


def pages() -> str:
    return "\n\n".join(f"## {name}\n\n```none\n{help_of(name)}\n```" for name in names())
