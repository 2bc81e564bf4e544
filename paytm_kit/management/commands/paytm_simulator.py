"""``manage.py paytm_simulator``: the console script, for those who live in manage.py."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from paytm_kit.simulator import options


class Command(BaseCommand):
    help = "Runs the Paytm simulator, with its own settings and books. It is not Paytm; no real money moves."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_arguments(parser)

    def handle(self, *args: Any, **flags: Any) -> None:
        """Becomes the simulator: this process has the project's settings, so another must have the simulator's."""
        try:
            chosen = options.with_arguments(options.from_environ(os.environ), flags)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.flush()
        environ = os.environ | options.to_environ(chosen)  # not the command line, where others could read the key
        os.execve(sys.executable, [sys.executable, "-m", "paytm_kit.simulator"], environ)  # noqa: S606 - ourselves
