"""Payments and refunds as tables for spreadsheets: CSV that is sent while it is read, XLSX through a temporary file.

Rows are read a thousand at a time by their keys, in the list's order, so that memory stays small on any database (the
drivers of MariaDB and MySQL would hold all of an ``iterator()``). A row that changes meanwhile is told as it is then.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any

from django.db.models import QuerySet
from django.utils import timezone

from paytm_kit.currencies import INR, decimals
from paytm_kit.services.cells import inert

CHUNK = 1000
MOST_XLSX = 1_048_575  # rows of one sheet, below its head (Excel's own limit)
# Excel reads a CSV file as UTF-8 only with this mark at its beginning; without it names in Hindi become signs.
MARK = "\ufeff"
INDIAN = r"[>=10000000]##\,##\,##\,##0.00;[>=100000]##\,##\,##0.00;##,##0.00"
WESTERN = {2: "#,##0.00", 0: "#,##0"}  # by decimals

DAY = {"num_format": "yyyy-mm-dd"}

Value = str | Decimal | date | datetime | None


class CannotExport(Exception):
    """The file cannot be made. ``str()`` says why and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of table: its file's name, and for each column its name and how a row gives its value."""

    name: str
    columns: dict[str, Callable[[Any], Value]]
    related: tuple[str, ...] = ()


PAYMENTS = Sheet(
    "payments",
    {
        "order_id": lambda row: row.gateway_order_id,
        "order": lambda row: row.order_label,
        "customer_id": lambda row: row.customer_id,
        "account": lambda row: row.account,
        "environment": lambda row: row.environment,
        "gateway": lambda row: row.gateway,
        "merchant_id": lambda row: row.merchant_id,
        "status": lambda row: str(row.status),
        "amount": lambda row: row.amount,
        "captured": lambda row: row.captured_amount,
        "refunded": lambda row: row.refunded_amount,
        "being_refunded": lambda row: row.refunding_amount,
        "currency": lambda row: row.currency,
        "fee": lambda row: row.fee_amount,
        "fee_tax": lambda row: row.fee_tax,
        "net": lambda row: row.net_amount,
        "settled_on": lambda row: row.settled_on,
        "utr": lambda row: row.utr,
        "transaction_id": lambda row: row.transaction_id or "",
        "bank_reference": lambda row: row.bank_transaction_id,
        "mode": lambda row: row.payment_mode,
        "bank": lambda row: row.bank_name,
        "acquirer": lambda row: row.gateway_name,
        "card_network": lambda row: row.network,
        "code": lambda row: row.code,
        "message": lambda row: row.message,
        "flags": lambda row: row.flags,
        "created_at": lambda row: row.created_at,
        "paid_at": lambda row: row.paid_at,
        "closed_at": lambda row: row.closed_at,
    },
)
REFUNDS = Sheet(
    "refunds",
    {
        "refund_id": lambda row: row.refund_id,
        "order_id": lambda row: row.payment.gateway_order_id,
        "order": lambda row: row.payment.order_label,
        "account": lambda row: row.payment.account,
        "environment": lambda row: row.payment.environment,
        "transaction_id": lambda row: row.transaction_id,
        "gateway_refund_id": lambda row: row.gateway_refund_id,
        "status": lambda row: str(row.status),
        "amount": lambda row: row.amount,
        "currency": lambda row: row.payment.currency,
        "external": lambda row: "yes" if row.external else "no",
        "reason": lambda row: row.reason,
        "by": lambda row: row.actor,
        "code": lambda row: row.code,
        "message": lambda row: row.message,
        "rrn": lambda row: row.rrn,
        "arn": lambda row: row.arn,
        "credit_expected": lambda row: row.credit_expected,
        "requested_at": lambda row: row.requested_at,
        "closed_at": lambda row: row.closed_at,
    },
    ("payment",),
)


def read(sheet: Sheet, rows: QuerySet[Any]) -> Iterator[list[Value]]:
    """The values of every row, in the query's order."""
    keys = array("q", rows.values_list("pk", flat=True).iterator(CHUNK))
    wanted = rows.model._default_manager.select_related(*sheet.related)
    for begin in range(0, len(keys), CHUNK):
        chunk = keys[begin : begin + CHUNK]
        found = wanted.in_bulk(list(chunk))
        for key in chunk:
            if (row := found.pop(key, None)) is not None:  # popped: two chunks never stand in memory together
                yield [give(row) for give in sheet.columns.values()]


def csv_text(sheet: Sheet, rows: QuerySet[Any]) -> Iterator[str]:
    """A CSV file in pieces: UTF-8 with a mark, amounts with two decimals, times as ``2026-11-21T16:00:00+05:30``.

    Amounts are in what the column ``currency`` names: two rows can be added up only where it is the same.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write(MARK)
    writer.writerow(sheet.columns)
    for number, values in enumerate(read(sheet, rows), 1):
        writer.writerow([_plain(value) for value in values])
        if number % CHUNK == 0:
            yield _taken(text)
    yield _taken(text)


def xlsx_file(sheet: Sheet, rows: QuerySet[Any]) -> IO[bytes]:
    """An XLSX file at its beginning: amounts are numbers, days are days, the rest is text. Raises CannotExport."""
    try:
        import xlsxwriter
    except ImportError:
        raise CannotExport(
            'XLSX files need XlsxWriter. Install it: pip install "paytm-kit[xlsx]". CSV works without it.'
        ) from None
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    # Each row goes to the disk when the next one begins; nothing is taken for a formula, a link or a number.
    settings = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(file, settings) as book:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 1)
            page.set_column(0, len(sheet.columns) - 1, 18)
            formats = {places: book.add_format({"num_format": text}) for places, text in WESTERN.items()}
            money = {INR: book.add_format({"num_format": INDIAN})}
            _fill(page, sheet, rows, lambda code: money.get(code) or formats[decimals(code)], book.add_format(DAY))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill(page: Any, sheet: Sheet, rows: QuerySet[Any], money: Callable[[str], Any], day: Any) -> None:
    """``money`` gives the format of an amount in a currency, ``day`` is that of a day."""
    currency = list(sheet.columns).index("currency")
    for at, name in enumerate(sheet.columns):
        page.write_string(0, at, name)
    for number, values in enumerate(read(sheet, rows), 1):
        if number > MOST_XLSX:
            raise CannotExport(f"A sheet holds at most {MOST_XLSX} rows. Choose CSV, or narrow the list down.")
        for at, value in enumerate(values):
            if isinstance(value, Decimal):
                page.write_number(number, at, float(value), money(_text(values[currency])))
            elif isinstance(value, date) and not isinstance(value, datetime):
                page.write_datetime(number, at, value, day)
            elif text := _text(value):
                page.write_string(number, at, text)


def _plain(value: Value) -> str:
    return f"{value:.2f}" if isinstance(value, Decimal) else inert(_text(value))


def _text(value: Value) -> str:
    """Times stand in the site's zone with their distance from UTC: a spreadsheet's own times know no zone."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value or "")


def _taken(text: io.StringIO) -> str:
    found = text.getvalue()
    text.seek(0)
    text.truncate()
    return found
