"""``manage.py paytm_doctor``: is everything set up to take money, and if not, what to do."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from paytm_kit.services import doctor


class Command(BaseCommand):
    help = "Checks settings, key, callback URL, database, clock and hosts. Exit code 1 if anything fails."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offline", action="store_true", help="do not try to reach the gateway's hosts")

    def handle(self, *args: Any, **options: Any) -> None:
        paint = {doctor.OK: self.style.SUCCESS, doctor.WARN: self.style.WARNING, doctor.FAIL: self.style.ERROR}
        levels: Counter[str] = Counter()
        for finding in doctor.examine(network=not options["offline"]):
            levels[finding.level] += 1
            self.stdout.write(f"{paint[finding.level](f'{finding.level:>4}')}  {finding.what}")
            if finding.fix:
                self.stdout.write(f"      → {finding.fix}")
        self.stdout.write(f"{levels[doctor.OK]} ok, {levels[doctor.WARN]} warn, {levels[doctor.FAIL]} fail")
        if levels[doctor.FAIL]:
            raise CommandError("Payments will not work until each line marked fail is mended.")
