"""The threads that act without being asked: one keeps the time, the others send webhooks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from paytm_kit.simulator import clock, database, guests
from paytm_kit.simulator.bank import due
from paytm_kit.simulator.faults import rules
from paytm_kit.simulator.webhooks import outbox

SENDERS = 6
PAUSE = 2.0  # seconds between two looks of the time keeper at the books at most
IDLE = 60.0  # seconds that a sender sleeps when nobody wakes it

logger = logging.getLogger(__name__)
_stopping = threading.Event()
_threads: list[threading.Thread] = []
_starting = threading.Lock()


def ensure_running() -> None:
    """Starts the threads once in each process."""
    with _starting:
        if not _threads and not _stopping.is_set():
            for number, work in enumerate((_keep_time, *[_send] * SENDERS)):
                name = f"paytm-simulator-worker-{number}"
                thread = threading.Thread(target=_guarded, args=(work,), name=name, daemon=True)
                _threads.append(thread)
                thread.start()


def stop(timeout: float = 2.0) -> None:
    """Lets the threads end after what they are doing; they are daemons, so a slow merchant cannot hold us."""
    ends = time.monotonic() + timeout
    _stopping.set()
    outbox.wake(SENDERS)
    for thread in _threads:
        thread.join(max(0.0, ends - time.monotonic()))


def start() -> None:
    """Runs, also after a ``stop``."""
    with _starting:
        _threads.clear()
        _stopping.clear()
    ensure_running()


def _guarded(work: Callable[[], None]) -> None:
    try:
        while not _stopping.is_set():
            try:
                with rules.one_look():
                    work()
            except Exception:  # one bad delivery must not end all later ones; it is logged in full
                logger.exception("The webhook worker met an error and goes on.")
                _stopping.wait(PAUSE)
    finally:
        database.leave()


def _send() -> None:
    if not (outbox.send_next() or guests.send_next()):
        database.rest()
        outbox.wait(IDLE)


def _keep_time() -> None:
    """What is due happens, the senders are woken for theirs, and then it sleeps until the next moment."""
    due.run()
    guests.run_due()
    outbox.take_back()
    guests.take_back()
    now = clock.now()
    if outbox.first_due() or guests.under_way():
        outbox.wake_senders(SENDERS)
    moments = [] if clock.frozen() else [due.next_at(), outbox.next_at(now), *guests.moments(now)]
    waits = [(moment - now).total_seconds() for moment in moments if moment]
    database.rest()
    outbox.wait_for_clock(max(0.01, min([PAUSE, *waits])))
