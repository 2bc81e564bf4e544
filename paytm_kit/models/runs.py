"""When reconcile last came to its end, and what it left."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReconcileRun(models.Model):
    """The last run of reconcile that came to its end, of all accounts together or of one: a row each, written over.

    A run that was killed or told to stop writes nothing, so that an old time here means what it says.
    """

    account = models.CharField(_("account"), max_length=40, blank=True, unique=True, help_text=_("Empty: all of them."))
    begun_at = models.DateTimeField(_("begun"))
    finished_at = models.DateTimeField(_("finished"))
    asked = models.PositiveIntegerField(_("asked about"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    left = models.PositiveIntegerField(_("left for the next run"), default=0)

    class Meta:
        verbose_name = _("reconcile run")
        verbose_name_plural = _("reconcile runs")
        ordering = ["account"]

    def __str__(self) -> str:
        return f"{self.account or '*'} {self.finished_at:%Y-%m-%d %H:%M}"
