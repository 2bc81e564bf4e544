"""The Django app. Installed, it joins the kit's tables: purge and roles."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FlaskOrdersConfig(AppConfig):
    name = "paytm_kit.contrib.flask.orders"
    label = "paytm_kit_flask"
    verbose_name = _("Orders of the shop")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paytm_kit.contrib.flask.orders import joining  # noqa: F401 - it registers itself
