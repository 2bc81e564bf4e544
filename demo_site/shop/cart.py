"""The cart: product ids and quantities in the session. Prices are always read from the catalogue.

All that is in it has one currency: an order is paid in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.sessions.backends.base import SessionBase

from demo_site.shop.models import MAX_QUANTITY, RUPEES, Product, new_token

SESSION_NAME = "cart"


class OtherCurrency(Exception):
    """The product is sold in another currency than what is in the cart already. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class CartLine:
    product: Product
    quantity: int

    @property
    def total(self) -> Decimal:
        return self.product.price * self.quantity


class Cart:
    """One shopper's cart. ``key`` names it, so that the same cart sent twice makes one order."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session
        stored = session.get(SESSION_NAME) or {}
        self.key: str = stored.get("key", "")
        self._quantities: dict[str, int] = dict(stored.get("quantities", {}))

    @property
    def size(self) -> int:
        """How many units are in it."""
        return sum(self._quantities.values())

    def lines(self) -> list[CartLine]:
        """What is in it and still on sale, in the catalogue's order."""
        products = Product.objects.on_sale().filter(pk__in=self._quantities)
        return [CartLine(product, self._quantities[str(product.pk)]) for product in products]

    def total(self) -> Decimal:
        return sum((line.total for line in self.lines()), Decimal("0.00"))

    def currency(self) -> str:
        """What its prices are in."""
        lines = self.lines()
        return lines[0].product.currency if lines else RUPEES

    def add(self, product: Product, quantity: int) -> int:
        """Adds units and returns how many of the product are in it now, at most MAX_QUANTITY. Raises OtherCurrency."""
        if self.lines() and product.currency != self.currency():
            raise OtherCurrency
        return self.set(product, self._quantities.get(str(product.pk), 0) + quantity)

    def set(self, product: Product, quantity: int) -> int:
        """Sets the units of a product; 0 takes it out."""
        quantity = max(0, min(quantity, MAX_QUANTITY))
        self._quantities[str(product.pk)] = quantity
        if not quantity:
            del self._quantities[str(product.pk)]
        self._store()
        return quantity

    def drop_unavailable(self) -> int:
        """Takes out what is no longer on sale, or in one currency with the rest, and returns how many products went."""
        currency = self.currency()
        kept = {str(line.product.pk) for line in self.lines() if line.product.currency == currency}
        gone = [key for key in self._quantities if key not in kept]
        for key in gone:
            del self._quantities[key]
        if gone:
            self._store()
        return len(gone)

    def empty(self) -> None:
        self._session.pop(SESSION_NAME, None)
        self.key, self._quantities = "", {}

    def _store(self) -> None:
        self.key = self.key or new_token()
        self._session[SESSION_NAME] = {"key": self.key, "quantities": self._quantities}
