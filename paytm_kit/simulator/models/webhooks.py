"""Notices to merchants: what is to be sent where, and what came of it."""

from __future__ import annotations

from django.db import models

from paytm_kit.simulator.models.orders import Order


class Delivery(models.Model):
    """One notice to a merchant's server, with every attempt to bring it there. Payment callbacks of faults, too."""

    QUEUED, SENDING, DELIVERED, FAILED, WITHHELD = "queued", "sending", "delivered", "failed", "withheld"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="deliveries")
    event = models.CharField(max_length=20, default="payment")  # "payment", "refund.accept", "subscription", …
    url = models.CharField(max_length=255)
    body = models.TextField(default="")  # signed, exactly as it is sent
    content_type = models.CharField(max_length=60, default="application/x-www-form-urlencoded")
    status = models.CharField(max_length=10, default=QUEUED)
    next_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)  # real time: since when somebody sends it
    tries = models.PositiveSmallIntegerField(default=0)  # attempts of its ladder; redelivery by hand does not count
    attempts = models.JSONField(default=list)  # [{"at", "status", "answer", "milliseconds", "said", "by_hand"}]
    faults = models.CharField(max_length=200, blank=True)  # the faults that made it what it is

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]
        indexes = [models.Index(fields=["status", "next_at"], name="simulator_delivery_due")]

    def __str__(self) -> str:
        return f"{self.status} {self.url}"
