"""``manage.py paytm_settle report.csv`` or ``--fetch``: what Paytm paid out, held against the ledger line by line."""

from __future__ import annotations

import json
import secrets
import shutil
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from paytm_kit import conf
from paytm_kit.gateways.base import GatewayError
from paytm_kit.models import SettlementLine
from paytm_kit.money import unit
from paytm_kit.services import settlements
from paytm_kit.services.settlement_table import Table, cells

NOT_READ = 2  # exit code


class Command(BaseCommand):
    help = (
        "Matches a settlement report with the ledger: what is missing here or there, amounts, status, fees. Fees and "
        "net amounts of what matches are kept with each payment. Reading the same report twice changes nothing. "
        "Exit code 0: all matched; 1: differences; 2: not read to its end (a mistake, an unknown file, no answer)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="a settlement report as CSV")
        parser.add_argument("--fetch", action="store_true", help="ask the gateway instead (production only)")
        parser.add_argument(
            "--date",
            type=_day,
            metavar="YYYY-MM-DD",
            help="the day of the payout; with --fetch yesterday, else the last one that the file names. A day to come "
            "is taken for a simulator only, whose clock may be ahead",
        )
        parser.add_argument("--account", default="default", help="whose report it is")
        parser.add_argument(
            "--grace",
            type=_days,
            metavar="DAYS",
            help="how many days after it was due a capture is called missing there (SETTLEMENT_GRACE_DAYS)",
        )
        parser.add_argument("--csv", type=Path, metavar="OUT", help="write every line with its verdict to this file")
        parser.add_argument("--json", action="store_true", help="print the result and the differences as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["file"] is None) == (not options["fetch"]):
            raise CommandError("Name a FILE, or --fetch, and not both.", returncode=NOT_READ)
        if options["csv"] and options["file"] and options["csv"].resolve() == options["file"].resolve():
            raise CommandError("--csv would write over the report itself.", returncode=NOT_READ)
        report = settlements.Report()
        found: list[dict[str, str]] = []
        try:
            _check_date(options["date"], options["account"])
            with ExitStack() as stack:
                table = None
                if options["csv"]:
                    stack.enter_context(_naming(options["csv"]))
                    table = Table(stack.enter_context(_new(options["csv"])))
                for line in _lines(report, options):
                    if table:
                        table.add(line)
                    if line.is_fine:
                        continue
                    if options["json"]:
                        found.append(cells(line))
                    else:
                        with _naming("standard output"):
                            self.stdout.write(_sentence(line))
        except (GatewayError, DatabaseError) as error:
            said = str(error) if isinstance(error, GatewayError) else "The database did not take it just now."
            kept = f" {report.sums.lines} lines were read and are kept: run it again." * bool(report.sums.lines)
            raise CommandError(said + kept, returncode=NOT_READ) from error
        self._sum_up(report, found, as_json=options["json"])
        if report.differences:
            raise CommandError(f"{report.differences} differences.", returncode=1)

    def _sum_up(self, report: settlements.Report, found: list[dict[str, str]], *, as_json: bool) -> None:
        settlement = report.settlement
        assert settlement is not None
        amounts = {name: f"{amount:.2f}" for name, amount in report.amounts.items()}
        if as_json:
            said = {
                "settlement": settlement.pk,
                "account": settlement.account,
                "source": settlement.source,
                "name": settlement.name,
                "date": settlement.day.isoformat() if settlement.day else None,
                "lines": report.sums.lines,
                "verdicts": report.sums.verdicts,
                **amounts,
                "awaited": report.awaited,
                "overdue_from": report.overdue_from.isoformat() if report.overdue_from else None,
                "overdue_to": report.overdue_to.isoformat() if report.overdue_to else None,
                "asked": report.asked,
                "differences": found,
            }
            self.stdout.write(json.dumps(said, indent=2))
            return
        verdicts = ", ".join(f"{word} {count}" for word, count in sorted(report.sums.verdicts.items())) or "none"
        self.stdout.write(f"{settlement.name}: lines {report.sums.lines}; verdicts: {verdicts}")
        sums = ", ".join(f"{name} {amount}" for name, amount in amounts.items())
        self.stdout.write(f"{unit(settlements.currency(settlement))}: {sums}")
        self.stdout.write(_about_missing(report))


def _lines(report: settlements.Report, options: dict[str, Any]) -> Iterator[SettlementLine]:
    chosen = {"account": options["account"], "grace": options["grace"]}
    if options["fetch"]:
        yield from settlements.fetch(report, options["date"] or settlements.yesterday(), **chosen)
        return
    with _naming(options["file"]):
        yield from settlements.read_file(report, options["file"], day=options["date"], **chosen)


def _sentence(line: SettlementLine) -> str:
    where = "not in it" if line.number is None else f"line {line.number}"
    what = f"  {line.order_id}  {line.transaction_id}  {line.gross_amount}" if line.order_id else ""
    return f"{where}  {line.verdict}{what}  {line.reason}"


def _about_missing(report: settlements.Report) -> str:
    if report.overdue_to is None:
        return "The report names no day: say --date to learn what is missing there."
    quiet = "" if report.sums.lines else "Nothing was paid out on this day (weekends and holidays have no payout). "
    looked = "No capture is overdue yet."
    if report.overdue_from and report.overdue_from <= report.overdue_to:
        looked = f"Looked for what was captured or refunded from {report.overdue_from} to {report.overdue_to}."
    later = f" {report.awaited} captured later are in no report yet; they may come in the next." * bool(report.awaited)
    return quiet + looked + later


@contextmanager
def _new(path: Path) -> Iterator[TextIO]:
    """A file that takes this place when all went well; until then what was there stays. A device or a pipe, which
    nothing can replace, is written to directly."""
    if path.is_relative_to("/dev") or (path.exists() and not path.is_file()):
        with path.open("w", newline="", encoding="utf-8") as file:
            yield file
        return
    place = path.resolve()  # what a link points at, not the link
    part = place.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("x", newline="", encoding="utf-8") as file:
            if place.exists():
                place.open("r+b").close()  # not over what may not be written
                shutil.copymode(place, part)
            yield file
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _naming(what: Path | str) -> Iterator[None]:
    """An error of the system says what it is about: many know no file's name, or a passing one."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).rstrip(".")
        raise CommandError(f"{what}: {why}.", returncode=NOT_READ) from error


def _check_date(day: date | None, account: str) -> None:
    if day and day > settlements.today() and conf.account(account).environment != "simulator":
        raise CommandError(f"--date {day} is still to come: nothing was paid out on it yet.", returncode=NOT_READ)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("must be a day such as 2031-01-02") from None
    if not settlements.EARLIEST <= day <= settlements.LATEST:
        raise ArgumentTypeError(f"must lie between {settlements.EARLIEST} and {settlements.LATEST}")
    return day


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise ArgumentTypeError("must be a number of days such as 1")
    return int(text)
