"""Everything that the clock decides: called before every answer about money and by the worker, so that both agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from django.db.models import Min, QuerySet

from paytm_kit.simulator import clock
from paytm_kit.standins import outbox, payments, refunds
from paytm_kit.standins.books import OPEN, Bank, NotAllowed
from paytm_kit.standins.models import Capture, Order, Refund


def _captures() -> QuerySet[Capture]:
    return Capture.objects.filter(state=Bank.PENDING, decide_at__isnull=False).select_related("order")


def _refunds() -> QuerySet[Refund]:
    return Refund.objects.filter(state=Bank.PENDING, decide_at__isnull=False).select_related("capture__order")


def _orders() -> QuerySet[Order]:
    return Order.objects.filter(state__in=OPEN, expires_at__isnull=False)


def run() -> None:
    """Brings the books up to the simulated time."""
    now = clock.now()
    _each(
        _captures().filter(decide_at__lte=now).order_by("decide_at"),
        lambda row: payments.decide(row, Bank(row.decides_as)),
    )
    _each(
        _refunds().filter(decide_at__lte=now).order_by("decide_at"),
        lambda row: refunds.decide(row, Bank(row.decides_as)),
    )
    _each(_orders().filter(expires_at__lte=now), payments.expire)


def _each(rows: Iterable[object], act: Callable[..., object]) -> None:
    for row in list(rows):
        with suppress(NotAllowed):  # another thread was quicker
            act(row)


def next_at(after: datetime) -> datetime | None:
    """When the books change by themselves again, or the next webhook becomes due, after this moment."""
    moments = [
        _captures().filter(decide_at__gt=after).aggregate(at=Min("decide_at"))["at"],
        _refunds().filter(decide_at__gt=after).aggregate(at=Min("decide_at"))["at"],
        _orders().filter(expires_at__gt=after).aggregate(at=Min("expires_at"))["at"],
        outbox.next_at(after),
    ]
    return min((moment for moment in moments if moment), default=None)
