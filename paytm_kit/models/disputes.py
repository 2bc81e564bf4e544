"""Disputes: the customer's bank asks for the money back."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.guard import LedgerModel, LedgerQuerySet
from paytm_kit.models.payments import Payment


class DisputeQuerySet(LedgerQuerySet):
    def undecided(self) -> DisputeQuerySet:
        """Disputes that may still be lost: as long as a payment has one, none of its money is refunded."""
        return self.filter(status__in=Dispute.UNDECIDED)

    def overdue(self, now: datetime) -> DisputeQuerySet:
        """Undecided ones whose answer is past its time."""
        return self.undecided().filter(due_at__lt=now)


class Dispute(LedgerModel):
    """A chargeback of one captured transaction. What is lost, or may be, is never refunded a second time."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        UNKNOWN = "unknown", _("Not understood: treated as open")
        WON = "won", _("Won: the money stays")
        LOST = "lost", _("Lost: the money is gone")
        CLOSED = "closed", _("Closed, not said for whom")

    UNDECIDED = (Status.OPEN, Status.UNKNOWN)
    TAKEN = (Status.LOST, Status.CLOSED)  # the money is gone, or may be

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes", verbose_name=_("payment"))
    dispute_id = models.CharField(_("dispute id"), max_length=64)
    key = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="Hash of payment and dispute id: texts compare without case.",
    )
    transaction_id = models.CharField(_("transaction id"), max_length=64, blank=True)
    amount = models.DecimalField(
        _("disputed"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("In the payment's currency; empty: not told, so the whole transaction counts."),
    )
    status = models.CharField(_("status"), max_length=12, choices=Status.choices)
    word = models.CharField(_("gateway's word"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-opened_at", "-pk"]
        constraints = [models.CheckConstraint(condition=models.Q(amount__gt=0), name="paytm_kit_dispute_positive")]
        indexes = [models.Index(fields=["status", "due_at"], name="paytm_kit_dispute_due")]

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.amount} {self.status}"

    @property
    def currency(self) -> str:
        """What its amount is in: as its payment."""
        return self.payment.currency

    @property
    def is_undecided(self) -> bool:
        return self.status in self.UNDECIDED

    @property
    def is_overdue(self) -> bool:
        return self.is_undecided and self.due_at is not None and self.due_at < timezone.now()
