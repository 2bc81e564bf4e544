"""Looks over an installation: each question is a function that answers ok, warn or fail, with the way to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

import requests
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import Account, ConfigurationError, GatewayError
from paytm_kit.models import Announcement, Payment, WireMessage
from paytm_kit.services import checkout, journal

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    level: str
    what: str
    fix: str = ""


def examine(*, network: bool = True) -> Iterator[Finding]:
    """Everything that can be known from here. ``network=False`` asks no gateway host."""
    yield from _settings()
    for question in SITE:
        yield from question()
    for account in _usable():
        for ask in ACCOUNT:
            yield from ask(account)
        if network:
            yield from _host(account)


def _settings() -> Iterator[Finding]:
    found = checks.run_checks(tags=["paytm_kit"])
    for message in found:
        level = FAIL if message.level >= checks.ERROR else WARN
        yield Finding(level, f"{message.msg} ({message.id})", message.hint or "")
    if not found:
        yield Finding(OK, "every setting is present and spelt right")


def _usable() -> Iterator[Account]:
    for name in conf.raw_accounts():
        try:
            yield conf.account(name)
        except ConfigurationError:
            continue  # _settings has named it


def _key(account: Account) -> Iterator[Finding]:
    length = len(account.key.encode())
    name = f'account "{account.name}", {account.environment}, MID {account.merchant_id}'
    if length in (16, 24, 32):
        yield Finding(OK, f"{name}: the merchant key has {length} bytes")
        return
    yield Finding(
        FAIL,
        f"{name}: the merchant key has {length} bytes, not 16",
        "Quote it in .env; copy it anew from the dashboard.",
    )


def _callback(account: Account) -> Iterator[Finding]:
    try:
        callback = checkout.callback_url(account.name)
    except ConfigurationError as error:
        yield Finding(FAIL, str(error), "Set PAYTM_BASE_URL.")
        return
    webhook = checkout.callback_url(account.name, channel="webhook")
    if conf.is_public_https(callback):
        yield Finding(OK, f"callback {callback} is public https; give Paytm's dashboard {webhook} as webhook URL")
    elif account.environment == "simulator":
        yield Finding(OK, f"callback {callback} is local, which is right for the simulator")
    else:
        yield Finding(
            WARN,
            f"callback {callback} is not public https: Paytm's webhooks cannot reach it",
            "Set PAYTM_BASE_URL to a public https:// address; until then paytm_reconcile finds what they would tell.",
        )


def _seen(account: Account) -> Iterator[Finding]:
    try:
        last = WireMessage.objects.filter(account=account.name, channel="webhook").order_by("-pk").first()
    except DatabaseError:
        return  # _database has said what is wrong
    if last is None:
        yield Finding(
            WARN, "no webhook has ever come", "Register the webhook URL with Paytm: some shoppers never return."
        )
    else:
        at = timezone.localtime(last.created_at).isoformat(" ", "minutes")
        yield Finding(OK, f"the last webhook came {at}: {last.get_verdict_display()}")


def _host(account: Account) -> Iterator[Finding]:
    try:
        host = journal.gateway_for(account).host
    except GatewayError:
        return  # _settings has named it
    try:
        answer = requests.head(host, timeout=(account.connect_timeout, 10), allow_redirects=False)
    except requests.RequestException as error:
        yield Finding(
            FAIL, f"{host} cannot be reached ({type(error).__name__})", "Check DNS, firewall and proxy of this machine."
        )
        return
    yield Finding(OK, f"{host} answers")
    yield from _clock(answer.headers.get("Date", ""))


def _clock(date: str) -> Iterator[Finding]:
    try:
        apart = abs(timezone.now() - parsedate_to_datetime(date))
    except (TypeError, ValueError):
        yield Finding(WARN, "the gateway's answer carries no date to compare our clock with")
        return
    if apart <= timedelta(minutes=1):
        yield Finding(OK, "our clock agrees with the gateway's")
    else:
        yield Finding(WARN, f"our clock is {apart.total_seconds():.0f} s off the gateway's", "Run NTP on this machine.")


def _database() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connections["default"])
        missing = executor.migration_plan([key for key in executor.loader.graph.leaf_nodes() if key[0] == "paytm_kit"])
    except DatabaseError as error:
        yield Finding(FAIL, f"the database cannot be asked ({type(error).__name__})", "Check DATABASES.")
        return
    if missing:
        yield Finding(FAIL, "the kit's tables are not up to date", "Run manage.py migrate.")
        return
    yield Finding(OK, "the kit's tables are up to date")
    waiting = Announcement.objects.filter(state=Announcement.State.WAITING, attempts__gt=0).count()
    overdue = Payment.objects.due(timezone.now() - timedelta(hours=1)).count()
    if waiting:
        yield Finding(WARN, f"{waiting} announcements keep failing", "See their last error in the admin.")
    if overdue:
        yield Finding(WARN, f"{overdue} payments are overdue a question", "Run manage.py paytm_reconcile from cron.")


def _debug() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(WARN, "DEBUG is on: right on a laptop, never in public", "Set DEBUG = False before going live.")
    else:
        yield Finding(OK, "DEBUG is off")


def _transport() -> Iterator[Finding]:
    unsafe = [
        name
        for name in ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
        if not getattr(settings, name)
    ]
    if unsafe:
        yield Finding(WARN, f"not set for https: {', '.join(unsafe)}", "Set them before going live (check --deploy).")
    else:
        yield Finding(OK, "cookies and redirects are set for https")


def _requests_in_transactions() -> Iterator[Finding]:
    if any(connection.get("ATOMIC_REQUESTS") for connection in settings.DATABASES.values()):
        yield Finding(
            WARN,
            "ATOMIC_REQUESTS is on: a view that calls checkout.redirect waits for the gateway inside its transaction",
            "Decorate your pay view with django.db.transaction.non_atomic_requests.",
        )


Question = Callable[[], Iterator[Finding]]
SITE: tuple[Question, ...] = (_database, _debug, _transport, _requests_in_transactions)
ACCOUNT: tuple[Callable[[Account], Iterator[Finding]], ...] = (_key, _callback, _seen)
