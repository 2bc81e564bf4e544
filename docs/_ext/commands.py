"""Every management command, with what its own --help prints; what Django adds to each command is left out."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

BASE = ("version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks")


def names() -> list[str]:
    return sorted(_apps())


# With commands of their own; site.py installs them.
APPS = ("paytm_kit", "paytm_kit.api", "paytm_kit.outgoing")


def _apps() -> dict[str, str]:
    """Each command with the app that it belongs to."""
    rooms = {app: import_module(f"{app}.management.commands") for app in APPS}
    return {path.stem: app for app, room in rooms.items() for path in Path(room.__path__[0]).glob("paytm_*.py")}


def help_of(name: str) -> str:
    """What ``manage.py NAME --help`` prints, at 100 columns."""
    from django.core.management import load_command_class

    with patch.dict(os.environ, COLUMNS="100"):
        parser = load_command_class(_apps()[name], name).create_parser("manage.py", name)
        for action in parser._actions:
            if action.dest in BASE:
                action.help = argparse.SUPPRESS
        return parser.format_help().rstrip()


def pages() -> str:
    return "\n\n".join(f"## {name}\n\n```none\n{help_of(name)}\n```" for name in names())
