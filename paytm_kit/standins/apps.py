"""The Django app. It stands beside ``paytm_kit.simulator``, whose clock, books and worker it uses."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from paytm_kit.simulator import guard


class PaytmKitStandinsConfig(AppConfig):
    name = "paytm_kit.standins"
    label = "paytm_kit_standins"
    verbose_name = "Stand-ins for other gateways"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if reason := guard.production():
            raise ImproperlyConfigured(reason)
        if not self.apps.is_installed("paytm_kit.simulator"):  # type: ignore[union-attr]  # set by now
            raise ImproperlyConfigured(
                "paytm_kit.standins needs paytm_kit.simulator in INSTALLED_APPS: they share clock, books and worker."
            )
        from paytm_kit.standins import guest  # brings models

        guest.join()
