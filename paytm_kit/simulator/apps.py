"""The Django app. It refuses to load where real money moves."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from paytm_kit.simulator import guard, options


class PaytmSimulatorConfig(AppConfig):
    name = "paytm_kit.simulator"
    label = "paytm_simulator"
    verbose_name = "Paytm simulator"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if reason := guard.production() or guard.production_accounts(getattr(settings, "PAYTM_KIT", None)):
            raise ImproperlyConfigured(reason)
        try:
            options.with_files_read(options.current())
        except ValueError as error:
            raise ImproperlyConfigured(f"PAYTM_SIMULATOR: {error}") from error
