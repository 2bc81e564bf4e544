"""The settlements' verbs: keep each line of a report with its verdict, and book the fees of those that match.

A batch of lines is one short transaction: the report's row first, then its payments in the order of their keys, then
everything is looked up anew, judged and written. Nothing here calls the network. What was booked is an event
(``settled``) of the payment, once per transaction, refund or chargeback, however often a line is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from paytm_kit.gateways.base import Account, BrokenEntry, EntryKind, SettlementEntry
from paytm_kit.ledger import settlement_absent
from paytm_kit.ledger.settlement_facts import Found, digest, hold, lock, look_up
from paytm_kit.ledger.settlement_rules import NOTHING, Finding, judge
from paytm_kit.logs import correlation_id
from paytm_kit.masking import one_line, safe_line
from paytm_kit.models import Payment, PaymentEvent, Settlement, SettlementLine, ledger_writes

Kind = PaymentEvent.Kind
Verdict = SettlementLine.Verdict
Entry = SettlementEntry | BrokenEntry
# The lines of one reading so far: half of each one's key, and its number. A million take some 120 MB.
Seen = dict[bytes, int]

BATCH = 200  # lines, and so payments, locked at once
# What a later reading of the same line may change of it, and what booking a line changes of its payment.
JUDGED = tuple("verdict reason payment_id refund_id event_id utr payout_id transaction_at settled_on".split())
BOOKED = ("fee_amount", "fee_tax", "net_amount", "settled_on", "utr")


@dataclass(slots=True)
class Sums:
    """What one reading found: lines by verdict, and sums over its readable lines."""

    lines: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    gross: Decimal = NOTHING
    fee: Decimal = NOTHING
    tax: Decimal = NOTHING
    net: Decimal = NOTHING

    def add(self, entry: Entry | None, line: SettlementLine) -> None:
        """Counts one line; ``None`` for what the report does not hold."""
        self.verdicts[line.verdict] = self.verdicts.get(line.verdict, 0) + 1
        self.lines += entry is not None
        if isinstance(entry, SettlementEntry):
            self.gross += entry.gross
            self.fee += entry.fee
            self.tax += entry.tax
            self.net += entry.net

    @property
    def differences(self) -> int:
        return sum(count for verdict, count in self.verdicts.items() if verdict not in SettlementLine.FINE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line that our books do not bear out. The gateway should be asked about the refund, else the payment."""

    number: int
    payment_id: int
    refund_id: int | None


class _LookAgain(Exception):
    """A payment came up between our look and our lock."""


def begin(account: Account, *, source: str, name: str, identity: str, day: date | None) -> Settlement:
    """The row of this report: a new one, or that of an earlier reading of the same (same ``identity``)."""
    key = digest(account.gateway, account.environment, account.merchant_id, source, identity)
    values = {
        "account": account.name,
        "gateway": account.gateway,
        "environment": account.environment,
        "merchant_id": account.merchant_id,
        "source": source,
        "name": safe_line(name, 200),
        "day": day,
        "begun_at": timezone.now(),
    }
    with transaction.atomic(), ledger_writes():
        settlement, is_new = Settlement.objects.get_or_create(key=key, defaults=values)
        if not is_new and settlement.finished_at is not None:
            settlement.finished_at = None
            settlement.save(update_fields=["finished_at"])
    return settlement


def finish(settlement: Settlement, sums: Sums, day: date | None) -> Settlement:
    """The report was read to its end."""
    settlement.day = day
    settlement.lines_read = sums.lines
    settlement.matched = sums.verdicts.get(Verdict.MATCHED, 0)
    settlement.differences = sums.differences
    settlement.gross_amount, settlement.fee_amount = sums.gross, sums.fee
    settlement.fee_tax, settlement.net_amount = sums.tax, sums.net
    settlement.finished_at = timezone.now()
    with ledger_writes():
        settlement.save()
    return settlement


def doubts(settlement: Settlement, entries: Sequence[Entry]) -> list[Doubt]:
    """Lines about payments of ours that the gateway should be asked about before they are judged."""
    readable = [entry for entry in entries if isinstance(entry, SettlementEntry)]
    found = look_up(settlement, readable)
    return [
        Doubt(entry.number, about.payment.pk, about.refund.pk if about.refund else None)
        for entry, about in zip(readable, found, strict=True)
        if about.payment is not None and judge(entry, about.held).ask
    ]


def write(
    settlement: Settlement, entries: Sequence[Entry], notes: Mapping[int, str], seen: Seen
) -> list[SettlementLine]:
    """Judges these lines and keeps them; matching ones are booked. One line back for each, in order. Idempotent.

    ``notes``: what asking the gateway about a doubtful line led to, by the line's number.
    ``seen``: one for all batches of a reading; it grows by these entries. At most BATCH entries at once.

    Raises DatabaseError when a lock could not be had; nothing of these entries is written then.
    """
    again = _seen_before(settlement, entries, seen)
    try:
        return _write(settlement, entries, notes, again)
    except (_LookAgain, IntegrityError, OperationalError):
        # Another process wrote one of these lines or its payment, or held it, just now: once more.
        return _write(settlement, entries, notes, again)


def _seen_before(settlement: Settlement, entries: Sequence[Entry], seen: Seen) -> dict[int, int]:
    """Of each line that stood in this file before: its number and that of the first. A list that is fetched may shift
    from page to page and show a line twice; that is no second payout."""
    if settlement.source != Settlement.Source.FILE:
        return {}
    readable = [entry for entry in entries if isinstance(entry, SettlementEntry)]
    firsts = {
        entry.number: seen.setdefault(bytes.fromhex(_line_key(settlement, entry))[:16], entry.number)
        for entry in readable
    }
    return {number: first for number, first in firsts.items() if number != first}


def _write(
    settlement: Settlement, entries: Sequence[Entry], notes: Mapping[int, str], again: Mapping[int, int]
) -> list[SettlementLine]:
    readable = [entry for entry in entries if isinstance(entry, SettlementEntry)]
    with transaction.atomic(), ledger_writes():
        hold(settlement)
        payments = lock({about.payment.pk for about in look_up(settlement, readable) if about.payment})
        now = look_up(settlement, readable)
        if any(about.payment.pk not in payments for about in now if about.payment):
            raise _LookAgain
        found = dict(zip((entry.number for entry in readable), now, strict=True))
        stored = _stored(settlement, entries)
        before = {line.pk: _state(line) for line in stored.values()}
        lines = []
        for entry in entries:
            if isinstance(entry, BrokenEntry):
                lines.append(_broken(settlement, entry, stored))
            else:
                note = notes.get(entry.number, "")
                lines.append(_judged(settlement, entry, found[entry.number], stored, note, again.get(entry.number)))
        _book(settlement, lines, payments)
        settlement_absent.came(lines)
        _save(lines, before)
    return lines


def _stored(settlement: Settlement, entries: Sequence[Entry]) -> dict[str, SettlementLine]:
    keys = {_place_key(settlement, entry.number) for entry in entries}
    keys |= {_line_key(settlement, entry) for entry in entries if isinstance(entry, SettlementEntry)}
    return {line.key: line for line in SettlementLine.objects.filter(key__in=keys)}


def _broken(settlement: Settlement, entry: BrokenEntry, stored: dict[str, SettlementLine]) -> SettlementLine:
    key = _place_key(settlement, entry.number)
    line = stored.setdefault(key, SettlementLine(key=key, settlement=settlement, number=entry.number))
    line.verdict, line.reason = Verdict.BROKEN, safe_line(f"Line {entry.number}: {entry.why}.")
    return line


def _judged(
    settlement: Settlement,
    entry: SettlementEntry,
    found: Found,
    stored: dict[str, SettlementLine],
    note: str,
    again: int | None,
) -> SettlementLine:
    key, place = _line_key(settlement, entry), _place_key(settlement, entry.number)
    if twice := _twice(entry, stored.get(key), again):
        key, finding = place, Finding(Verdict.REPEATED, twice)
    else:
        finding = judge(entry, found.held)
        if key not in stored and place in stored:  # broken when it was read before: dated too far ahead, perhaps
            stored[key] = stored.pop(place)
            stored[key].key = key
    line = stored.setdefault(key, SettlementLine(key=key, settlement=settlement, number=entry.number))
    if line.event_id is not None:  # judged and booked before
        return line
    for name, value in _facts(entry).items():
        if value not in ("", None):
            setattr(line, name, value)
    line.payment, line.refund = found.payment, found.refund
    line.verdict = finding.verdict
    line.reason = safe_line(f"{finding.reason} {note if finding.ask else ''}".strip())
    return line


def _twice(entry: SettlementEntry, first: SettlementLine | None, again: int | None) -> str:
    """Why this is not the stored line read again but a second one like it; nothing when it is."""
    if first is not None and first.utr and entry.utr and first.utr != entry.utr:
        return f"It was paid out as {first.utr} already, and now as {entry.utr}."
    return f"The same as line {again}." if again is not None else ""


def _facts(entry: SettlementEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "order_id": one_line(entry.order_id, 64),
        "transaction_id": one_line(entry.transaction_id, 64),
        "gross_amount": entry.gross,
        "fee_amount": entry.fee,
        "fee_tax": entry.tax,
        "net_amount": entry.net,
        "utr": one_line(entry.utr, 64),
        "payout_id": one_line(entry.payout_id, 64),
        "transaction_at": entry.transaction_at,
        "settled_on": entry.settled_on,
    }


def _book(settlement: Settlement, lines: Sequence[SettlementLine], payments: Mapping[int, Payment]) -> None:
    """An event for each matching line that has none, and the payments' sums by them."""
    wanted = [line for line in lines if line.verdict == Verdict.MATCHED and line.event_id is None]
    marks = {line.key: _fingerprint(line) for line in wanted}
    booked = set(
        PaymentEvent.objects.filter(payment__in=payments, fingerprint__in=marks.values()).values_list(
            "payment_id", "fingerprint"
        )
    )
    news: dict[tuple[int, str], SettlementLine] = {}
    for line in wanted:
        assert line.payment_id is not None
        mark = (line.payment_id, marks[line.key])
        if mark in booked:
            line.verdict, line.reason = Verdict.REPEATED, "It was settled by another line before, with other figures."
            continue
        booked.add(mark)
        news[mark] = line
        _count_in(payments[line.payment_id], line)
    PaymentEvent.objects.bulk_create(
        _event(settlement, line, payments[payment_id], mark) for (payment_id, mark), line in news.items()
    )
    of_these = PaymentEvent.objects.filter(payment__in=payments, fingerprint__in=[mark for _, mark in news])
    for event in of_these.only("payment_id", "fingerprint"):
        news[event.payment_id, event.fingerprint].event = event
    changed = {line.payment_id for line in news.values()}
    for row in (row for pk, row in payments.items() if pk in changed):
        row.save(update_fields=BOOKED)


def _count_in(payment: Payment, line: SettlementLine) -> None:
    payment.fee_amount = (payment.fee_amount or NOTHING) + (line.fee_amount or NOTHING)
    payment.fee_tax = (payment.fee_tax or NOTHING) + (line.fee_tax or NOTHING)
    payment.net_amount = (payment.net_amount or NOTHING) + (line.net_amount or NOTHING)
    payment.settled_on = max(filter(None, (payment.settled_on, line.settled_on)), default=None)
    if line.utr and line.kind == EntryKind.PAYMENT:
        payment.utr = line.utr


def _event(settlement: Settlement, line: SettlementLine, payment: Payment, fingerprint: str) -> PaymentEvent:
    return PaymentEvent(
        payment=payment,
        refund=line.refund,
        kind=Kind.SETTLED,
        fingerprint=fingerprint,
        source="settlement",
        status_before=payment.status,
        status_after=payment.status,
        amount=line.net_amount,
        fee_amount=line.fee_amount,
        fee_tax=line.fee_tax,
        transaction_id=line.transaction_id,
        message=safe_line(f"{line.kind}: line {line.number} of {settlement.name}, UTR {line.utr or 'not said'}."),
        correlation_id=correlation_id(),
        created_at=timezone.now(),
    )


def _save(lines: Sequence[SettlementLine], before: Mapping[int, tuple[object, ...]]) -> None:
    """Writes what is new or has changed, in the order of the keys: two readings at once never wait in a circle."""
    now = timezone.now()
    new = {line.key: line for line in lines if line.pk is None}
    changed = {line.key: line for line in lines if line.pk is not None and _state(line) != before[line.pk]}
    for line in (*new.values(), *changed.values()):
        line.judged_at = now
    SettlementLine.objects.bulk_create(new[key] for key in sorted(new))
    for key in sorted(changed):
        changed[key].save()


def _state(line: SettlementLine) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in JUDGED)


def _fingerprint(line: SettlementLine) -> str:
    """Of the event: one for each transaction, refund and chargeback of the payment."""
    return digest(Kind.SETTLED, line.kind, line.refund.key if line.refund else line.transaction_id)


def _line_key(settlement: Settlement, entry: SettlementEntry) -> str:
    """The same in every report of this merchant that repeats the line."""
    merchant = (settlement.gateway, settlement.environment, entry.merchant_id or settlement.merchant_id)
    figures = (f"{amount:.2f}" for amount in (entry.gross, entry.fee, entry.tax, entry.net))
    return digest("line", *merchant, entry.kind, entry.order_id, entry.transaction_id, *figures)


def _place_key(settlement: Settlement, number: int) -> str:
    return digest("place", str(settlement.pk), str(number))
