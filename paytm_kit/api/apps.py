"""The Django app of the REST API."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaytmKitApiConfig(AppConfig):
    name = "paytm_kit.api"
    label = "paytm_kit_api"
    verbose_name = _("Paytm payments: REST API")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paytm_kit.api import authentication, checks  # noqa: F401 - they register themselves
