"""A shop that writes letters, a mail server of its own, and what it has written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from paytm_kit.models import Letter
from paytm_kit.services import letters, reconcile
from tests.letters.server import MailServer

Configure = Callable[..., None]
Written = Callable[..., list[Any]]

MAIL = {
    "EMAIL": True,
    "EMAIL_FROM": "Kadamb <orders@example.com>",
    "EMAIL_REPLY_TO": "help@example.com",
    "EMAIL_MERCHANT": ["desk@example.com", "Accounts <books@example.com>"],
    "SELLER_NAME": "Kadamb",
}


@pytest.fixture(autouse=True)
def _mail_is_on(mail_settings: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_rest_until", None)
    settings.EMAIL_BACKEND = "tests.letters.outbox.EmailBackend"
    mail_settings()


@pytest.fixture
def mail_settings(settings: Any) -> Configure:
    """``mail_settings(EMAIL_AT_ONCE=False)`` changes what is set about letters."""
    before = settings.PAYTM_KIT

    def change(**values: object) -> None:
        settings.PAYTM_KIT = {**before, **MAIL, **values}

    return change


@pytest.fixture
def written() -> Written:
    """``written("kind", "state")``: these columns of every letter, oldest first."""

    def read(*columns: str) -> list[Any]:
        return list(Letter.objects.order_by("pk").values_list(*columns, flat=len(columns) == 1))

    return read


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A real one, to which Django's own backend speaks."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    running = MailServer()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
    yield running
    running.stop()


def reconciled(later: timedelta = timedelta(), *jobs: str) -> reconcile.Report:
    """One run of paytm_reconcile, so much later."""
    report = reconcile.Report()
    with time_machine.travel(timezone.now() + later, tick=True):
        list(reconcile.run(report, reconcile.plan(jobs=jobs or ("waiting", "letters"))))
    return report
