"""``manage.py paytm_purge``: removes wire messages and personal data whose time is over. Run it once a day."""

from __future__ import annotations

from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import CommandError

from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.management import moments, stopping
from paytm_kit.management.ledger import LedgerCommand, actor
from paytm_kit.services import audit, purge


class Command(LedgerCommand):
    help = (
        "Deletes wire messages older than WIRE_RETENTION_DAYS and empties the personal columns of payments older than "
        "PERSONAL_DATA_RETENTION_DAYS. Amounts, ids, events and statuses stay; so does all of a payment that is not "
        "finished, and (without --only unprocessed) messages that were never dealt with. "
        "Exit code 0: done. 1: stopped before the end. 2: wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than", type=moments.span, metavar="180d", help="this age instead of what the settings say"
        )
        parser.add_argument(
            "--only",
            choices=tuple(purge.KINDS),
            help="only this kind; unprocessed: messages never dealt with",
        )
        parser.add_argument("--dry-run", action="store_true", help="only count what would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = [options["only"]] if options["only"] else purge.DEFAULT
        try:
            times = {kind: purge.before(kind, options["older_than"]) for kind in kinds}
        except ConfigurationError as error:
            raise CommandError(str(error), returncode=2) from error
        with stopping.on_signal() as stop:
            for kind, moment in times.items():
                what = purge.KINDS[kind].what
                if moment is None:
                    name = purge.KINDS[kind].setting.upper()
                    self.stdout.write(f"{what}: kept for ever ({name} is 0)")
                    continue
                removed = 0 if options["dry_run"] else self._remove(kind, moment, stop)
                left, kept = purge.counts(kind, moment)
                done = f"{left} would be removed" if options["dry_run"] else f"{removed} removed"
                self.stdout.write(f"{what} before {moment:%Y-%m-%d %H:%M} UTC: {done}, {kept} kept for now")
                if stop.is_set():
                    raise CommandError("Stopped before the end. Run it again: it goes on where it stopped.")

    def _remove(self, kind: str, moment: Any, stop: Event) -> int:
        removed = sum(purge.run(kind, moment, stop=stop))
        if removed:
            detail = f"{purge.KINDS[kind].what} before {moment.isoformat()}"
            audit.by_command(actor(), f"purge.{kind}", count=removed, detail=detail)
        return removed
