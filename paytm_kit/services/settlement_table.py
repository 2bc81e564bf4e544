"""Settlement lines as a table, for people and their spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from paytm_kit.models import SettlementLine
from paytm_kit.services.cells import inert

COLUMNS = (
    *("line", "verdict", "why", "type", "order_id", "transaction_id", "gross", "fee", "tax", "net"),
    *("utr", "payout_id", "settled_on", "refund_id"),
)


def cells(line: SettlementLine) -> dict[str, str]:
    """One line under COLUMNS: amounts with two decimals, days as ``2031-01-02``, empty for what is not known.

    Amounts are in the currency of the report's account.
    """
    amounts = {
        "gross": line.gross_amount,
        "fee": line.fee_amount,
        "tax": line.fee_tax,
        "net": line.net_amount,
    }
    texts = {
        "verdict": str(line.verdict),
        "why": line.reason,
        "type": str(line.kind),
        "order_id": line.order_id,
        "transaction_id": line.transaction_id,
        "utr": line.utr,
        "payout_id": line.payout_id,
        "refund_id": line.refund.refund_id if line.refund else "",
    }
    return {
        "line": "" if line.number is None else str(line.number),
        "settled_on": line.settled_on.isoformat() if line.settled_on else "",
        **{name: "" if amount is None else f"{amount:.2f}" for name, amount in amounts.items()},
        **{name: inert(text) for name, text in texts.items()},
    }


class Table:
    """Writes lines to a CSV file as they come."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.DictWriter(file, COLUMNS, lineterminator="\r\n")
        self._writer.writeheader()

    def add(self, line: SettlementLine) -> None:
        self._writer.writerow(cells(line))


def rows(lines: Iterable[SettlementLine]) -> Iterator[str]:
    """The CSV text in pieces, for a download."""
    echo: Any = _Echo()
    writer = csv.DictWriter(echo, COLUMNS, lineterminator="\r\n")
    yield writer.writeheader()
    for line in lines:
        yield writer.writerow(cells(line))


class _Echo:
    """What is written is what is returned."""

    def write(self, text: str) -> str:
        return text
