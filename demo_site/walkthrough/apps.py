"""The Django app of the walkthrough."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WalkthroughConfig(AppConfig):
    name = "demo_site.walkthrough"
    verbose_name = _("Walkthrough")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from demo_site.walkthrough import capture  # noqa: F401 - connects the receiver
