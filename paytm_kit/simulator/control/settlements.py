"""Settlements through the control plane: what was paid out, and the file that a merchant fetches."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse

from paytm_kit.simulator import clock
from paytm_kit.simulator.bank import due, postings, settlements
from paytm_kit.simulator.control.command import command
from paytm_kit.simulator.door import control, refuse_control
from paytm_kit.simulator.models import Merchant, Settlement
from paytm_kit.simulator.wire import refund_checks

# After the columns of Paytm's settlement list (Paytm docs, Settlement API), in the upper case of its older shape.
COLUMNS = (
    "TXNTYPE", "ORDERID", "TXNID", "TXNDATE", "TXNAMOUNT", "PAYMENTMODE", "BANKNAME", "CUSTID", "MERC_UNQ_REF",
    "SETTLEDAMOUNT", "COMMISSION", "GST", "UTR", "SETTLED DATE", "PAYOUT DATE",
)  # fmt: skip


def settlement_json(row: Settlement) -> dict[str, Any]:
    amounts = ("gross", "refunded", "commission", "gst", "carried", "net")
    return {
        "mid": row.merchant.mid,
        "day": row.day.isoformat(),
        "utr": row.utr,
        "paid_at": row.paid_at.astimezone(clock.IST).isoformat(),
        **{name: f"{getattr(row, name):.2f}" for name in amounts},
        "file": f"/_sim/settlements/{row.merchant.mid}/{row.day.isoformat()}.csv",
    }


@command("GET")
def settlement_list(request: HttpRequest) -> dict[str, Any]:
    """Every payout, oldest first, what is owed to each merchant, every party's account, when the next payout is."""
    due.run()
    rows = Settlement.objects.select_related("merchant").order_by("paid_at", "day", "pk")
    next_at = settlements.next_due()
    return {
        "settlements": [settlement_json(row) for row in rows],
        "payable": {merchant.mid: f"{settlements.payable(merchant):.2f}" for merchant in Merchant.objects.all()},
        "accounts": {name: f"{balance:.2f}" for name, balance in postings.balances().items()},
        "next_at": next_at.astimezone(clock.IST).isoformat() if next_at else None,
    }


@control("GET")
def settlement_file(request: HttpRequest, mid: str, day: str) -> HttpResponse:
    """The settlement file of one day as CSV."""
    due.run()
    wanted = refund_checks.day(day)
    if wanted is None:
        return refuse_control(request, 400, "Must be a day such as 2031-01-02.", "day")
    row = Settlement.objects.filter(merchant__mid=mid, day=wanted).select_related("merchant").first()
    if row is None or row.merchant.mid != mid:
        return refuse_control(request, 404, "Nothing was paid out for this merchant and day.", "day")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row, line) for line in settlements.lines(row))
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{mid}-{row.day.isoformat()}.csv"'
    return response


def _cells(row: Settlement, line: settlements.Line) -> list[str]:
    order = line.transaction.order
    return [
        line.kind, order.order_id, line.own_id, clock.ist(line.at), f"{line.amount:.2f}", line.transaction.mode,
        line.transaction.bank_name, order.cust_id, order.merc_unq_ref, f"{line.settled:.2f}",
        f"{line.commission:.2f}", f"{line.gst:.2f}", row.utr, clock.ist(row.paid_at, "%Y-%m-%d"),
        clock.ist(row.paid_at, "%Y-%m-%d"),
    ]  # fmt: skip
