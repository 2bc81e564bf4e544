"""Who did what at the desk or on the command line: written once, changed and removed by nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from paytm_kit.models.payments import Payment


class AppendOnly(RuntimeError):
    """An audit entry was to be changed or removed. What is wrong in one is set right by a further one."""


def _refuse() -> NoReturn:
    raise AppendOnly("An audit entry is written once; it cannot be changed or deleted.")


class AuditQuerySet(models.QuerySet[Any]):
    """Reads and adds; refuses to change or delete in bulk."""

    def update(self, **kwargs: Any) -> NoReturn:
        _refuse()

    def bulk_update(self, objs: Iterable[Any], fields: Any, batch_size: int | None = None) -> NoReturn:
        _refuse()

    def delete(self) -> NoReturn:
        _refuse()


class AuditEntry(models.Model):
    """One act of a person: who, when, from where, on what, why, and what came of it.

    ``object_type``, ``object_id`` and ``object_label`` name what it was done to as it was called then, so that the
    entry can be read when that row is gone. ``count`` is how many rows it was about (an export's, a purge's).
    """

    class Result(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    created_at = models.DateTimeField(_("at"))
    actor = models.CharField(_("who"), max_length=150)
    channel = models.CharField(_("through"), max_length=10, help_text=_("The desk, or a command."))
    remote_ip = models.GenericIPAddressField(_("from"), null=True, blank=True)
    action = models.CharField(_("action"), max_length=40)
    payment = models.ForeignKey(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="audit_entries",
        verbose_name=_("payment"),
        db_constraint=False,  # it would wait for whoever has the payment in hand; payments are never deleted
    )
    object_type = models.CharField(_("type"), max_length=40, blank=True)
    object_id = models.CharField(_("key"), max_length=64, blank=True)
    object_label = models.CharField(_("on"), max_length=200, blank=True)
    count = models.PositiveIntegerField(_("rows"), default=1)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    result = models.CharField(_("result"), max_length=10, choices=Result.choices)
    detail = models.CharField(_("detail"), max_length=1000, blank=True)
    correlation_id = models.CharField(_("correlation id"), max_length=32, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at"], name="paytm_kit_audit_newest"),
            models.Index(fields=["actor", "-created_at"], name="paytm_kit_audit_actor"),
            models.Index(fields=["object_label"], name="paytm_kit_audit_label"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.object_label}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse()
