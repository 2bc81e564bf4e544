"""The threads that act without being asked: pending payments settle, webhooks leave."""

from __future__ import annotations

import logging
import threading

from django.db import connections

from paytm_kit.simulator import bank, webhooks

THREADS = 4
PAUSE = 2.0  # seconds between two looks at the books when nobody rings

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
                webhooks.wait(PAUSE)
    finally:
        connections.close_all()
