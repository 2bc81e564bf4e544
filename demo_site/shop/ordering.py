"""Making an order out of a cart, and who may see it."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from demo_site.shop.cart import Cart
from demo_site.shop.models import Order, OrderLine

PLACED_HERE = "placed_orders"  # session: primary keys of the orders that this browser placed
REMEMBERED = 20


def create_order(details: Order, cart: Cart, user: User | AnonymousUser) -> Order:
    """Stores the order with its lines, names and prices as they are now; the same cart again gives the same order.

    ``details`` is an unsaved order with the shopper's name and address. The cart must not be empty; what is in it has
    one currency.
    """
    with transaction.atomic():
        order, created = Order.objects.get_or_create(
            cart_key=cart.key,
            defaults={
                "user": user if isinstance(user, User) else None,
                "name": details.name,
                "email": details.email,
                "mobile": details.mobile,
                "address": details.address,
                "city": details.city,
                "pin_code": details.pin_code,
                "language": get_language() or "",
                "currency": cart.currency(),
            },
        )
        if created:
            OrderLine.objects.bulk_create(
                OrderLine(
                    order=order,
                    product=line.product,
                    name=line.product.name,
                    pack=line.product.pack,
                    unit_price=line.product.price,
                    quantity=line.quantity,
                )
                for line in cart.lines()
            )
    return order


def remember(request: HttpRequest, order: Order) -> None:
    """Notes in the session that this browser placed the order."""
    placed = [*request.session.get(PLACED_HERE, []), order.pk]
    request.session[PLACED_HERE] = placed[-REMEMBERED:]


def last_placed(request: HttpRequest) -> Order | None:
    """The order that this browser placed last: where a second click on "Place order" leads."""
    placed = request.session.get(PLACED_HERE)
    return Order.objects.filter(pk=placed[-1]).first() if placed else None


def visible_order(request: HttpRequest, token: str) -> Order:
    """The order behind a link. A shopper's order opens for that shopper only; a guest's for whoever has the link."""
    order = get_object_or_404(Order.objects.prefetch_related("lines__product"), token=token)
    if order.user_id is not None and order.user_id != request.user.pk:
        raise Http404
    return order


def is_own(request: HttpRequest, order: Order) -> bool:
    """Whether name and address may be shown: to the signed-in shopper, or to the browser that placed it."""
    return order.user_id is not None or order.pk in request.session.get(PLACED_HERE, [])
