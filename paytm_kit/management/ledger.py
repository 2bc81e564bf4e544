"""What the commands on the ledger share: who runs them, and no traceback for what a person can mend."""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from paytm_kit.masking import safe_line
from paytm_kit.services import doctor

LARGEST_ID = 2**63 - 1  # what a primary key can be


class LedgerCommand(BaseCommand):
    """Says "run migrate" where the tables are missing; ``--traceback`` still shows the whole error."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DatabaseError as error:
            raise CommandError(_said(error)) from error


def _said(error: DatabaseError) -> str:
    try:
        missing = doctor.to_migrate()
    except DatabaseError:
        missing = False
    if missing:
        return "The kit's tables are missing or not up to date. Run manage.py migrate, then this again."
    return f"The database failed: {safe_line(str(error), 200)}. manage.py paytm_doctor looks into it."


def actor() -> str:
    """Who runs the command, for the books. In a container a user often has a number and no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # OSError since Python 3.13
        name = f"uid {os.getuid()}"
    return f"command by {name}"


def text(given: str) -> str:
    """Text that a database can keep, without white space around it. Raises ArgumentTypeError for broken UTF-8."""
    try:
        given.encode()
    except UnicodeEncodeError:
        raise ArgumentTypeError(f"{given!a} is not UTF-8.") from None
    return given.strip()


def row_id(given: str) -> int:
    """A primary key. Raises ArgumentTypeError."""
    if not (given.isascii() and given.isdigit() and len(given) <= 19 and 0 < int(given) <= LARGEST_ID):
        raise ArgumentTypeError(f"{given[:40]!a} is no id: ids are whole numbers from 1 on.")
    return int(given)
