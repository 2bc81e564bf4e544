"""Deliveries: one row for each event and endpoint that should hear of it, and one for each attempt."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models import PaymentEvent


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.WAITING)

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Those whose time has come, and that no worker has in hand."""
        return self.waiting().filter(next_try_at__lte=now)


class Delivery(models.Model):
    """One message to one endpoint. ``body`` is written once: every attempt sends the same bytes with the same id.

    It points to the event alone, because a row that points to a payment makes databases lock that payment.
    ``attempts`` counts all of them and tells workers apart: whoever moves it has the row. ``rung`` is how many failed
    since ``opened_at``, when it was written or last sent again by hand.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        REFUSED = "refused", _("Refused for good (410)")
        GIVEN_UP = "given_up", _("Given up")
        SKIPPED = "skipped", _("No longer wanted")

    event = models.ForeignKey(PaymentEvent, models.PROTECT, related_name="+", verbose_name=_("event"))
    endpoint = models.CharField(_("endpoint"), max_length=40)
    kind = models.CharField(_("type"), max_length=40)
    message_id = models.CharField(_("webhook-id"), max_length=40, db_index=True)
    body = models.TextField(_("body"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    rung = models.PositiveIntegerField(_("failed in a row"), default=0)
    note = models.CharField(_("why not"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("written"))
    opened_at = models.DateTimeField(_("tried since"))
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    leased_until = models.DateTimeField(_("in hand until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("delivered or given up"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery of a webhook")
        verbose_name_plural = _("deliveries of webhooks")
        ordering = ["pk"]
        permissions = [("redeliver_delivery", _("Can deliver webhooks again"))]
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="paytm_kit_delivery_once")]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="paytm_kit_delivery_due"),
            models.Index(fields=["-created_at"], name="paytm_kit_delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.endpoint} ({self.get_state_display()})"


class Attempt(models.Model):
    """One try of one delivery, written before it goes out. Without an outcome: whoever sent it died in between."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log", verbose_name=_("delivery of a webhook"))
    number = models.PositiveIntegerField(_("number"))
    actor = models.CharField(_("by"), max_length=150, blank=True)
    begun_at = models.DateTimeField(_("at"))
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    answer = models.CharField(_("answer, masked"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="paytm_kit_attempt_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.http_status or self.error or '…'}"
