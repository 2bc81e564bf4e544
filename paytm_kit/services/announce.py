"""Tells the merchant's code what happened: after the money's commit, at least once, database effects exactly once."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.db import Error as DatabaseError
from django.db import connections, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from paytm_kit import signals
from paytm_kit.logs import EventLog, goes_on
from paytm_kit.masking import safe_line
from paytm_kit.models import Announcement, Payment, Refund

log = EventLog("paytm_kit.announce")

# Minutes until the next try, by tries so far; the last one repeats.
RETRY_MINUTES = (1, 5, 15, 60, 360, 1440)


def after_commit(ids: Iterable[int]) -> None:
    """Delivers these as soon as the surrounding transaction, if there is one, has been committed."""
    for pk in ids:
        transaction.on_commit(partial(deliver, pk))


def waiting() -> QuerySet[Announcement]:
    """Announcements that somebody has still to hear, oldest first."""
    return Announcement.objects.filter(state=Announcement.State.WAITING).order_by("pk")


def unheard() -> QuerySet[Announcement]:
    """Those of them that were tried in vain, or that nobody tried; not those that are on their way just now."""
    return waiting().filter(Q(attempts__gt=0) | Q(created_at__lt=timezone.now() - timedelta(minutes=1)))


def due() -> QuerySet[Announcement]:
    """Those of them whose time has come."""
    return waiting().filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=timezone.now()))


def deliver(pk: int) -> bool:
    """Runs the receivers and marks the row, in one transaction. ``True`` if it stands delivered afterwards.

    A receiver that raises undoes its own and the others' writes of this try and is tried again later; the payment
    is not touched. A row that another worker has in hand is left to it.
    """
    try:
        with transaction.atomic():
            row = _take(pk)
            if row is None:
                return Announcement.objects.filter(pk=pk, state=Announcement.State.DELIVERED).exists()
            with goes_on(row.event.correlation_id):
                _send(row)
            row.state = Announcement.State.DELIVERED
            row.delivered_at = timezone.now()
            row.last_error = ""
            row.attempts += 1
            row.save()
    except Exception as error:  # noqa: BLE001 - receivers are the merchant's code: whatever they raise is kept and retried
        _kept(pk, error)
        return False
    return True


def _kept(pk: int, error: Exception) -> None:
    """Puts the next try off. When that cannot be written either, the row stands as it did and is due at once."""
    try:
        _postpone(pk, error)
    except DatabaseError as failure:
        log.error("announcement.not_postponed", announcement=pk, error=f"{type(failure).__name__}: {failure}")


def _send(row: Announcement) -> None:
    payment = row.event.payment
    refund = row.event.refund
    if row.signal == "payment_failed" and payment.is_paid:
        return  # it was paid after all while this waited: saying "failed" now would be false
    if row.signal == "refund_failed" and refund is not None and refund.status != Refund.Status.FAILED:
        return  # likewise: it was made after all, or is under way again
    if row.signal == "refund_started" and refund is not None and refund.status != Refund.Status.PENDING:
        return  # it is decided meanwhile, and that is announced as well
    signals.BY_NAME[row.signal].send(
        sender=Payment,
        payment=payment,
        order=payment.order,
        refund=row.event.refund,
        dispute=row.event.dispute,
        event=row.event,
        announcement=row,
    )


def _take(pk: int) -> Announcement | None:
    """The waiting row, locked. Databases that skip no locked rows wait at the first write, so there the touch is first.

    (SQLite lets nobody turn from reading to writing while somebody else writes: "database is locked", at once.)
    """
    waiting = Announcement.objects.filter(pk=pk, state=Announcement.State.WAITING)
    if connections[waiting.db].features.has_select_for_update_skip_locked:
        return waiting.select_for_update(skip_locked=True).first()
    return waiting.first() if waiting.update(attempts=F("attempts")) else None


def _postpone(pk: int, error: Exception) -> None:
    row = Announcement.objects.get(pk=pk)
    wait = RETRY_MINUTES[min(row.attempts, len(RETRY_MINUTES) - 1)]
    Announcement.objects.filter(pk=pk, state=Announcement.State.WAITING).update(
        attempts=F("attempts") + 1,
        last_error=safe_line(f"{type(error).__name__}: {error}", 2000),
        next_try_at=timezone.now() + timedelta(minutes=wait),
    )
    log.error(
        "announcement.failed",
        announcement=pk,
        signal=row.signal,
        error=f"{type(error).__name__}: {error}",
        where=_where(error),
        retry_in_minutes=wait,
    )


def _where(error: Exception) -> str:
    """The line that raised. The whole traceback would print what the receiver had in hand, addresses included."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
