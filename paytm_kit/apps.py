"""The Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaytmKitConfig(AppConfig):
    name = "paytm_kit"
    verbose_name = _("Paytm payments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paytm_kit import checks, letter_checks, notifications, risk_checks  # noqa: F401 - they register themselves
