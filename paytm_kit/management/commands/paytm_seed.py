"""``manage.py paytm_seed``: invents payments, to try pages and reports at their real size. Never on a live site."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from paytm_kit.management import progress, stopping
from paytm_kit.management.ledger import LedgerCommand, text
from paytm_kit.services import seed

MOST = 9_999_999
MOST_DAYS = 3650
MOST_SEED = 999_999


class Command(LedgerCommand):
    help = (
        "Invents payments with their events, refunds, disputes, announcements and messages. They are marked as the "
        "simulator's and belong to no merchant, so that no gateway is ever asked about them; but they stay for ever. "
        "Run again with the same --seed it goes on where it stopped. "
        "Exit code 0: all of them are there. 1: stopped before the end, or refused. 2: wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--payments", type=int, default=1000, metavar="N", help="so many in all (1000)")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed invents the same (1)")
        parser.add_argument("--days", type=int, default=90, metavar="N", help="spread over so many days (90)")
        parser.add_argument(
            "--account", type=text, default="default", help='the account that they stand under ("default")'
        )
        parser.add_argument("--force", action="store_true", help="also with DEBUG off or beside a production account")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        if (why := seed.objections()) and not options["force"]:
            raise CommandError(
                f"This does not look like a site to play with: {'; '.join(why)}. Invented payments cannot be deleted "
                "again. Use a database of its own, or --force if that is what you want."
            )
        wanted = {name: options[name] for name in ("payments", "seed", "days", "account")}
        planned = seed.plan(**wanted)
        if not planned.batches:
            self.stdout.write(f"There are {planned.there} payments of seed {planned.seed} already: nothing to do.")
            return
        if planned.there:
            self.stdout.write(f"{planned.there} payments of seed {planned.seed} are there; going on from there.")
        there = self._run(planned)
        if there < planned.total:
            raise CommandError(
                f"Stopped: {there} of {planned.total} payments are there. Run the same again: it goes on from there."
            )
        self.stdout.write(
            f"{there} payments of seed {planned.seed} are there. manage.py paytm_rebuild proves them from their events."
        )

    def _run(self, planned: seed.Plan) -> int:
        there = planned.there
        with (
            stopping.on_signal() as stop,
            progress.lines(self.stdout, len(planned.batches), "payments, in thousands") as step,
        ):
            try:
                for there in seed.run(planned):
                    step(f"{there} of {planned.total}")
                    if stop.is_set():
                        break
            except seed.CannotSeed as error:
                raise CommandError(str(error)) from error
        return there


def _check(options: dict[str, Any]) -> None:
    for name, most in (("payments", MOST), ("days", MOST_DAYS), ("seed", MOST_SEED)):
        if not 1 <= options[name] <= most:
            raise CommandError(f"--{name} must be from 1 to {most}.", returncode=2)
    if not 1 <= len(options["account"]) <= 40:
        raise CommandError("--account must be a name of at most 40 characters.", returncode=2)
