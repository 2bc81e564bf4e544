"""The Django app of the shop."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    name = "demo_site.shop"
    verbose_name = _("Shop")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from demo_site.shop import receivers  # noqa: F401 - connects them

        if settings.CELERY_BROKER_URL:  # the web's processes, too, must know the broker to hand work over
            from demo_site import celery  # noqa: F401 - becomes the current app
