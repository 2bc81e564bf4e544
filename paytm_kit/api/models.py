"""The API's own tables: tokens, remembered answers, and what callers called their orders. No money stands here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from paytm_kit.models import Payment


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def good(self, now: datetime | None = None) -> ApiTokenQuerySet:
        """Those that open the door: neither revoked nor over, their users active."""
        over = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now or timezone.now())
        return self.filter(over, revoked_at__isnull=True, user__is_active=True)


class ApiToken(models.Model):
    """Lets a program act as a user. Only a hash is kept: whoever reads the table, or a backup, can use none of them.

    A plain SHA-256 is enough, since a token is 256 random bits: there is nothing to guess.
    """

    class State(models.TextChoices):
        GOOD = "good", _("Good")
        REVOKED = "revoked", _("Revoked")
        OVER = "over", _("Over")
        NO_USER = "no_user", _("Its user is not active")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="paytm_kit_tokens", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=80, help_text=_("What uses it, such as “mobile app”."))
    prefix = models.CharField(_("begins with"), max_length=12, help_text=_("To tell tokens apart."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    used_on = models.DateField(_("last used"), null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def state(self, now: datetime) -> State:
        """Whether it opens the door, as ``objects.good`` decides, and if not, why."""
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return self.State.OVER
        return self.State.GOOD if self.user.is_active else self.State.NO_USER


class RememberedAnswer(models.Model):
    """One Idempotency-Key of one caller: first as a claim to the work, then with the answer that repeats get.

    Key and request are keyed hashes, the answer is sealed with the key itself: it may hold a gateway's token, and no
    token is stored. ``made`` is written in the transaction that made something, so that not even a process that dies
    right after it lets the same request make a second one.
    """

    lookup = models.CharField(max_length=64, unique=True, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    owner = models.CharField(max_length=32, editable=False)
    lease_until = models.DateTimeField(_("in hand until"))
    made = models.CharField(_("made"), max_length=80, blank=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    sealed = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(_("at"))
    expires_at = models.DateTimeField(_("forgotten after"))

    class Meta:
        verbose_name = _("remembered answer")
        verbose_name_plural = _("remembered answers")
        ordering = ["pk"]
        indexes = [models.Index(fields=["expires_at"], name="paytm_kit_api_answer_expires")]

    def __str__(self) -> str:
        return f"{self.lookup[:8]} {self.status or 'in hand'}"


class Initiation(models.Model):
    """Who initiated a payment through the API, and what they called its order.

    ``caller`` is a keyed hash. No constraint on the payment: the row must not wait for whoever has it in hand.
    """

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="+", db_constraint=False)
    caller = models.CharField(max_length=64)
    order_id = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("initiation")
        verbose_name_plural = _("initiations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "caller"], name="paytm_kit_api_initiation_once"),
        ]
        indexes = [
            models.Index(fields=["caller"], name="paytm_kit_api_initiation_by"),
            models.Index(fields=["order_id"], name="paytm_kit_api_initiation_of"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.payment_id}"

    @classmethod
    def note(cls, payment: Payment, caller: str, order_id: str) -> None:
        """Once for each payment and caller."""
        row: Any = cls(payment=payment, caller=caller, order_id=order_id, created_at=timezone.now())
        cls.objects.bulk_create([row], ignore_conflicts=True)
