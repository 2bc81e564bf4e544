"""Holds what the gateway says it paid out against the ledger, line by line, and keeps the fees of what matches.

A report is a file, or one day asked from the gateway. Reading it again finds the same lines and books nothing twice.
A line that our books do not bear out is not believed: the gateway is asked first, no lock held meanwhile, and the line
is judged anew. Only then is looked for what no report holds.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from django.db import DatabaseError
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import Account, BrokenEntry, ConfigurationError, GatewayError, SettlementEntry
from paytm_kit.gateways.order_ids import INDIA
from paytm_kit.ledger import settlement_absent, settlement_rules
from paytm_kit.ledger import settlements as ledger
from paytm_kit.ledger.settlements import Entry, Sums
from paytm_kit.logs import EventLog, correlate
from paytm_kit.models import Payment, Refund, Settlement, SettlementLine
from paytm_kit.services import confirm, journal, refunds

log = EventLog("paytm_kit.settlements")

ASK_AT_MOST = 500  # questions to the gateway in one reading; the next reading goes on with the rest
CHUNK = 1024 * 1024  # bytes
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)  # what else a report or a person may name is a slip


@dataclass(slots=True)
class Report:
    """What one reading found. Complete when ``settlement.finished_at`` is set."""

    settlement: Settlement | None = None
    sums: Sums = field(default_factory=Sums)
    asked: int = 0  # questions to the gateway about lines that our books do not bear out
    awaited: int = 0  # captures that may still come in the next report
    overdue_from: date | None = None  # captures and refunds of these days (in India) should stand in a report
    overdue_to: date | None = None  # ``None``: the report names no day, so nothing could be called missing there

    @property
    def differences(self) -> int:
        return self.sums.differences

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Over all readable lines, in the account's currency."""
        return {"gross": self.sums.gross, "fee": self.sums.fee, "tax": self.sums.tax, "net": self.sums.net}


def read_file(
    report: Report, path: Path, *, account: str = "default", day: date | None = None, grace: int | None = None
) -> Iterator[SettlementLine]:
    """Reads a settlement file and yields each line with its verdict, then what the file lacks.

    ``day``    the payout that the file is about; else the last one that its lines name. Lines of days later than
               this and than tomorrow are broken
    ``grace``  days after which a capture is called missing, instead of SETTLEMENT_GRACE_DAYS

    Raises OSError, UnreadableReport (no report that we know), ConfigurationError (the account), DatabaseError.
    """
    chosen = conf.account(account)
    with path.open("rb") as file:
        identity = _contents(file)
        entries = journal.gateway_for(chosen).read_settlement(file)
        named = {"source": Settlement.Source.FILE, "name": path.name, "identity": identity}
        yield from _read(report, chosen, entries, day, grace, named)


def fetch(report: Report, day: date, *, account: str = "default", grace: int | None = None) -> Iterator[SettlementLine]:
    """Asks the gateway what it paid out on this day (in India) and yields as ``read_file`` does.

    Raises GatewayError, also after some lines: those are kept, and fetching again goes on from there.
    """
    chosen = conf.account(account)
    entries = journal.gateway_for(chosen).settlement(day)
    named = {"source": Settlement.Source.FETCH, "name": day.isoformat(), "identity": day.isoformat()}
    yield from _read(report, chosen, entries, day, grace, named)


def currency(settlement: Settlement) -> str:
    """What the account collects, and so what its reports are in; empty where it is no longer configured."""
    try:
        return conf.account(settlement.account).currency
    except ConfigurationError:
        return ""


def today() -> date:
    """In India."""
    return timezone.now().astimezone(INDIA).date()


def yesterday() -> date:
    """The last day in India that is over."""
    return today() - timedelta(days=1)


def _read(
    report: Report,
    account: Account,
    entries: Iterator[Entry],
    day: date | None,
    grace: int | None,
    named: dict[str, str],
) -> Iterator[SettlementLine]:
    correlate()
    paid_out = day
    settlement = None
    latest = max(today() + timedelta(days=1), day or EARLIEST)
    seen = ledger.Seen()
    for batch in _batches(_believable(entry, latest) for entry in entries):
        settlement = settlement or ledger.begin(account, day=day, **named)
        report.settlement = settlement
        notes = _ask(settlement, batch, report)
        for entry, line in zip(batch, ledger.write(settlement, batch, notes, seen), strict=True):
            report.sums.add(entry, line)
            # What this report says; the line may be an earlier report's.
            if day is None and isinstance(entry, SettlementEntry) and entry.settled_on is not None:
                paid_out = max(paid_out or entry.settled_on, entry.settled_on)
            yield line
    settlement = settlement or ledger.begin(account, day=day, **named)
    if paid_out is not None:
        yield from _missing(report, settlement, paid_out, grace)
    report.settlement = ledger.finish(settlement, report.sums, paid_out)
    _log(report)


def _believable(entry: Entry, latest: date) -> Entry:
    """The entry, or a broken one when it names a day that cannot be: one payout far ahead would move the days that are
    looked at for what is missing there to where nothing is."""
    if isinstance(entry, BrokenEntry):
        return entry
    days = {
        "transaction date": entry.transaction_at.date() if entry.transaction_at else None,
        "settled date": entry.settled_on,
    }
    for what, day in days.items():
        if day is not None and not EARLIEST <= day <= latest:
            why = f"lies before {EARLIEST}" if day < EARLIEST else f"is still to come (later than {latest})"
            return BrokenEntry(entry.number, f"the {what} {day} {why}")
    return entry


def _missing(report: Report, settlement: Settlement, day: date, grace: int | None) -> Iterator[SettlementLine]:
    days = conf.kit().settlement_grace_days if grace is None else grace
    begun = settlement_absent.first_day(settlement, day - timedelta(days=settlement_rules.LOOK_BACK))
    first, last = settlement_rules.window(day, grace=days, quiet=not report.sums.lines, begun=begun)
    report.overdue_from, report.overdue_to = first, last
    for line in settlement_absent.missing(settlement, first, last):
        report.sums.add(None, line)
        yield line
    report.awaited = settlement_absent.awaited(settlement, last + timedelta(days=1), day - timedelta(days=1))


def _ask(settlement: Settlement, batch: list[Entry], report: Report) -> dict[int, str]:
    """What asking the gateway about the doubtful lines led to, by the line's number."""
    notes: dict[int, str] = {}
    answers: dict[tuple[int, int | None], str] = {}
    for doubt in ledger.doubts(settlement, batch):
        about = (doubt.payment_id, doubt.refund_id)
        if about not in answers:
            answers[about] = _answer(doubt, report)
        notes[doubt.number] = answers[about]
    return notes


def _answer(doubt: ledger.Doubt, report: Report) -> str:
    if report.asked >= ASK_AT_MOST:
        return "Not asked: too many such lines at once. Read the report again."
    report.asked += 1
    try:
        if doubt.refund_id is not None:
            refunds.ask(Refund.objects.select_related("payment").get(pk=doubt.refund_id), source="settlement")
        else:
            confirm.ask(Payment.objects.get(pk=doubt.payment_id), source="settlement")
    except (GatewayError, DatabaseError) as error:
        log.warning("settlement.not_asked", payment=doubt.payment_id, error=type(error).__name__)
        return "The gateway could not be asked just now: read the report again later."
    return "The gateway was asked and does not say so either."


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries by BATCH; those that came before an error are handed over first."""
    batch: list[Entry] = []
    try:
        for entry in entries:
            batch.append(entry)
            if len(batch) == ledger.BATCH:
                yield batch
                batch = []
    except GatewayError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _contents(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(CHUNK):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _log(report: Report) -> None:
    settlement = report.settlement
    assert settlement is not None
    log.write(
        logging.WARNING if report.differences else logging.INFO,
        "settlement.read",
        settlement=settlement.pk,
        account=settlement.account,
        day=str(settlement.day or ""),
        lines=report.sums.lines,
        differences=report.differences,
        awaited=report.awaited,
        asked=report.asked,
    )
