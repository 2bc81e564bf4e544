"""The Django app. Installed, it joins the kit's tables: reconcile, purge, doctor, roles, checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutgoingConfig(AppConfig):
    name = "paytm_kit.outgoing"
    label = "paytm_kit_outgoing"
    verbose_name = _("Paytm: webhooks to other systems")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paytm_kit.outgoing import checks, joining, receivers  # noqa: F401 - they register themselves
