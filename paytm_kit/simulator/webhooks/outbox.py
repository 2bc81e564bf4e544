"""The outbox of signed webhooks: what is due, who sends it, what was answered. The rows are the queue.

200 is accepted, anything else is tried again (Paytm docs, Callback and Webhook). Webhooks of one order leave one after
the other; of one URL at most PER_URL are on their way at once, so that a slow merchant holds up nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone

from paytm_kit.simulator import clock, database, world
from paytm_kit.simulator.faults import notices as faults
from paytm_kit.simulator.models import Delivery, Order
from paytm_kit.simulator.webhooks.ladder import LADDERS
from paytm_kit.simulator.webhooks.sending import FORM, JSON, Answer, post

PER_URL = 3
LEASE = timedelta(seconds=90)  # of real time, longer than any ladder's timeout: whoever sends longer has died

_bell = threading.Semaphore(0)
_clock_bell = threading.Event()


def wake(senders: int = 1) -> None:
    """Tells the worker that there may be something to do, and that its next appointment may be another."""
    wake_senders(senders)
    _clock_bell.set()


def wake_senders(count: int = 1) -> None:
    _bell.release(count)


def wait(seconds: float) -> None:
    """A sender waits here until woken or until the time is over."""
    _bell.acquire(timeout=seconds)


def wait_for_clock(seconds: float) -> None:
    """The time keeper waits here, in the same way."""
    _clock_bell.wait(seconds)
    _clock_bell.clear()


def enqueue(order: Order, event: str, notice: Mapping[str, str] | str) -> None:
    """Writes a signed notice to the merchant's webhook into the outbox, in the caller's transaction.

    A mapping is sent as a form, or as a JSON event to a merchant who wants those; a text is JSON, sent exactly as it
    is. It leaves after the commit.
    """
    url = order.merchant.webhook_url
    if not url:
        return
    plan = faults.plan(order, notice)
    rows = [
        Delivery(
            order=order,
            event=event,
            url=url,
            body=urlencode(body) if isinstance(body, Mapping) else body,
            content_type=FORM if isinstance(body, Mapping) else JSON,
            status=Delivery.WITHHELD if plan.never else Delivery.QUEUED,
            next_at=clock.now() + timedelta(seconds=plan.seconds),
            faults=", ".join(plan.faults),
        )
        for body in plan.bodies
    ]
    Delivery.objects.bulk_create(rows)
    database.on_commit(wake if plan.seconds else wake_senders)


# ---- sending ---------------------------------------------------------------------------------------------------


# What may leave now: its time has come, no earlier webhook of its order is being tried, its URL has room. Written out:
# each sender asks again after each webhook, mostly in vain, and the making would cost more than the answer.
DUE = f"""
    SELECT waiting.* FROM paytm_simulator_delivery AS waiting
    WHERE waiting.status = '{Delivery.QUEUED}' AND waiting.next_at <= %s
      AND waiting.url NOT IN (SELECT url FROM paytm_simulator_delivery WHERE status = '{Delivery.SENDING}'
                              GROUP BY url HAVING COUNT(*) >= {PER_URL})
      AND NOT EXISTS (SELECT 1 FROM paytm_simulator_delivery AS earlier
                      WHERE earlier.order_id = waiting.order_id AND earlier.id < waiting.id
                        AND (earlier.status = '{Delivery.SENDING}'
                             OR earlier.status = '{Delivery.QUEUED}' AND (earlier.tries > 0 OR earlier.next_at <= %s)))
    ORDER BY waiting.next_at, waiting.id LIMIT 1
"""  # noqa: S608 - our own words


def first_due() -> Delivery | None:
    """What may leave now; of several what has waited longest."""
    now = database.connection().ops.adapt_datetimefield_value(clock.now())
    return next(iter(Delivery.objects.raw(DUE, [now, now])), None)


def next_at(after: datetime) -> datetime | None:
    """When the next webhook that is not due yet becomes due."""
    return Delivery.objects.filter(status=Delivery.QUEUED, next_at__gt=after).aggregate(at=Min("next_at"))["at"]


def under_way() -> bool:
    """Whether a webhook is being sent or should be. Behind one that waits for its next attempt it need not be."""
    now = clock.now()
    resting = Delivery.objects.filter(
        order=OuterRef("order"), pk__lt=OuterRef("pk"), status=Delivery.QUEUED, tries__gt=0, next_at__gt=now
    )
    waits = Q(status=Delivery.QUEUED, next_at__lte=now) & ~Exists(resting)
    # one statement: between two of them a row would pass from what one looks for to what the other does
    return Delivery.objects.filter(Q(status=Delivery.SENDING) | waits).exists()


def send_next() -> bool:
    """Sends one webhook that is due. False when none is."""
    while row := first_due():
        if _claimed(row):
            _send(row, by_hand=False)
            return True
    return False


def redeliver(row: Delivery) -> bool:
    """Sends it once more, now, whatever became of it; its ladder goes on as it was. False: it is on its way."""
    if not _claimed(row):
        return False
    _send(row, by_hand=True)
    return True


def take_back() -> None:
    """What a dead process was sending is sent again."""
    stuck = Delivery.objects.filter(status=Delivery.SENDING, sending_at__lt=timezone.now() - LEASE)
    if stuck.update(status=Delivery.QUEUED):
        wake()


def _claimed(row: Delivery) -> bool:
    # The update is the claim: of several workers one sees its row change. Another may have sent it since it was read,
    # and queued it for its next attempt: then this is no longer the row that was due.
    same = Delivery.objects.filter(pk=row.pk, status=row.status, tries=row.tries, next_at=row.next_at)
    return bool(same.exclude(status=Delivery.SENDING).update(status=Delivery.SENDING, sending_at=timezone.now()))


def _send(row: Delivery, *, by_hand: bool) -> None:
    began, ladder = clock.now(), LADDERS[world.get().webhook_ladder]
    order_id = row.order.order_id if row.order else ""
    answer = post(row.url, row.body, row.content_type, order_id=order_id, said=row.event, timeout=ladder.timeout)
    wait = None if by_hand else ladder.wait_after(row.tries + 1)
    after: dict[str, Any] = {"status": row.status if by_hand else Delivery.FAILED}
    if answer.status == 200:
        after["status"] = Delivery.DELIVERED
    elif wait is not None:
        after = {"status": Delivery.QUEUED, "next_at": began + timedelta(seconds=wait)}
    # update, not save: a reset may have removed the row meanwhile
    Delivery.objects.filter(pk=row.pk).update(
        **after, attempts=[*row.attempts, _logged(began, answer, by_hand)], tries=row.tries + (not by_hand)
    )
    if after["status"] == Delivery.QUEUED:
        _clock_bell.set()


def _logged(began: datetime, answer: Answer, by_hand: bool) -> dict[str, Any]:
    return {
        "at": began.isoformat(), "status": answer.status, "answer": answer.text,
        "milliseconds": answer.milliseconds, "said": answer.said, "by_hand": by_hand,
    }  # fmt: skip
