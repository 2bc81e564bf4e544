"""``manage.py check`` names what is wrong with limits and rules, and what is not worked off is purged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from paytm_kit.models import AttemptCount, EmailCode, Payment, PaymentVisit, RiskDecision
from paytm_kit.risk import limits
from paytm_kit.risk.verdicts import rulebook
from tests.paytm import Paytm

CODE = {"name": "code", "when": "amount >= 1", "action": "verify", "reason": "Proves it."}
DEVICE = {"name": "device", "when": "device_failures >= 3 in 1h", "action": "hold", "reason": "Many."}


def found() -> list[tuple[str, str]]:
    messages = run_checks(tags=["paytm_kit"])
    assert all(message.hint for message in messages)
    return [(str(message.id).removeprefix("paytm_kit."), message.msg) for message in messages]


def test_the_defaults_are_met_with_silence() -> None:
    assert found() == []


def test_the_example_shows_the_defaults() -> None:
    lines = (Path(settings.BASE_DIR) / "settings.example.env").read_text(encoding="utf-8").splitlines()
    shown = dict(line.lstrip("#").split("=", 1) for line in lines if line.startswith("#PAYTM_"))
    assert limits.read(shown["PAYTM_LIMITS"]) == limits.DEFAULT
    assert rulebook(shown["PAYTM_RISK_RULES"]) == rulebook("default")
    assert (shown["PAYTM_RISK_RETENTION_DAYS"], shown["PAYTM_DEVICE_COOKIE_DAYS"]) == ("90", "365")


def test_each_wrong_rule_is_named_with_its_field(configure: Callable[..., None]) -> None:
    wrong = {**CODE, "when": "customer_failure >= 3", "action": "stop"}
    configure(RISK_RULES=["default", wrong])
    assert found() == [
        ("E041", 'RISK_RULES: Rule "code", action: must be one of flag, verify, hold, refuse.'),
        (
            "E041",
            "RISK_RULES: Rule \"code\", when: fact 'customer_failure' is not known; did you mean customer_failures?",
        ),
    ]


def test_each_limit_that_cannot_be_read_is_named(configure: Callable[..., None]) -> None:
    configure(LIMITS="customer=lots, adress=5/1h, device=2/1h")
    assert found() == [
        ("E044", "LIMITS, customer: 'lots' is not count/time, such as 10/10m, nor off."),
        ("E044", "LIMITS, adress: is not counted; did you mean address?"),
    ]


def test_another_setting_of_the_group_that_cannot_be_read_is_an_error(configure: Callable[..., None]) -> None:
    configure(RISK_RETENTION_DAYS="soon")
    [(code, text)] = found()
    assert code == "E040"
    assert "RISK_RETENTION_DAYS (in PAYTM_KIT, or PAYTM_RISK_RETENTION_DAYS) has a value" in text


def test_rules_about_browsers_need_the_cookie(configure: Callable[..., None]) -> None:
    configure(DEVICE_COOKIE_DAYS=0)
    assert found() == []  # the default rules only flag
    configure(DEVICE_COOKIE_DAYS=0, RISK_RULES=[DEVICE])
    [(code, text)] = found()
    assert (code, "device" in text) == ("W042", True)


def test_rules_that_ask_for_codes_need_mail(configure: Callable[..., None], settings: Any) -> None:
    configure(RISK_RULES=[CODE])
    assert found() == []
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    [(code, _)] = found()
    assert code == "W043"


def test_all_of_it_can_come_from_the_environment(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from paytm_kit import conf

    monkeypatch.setenv("PAYTM_LIMITS", "customer=2/1h, address=off")
    own = {"name": "a", "when": "amount > 1", "action": "flag", "reason": "b"}
    monkeypatch.setenv("PAYTM_RISK_RULES", json.dumps(["refuse_card_testing", own]))
    settings.PAYTM_KIT = {**settings.PAYTM_KIT}
    chosen = conf.risk()
    assert chosen.limits["customer"].count == 2
    assert "address" not in chosen.limits
    assert [rule.name for rule in chosen.risk_rules.rules] == ["refuse_card_testing", "a"]
    assert chosen.risk_rules.problems == ()


@pytest.mark.databases
def test_what_was_counted_is_purged_after_its_time_and_decisions_stay(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[CODE], RISK_RETENTION_DAYS=30)
    payment, browser = opened(), Client()
    browser.post(f"/paytm/pay/{payment.token}/")
    browser.get(f"/paytm/pay/{payment.token}/")
    counted = (AttemptCount, PaymentVisit, EmailCode)
    assert all(model.objects.exists() for model in counted)
    for days, left in ((29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            call_command("paytm_purge", verbosity=0)
        assert [model.objects.exists() for model in counted] == [left] * 3
    assert RiskDecision.objects.count() == 1
