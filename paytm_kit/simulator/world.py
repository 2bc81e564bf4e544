"""Opening, resetting and configuring the simulator: what exists before the first order."""

from __future__ import annotations

import threading

from django.db import transaction

from paytm_kit.simulator import ids, options
from paytm_kit.simulator.models import Delivery, Merchant, Message, Order, World

_opening = threading.Lock()
_open = False


def ensure_open() -> None:
    """Once in each process: the merchant of the options exists, what a stopped process was sending is sent again."""
    global _open
    with _opening:
        if not _open:
            chosen = options.current()
            with transaction.atomic():
                World.objects.get_or_create(pk=1, defaults={"settle_after": chosen.settle_after})
                _merchant(chosen)
                Delivery.objects.filter(status=Delivery.SENDING).update(status=Delivery.QUEUED)
            ids.reseed(chosen.seed)
            _open = True


def reset() -> None:
    """Forgets every order and message, puts time and settings back as the options say, starts the ids again."""
    chosen = options.current()
    with transaction.atomic():
        Order.objects.all().delete()
        Message.objects.all().delete()
        Merchant.objects.exclude(mid=chosen.mid).delete()
        _merchant(chosen)
        World.objects.update_or_create(pk=1, defaults={"clock_offset": 0, "settle_after": chosen.settle_after})
    ids.reseed(chosen.seed)


def get() -> World:
    return World.objects.get(pk=1)


def merchant(mid: object) -> Merchant | None:
    """The merchant with this MID; MIDs are case-sensitive."""
    if not isinstance(mid, str):
        return None
    return next((row for row in Merchant.objects.filter(mid=mid) if row.mid == mid), None)


def _merchant(chosen: options.Options) -> None:
    Merchant.objects.update_or_create(
        mid=chosen.mid,
        defaults={
            "key": chosen.key,
            "website": chosen.website,
            "webhook_url": chosen.webhook_url,
            "webhook_on_pending": False,
        },
    )
