"""The Django app. It refuses to load where real money moves."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from paytm_kit.simulator import guard


class PaytmSimulatorConfig(AppConfig):
    name = "paytm_kit.simulator"
    label = "paytm_simulator"
    verbose_name = "Paytm simulator"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if reason := guard.production():
            raise ImproperlyConfigured(reason)
