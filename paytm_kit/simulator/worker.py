"""The threads that act without being asked: pending payments settle, webhooks leave."""

from __future__ import annotations

import logging
import threading

from django.db import connections
from django.db.models import Min

from paytm_kit.simulator import bank, clock, webhooks
from paytm_kit.simulator.machine import State
from paytm_kit.simulator.models import Delivery, Transaction

THREADS = 4
PAUSE = 2.0  # seconds between two looks at the books at most

logger = logging.getLogger(__name__)
_stopping = threading.Event()
_threads: list[threading.Thread] = []
_starting = threading.Lock()


def ensure_running() -> None:
    """Starts the threads once in each process."""
    with _starting:
        if not _threads and not _stopping.is_set():
            for number in range(THREADS):
                thread = threading.Thread(target=_work, name=f"paytm-simulator-worker-{number}", daemon=True)
                _threads.append(thread)
                thread.start()


def stop(timeout: float = 2.0) -> None:
    """Lets the threads end after what they are doing; they are daemons, so a slow merchant cannot hold us."""
    _stopping.set()
    for _ in _threads:
        webhooks.wake()
    for thread in _threads:
        thread.join(timeout)


def _pause() -> float:
    """Seconds until something is due, at most PAUSE."""
    settles = Transaction.objects.filter(status=State.PENDING).aggregate(at=Min("settle_at"))["at"]
    leaves = Delivery.objects.filter(status=Delivery.QUEUED).aggregate(at=Min("next_at"))["at"]
    now = clock.now()
    waits = [(at - now).total_seconds() for at in (settles, leaves) if at]
    return max(0.01, min([PAUSE, *waits]))


def _work() -> None:
    try:
        while not _stopping.is_set():
            try:
                bank.settle_due()
                busy = webhooks.send_next()
            except Exception:  # one bad delivery must not end all later ones; it is logged in full
                logger.exception("The webhook worker met an error and goes on.")
                busy = False
            if not busy:
                webhooks.wait(_pause())
    finally:
        connections.close_all()
