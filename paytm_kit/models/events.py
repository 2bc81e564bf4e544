"""The facts that the ledger accepted, and who has still to hear of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.disputes import Dispute
from paytm_kit.models.guard import LedgerModel, LedgerQuerySet, refuse
from paytm_kit.models.payments import Flag, Payment
from paytm_kit.models.refunds import Refund


class PaymentEvent(LedgerModel):
    """A fact that the ledger accepted. Append-only; all totals derive from events."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        STARTED = "started", _("Shopper sent to the gateway")
        NOT_STARTED = "not_started", _("Gateway could not begin")
        PENDING = "pending", _("Gateway says: pending")
        CAPTURED = "captured", _("Money captured")
        FAILED = "failed", _("Gateway says: failed")
        EXPIRED = "expired", _("Never completed")
        SUPERSEDED = "superseded", _("Replaced by a newer payment")
        FLAGGED = "flagged", _("Flagged for a person")
        CLOSED = "closed", _("Closed by a person")
        FLAG_RESOLVED = "flag_resolved", _("Flag resolved by a person")
        REFUND_REQUESTED = "refund_requested", _("Refund requested")
        REFUND_PENDING = "refund_pending", _("Gateway says: refund pending")
        REFUND_SUCCEEDED = "refund_succeeded", _("Refunded")
        REFUND_FAILED = "refund_failed", _("Refund failed")
        SETTLED = "settled", _("Settled by the gateway")
        DISPUTE_OPENED = "dispute_opened", _("Dispute opened")
        DISPUTE_UPDATED = "dispute_updated", _("Dispute: more was said")
        DISPUTE_WON = "dispute_won", _("Dispute won")
        DISPUTE_LOST = "dispute_lost", _("Dispute lost")
        DISPUTE_CLOSED = "dispute_closed", _("Dispute closed, not said for whom")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events", verbose_name=_("payment"))
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("refund")
    )
    dispute = models.ForeignKey(
        Dispute, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("dispute")
    )
    kind = models.CharField(_("what happened"), max_length=20, choices=Kind.choices)
    fingerprint = models.CharField(max_length=64, editable=False)
    source = models.CharField(_("heard through"), max_length=20)
    actor = models.CharField(_("by"), max_length=150, blank=True)
    status_before = models.CharField(_("status before"), max_length=12, blank=True)
    status_after = models.CharField(_("status after"), max_length=12)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    fee_amount = models.DecimalField(_("fee"), max_digits=12, decimal_places=2, null=True, blank=True)
    fee_tax = models.DecimalField(_("tax on the fee"), max_digits=12, decimal_places=2, null=True, blank=True)
    transaction_id = models.CharField(_("transaction id"), max_length=64, blank=True)
    code = models.CharField(_("gateway code"), max_length=64, blank=True)
    message = models.CharField(_("detail"), max_length=500, blank=True)
    flag = models.CharField(_("flag"), max_length=30, blank=True, choices=Flag.choices)
    correlation_id = models.CharField(_("correlation id"), max_length=32, blank=True, default="")
    created_at = models.DateTimeField(_("at"))

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "fingerprint"], name="paytm_kit_event_once"),
        ]
        indexes = [
            models.Index(fields=["transaction_id"], name="paytm_kit_event_transaction"),
            models.Index(fields=["-created_at"], name="paytm_kit_event_newest"),
            models.Index(fields=["kind", "created_at"], name="paytm_kit_event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.source})"

    @property
    def currency(self) -> str:
        """What its amounts are in: as its payment; empty where the gateway named another currency."""
        return "" if self.flag == Flag.CURRENCY_MISMATCH else self.payment.currency

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            refuse("A stored event cannot change. PaymentEvent")
        super().save(*args, **kwargs)


class Announcement(models.Model):
    """A change that the merchant's code must hear of; delivered at least once, its database effect exactly once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")

    event = models.OneToOneField(PaymentEvent, models.PROTECT, related_name="announcement", verbose_name=_("event"))
    signal = models.CharField(_("signal"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["pk"]
        permissions = [("retry_announcement", _("Can retry announcements"))]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="paytm_kit_announcement_due"),
            models.Index(fields=["-created_at"], name="paytm_kit_announcement_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} ({self.get_state_display()})"
