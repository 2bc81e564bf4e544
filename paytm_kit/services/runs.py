"""Remembers when reconcile last came to its end, for the overview and the doctor."""

from __future__ import annotations

from datetime import datetime

from django.db import Error as DatabaseError
from django.utils import timezone

from paytm_kit.logs import EventLog
from paytm_kit.models import ReconcileRun

log = EventLog("paytm_kit.reconcile")


def note(account: str, *, begun_at: datetime, asked: int, changed: int, left: int) -> None:
    """Writes down a run of all accounts (``""``) or of one, over the one before it. What was done stands without it."""
    facts = {"begun_at": begun_at, "finished_at": timezone.now(), "asked": asked, "changed": changed, "left": left}
    try:
        rows = ReconcileRun.objects.filter(account=account)
        if not rows.update(**facts):  # two first runs at once: either's facts will do
            ReconcileRun.objects.bulk_create([ReconcileRun(account=account, **facts)], ignore_conflicts=True)
    except DatabaseError as error:
        log.error("reconcile.not_noted", error=f"{type(error).__name__}: {error}")


def last() -> ReconcileRun | None:
    """The newest one, of whatever account. Raises DatabaseError."""
    return ReconcileRun.objects.order_by("-finished_at").first()
