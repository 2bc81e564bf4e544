"""The order that payments of a Flask shop belong to: the shop's own key, what it costs, and who pays."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.gateways.base import Customer
from paytm_kit.models.keys import KeyField
from paytm_kit.payable import PayableMixin


class FlaskOrder(PayableMixin):
    """One order of the shop's. Whether it is paid is not stored here: ``is_paid`` derives from the ledger."""

    key = KeyField(_("order"), max_length=64, help_text=_("The shop's own name of the order."))
    slot = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="Hash of the key: some databases compare texts without case, and A-17 is not a-17.",
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(
        _("currency"), max_length=3, default="INR", validators=[RegexValidator(r"\A[A-Z]{3}\Z")]
    )
    label = models.CharField(_("label"), max_length=130, blank=True, help_text=_("What staff read beside the key."))
    customer_id = models.CharField(_("customer id"), max_length=64, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        app_label = "paytm_kit_flask"
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["key"], name="paytm_kit_flask_order_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.label}".strip()

    def amount_due(self) -> Decimal:
        return self.amount

    def payment_currency(self) -> str:
        return self.currency

    def payment_customer(self) -> Customer:
        return Customer(self.customer_id or f"order_{self.pk}", self.email, self.mobile)

    def payment_language(self) -> str:
        return self.language

    @property
    def surplus(self) -> Decimal:
        """What was captured beyond the amount, in rupees, to be refunded: two tabs can pay what got cheaper."""
        return max(self.amount_paid - self.amount, Decimal("0.00"))
