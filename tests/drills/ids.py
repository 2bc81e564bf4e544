"""Gateway order ids that follow from the shop's order, so that the same seed meets the same faults.

The simulator draws a fault from the order id; the kit's own ids are random.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from paytm_kit.gateways import order_ids
from paytm_kit.ledger import book
from paytm_kit.models import Payment

_here = threading.local()


def follow_orders() -> None:
    """From now on an id is the cart's key of the order and which payment of the order it is."""
    original = book.open_payment

    def open_payment(order: Any, **rest: Any) -> Payment | None:
        _here.order = order
        return original(order, **rest)

    def new_order_id(gateway: str, now: datetime) -> str:
        return f"{_here.order.cart_key}-{Payment.objects.for_order(_here.order).count()}"

    book.open_payment = open_payment
    order_ids.new = new_order_id
