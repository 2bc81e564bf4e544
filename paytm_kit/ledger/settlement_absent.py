"""What no report holds: captures and refunds that should have been settled by now, each kept as a line of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from paytm_kit.gateways.base import EntryKind
from paytm_kit.gateways.order_ids import INDIA
from paytm_kit.ledger.settlement_facts import digest, hold, lock, same_merchant
from paytm_kit.models import PaymentEvent, Refund, Settlement, SettlementLine, ledger_writes

Kind = PaymentEvent.Kind
Verdict = SettlementLine.Verdict

CHUNK = 200  # payments locked at once


def missing(settlement: Settlement, first: date, last: date) -> Iterator[SettlementLine]:
    """What was captured or refunded on these days (in India) and stands in no report: a line of its own for each."""
    both: tuple[models.QuerySet[Any], ...] = (
        _captured(settlement, first, last),
        _refunded(settlement, first, last),
    )
    for rows in both:
        after = 0
        while chunk := list(rows.filter(pk__gt=after)[:CHUNK]):
            after = chunk[-1].pk
            with transaction.atomic(), ledger_writes():
                hold(settlement)
                lock({row.payment_id for row in chunk})
                still = list(rows.filter(pk__in=[row.pk for row in chunk]))
                lines = _keep_missing(settlement, still)
            yield from lines


def awaited(settlement: Settlement, first: date, last: date) -> int:
    """How many captures of these days (in India) stand in no report yet."""
    return _captured(settlement, first, last).count() if first <= last else 0


def first_day(settlement: Settlement, since: date) -> date | None:
    """The first day (in India) on which something was paid that a report of this merchant, from ``since`` on, names."""
    lines = SettlementLine.objects.filter(
        **same_merchant(settlement, "settlement__"),
        kind=EntryKind.PAYMENT,
        number__isnull=False,
        payment__paid_at__gte=_midnight(since),
    )
    moment = lines.aggregate(first=models.Min("payment__paid_at"))["first"]
    return moment.astimezone(INDIA).date() if moment else None


def came(lines: Sequence[SettlementLine]) -> None:
    """These lines of a report name what was missing before. Inside the verb that writes them."""
    keys = {_capture_key(line.payment_id, line.transaction_id) for line in lines if line.payment_id}
    keys |= {_refund_key(line.refund_id) for line in lines if line.refund_id}
    SettlementLine.objects.filter(key__in=keys, verdict=Verdict.MISSING_THERE).update(
        verdict=Verdict.LATE, reason="It came in another report.", judged_at=timezone.now()
    )


def _captured(settlement: Settlement, first: date, last: date) -> models.QuerySet[PaymentEvent]:
    told = SettlementLine.objects.filter(
        payment=models.OuterRef("payment"),
        transaction_id=models.OuterRef("transaction_id"),
        kind=EntryKind.PAYMENT,
        number__isnull=False,
    )
    return (
        PaymentEvent.objects.filter(**same_merchant(settlement, "payment__"), kind=Kind.CAPTURED)
        .filter(created_at__gte=_midnight(first), created_at__lt=_midnight(last + timedelta(days=1)))
        .exclude(transaction_id="")
        .exclude(models.Exists(told))
        .select_related("payment")
        .order_by("pk")
    )


def _refunded(settlement: Settlement, first: date, last: date) -> models.QuerySet[Refund]:
    told = SettlementLine.objects.filter(refund=models.OuterRef("pk"), number__isnull=False)
    return (
        Refund.objects.filter(**same_merchant(settlement, "payment__"), status=Refund.Status.SUCCEEDED)
        .filter(closed_at__gte=_midnight(first), closed_at__lt=_midnight(last + timedelta(days=1)))
        .exclude(models.Exists(told))
        .select_related("payment")
        .order_by("pk")
    )


def _keep_missing(settlement: Settlement, rows: Sequence[PaymentEvent | Refund]) -> list[SettlementLine]:
    lines = {line.key: line for line in (_absent(settlement, row) for row in rows)}
    stored = {line.key: line for line in SettlementLine.objects.filter(key__in=lines)}
    SettlementLine.objects.bulk_create(lines[key] for key in sorted(lines.keys() - stored.keys()))
    return [stored.get(key, line) for key, line in lines.items()]


def _absent(settlement: Settlement, row: PaymentEvent | Refund) -> SettlementLine:
    line = SettlementLine(settlement=settlement, verdict=Verdict.MISSING_THERE, judged_at=timezone.now())
    line.payment = payment = row.payment
    line.order_id = payment.gateway_order_id
    if isinstance(row, Refund):
        moment, done = row.closed_at or row.requested_at, "Refunded"
        line.refund, line.kind = row, EntryKind.REFUND.value
        line.transaction_id = row.gateway_refund_id or row.refund_id
        line.gross_amount = -row.amount
        line.key = _refund_key(row.pk)
    else:
        moment, done = row.created_at, "Captured"
        line.kind, line.transaction_id, line.gross_amount = EntryKind.PAYMENT.value, row.transaction_id, row.amount
        line.key = _capture_key(payment.pk, row.transaction_id)
    line.reason = f"{done} here on {moment.astimezone(INDIA).date()}, and in no report that was read so far."
    return line


def _capture_key(payment_id: int, transaction_id: str) -> str:
    return digest("missing", "capture", str(payment_id), transaction_id)


def _refund_key(refund_pk: int) -> str:
    return digest("missing", "refund", str(refund_pk))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), INDIA)
