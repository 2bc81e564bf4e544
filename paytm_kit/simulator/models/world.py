"""What holds for the whole simulator, the faults that are switched on, and every message on its wire."""

from __future__ import annotations

import secrets

from django.db import models


def new_secret() -> str:
    """Keys the tokens that stand for card numbers; one for each set of books."""
    return secrets.token_hex(32)


class World(models.Model):
    """One row: what holds for the whole simulator and can change while it runs."""

    clock_offset = models.FloatField(default=0)  # seconds added to the real time
    frozen_at = models.DateTimeField(null=True)  # the simulated time while it stands still
    webhook_ladder = models.CharField(max_length=20, default="quick")  # of webhooks/ladder
    settle_after = models.FloatField(default=20)  # seconds; 0 = pending payments wait for the control plane
    secret = models.CharField(max_length=64, default=new_secret)
    risk_rules = models.JSONField(default=dict)  # changes to the table in bank/risk, by rule name

    class Meta:
        app_label = "paytm_simulator"

    def __str__(self) -> str:
        return f"{self.clock_offset} s ahead"


class FaultRule(models.Model):
    """One fault that is switched on: for which orders, how often, with which numbers."""

    name = models.CharField(max_length=40)  # of faults/table
    order_id = models.CharField(max_length=50, blank=True)  # one order, or empty for every order
    probability = models.FloatField(default=1.0)
    left = models.PositiveIntegerField(null=True)  # how many more times; None: without end
    values = models.JSONField(default=dict)  # e.g. {"seconds": 3}
    struck = models.PositiveIntegerField(default=0)
    place = models.PositiveIntegerField(default=0)  # in the list; the draw depends on it
    seed = models.CharField(max_length=40, blank=True)  # what the draw begins with: --seed, or made up at switching on

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One HTTP exchange, redacted, with what was found when it was checked."""

    at = models.DateTimeField()
    direction = models.CharField(max_length=3)  # "in" to the simulator, "out" from it
    method = models.CharField(max_length=10)
    url = models.CharField(max_length=500)
    order_id = models.CharField(max_length=50, blank=True, db_index=True)
    request = models.TextField(blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)  # None: no answer came
    response = models.TextField(blank=True)
    verdict = models.TextField(blank=True)

    class Meta:
        app_label = "paytm_simulator"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"
