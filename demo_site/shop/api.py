"""Which order a caller of the REST API may pay: their own, one that this browser placed, or whose link they have."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpRequest

from demo_site.shop.models import Order
from demo_site.shop.ordering import PLACED_HERE, visible_order

FIRST_NUMBER = 1000  # see Order.number


def order_for(order_id: str, request: HttpRequest) -> Order | None:
    """By its number (``KD-1001``) or by the token of its link; ``None``: none that this caller may pay.

    A program whose user may view orders pays for everybody.
    """
    prefix, _, digits = order_id.partition("-")
    if prefix != "KD" or not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        try:
            return visible_order(request, order_id)
        except Http404:
            return None
    orders = Order.objects.filter(pk=int(digits) - FIRST_NUMBER)
    if not request.user.has_perm("shop.view_order"):
        placed_here = request.session.get(PLACED_HERE, [])
        orders = orders.filter(Q(user_id=request.user.pk, user__isnull=False) | Q(user=None, pk__in=placed_here))
    return orders.first()
