"""A Django that is set up far enough to be asked for its settings, commands and texts. It has no database."""

from __future__ import annotations

import django
from django.conf import settings


def ready() -> None:
    """Sets Django up where nobody has done so, as the tests have."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="docs",  # noqa: S106
            USE_TZ=True,
            INSTALLED_APPS=[
                "django.contrib.contenttypes",
                "django.contrib.auth",
                "django.contrib.admin",
                "django.contrib.sessions",
                "django.contrib.messages",
                "paytm_kit",
                "paytm_kit.api",
                "paytm_kit.outgoing",
            ],
            ROOT_URLCONF="paytm_kit.urls",
        )
        django.setup()
