"""Settlement reports about the suite's payments, as Paytm writes them, and what reading one finds."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from paytm_kit.models import Payment
from paytm_kit.services import settlements
from tests.paytm import TXNID

NOW = "2031-01-10T12:00:00+05:30"  # when these reports are read: what is dated later than tomorrow is not believed

COLUMNS = (
    *("TXNTYPE", "ORDERID", "TXNID", "TXNDATE", "TXNAMOUNT", "SETTLEDAMOUNT", "COMMISSION", "GST", "UTR"),
    "SETTLED DATE",
)


def line(payment: Payment, **cells: str) -> str:
    """₹499.00 less 8.73 and GST of 1.57, paid out on 7 January; a refund or chargeback costs no fee."""
    gross = Decimal(cells.get("TXNAMOUNT", f"{payment.amount}"))
    fee, tax = (Decimal("8.73"), Decimal("1.57")) if gross > 0 else (Decimal("0.00"), Decimal("0.00"))
    values = {
        "TXNTYPE": "ACQUIRING",
        "ORDERID": payment.gateway_order_id,
        "TXNID": payment.transaction_id or TXNID,
        "TXNDATE": "2031-01-06 10:11:12.0",
        "TXNAMOUNT": f"{gross}",
        "SETTLEDAMOUNT": f"{gross - fee - tax}",
        "COMMISSION": f"{fee}",
        "GST": f"{tax}",
        "UTR": "SDBLN00000000001",
        "SETTLED DATE": "2031-01-07",
        **cells,
    }
    return ",".join(values[name] for name in COLUMNS)


def report(folder: Path, *lines: str, name: str = "report.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((",".join(COLUMNS), *lines, "")), encoding="utf-8")
    return path


def read(path: Path, **how: Any) -> list[tuple[int | None, str]]:
    """The number and verdict of each line that reading this report gave."""
    return [(found.number, str(found.verdict)) for found in settlements.read_file(settlements.Report(), path, **how)]
