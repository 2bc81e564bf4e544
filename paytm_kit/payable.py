"""``PayableMixin``: what an order of the merchant's needs so that the kit can collect for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Sum

from paytm_kit.gateways.base import Customer
from paytm_kit.invoices import Invoice
from paytm_kit.models import Payment, PaymentQuerySet


class PayableMixin(models.Model):
    """Abstract model for an order. Define ``amount_due``; the rest has sensible answers.

    Nothing here is stored on the order: what was paid derives from its payments.
    """

    class Meta:
        abstract = True

    def amount_due(self) -> Decimal:
        """What the order costs in all, in ``payment_currency()``, whether or not any of it has been paid.

        At most two decimals, and none where the currency has none (JPY): rupees as ``Decimal("499.00")``.
        """
        raise ImproperlyConfigured(f"{type(self).__name__} must define amount_due().")

    def payment_customer(self) -> Customer | None:
        """Who pays; ``None`` sends the order's own key as the gateway's customer id and no contact details."""
        return None

    def payment_currency(self) -> str:
        """What ``amount_due`` is in: three letters of ISO 4217. Only accounts with the same CURRENCY can collect it.

        An order has one currency for ever: money that it took in another does not count as paid, and until that has
        been given back nothing more is collected for it.
        """
        return "INR"

    def payment_label(self) -> str:
        """How staff recognise the order in lists."""
        return str(self)

    def payment_email(self) -> str:
        """Where letters to the shopper go; empty: nobody is written to.

        Asked for when a letter is sent, and never stored by the kit. By default that of ``payment_customer``.
        """
        customer = self.payment_customer()
        return customer.email if customer else ""

    def payment_language(self) -> str:
        """The language of letters to the shopper, such as ``hi``; empty, or one the site has not: LANGUAGE_CODE."""
        return ""

    def payment_invoice(self) -> Invoice | None:
        """What the receipt says of invoice and tax; ``None``: nothing. Whoever has the receipt's link can read it."""
        return None

    @classmethod
    def orders_of(cls, user: Any) -> models.QuerySet[Any]:
        """The orders whose payments a signed-in user sees in "my payments".

        By default those whose one foreign key to the user model points to them; with no such key, or several, none:
        override it then.
        """
        keys = [field.name for field in cls._meta.fields if _points_to_user(field)]
        everything = cls._default_manager.all()
        return everything.filter(**{keys[0]: user}) if len(keys) == 1 else everything.none()

    @property
    def payments(self) -> PaymentQuerySet:
        """Every attempt to collect, newest first."""
        return Payment.objects.for_order(self)

    @property
    def amount_paid(self) -> Decimal:
        """Captured so far, in ``payment_currency()``; what came in another currency does not count."""
        same = self.payments.filter(currency=self.payment_currency())
        total = same.aggregate(total=Sum("captured_amount"))["total"] or Decimal(0)
        return total.quantize(Decimal("0.01"))  # SQLite forgets the paise of a sum when they are none

    @property
    def balance_due(self) -> Decimal:
        """What is still to be collected, in ``payment_currency()``; never below zero."""
        return max(self.amount_due() - self.amount_paid, Decimal("0.00"))

    @property
    def is_paid(self) -> bool:
        return self.amount_paid >= self.amount_due() and self.amount_paid > 0


def _points_to_user(field: models.Field[Any, Any]) -> bool:
    return field.related_model is get_user_model()
