"""Work for Celery: handing a stored message over to a worker, and the schedule of what runs by the clock.

Celery is needed only when a message is handed over (``pip install "paytm-kit[celery]"``), so settings may import this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paytm_kit import broker
from paytm_kit.logs import EventLog

if TYPE_CHECKING:
    from celery import Task

log = EventLog("paytm_kit.background")

RECONCILE_EVERY = 300  # seconds, as cron would
ANNOUNCE_EVERY = 60  # seconds: the shortest wait between two tries of an announcement
LETTERS_EVERY = 60  # seconds, likewise
OUTGOING_EVERY = 60  # seconds, likewise

LONGEST_WAIT = 2  # seconds for one step of a hand-over: connecting, writing, reading
_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}

# Kombu's own waits are long (an unreachable broker) or endless (a Redis that takes connections and says nothing).
# Each broker's library reads the names that it knows. confirm_publish: RabbitMQ says that it has the message.
BOUNDED: dict[str, Any] = {
    **_ONCE_MORE,
    "connect_retries_timeout": LONGEST_WAIT,
    "socket_connect_timeout": LONGEST_WAIT,
    "socket_timeout": LONGEST_WAIT,
    "read_timeout": LONGEST_WAIT,
    "write_timeout": LONGEST_WAIT,
    "confirm_publish": True,
}


def beat_schedule(*, outgoing: bool = False) -> dict[str, dict[str, Any]]:
    """For ``CELERY_BEAT_SCHEDULE``: reconcile every five minutes, waiting announcements and letters every minute.

    ``outgoing``: webhooks of ours every minute, too; for sites that have paytm_kit.outgoing installed.
    A run that no worker has begun when the next one is due is dropped, so that nothing piles up without workers.
    """
    return {
        name: {"task": name, "schedule": every, "options": {"expires": every}}
        for name, every in (
            ("paytm_kit.tasks.reconcile", RECONCILE_EVERY),
            ("paytm_kit.tasks.deliver_announcements", ANNOUNCE_EVERY),
            ("paytm_kit.tasks.send_letters", LETTERS_EVERY),
            ("paytm_kit.outgoing.tasks.deliver_webhooks", OUTGOING_EVERY),
        )
        if outgoing or "outgoing" not in name
    }


def process_message(pk: int) -> bool:
    """Hands a stored webhook over to a worker. ``False``: that failed, some seconds later at most, and was logged.

    Without a broker in the settings it is ``False``, too: Celery would take one on this machine, of whoever it is.

    After ``False`` the worker may still have got it (an answer of the broker was lost): processing is safe twice.
    """
    try:
        from paytm_kit import tasks  # an extra

        if not broker.is_set():
            log.warning("background.no_broker", wire_message=pk)
            return False
        _hand_over(tasks.process_message, pk)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the queue, the stored message must be processed
        log.warning("background.not_queued", wire_message=pk, error=f"{type(error).__name__}: {error}")
        return False
    return True


def _hand_over(task: Task[[int], None], pk: int) -> None:
    from kombu import pools

    connection = task.app.connection_for_write(connect_timeout=LONGEST_WAIT, transport_options=BOUNDED)
    with pools.producers[connection].acquire(block=True, timeout=LONGEST_WAIT) as producer:
        task.apply_async((pk,), producer=producer, retry=True, retry_policy=_ONCE_MORE)
