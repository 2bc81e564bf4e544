"""The rows that a payment is made of, as they stand now, and what changed between two looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.models import Announcement, Letter, Payment

PAYMENT = (
    "status", "flags", "captured_amount", "transaction_id", "bank_transaction_id", "payment_mode", "code",
    "paid_at", "closed_at", "asked_at", "next_ask_at",
)  # fmt: skip
EVENT = ("kind", "source", "status_before", "status_after", "amount", "transaction_id", "code", "flag")
ANNOUNCEMENT = ("signal", "state", "attempts", "delivered_at", "last_error")
LETTER = ("kind", "audience", "state", "attempts", "closed_at")
ORDER = ("paid_at", "staff_remark")
# Notes of the kit about its own questions: they move whenever the gateway is asked, and money does not depend on them.
BOOKKEEPING = frozenset({"asked_at", "next_ask_at"})

Rows = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One column of one row. A new row has no ``before``."""

    row: str
    column: str
    before: str
    after: str
    is_new: bool = False

    @property
    def is_bookkeeping(self) -> bool:
        return self.column in BOOKKEEPING


def look(*payments: Payment) -> Rows:
    """Every row that says something about the money of these payments, read anew."""
    rows: Rows = {}
    for payment in Payment.objects.filter(pk__in=[payment.pk for payment in payments]).order_by("pk"):
        rows[name(payment)] = columns(payment, PAYMENT)
        for event in payment.events.all():
            rows[name(event)] = columns(event, EVENT)
        for announcement in Announcement.objects.filter(event__payment=payment):
            rows[name(announcement)] = columns(announcement, ANNOUNCEMENT)
        for letter in Letter.objects.of(payment):
            rows[name(letter)] = columns(letter, LETTER)
        if isinstance(payment.order, Order):
            rows[name(payment.order)] = columns(payment.order, ORDER)
    return rows


def changes(before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]) -> Iterator[Change]:
    """What differs, in the order of the rows; of a new row each column that says something."""
    for row, now in after.items():
        then = before.get(row, {})
        for column, value in now.items():
            if then.get(column, "") != value:
                yield Change(row, column, then.get(column, ""), value, is_new=row not in before)


def created(row: models.Model, wanted: tuple[str, ...]) -> Iterator[Change]:
    """A row that was written: each column that says something."""
    for column, value in columns(row, wanted).items():
        if value:
            yield Change(name(row), column, "", value, is_new=True)


def name(row: models.Model) -> str:
    """How a row is called: its table and its primary key."""
    return f"{row._meta.db_table} {row.pk}"


def columns(row: models.Model, wanted: tuple[str, ...]) -> dict[str, str]:
    return {column: text(getattr(row, column)) for column in wanted}


def text(value: Any) -> str:
    """A column's value as a person reads it; empty for nothing."""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(value)
