"""The same order once more: a fresh one to try things on, or a victim for somebody else's message."""

from __future__ import annotations

from django.db import transaction

from demo_site.shop.models import Order, OrderLine, new_token


def again(order: Order) -> Order:
    """A new, unpaid order of the same shopper with the same lines, at the prices of then."""
    with transaction.atomic():
        fresh = Order.objects.get(pk=order.pk)
        fresh.pk, fresh._state.adding = None, True
        fresh.token, fresh.cart_key = new_token(), new_token()
        fresh.paid_at, fresh.staff_remark = None, ""
        fresh.save()
        lines = list(order.lines.all())
        for line in lines:
            line.pk, line._state.adding, line.order = None, True, fresh
        OrderLine.objects.bulk_create(lines)
    return fresh
