"""What a line of a settlement report is worth: a pure table of verdicts. No database, no clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from paytm_kit.gateways.base import EntryKind, SettlementEntry
from paytm_kit.models import Refund, SettlementLine

Verdict = SettlementLine.Verdict
NOTHING = Decimal("0.00")

LOOK_BACK = 31  # days: what is missing for longer was said before and stands in the list of lines
QUIET = 3  # days: a weekend and a holiday on which nothing is paid out

# A refund is deducted when the gateway accepts it, which may be days before the bank has credited it.
DEDUCTED = frozenset({Refund.Status.PENDING, Refund.Status.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class Held:
    """What the ledger holds of the thing that a line is about. Amounts above zero, in the payment's currency."""

    merchant_id: str  # of the account whose report is read
    order_id: str = ""  # of the payment; empty: no payment of ours
    captured: Decimal | None = None  # by this very transaction; ``None``: not captured, as far as we know
    captured_in_all: Decimal = NOTHING
    refunded: Decimal | None = None  # by this very refund; ``None``: there is none like it
    refund_status: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one line. ``ask``: the gateway may know better than our books; ask it and judge again."""

    verdict: str
    reason: str = ""
    ask: bool = False


MATCHED = Finding(Verdict.MATCHED)


def judge(entry: SettlementEntry, held: Held) -> Finding:
    """Holds a line against the ledger: whose it is, then status, then amount, then fees. The first doubt counts."""
    if entry.merchant_id not in ("", held.merchant_id):
        return _missing(f"The line is about merchant {entry.merchant_id}, this account is {held.merchant_id}.")
    if entry.kind is EntryKind.OTHER:
        return _missing(f"The ledger holds nothing of the type {entry.word}.")
    if not held.order_id:
        return _missing("No payment here has this order id or transaction id.")
    if held.order_id != entry.order_id:
        return _missing(f"Here this transaction belongs to order {held.order_id}, not to the one in the line.")
    if entry.unsettled:
        return Finding(Verdict.STATUS, f"The report itself says {entry.unsettled}: not paid out.")
    found = STATUS_AND_AMOUNT[entry.kind](entry, held)
    if found is not MATCHED:
        return found
    fault = fee_fault(entry)
    return Finding(Verdict.FEES, fault) if fault else MATCHED


def fee_fault(entry: SettlementEntry) -> str:
    """What cannot be about the fees, or nothing. A fee that is given back with a refund is below zero."""
    rest = entry.gross - entry.fee - entry.tax
    if rest != entry.net:
        return f"{entry.gross} less fee {entry.fee} and tax {entry.tax} is {rest}, but the line pays {entry.net}."
    if entry.kind is EntryKind.PAYMENT and (entry.fee < 0 or entry.tax < 0):
        return f"Fee {entry.fee} and tax {entry.tax} on a payment cannot be below zero."
    if abs(entry.fee + entry.tax) > abs(entry.gross):
        return f"Fee {entry.fee} and tax {entry.tax} are more than the amount {entry.gross}."
    return ""


def window(day: date, *, grace: int, quiet: bool, begun: date | None) -> tuple[date, date]:
    """The first and last day (in India) of captures that must stand in some report by the payout of ``day``.

    T+1: what was taken on one day is paid out on the next business day, and ``grace`` days later it is called missing.
    ``quiet``: nothing at all was paid out on ``day``. ``begun``: the first day that any report read here speaks of;
    what lies before was settled before anybody read reports.
    """
    last = day - timedelta(days=1 + grace + (QUIET if quiet else 0))
    return max(begun or last, last - timedelta(days=LOOK_BACK)), last


def _payment(entry: SettlementEntry, held: Held) -> Finding:
    if held.captured is None:
        return _status("The report pays out a transaction that this payment has not captured here")
    if held.captured != entry.gross:
        return Finding(Verdict.AMOUNT, f"The report says {entry.gross}, captured here were {held.captured}.")
    return MATCHED


def _refund(entry: SettlementEntry, held: Held) -> Finding:
    if held.refunded is None:
        return _missing("This payment has no such refund here.")
    if held.refund_status not in DEDUCTED:
        return _status(f"The report deducts a refund that is {held.refund_status} here")
    if held.refunded != -entry.gross:
        return Finding(Verdict.AMOUNT, f"The report deducts {-entry.gross}, refunded here were {held.refunded}.")
    return MATCHED


def _chargeback(entry: SettlementEntry, held: Held) -> Finding:
    if not held.captured_in_all:
        return _status("The report takes back money that this payment has not captured here")
    if -entry.gross > held.captured_in_all:
        return Finding(
            Verdict.AMOUNT, f"The report takes back {-entry.gross}, captured here were {held.captured_in_all}."
        )
    return MATCHED


STATUS_AND_AMOUNT: dict[EntryKind, Callable[[SettlementEntry, Held], Finding]] = {
    EntryKind.PAYMENT: _payment,
    EntryKind.REFUND: _refund,
    EntryKind.CHARGEBACK: _chargeback,
}


def _missing(reason: str) -> Finding:
    return Finding(Verdict.MISSING_HERE, reason)


def _status(reason: str) -> Finding:
    return Finding(Verdict.STATUS, f"{reason}.", ask=True)
