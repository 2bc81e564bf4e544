"""The Django app of the single-page checkout."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpaConfig(AppConfig):
    name = "demo_site.spa"
    verbose_name = _("Single-page checkout")
