"""System checks of what letters and receipts need: their settings, and templates of the site's own that are broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from paytm_kit import conf, rendering
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Letter
from paytm_kit.services import letter_text

NOWHERE = "django.core.mail.backends.dummy.EmailBackend"


@register("paytm_kit")
def check_letters(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What would keep letters from being sent. None of it stops a payment."""
    return [*_readable(conf.mail, "letters"), *_readable(conf.seller, "receipts"), *_sending()]


@register("paytm_kit")
def check_templates(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A site's template that cannot be loaded: the kit's own is shown meanwhile."""
    endings = (letter_text.SUBJECT, letter_text.TEXT, letter_text.HTML)
    special = [letter_text.special(kind, ending) for kind in Letter.Kind for ending in endings]
    return [
        Warning(
            f"The site's template {name} is broken, so the kit's own is used: {why}",
            hint="Mend it, or remove it. A template can also break on a value: look for template.broken in the log.",
            id="paytm_kit.W031",
        )
        for name, why in rendering.broken(special)
    ]


def _readable(read: Callable[[], object], what: str) -> Iterator[CheckMessage]:
    try:
        conf.raw()
    except ConfigurationError:
        return  # nothing can be read, and checks says so
    try:
        read()
    except ConfigurationError as error:
        yield Error(str(error), hint=f"Mend it: until then there are no {what}; payments go on.", id="paytm_kit.E030")


def _sending() -> Iterator[CheckMessage]:
    try:
        chosen = conf.mail()
    except ConfigurationError:
        return  # said above
    if not chosen.email:
        return
    if not chosen.email_from and settings.DEFAULT_FROM_EMAIL == "webmaster@localhost":
        yield Warning(
            "EMAIL is on, but letters come from webmaster@localhost, which many mail servers refuse.",
            hint="Set EMAIL_FROM in PAYTM_KIT, or Django's DEFAULT_FROM_EMAIL, to an address of your domain.",
            id="paytm_kit.W032",
        )
    if settings.EMAIL_BACKEND == NOWHERE:
        yield Warning(
            "EMAIL is on, but Django's EMAIL_BACKEND throws every letter away.",
            hint="Set EMAIL_BACKEND, or switch EMAIL off.",
            id="paytm_kit.W033",
        )
