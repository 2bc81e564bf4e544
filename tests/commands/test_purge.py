"""``paytm_purge``: what it says, what a dry run leaves, how it ends."""

from __future__ import annotations

import io
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import confirm, purge
from tests.paytm import Paytm

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

NOON = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
YEAR_LATER = NOON + timedelta(days=400)


@pytest.fixture
def _a_year_ago(request: pytest.FixtureRequest) -> Any:
    """A paid payment with one stored message; then more than a year goes by."""
    with time_machine.travel(NOON, tick=False) as clock:
        payment, paytm = request.getfixturevalue("payment"), request.getfixturevalue("paytm")
        paytm.will_say(payment=payment)
        confirm.ask(payment, source="test")
        clock.move_to(YEAR_LATER)
        yield


def run(*arguments: str) -> tuple[list[str], str, int]:
    """What it printed, why it failed, its exit code."""
    out = io.StringIO()
    try:
        call_command("paytm_purge", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue().splitlines(), str(error), error.returncode
    return out.getvalue().splitlines(), "", 0


@pytest.mark.usefixtures("_a_year_ago")
def test_it_says_what_it_removed_and_a_dry_run_only_counts() -> None:
    messages, customers = "wire messages before 2027-06-29 06:30 UTC", "payments' personal data before 2026-12-26"
    lines, _, code = run("--dry-run")
    assert lines[0] == f"{messages}: 1 would be removed, 0 kept for now"
    assert lines[1].startswith(customers)
    assert (WireMessage.objects.count(), Payment.objects.exclude(customer_id="").count(), code) == (1, 1, 0)
    lines, _, code = run()
    assert lines[0] == f"{messages}: 1 removed, 0 kept for now"
    assert lines[1].endswith(": 1 removed, 0 kept for now")
    assert (WireMessage.objects.count(), Payment.objects.exclude(customer_id="").count(), code) == (0, 0, 0)


@pytest.mark.usefixtures("_a_year_ago")
def test_an_age_and_a_kind_can_be_named(settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "WIRE_RETENTION_DAYS": 0}
    assert run("--only", "messages")[0] == ["wire messages: kept for ever (WIRE_RETENTION_DAYS is 0)"]
    assert run("--only", "messages", "--older-than", "401d")[0][0].endswith(": 0 removed, 0 kept for now")
    assert run("--only", "messages", "--older-than", "57w")[0][0].endswith(": 1 removed, 0 kept for now")
    assert Payment.objects.exclude(customer_id="").count() == 1


@pytest.mark.usefixtures("_a_year_ago")
def test_told_to_stop_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = purge.run

    def interrupted(*args: Any, **how: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return sound(*args, **how)

    monkeypatch.setattr(purge, "run", interrupted)
    lines, why, code = run()
    assert lines == ["wire messages before 2027-06-29 06:30 UTC: 0 removed, 0 kept for now"]
    assert (why, code) == ("Stopped before the end. Run it again: it goes on where it stopped.", 1)


@pytest.mark.parametrize("age", ["180", "0d", "-3d", "half a year"])
def test_an_age_that_is_none_is_refused(age: str, paytm: Paytm) -> None:
    why = run(f"--older-than={age}")[1]
    assert why.startswith(f"Error: argument --older-than: {age!r} is not understood: write a number and m, h, d or w")


def test_a_setting_that_cannot_be_meant_is_a_usage_error(settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "WIRE_RETENTION_DAYS": "soon"}
    _, why, code = run()
    assert why.startswith("WIRE_RETENTION_DAYS (in PAYTM_KIT, or PAYTM_WIRE_RETENTION_DAYS) has a value")
    assert code == 2
