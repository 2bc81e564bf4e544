"""Celery's tasks: each a thin edge of a verb that also runs without Celery. A worker finds this module by itself.

Arguments are primary keys: the row says the rest. A task is acknowledged when its work is done, so that a killed
worker's task runs again; every verb is safe to run twice. What no try could do stays in the database, and reconcile
takes it up.
"""

from __future__ import annotations

from typing import Any

from django.db import Error as DatabaseError

from paytm_kit.gateways.base import ConfigurationError, GatewayError
from paytm_kit.logs import EventLog
from paytm_kit.services import announce, letters, replay
from paytm_kit.services import reconcile as reconciling

try:
    from celery import shared_task
except ImportError as error:
    raise ImportError('paytm_kit.tasks needs Celery. Install it: pip install "paytm-kit[celery]"') from error

log = EventLog("paytm_kit.tasks")

SAFE_TO_REPEAT: dict[str, Any] = {
    "acks_late": True,
    "reject_on_worker_lost": True,
    "ignore_result": True,
    "serializer": "json",
}
# Waits of up to 2, 4, 8, … seconds, shortened by chance so that not all ask at once: four minutes at most in all.
TRIED_AGAIN: dict[str, Any] = {
    "autoretry_for": (GatewayError, DatabaseError),
    "dont_autoretry_for": (ConfigurationError,),
    "retry_backoff": 2,
    "retry_backoff_max": 120,
    "retry_jitter": True,
    "max_retries": 7,
}


@shared_task(**SAFE_TO_REPEAT, **TRIED_AGAIN)
def process_message(pk: int) -> None:
    """Asks the gateway about what a stored webhook speaks of."""
    replay.take_up(pk)


@shared_task(**SAFE_TO_REPEAT)
def reconcile() -> None:
    """Everything that is due, as ``manage.py paytm_reconcile`` does. Runs may overlap."""
    report = reconciling.Report()
    for row in reconciling.run(report):
        if row.error:
            log.warning("reconcile.not_done", row=row.due.name, error=row.error)
    log.info(
        "reconcile.done",
        asked=report.asked,
        changed=report.changed,
        delivered=report.delivered,
        left=report.left,
        letters_sent=report.sent,
    )


@shared_task(**SAFE_TO_REPEAT)
def deliver_announcements() -> None:
    """Every announcement whose time has come, each as a task of its own, so that the workers share them."""
    for pk in announce.due().values_list("pk", flat=True):
        deliver_announcement.apply_async((pk,), expires=announce.RETRY_MINUTES[0] * 60)


@shared_task(**SAFE_TO_REPEAT)
def deliver_announcement(pk: int) -> None:
    """One announcement. A receiver that raises has it tried again by the row's own, growing, waits."""
    announce.deliver(pk)


@shared_task(**SAFE_TO_REPEAT)
def send_letters() -> None:
    """Every letter whose time has come, each as a task of its own."""
    for pk in letters.due().values_list("pk", flat=True):
        send_letter.apply_async((pk,), expires=letters.RETRY_MINUTES[0] * 60)


@shared_task(**SAFE_TO_REPEAT)
def send_letter(pk: int) -> None:
    """One letter. A mail server that fails has it tried again by the row's own, growing, waits."""
    letters.send(pk)
