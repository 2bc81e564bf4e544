"""Which orders the page offers to pay: the visitor's own open ones, or an example that is made for them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language

from demo_site.shop.models import RUPEES, Order, Product
from demo_site.shop.ordering import PLACED_HERE, remember

OFFERED = 8
SOMEBODY = {  # invented
    "name": "Example Shopper",
    "email": "shopper@example.com",
    "address": "1 Example Road",
    "city": "Mysuru",
    "pin_code": "570001",
}


def open_orders(request: HttpRequest) -> list[Order]:
    """Those of whoever is signed in, and those that a guest placed in this browser, newest first."""
    unpaid: QuerySet[Order] = Order.objects.filter(paid_at=None).prefetch_related("lines")
    mine = Q(user_id=request.user.pk, user__isnull=False) | Q(user=None, pk__in=request.session.get(PLACED_HERE, []))
    return [order for order in unpaid.filter(mine)[:OFFERED] if order.balance_due]


def place_example(request: HttpRequest) -> Order | None:
    """An order over one unit of the cheapest product in rupees; ``None``: nothing is on sale."""
    product = Product.objects.on_sale().filter(category__currency=RUPEES).order_by("price", "pk").first()
    if product is None:
        return None
    with transaction.atomic():
        user = request.user if request.user.is_authenticated else None
        order = Order.objects.create(user=user, language=get_language() or "", currency=product.currency, **SOMEBODY)
        order.lines.create(product=product, name=product.name, pack=product.pack, unit_price=product.price, quantity=1)
    remember(request, order)
    return order
