"""Refunds: money on its way back."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.guard import LedgerModel, LedgerQuerySet
from paytm_kit.models.payments import Payment


class RefundQuerySet(LedgerQuerySet):
    def due(self, now: datetime) -> RefundQuerySet:
        """Refunds whose outcome is to be asked for."""
        return self.filter(next_ask_at__lte=now)

    def under_way_or_made(self) -> RefundQuerySet:
        """What a shopper hears of: a refund that failed is the shop's to mend."""
        return self.exclude(status=Refund.Status.FAILED).order_by("pk")


class Refund(LedgerModel):
    """Money on its way back. Its id is made and stored before the first call, and belongs to this refund for ever."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        PENDING = "pending", _("Pending")
        SUCCEEDED = "succeeded", _("Refunded")
        FAILED = "failed", _("Failed")

    OPEN = (Status.REQUESTED, Status.PENDING)

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    refund_id = models.CharField(_("refund id"), max_length=50)
    key = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="Hash of payment and refund id: texts compare without case.",
    )
    transaction_id = models.CharField(_("transaction id"), max_length=64)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.REQUESTED)
    external = models.BooleanField(
        _("external"), default=False, help_text=_("Made in the gateway's own dashboard, not here.")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    actor = models.CharField(_("by"), max_length=150, blank=True)
    wait = models.BooleanField(_("bank asked at once"), default=False)

    gateway_refund_id = models.CharField(_("gateway's refund id"), max_length=64, blank=True)
    code = models.CharField(_("gateway code"), max_length=64, blank=True)
    message = models.CharField(_("gateway message"), max_length=500, blank=True)
    shopper_text_source = models.CharField(max_length=300, blank=True, editable=False)
    rrn = models.CharField(_("bank reference (RRN)"), max_length=64, blank=True)
    arn = models.CharField(_("card network's reference (ARN)"), max_length=64, blank=True)
    credit_expected = models.DateField(_("credit expected"), null=True, blank=True)

    requested_at = models.DateTimeField(_("requested"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    next_ask_at = models.DateTimeField(_("next question due"), null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-requested_at", "-pk"]
        constraints = [models.CheckConstraint(condition=models.Q(amount__gt=0), name="paytm_kit_refund_positive")]
        indexes = [
            models.Index(fields=["next_ask_at"], name="paytm_kit_refund_due"),
            models.Index(fields=["refund_id"], name="paytm_kit_refund_id"),
            models.Index(fields=["status", "closed_at"], name="paytm_kit_refund_made"),
            models.Index(fields=["-requested_at"], name="paytm_kit_refund_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.refund_id} {self.amount} {self.status}"

    @property
    def currency(self) -> str:
        """What its amount is in: as its payment."""
        return self.payment.currency

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def shopper_text(self) -> str:
        """What the shopper may read about it, in the active language."""
        return gettext(self.shopper_text_source) if self.shopper_text_source else ""
