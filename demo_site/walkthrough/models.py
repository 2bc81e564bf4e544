"""What the walkthrough keeps for its pages: messages taken apart, and what was tried. Masked; of the simulator only.

Rows point to their payment without a constraint in the database: checking one would wait for the payment's lock.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models import Payment


class Trace(models.Model):
    """One request or response of a payment as it was signed. The kit's own row keeps neither string nor signature.

    The salt and the hashes are those of the true text; in ``text`` and ``pairs`` contacts and tokens are masked, and
    ``masked`` names those fields. The merchant key is nowhere.
    """

    payment = models.ForeignKey(
        Payment, models.CASCADE, related_name="+", db_constraint=False, verbose_name=_("payment")
    )
    message_id = models.BigIntegerField(null=True, help_text="The kit's wire message; none for a form in a page.")
    channel = models.CharField(max_length=20)
    part = models.CharField(max_length=8, help_text="request or response")
    url = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True, help_text="What was signed: JSON text, or a form's values joined by pipes.")
    pairs = models.JSONField(default=list, help_text="A form: its fields in the order in which they came.")
    names = models.JSONField(default=list, help_text="A form: its fields in the order of signing.")
    masked = models.JSONField(default=list)
    signature = models.CharField(max_length=200, blank=True)
    salt = models.CharField(max_length=16, blank=True)
    hash = models.CharField(max_length=64, blank=True)
    hash_inside = models.CharField(max_length=64, blank=True)
    fits = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("trace")
        verbose_name_plural = _("traces")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.channel} {self.part}"

    @property
    def is_form(self) -> bool:
        return bool(self.pairs)


class Trial(models.Model):
    """One press of a "break it" button: what was sent, what was answered, and the rows before and after."""

    payment = models.ForeignKey(
        Payment, models.CASCADE, related_name="+", db_constraint=False, verbose_name=_("payment")
    )
    name = models.CharField(max_length=30)
    sent = models.JSONField(default=list)
    heard = models.JSONField(default=list, help_text="The kit's wire messages that it made, with their checks.")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    said = models.TextField(blank=True, help_text="What a command printed, or why the trial could not go on.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("trial")
        verbose_name_plural = _("trials")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name
