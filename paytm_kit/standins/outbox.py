"""The outbox of the stand-ins' webhooks: what leaves when, who sends it, what was answered. The rows are the queue.

As the simulator's, whose threads, ladder and way out it uses: at least once, one after the other for each order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from paytm_kit.simulator import clock, database, world
from paytm_kit.simulator.webhooks import outbox as simulators
from paytm_kit.simulator.webhooks.ladder import LADDERS
from paytm_kit.simulator.webhooks.outbox import LEASE, PER_URL
from paytm_kit.simulator.webhooks.sending import Answer, post
from paytm_kit.standins import faults, wording
from paytm_kit.standins.models import Order, Webhook
from paytm_kit.standins.wording import Notice, Told


def tell(told: Told) -> None:
    """Writes what the gateway says of this into the outbox, in the caller's transaction. It leaves after the commit."""
    order = told.order
    if not order.party.webhook_url:
        return
    said = wording.of(order)
    notices = said.notices(told._replace(order=faults.with_told_amount(_copy(order))))
    rows = [row for notice in notices for row in _rows(order, notice)]
    if rows and faults.strikes(order, "webhook-reordered"):
        before = order.webhooks.order_by("-pk").first()
        rows = [*reversed(rows), *([_again(before)] if before else [])]
    Webhook.objects.bulk_create(rows)
    database.on_commit(simulators.wake)


def _copy(order: Order) -> Order:
    """A second object of the same row, so that what a fault changes is told and never saved."""
    return Order.objects.select_related("party").prefetch_related("captures__refunds").get(pk=order.pk)


def _rows(order: Order, notice: Notice) -> list[Webhook]:
    """The notice as its faults leave it."""
    found = {name: faults.values(order, name) for name in ("webhook-doubled", "webhook-late")}
    lost, forged = (faults.strikes(order, name) for name in ("webhook-lost", "webhook-wrong-signature"))
    struck = [name for name, said in found.items() if said is not None]
    struck += [name for name, on in (("webhook-lost", lost), ("webhook-wrong-signature", forged)) if on]
    copies = (found["webhook-doubled"] or {"copies": 1})["copies"]
    seconds = (found["webhook-late"] or {"seconds": 0})["seconds"]
    return [
        Webhook(
            order=order, event=notice.event, url=order.party.webhook_url, body=notice.body, forged=forged,
            status=Webhook.WITHHELD if lost else Webhook.QUEUED, faults=", ".join(struck),
            next_at=clock.now() + timedelta(seconds=seconds),
        )
        for _ in range(copies)
    ]  # fmt: skip


def _again(row: Webhook) -> Webhook:
    return Webhook(
        order=row.order, event=row.event, url=row.url, body=row.body, next_at=clock.now(), faults="webhook-reordered",
    )  # fmt: skip


# ---- sending ---------------------------------------------------------------------------------------------------


def _due() -> QuerySet[Webhook]:
    """What may leave now: its time has come, no earlier webhook of its order is being tried, its URL has room."""
    now = clock.now()
    earlier = Webhook.objects.filter(order=OuterRef("order"), pk__lt=OuterRef("pk")).filter(
        Q(status=Webhook.SENDING) | Q(status=Webhook.QUEUED) & (Q(tries__gt=0) | Q(next_at__lte=now))
    )
    busy = Webhook.objects.filter(status=Webhook.SENDING).values("url").annotate(at_once=Count("pk"))
    full = busy.filter(at_once__gte=PER_URL).values("url")
    waiting = Webhook.objects.filter(status=Webhook.QUEUED, next_at__lte=now).exclude(url__in=full)
    return waiting.filter(~Exists(earlier)).select_related("order__party").order_by("next_at", "pk")


def next_at(after: datetime) -> datetime | None:
    """When the next webhook that is not due yet becomes due."""
    return Webhook.objects.filter(status=Webhook.QUEUED, next_at__gt=after).aggregate(at=Min("next_at"))["at"]


def under_way() -> bool:
    """Whether a webhook is being sent or should be. Behind one that waits for its next attempt it need not be."""
    now = clock.now()
    resting = Webhook.objects.filter(
        order=OuterRef("order"), pk__lt=OuterRef("pk"), status=Webhook.QUEUED, tries__gt=0, next_at__gt=now
    )
    waits = Q(status=Webhook.QUEUED, next_at__lte=now) & ~Exists(resting)
    return Webhook.objects.filter(Q(status=Webhook.SENDING) | waits).exists()


def send_next() -> bool:
    """Sends one webhook that is due. False when none is."""
    while row := _due().first():
        if _claimed(row):
            _send(row, by_hand=False)
            return True
    return False


def send_again(row: Webhook) -> bool:
    """Sends it once more, now, whatever became of it; its ladder goes on as it was. False: it is on its way."""
    if not _claimed(row):
        return False
    _send(row, by_hand=True)
    return True


def take_back() -> None:
    """What a dead process was sending is sent again."""
    stuck = Webhook.objects.filter(status=Webhook.SENDING, sending_at__lt=timezone.now() - LEASE)
    if stuck.update(status=Webhook.QUEUED):
        simulators.wake()


def _claimed(row: Webhook) -> bool:
    # The update is the claim: of several workers one sees its row change.
    same = Webhook.objects.filter(pk=row.pk, status=row.status, tries=row.tries, next_at=row.next_at)
    return bool(same.exclude(status=Webhook.SENDING).update(status=Webhook.SENDING, sending_at=timezone.now()))


def _send(row: Webhook, *, by_hand: bool) -> None:
    began, ladder, said = clock.now(), LADDERS[world.get().webhook_ladder], wording.of(row.order)
    answer = _posted(row, ladder.timeout)
    wait = None if by_hand else ladder.wait_after(row.tries + 1)
    after: dict[str, Any] = {"status": row.status if by_hand else Webhook.FAILED}
    if said.accepts(answer):
        after["status"] = Webhook.DELIVERED
    elif wait is not None:
        after = {"status": Webhook.QUEUED, "next_at": began + timedelta(seconds=wait)}
    attempt = {
        "at": began.isoformat(), "status": answer.status, "answer": answer.text,
        "milliseconds": answer.milliseconds, "said": answer.said, "by_hand": by_hand,
    }  # fmt: skip
    # update, not save: a reset may have removed the row meanwhile
    Webhook.objects.filter(pk=row.pk).update(
        **after, attempts=[*row.attempts, attempt], tries=row.tries + (not by_hand)
    )
    simulators.wake()


def _posted(row: Webhook, timeout: tuple[float, float]) -> Answer:
    order = row.order
    try:
        sealed = wording.of(order).seal(row, order.base_url)
    except ImportError as error:  # an extra that the signature needs
        return Answer(None, f"not sent: {error}")
    return post(
        row.url, sealed.body, sealed.content_type, headers=sealed.headers, timeout=timeout,
        order_id=faults.name_of(order)[:50], said=row.event,
    )  # fmt: skip
