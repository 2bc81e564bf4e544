"""Letters: e-mails about payments and refunds, one row for each that should go out."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.events import PaymentEvent
from paytm_kit.models.payments import Payment


class LetterQuerySet(models.QuerySet["Letter"]):
    def of(self, payment: Payment) -> LetterQuerySet:
        """This payment's letters, oldest first."""
        return self.filter(event__payment=payment).order_by("pk")

    def waiting(self) -> LetterQuerySet:
        return self.filter(state=Letter.State.WAITING)

    def due(self, now: datetime) -> LetterQuerySet:
        """Those whose time has come, and that no worker has in hand."""
        return self.waiting().filter(next_try_at__lte=now)


class Letter(models.Model):
    """One e-mail about one event to one kind of recipient; ``copy`` counts those that staff sent again.

    No address and no text is kept: both are read from the order when it is sent. It points to the event alone, because
    a row that points to a payment makes databases lock that payment.
    """

    class Kind(models.TextChoices):
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Failed")
        PENDING = "pending", _("Still waiting for the bank")
        REFUND_STARTED = "refund_started", _("Refund started")
        REFUND_DONE = "refund_done", _("Refunded")
        REFUND_FAILED = "refund_failed", _("Refund failed")
        FLAGGED = "flagged", _("Needs a look")
        DISPUTE_OPENED = "dispute_opened", _("Dispute opened")
        NOT_STARTED = "not_started", _("Gateway could not begin")

    class Audience(models.TextChoices):
        SHOPPER = "shopper", _("Shopper")
        MERCHANT = "merchant", _("Shop")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        GIVEN_UP = "given_up", _("Given up")

    event = models.ForeignKey(PaymentEvent, models.PROTECT, related_name="letters", verbose_name=_("event"))
    kind = models.CharField(_("about"), max_length=20, choices=Kind.choices)
    audience = models.CharField(_("to"), max_length=10, choices=Audience.choices)
    copy = models.PositiveSmallIntegerField(_("copy"), default=0)
    # A hash of what one letter stands for where there is to be no second one; empty where each event has its own.
    slot = models.CharField(max_length=64, null=True, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    recipient = models.CharField(_("sent to, masked"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    actor = models.CharField(_("by"), max_length=150, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    note = models.CharField(_("why not"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("written"))
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    closed_at = models.DateTimeField(_("sent or given up"), null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "audience", "copy"], name="paytm_kit_letter_once"),
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="paytm_kit_letter_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_audience_display()}, {self.get_state_display()})"
