"""Looks over an installation: each question is a function that answers ok, warn or fail, with the way to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

import requests
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections, router
from django.db.migrations.executor import MigrationExecutor
from django.urls import NoReverseMatch
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import Account, ConfigurationError, GatewayError
from paytm_kit.models import Announcement, Letter, Payment, WireMessage
from paytm_kit.services import checkout, journal, letters, outages, runs

OK, WARN, FAIL = "ok", "warn", "fail"
RECONCILED_WITHIN = timedelta(hours=1)

NOT_REACHED = {
    "simulator": "Start it (make demo, or paytm-simulator), or correct PAYTM_HOST; --offline leaves this out."
}


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


def _name(account: Account) -> str:
    return f'account "{account.name}"'


def _usable() -> Iterator[Account]:
    """The accounts that can be asked about; what is wrong with the others stands in the findings of _settings."""
    with suppress(ConfigurationError):
        for name in conf.raw_accounts():
            with suppress(ConfigurationError):
                yield conf.account(name)


def _account(account: Account) -> Iterator[Finding]:
    try:
        journal.gateway_for(account)
    except GatewayError:
        return  # _settings has named it
    bytes_ = len(account.key.encode())
    yield Finding(OK, f"{_name(account)} is {account.environment}, MID {account.merchant_id}, key of {bytes_} bytes")
    if len(account.keys) > 1:
        yield Finding(OK, f"{_name(account)}: the previous key still verifies; remove it when the rotation is over")


def _callback(account: Account) -> Iterator[Finding]:
    try:
        callback, webhook = (checkout.callback_url(account.name, channel=name) for name in ("callback", "webhook"))
    except (ConfigurationError, NoReverseMatch):
        return  # _settings has named it
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
            WARN,
            f"{_name(account)}: no webhook has ever come",
            "Register the webhook URL with Paytm: some shoppers never return to tell how it went.",
        )
        return
    at = timezone.localtime(last.created_at).isoformat(" ", "minutes")
    what = f"{_name(account)}: the last webhook came {at}: {last.get_verdict_display()}"
    if last.verdict == WireMessage.Verdict.VERIFIED:
        yield Finding(OK, what)
    else:
        yield Finding(WARN, what, "If this goes on, compare MERCHANT_KEY with the dashboard: paytm_checksum explains.")


def _begins(account: Account) -> Iterator[Finding]:
    try:
        count = outages.lately().get(account.name, 0)
    except DatabaseError:
        return  # _database has said what is wrong
    if count:
        yield Finding(
            WARN,
            f"{_name(account)} could not begin payments in the last hour: {count}",
            "Read why in the payments' story in the admin, and on the gateway's status page. OFFERED = False takes it "
            "out of the choice meanwhile.",
        )


def _host(account: Account) -> Iterator[Finding]:
    try:
        host = journal.gateway_for(account).host
    except GatewayError:
        return  # _settings has named it
    try:
        answer = requests.head(host, timeout=(account.connect_timeout, 10), allow_redirects=False)
    except requests.exceptions.SSLError:
        fix = "Update the certificates (package certifi); a proxy that opens TLS is not accepted, and must not be."
        yield Finding(FAIL, f"{host} shows a certificate that cannot be trusted", fix)
        return
    except requests.RequestException as error:
        fix = NOT_REACHED.get(account.environment, "Check DNS, firewall and proxy of this machine, or use --offline.")
        yield Finding(FAIL, f"{host} cannot be reached ({type(error).__name__})", fix)
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


def to_migrate() -> bool:
    """Whether the kit has migrations that this database has not seen. Raises DatabaseError."""
    executor = MigrationExecutor(connections[router.db_for_write(Payment)])
    ours = [key for key in executor.loader.graph.leaf_nodes() if key[0].startswith("paytm_kit")]
    return bool(executor.migration_plan(ours))


def _database() -> Iterator[Finding]:
    try:
        missing = to_migrate()
    except DatabaseError as error:
        fix = "Check DATABASES, and that the server runs; manage.py showmigrations shows the whole error."
        yield Finding(FAIL, f"the database cannot be asked ({type(error).__name__})", fix)
        return
    if missing:
        yield Finding(FAIL, "the kit's tables are not up to date", "Run manage.py migrate.")
        return
    yield Finding(OK, "the kit's tables are up to date")
    yield _reconcile()
    waiting = Announcement.objects.filter(state=Announcement.State.WAITING, attempts__gt=0).count()
    overdue = Payment.objects.due(timezone.now() - timedelta(hours=1)).count()
    if waiting:
        yield Finding(WARN, f"announcements that keep failing: {waiting}", "See their last error in the admin.")
    if overdue:
        yield Finding(WARN, f"payments overdue a question: {overdue}", "Run manage.py paytm_reconcile from cron.")


def _reconcile() -> Finding:
    last = runs.last()
    if last is None:
        fix = "Run manage.py paytm_reconcile every five minutes from cron, or Celery's beat."
        return Finding(WARN, "reconcile has never come to its end here", fix)
    at = timezone.localtime(last.finished_at).isoformat(" ", "minutes")
    what = f"reconcile last came to its end {at}, asked about {last.asked} and left {last.left}"
    if last.finished_at > timezone.now() - RECONCILED_WITHIN:
        return Finding(OK, what)
    return Finding(WARN, what, "Look whether cron, or Celery's beat, still runs it: every five minutes is right.")


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


def _mail() -> Iterator[Finding]:
    try:
        chosen = conf.mail()
        failing = letters.unsent().exclude(note="").last()
        week = timezone.now() - timedelta(days=7)
        given_up = Letter.objects.filter(state=Letter.State.GIVEN_UP, closed_at__gt=week).count()
    except (ConfigurationError, DatabaseError):
        return  # _settings or _database has said what is wrong
    if not chosen.email:
        yield Finding(OK, "e-mail is off: nobody is written to about payments (EMAIL switches it on)")
        return
    backend = settings.EMAIL_BACKEND.rpartition(".")[0].rpartition(".")[2]
    to_shop = f"{len(chosen.email_merchant)} in the shop" if chosen.email_merchant else "nobody in the shop"
    yield Finding(OK, f"e-mail is on ({backend}): to shoppers and {to_shop}")
    if failing is not None:
        fix = "Look at EMAIL_HOST and what goes with it; manage.py sendtestemail shows more. Letters are tried again."
        what = f"letters that cannot be sent: {letters.unsent().count()}; the last one: {failing.note}"
        yield Finding(WARN, what, fix)
    if given_up:
        yield Finding(WARN, f"letters given up this week: {given_up}", "Filter letters by state in the admin.")


def _requests_in_transactions() -> Iterator[Finding]:
    if any(connection.get("ATOMIC_REQUESTS") for connection in settings.DATABASES.values()):
        yield Finding(
            WARN,
            "ATOMIC_REQUESTS is on: a view that opens a payment may wait for the gateway inside its transaction",
            "Decorate your pay view with django.db.transaction.non_atomic_requests.",
        )


Question = Callable[[], Iterator[Finding]]
SITE: list[Question] = [_database, _mail, _debug, _transport, _requests_in_transactions]
ACCOUNT: tuple[Callable[[Account], Iterator[Finding]], ...] = (_account, _callback, _seen, _begins)
