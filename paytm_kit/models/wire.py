"""Every HTTP message in or out, redacted, with its verdict."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.payments import Payment


class WireMessage(models.Model):
    """One HTTP message in or out, as it went over the wire, redacted, with its verdict. Committed on its own."""

    class Direction(models.TextChoices):
        IN = "in", _("received")
        OUT = "out", _("sent")

    class Verdict(models.TextChoices):
        RECEIVED = "received", _("Received, not yet judged")
        VERIFIED = "verified", _("Signature right")
        BAD_SIGNATURE = "bad_signature", _("Signature wrong")
        UNSIGNED = "unsigned", _("No signature")
        UNCHECKED = "unchecked", _("Signature could not be checked")
        MALFORMED = "malformed", _("Not readable")
        NO_ANSWER = "no_answer", _("No answer")

    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    channel = models.CharField(_("channel"), max_length=20)
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="wire_messages", verbose_name=_("payment")
    )
    account = models.CharField(_("account"), max_length=40, blank=True)
    gateway_order_id = models.CharField(_("gateway order id"), max_length=50, blank=True, db_index=True)
    url = models.CharField(_("URL"), max_length=500, blank=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    request_body = models.TextField(_("request, redacted"), blank=True)
    response_body = models.TextField(_("response, redacted"), blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    verdict = models.CharField(_("verdict"), max_length=15, choices=Verdict.choices, default=Verdict.RECEIVED)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    remote_ip = models.GenericIPAddressField(_("from"), null=True, blank=True)
    correlation_id = models.CharField(_("correlation id"), max_length=32, db_index=True)
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    created_at = models.DateTimeField(_("at"), db_index=True)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)

    class Meta:
        verbose_name = _("wire message")
        verbose_name_plural = _("wire messages")
        ordering = ["pk"]
        permissions = [("replay_wiremessage", _("Can take up stored messages again"))]
        indexes = [models.Index(fields=["channel", "created_at"], name="paytm_kit_wire_channel")]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.channel} {self.gateway_order_id}"
