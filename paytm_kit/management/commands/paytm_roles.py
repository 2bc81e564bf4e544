"""``manage.py paytm_roles``: makes the desk's roles (viewer, support, finance) as groups, or puts them right."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from paytm_kit.management.ledger import LedgerCommand, actor
from paytm_kit.services import audit, roles


class Command(LedgerCommand):
    help = (
        "Makes three groups, or gives them back exactly the kit's permissions that belong to them: viewer, support, "
        "finance. Who is in a group, and its permissions of other apps, stay as they are. Safe to repeat. Prints what "
        "each role may do."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            mended = roles.mend(dry_run=options["dry_run"])
        except roles.NotMigrated as error:
            raise CommandError(f"These permissions do not exist yet: {error}. Run manage.py migrate first.") from error
        for one in mended:
            self._tell(one)
            changed = one.made or one.gained or one.lost
            if changed and not options["dry_run"]:
                detail = f"gained: {', '.join(one.gained) or '-'}; lost: {', '.join(one.lost) or '-'}"
                audit.by_command(actor(), "roles.mend", detail=f"{one.role} {detail}")
        self.stdout.write("Put people into a group in the admin, under Users. They also need “staff status”.")

    def _tell(self, one: roles.Mended) -> None:
        state = "new" if one.made else "put right" if one.gained or one.lost else "as it should be"
        self.stdout.write(self.style.MIGRATE_HEADING(f"{one.role} ({state})"))
        for right in roles.RIGHTS:
            mark = "✓" if one.role in right.roles else "·"
            self.stdout.write(f"  {mark} {right.words}")
        if not one.made:
            for word, names in (("gained", one.gained), ("lost", one.lost)):
                if names:
                    self.stdout.write(f"  {word}: {', '.join(names)}")
        if one.others:
            self.stdout.write(f"  of other apps, left alone: {', '.join(one.others)}")
