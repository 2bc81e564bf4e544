"""System checks of the API: what is missing before it can start a payment, or is unsafe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import NoReverseMatch, reverse

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.outgoing import verify


@register("paytm_kit")
def check_api(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Of what the kit's own checks have told already, nothing is said here."""
    try:
        conf.raw_accounts()
        reverse("paytm_kit:callback")
    except (ConfigurationError, NoReverseMatch):
        return []
    return [*_settings(), *_routes()]


def _settings() -> Iterator[CheckMessage]:
    from paytm_kit.api import orders

    try:
        chosen = conf.api()
        orders.resolver()
    except ConfigurationError as error:
        yield Error(str(error), hint="See docs/api.md.", id="paytm_kit.E050")
        return
    for name in ("api_callback_secret", "api_previous_callback_secret"):
        if secret := getattr(chosen, name):
            try:
                verify.key_of(secret)
            except ValueError as error:
                yield Error(f"{name.upper()}: {error}", hint="See docs/api.md.", id="paytm_kit.E051")


def _routes() -> Iterator[CheckMessage]:
    try:
        reverse("paytm_kit_api:initiate")
    except NoReverseMatch:
        yield Warning(
            "paytm_kit.api is installed, but its addresses are not included.",
            hint='Add path("api/", include("paytm_kit.api.urls")) to your URLs.',
            id="paytm_kit.W052",
        )
        return
    if not apps.is_installed("drf_spectacular_sidecar"):
        yield Warning(
            "The API's page of documentation lacks its files.",
            hint='Add "drf_spectacular_sidecar" to INSTALLED_APPS (it comes with the extra api).',
            id="paytm_kit.W053",
        )
