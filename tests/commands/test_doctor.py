"""``paytm_doctor`` looks over an installation, line by line, and says what to do like a good colleague."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from paytm_kit.models import Announcement, Payment
from paytm_kit.services import reconcile
from tests.paytm import HOST, KEY, MID, Paytm, callback_fields, post_webhook

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
SHOP = "https://shop.your-domain.in"
ACCOUNT = {"ENVIRONMENT": "staging", "MERCHANT_ID": MID, "MERCHANT_KEY": KEY, "HOST": HOST}

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


class Report:
    """What the command printed, and whether it ended well."""

    def __init__(self, text: str, failed: str) -> None:
        self.text = text
        self.failed = failed
        self.lines = text.splitlines()

    def level(self, words: str) -> str:
        """ok, warn or fail: the level of the one line that holds these words."""
        (line,) = [line for line in self.lines if words in line and not line.startswith("      → ")]
        return line.split()[0]

    def fix(self, words: str) -> str:
        """What stands under that line."""
        at = next(n for n, line in enumerate(self.lines) if words in line)
        below = self.lines[at + 1]
        return below.removeprefix("      → ") if below.startswith("      → ") else ""


def doctor(*arguments: str) -> Report:
    out, failed = io.StringIO(), ""
    try:
        call_command("paytm_doctor", *arguments, "--no-color", stdout=out)
    except CommandError as error:  # the program then ends with 1, as the tests at the end of this file show
        failed = str(error)
    text = out.getvalue()
    assert KEY not in text
    return Report(text, failed)


@pytest.fixture
def site(settings: Any) -> Callable[..., None]:
    """A good production-like site, with changes."""

    def write(account: dict[str, Any] | None = None, **django: Any) -> None:
        safe = {
            "DEBUG": False,
            "SECURE_SSL_REDIRECT": True,
            "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SECURE": True,
            "SECURE_HSTS_SECONDS": 3600,
            "PAYTM_KIT": {"BASE_URL": SHOP, "ACCOUNTS": {"default": {**ACCOUNT, **(account or {})}}},
        }
        for name, value in {**safe, **django}.items():
            setattr(settings, name, value)

    write()
    return write


@pytest.fixture
def host(paytm: Paytm) -> Callable[..., None]:
    """The gateway's host answers a HEAD with this date."""

    def answers(at: datetime | None = NOW, body: Exception | None = None) -> None:
        headers = {"Date": format_datetime(at, usegmt=True)} if at else {}
        paytm.wire.remove(responses.HEAD, HOST)
        paytm.wire.add(responses.HEAD, HOST, body=body or b"", headers=headers)

    answers()
    return answers


@pytest.fixture
def webhook_came(client: Any, payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    with time_machine.travel(NOW):
        assert post_webhook(client, callback_fields(payment), secure=True).status_code == 200


# ---- A good site


@time_machine.travel(NOW, tick=False)
def test_a_good_site_gets_ok_on_every_line(
    site: Callable[..., None], host: Callable[..., None], webhook_came: None
) -> None:
    list(reconcile.run(reconcile.Report()))
    report = doctor()
    assert report.failed == ""
    assert [line.split()[0] for line in report.lines[:-1]] == ["ok"] * (len(report.lines) - 1)
    assert report.lines[-1] == f"{len(report.lines) - 1} ok, 0 warn, 0 fail"
    said = report.text
    for words in (
        "every setting is present and spelt right",
        "the kit's tables are up to date",
        "DEBUG is off",
        "cookies and redirects are set for https",
        f'account "default" is staging, MID {MID}, key of 16 bytes',
        f"callback {SHOP}/paytm/callback/ is public https",
        f"give Paytm's dashboard {SHOP}/paytm/webhook/ as webhook URL",
        "the last webhook came 2026-11-21 16:00+05:30: Signature right",
        "reconcile last came to its end 2026-11-21 16:00+05:30, asked about 0 and left 0",
        f"{HOST} answers",
        "our clock agrees with the gateway's",
    ):
        assert words in said


def test_offline_asks_no_host(site: Callable[..., None], paytm: Paytm) -> None:
    report = doctor("--offline")
    assert HOST not in report.text
    assert len(paytm.wire.calls) == 0
    assert report.failed == ""


def test_every_account_is_looked_at(site: Callable[..., None], settings: Any) -> None:
    tickets = {**ACCOUNT, "MERCHANT_ID": "TICKETSMID0000000001"}
    settings.PAYTM_KIT = {"BASE_URL": SHOP, "ACCOUNTS": {"default": ACCOUNT, "tickets": tickets}}
    report = doctor("--offline")
    assert report.level('account "tickets" is staging, MID TICKETSMID0000000001') == "ok"
    assert report.level(f"{SHOP}/paytm/callback/tickets/") == "ok"
    assert report.level('account "tickets": no webhook') == "warn"


# ---- Settings


def test_a_bad_setting_fails_with_the_checks_own_words(site: Callable[..., None], paytm: Paytm) -> None:
    site({"WEBSIT": "DEFAULT"})
    report = doctor("--offline")
    assert report.level("unknown setting 'WEBSIT'. (paytm_kit.E003)") == "fail"
    assert report.fix("unknown setting") == "Did you mean WEBSITE?"
    assert report.failed == "Payments will not work until each line marked fail is mended."


@pytest.mark.parametrize("key", ["canary", "canary#Key&1@key\n"], ids=["cut", "line break"])
def test_a_bad_key_is_one_line_and_not_shown(site: Callable[..., None], key: str) -> None:
    site({"MERCHANT_KEY": key})
    report = doctor("--offline")
    assert report.level("paytm_kit.E006") == "fail"
    assert "canary" not in report.text
    assert "is staging" not in report.text


def test_a_warning_of_the_checks_does_not_fail(site: Callable[..., None]) -> None:
    site({"MERCHANT_KEY": " 4567890123456 x"[:15] + " "})
    report = doctor("--offline")
    assert report.level("(paytm_kit.W018)") == "warn"
    assert report.failed == ""


@pytest.mark.parametrize(
    ("kit", "words"),
    [
        ([], "PAYTM_KIT must be a dictionary. (paytm_kit.E001)"),
        ({"BASE_URL": SHOP}, "ENVIRONMENT of account"),
        ({"BASE_URL": SHOP, "ACCOUNTS": {"default": {**ACCOUNT, "MERCHANT_KEY": ""}}}, "MERCHANT_KEY of account"),
        ({"ACCOUNTS": {"default": ACCOUNT}}, "BASE_URL is missing"),
    ],
    ids=["no dictionary", "nothing at all", "no key", "no base URL"],
)
def test_it_looks_on_when_the_settings_cannot_be_read(site: Callable[..., None], kit: Any, words: str) -> None:
    site(PAYTM_KIT=kit)
    report = doctor("--offline")
    assert sum("fail" in line[:4] for line in report.lines) == 1
    assert report.level(words) == "fail"
    assert report.level("the kit's tables are up to date") == "ok"
    assert report.failed


def test_it_looks_on_when_the_addresses_are_not_mounted(site: Callable[..., None]) -> None:
    site(ROOT_URLCONF="demo_site.shop.urls")
    report = doctor("--offline")
    assert report.fix("not mounted") == 'Add path("paytm/", include("paytm_kit.urls")) to your URLconf.'
    assert report.level("is staging") == "ok"


def test_a_rotation_that_goes_on_is_remembered(site: Callable[..., None]) -> None:
    site({"PREVIOUS_MERCHANT_KEY": "older#Key&1@paytm"[:16]})
    assert doctor("--offline").level("the previous key still verifies; remove it when the rotation is over") == "ok"


# ---- The site


def test_a_callback_that_paytm_cannot_reach_is_a_warning(site: Callable[..., None]) -> None:
    site(PAYTM_KIT={"BASE_URL": "http://localhost:8000", "ACCOUNTS": {"default": ACCOUNT}})
    report = doctor("--offline")
    assert report.level("callback http://localhost:8000/paytm/callback/ is not public https") == "warn"
    assert "until then paytm_reconcile" in report.fix("is not public https")


def test_a_local_callback_is_right_for_the_simulator(site: Callable[..., None]) -> None:
    simulator = {**ACCOUNT, "ENVIRONMENT": "simulator", "HOST": "http://127.0.0.1:8001"}
    site(PAYTM_KIT={"BASE_URL": "http://127.0.0.1:8000", "ACCOUNTS": {"default": simulator}})
    assert doctor("--offline").level("is local, which is right for the simulator") == "ok"


def test_debug_is_a_warning(site: Callable[..., None]) -> None:
    site(DEBUG=True)
    report = doctor("--offline")
    assert report.level("DEBUG is on: right on a laptop, never in public") == "warn"
    assert report.failed == ""


def test_cookies_without_https_are_named(site: Callable[..., None]) -> None:
    site(CSRF_COOKIE_SECURE=False, SECURE_HSTS_SECONDS=0)
    report = doctor("--offline")
    assert report.level("not set for https: CSRF_COOKIE_SECURE, SECURE_HSTS_SECONDS") == "warn"


def test_requests_in_transactions_are_a_warning(
    site: Callable[..., None], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    assert "non_atomic_requests" in doctor("--offline").fix("ATOMIC_REQUESTS is on")


def test_no_webhook_yet_is_a_warning_with_the_way_to_register(site: Callable[..., None]) -> None:
    assert "Register the webhook URL" in doctor("--offline").fix("no webhook has ever come")


def test_a_badly_signed_last_webhook_is_a_warning(site: Callable[..., None], client: Any, payment: Payment) -> None:
    post_webhook(client, callback_fields(payment, key="other#Key&1@pay!"), secure=True)
    report = doctor("--offline")
    assert report.level("Signature wrong") == "warn"
    assert "compare MERCHANT_KEY" in report.fix("Signature wrong")


def test_announcements_that_keep_failing_and_payments_not_asked_about_are_warnings(
    site: Callable[..., None], payment: Payment
) -> None:
    event = payment.events.get(kind="started")
    Announcement.objects.create(event=event, signal="payment_succeeded", attempts=3, created_at=NOW)
    assert "overdue" not in doctor("--offline").text
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        report = doctor("--offline")
    assert report.level("announcements that keep failing: 1") == "warn"
    assert report.level("payments overdue a question: 1") == "warn"
    assert "paytm_reconcile" in report.fix("overdue")


# ---- The gateway's host


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(("apart", "level"), [(0, "ok"), (59, "ok"), (-60, "ok"), (61, "warn"), (-3600, "warn")])
def test_a_clock_that_is_off_is_a_warning(
    site: Callable[..., None], host: Callable[..., None], apart: int, level: str
) -> None:
    host(NOW + timedelta(seconds=apart))
    report = doctor()
    assert report.level("our clock") == level
    if level == "warn":
        assert f"our clock is {abs(apart)} s off the gateway's" in report.text
        assert report.fix("our clock") == "Run NTP on this machine."


def test_a_host_without_a_clock_is_a_warning(site: Callable[..., None], host: Callable[..., None]) -> None:
    host(None)
    assert doctor().level("carries no date") == "warn"


@pytest.mark.parametrize(
    ("error", "words", "fix"),
    [
        (requests.ConnectionError(f"{KEY}"), "cannot be reached (ConnectionError)", "Check DNS, firewall and proxy"),
        (requests.ConnectTimeout(), "cannot be reached (ConnectTimeout)", "Check DNS, firewall and proxy"),
        (requests.exceptions.SSLError(), "shows a certificate that cannot be trusted", "Update the certificates"),
    ],
    ids=["no connection", "time-out", "TLS"],
)
def test_a_host_out_of_reach_fails(
    site: Callable[..., None], host: Callable[..., None], error: Exception, words: str, fix: str
) -> None:
    host(body=error)
    report = doctor()
    assert report.level(f"{HOST} {words}") == "fail"
    assert report.fix(words).startswith(fix)
    assert report.failed


def test_a_simulator_that_does_not_run_is_to_be_started(site: Callable[..., None], host: Callable[..., None]) -> None:
    site({"ENVIRONMENT": "simulator", "HOST": HOST})
    host(body=requests.ConnectionError())
    report = doctor()
    assert report.level(f"{HOST} cannot be reached") == "fail"
    assert "make demo, or paytm-simulator" in report.fix("cannot be reached")


def test_a_host_that_must_not_be_used_is_not_asked(site: Callable[..., None], paytm: Paytm) -> None:
    site({"HOST": "http://gateway.example"})
    report = doctor()
    assert report.level("must use https") == "fail"
    assert len(paytm.wire.calls) == 0


# ---- The whole program, with a real exit code


def run(database: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("PAYTM_")}
    env = known | {
        "DJANGO_SETTINGS_MODULE": "demo_site.settings",
        "DATABASE_URL": database,
        "PAYTM_ENVIRONMENT": "simulator",
        "PAYTM_MERCHANT_KEY": "canary#Key&1@key",
        **environment,
    }
    command = [sys.executable, "manage.py", "paytm_doctor", "--offline"]
    return subprocess.run(
        command, env=env, cwd=django_settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_dead_database_fails_and_the_rest_is_still_told() -> None:
    done = run("postgres://nobody:canary-password@127.0.0.1:9/none")
    assert done.returncode == 1
    assert "fail  the database cannot be asked (OperationalError)" in done.stdout
    assert "Check DATABASES" in done.stdout
    assert "ok  every setting is present" in done.stdout
    assert "is simulator, MID DEMOMID0000000000001" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_missing_tables_fail_with_the_command_that_makes_them(tmp_path: Path) -> None:
    done = run(f"sqlite:///{tmp_path}/empty.sqlite3", PAYTM_MERCHANT_KEY="canary")
    assert done.returncode == 1
    assert "fail  the kit's tables are not up to date\n      → Run manage.py migrate." in done.stdout
    assert "has 6 bytes; it must have 16" in done.stdout
    assert "each line marked fail" in done.stderr
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stdout + done.stderr


# ---- Reconcile


def test_a_reconcile_that_stopped_coming_is_told(site: Callable[..., None], host: Callable[..., None]) -> None:
    assert "warn  reconcile has never come to its end here" in doctor().text
    with time_machine.travel(NOW, tick=False):
        list(reconcile.run(reconcile.Report()))
    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        assert "warn  reconcile last came to its end 2026-11-21 16:00+05:30" in doctor().text
