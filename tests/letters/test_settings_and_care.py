"""What is set about letters, what is said when it is set wrongly, and what is forgotten in time."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import checks
from django.core.management import call_command
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Payment
from paytm_kit.services import doctor, purge
from tests.letters.conftest import Configure, Written
from tests.letters.server import NOBODY, MailServer
from tests.letters.test_what_is_written import applied


def ids() -> list[str]:
    return [str(found.id) for found in checks.run_checks(tags=["paytm_kit"])]


def looked_into() -> dict[str, str]:
    return {finding.what: finding.level for finding in doctor.examine(network=False)}


def test_lists_are_written_with_commas_in_the_environment(
    mail_settings: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYTM_EMAIL", "yes")
    monkeypatch.setenv("PAYTM_EMAIL_MERCHANT", " desk@example.com, Accounts <books@example.com>,")
    monkeypatch.setenv("PAYTM_EMAIL_SHOPPER_KINDS", "refund_done,paid")
    settings.PAYTM_KIT = {"BASE_URL": "http://testserver"}
    chosen = conf.mail()
    assert chosen.email_merchant == ("desk@example.com", "Accounts <books@example.com>")
    assert chosen.email_shopper_kinds == ("paid", "refund_done")


@pytest.mark.parametrize(
    "slip",
    [
        {"EMAIL_FROM": "Kadamb"},
        {"EMAIL_FROM": "Kadamb <orders@example.com>\nBcc: all@example.com"},
        {"EMAIL_MERCHANT": ["desk@example.com", "nobody"]},
        {"EMAIL_SHOPPER_KINDS": "paid, flagged"},  # not for shoppers
        {"EMAIL_MERCHANT_KINDS": ["payed"]},
        {"EMAIL_TIMEOUT": 61},
        {"EMAIL_GIVE_UP_DAYS": 0},
        {"EMAIL": "perhaps"},
    ],
    ids=str,
)
def test_a_slip_is_told_by_name_and_leaves_payments_alone(mail_settings: Configure, slip: dict[str, Any]) -> None:
    mail_settings(**slip)
    [name] = slip
    with pytest.raises(ConfigurationError, match=name):
        conf.mail()
    assert conf.kit().base_url
    [error] = [found for found in checks.run_checks(tags=["paytm_kit"]) if found.id == "paytm_kit.E030"]
    assert name in error.msg
    assert "payments go on" in error.hint


@pytest.mark.parametrize(
    ("django", "expected"),
    [
        ({"DEFAULT_FROM_EMAIL": "webmaster@localhost"}, ["paytm_kit.W032"]),
        ({"DEFAULT_FROM_EMAIL": "orders@example.com"}, []),
        (
            {
                "DEFAULT_FROM_EMAIL": "orders@example.com",
                "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
            },
            ["paytm_kit.W033"],
        ),
    ],
)
def test_letters_that_could_hardly_arrive_are_warned_of(
    mail_settings: Configure, settings: Any, django: dict[str, str], expected: list[str]
) -> None:
    mail_settings(EMAIL_FROM="")
    for name, value in django.items():
        setattr(settings, name, value)
    assert ids() == expected
    mail_settings(EMAIL=False, EMAIL_FROM="")
    assert ids() == []


@pytest.mark.django_db
def test_the_doctor_says_how_it_stands_with_letters(
    server: MailServer, payment: Payment, mail_settings: Configure
) -> None:
    assert looked_into()["e-mail is on (smtp): to shoppers and 2 in the shop"] == "ok"
    server.way = NOBODY
    mail_settings(EMAIL_MERCHANT=())
    applied(payment)
    [what] = [what for what in looked_into() if what.startswith("letters that cannot be sent: 1; the last one: SMTP")]
    assert "asha@" not in what
    mail_settings(EMAIL=False)
    assert looked_into()["e-mail is off: nobody is written to about payments (EMAIL switches it on)"] == "ok"


@pytest.mark.databases
def test_masked_addresses_and_errors_are_forgotten_with_whose_the_payment_was(
    payment: Payment, written: Written
) -> None:
    applied(payment)
    assert written("recipient")[0] == "a***@example.com"
    printed = StringIO()
    call_command("paytm_purge", "--only", "letters", stdout=printed)
    assert written("recipient")[0] == "a***@example.com"
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        call_command("paytm_purge", stdout=printed)
    assert "letters' masked addresses before" in printed.getvalue()
    assert ": 2 removed, 0 kept" in printed.getvalue()
    assert written("recipient", "note", "state") == [("", "", "sent")] * 2


def test_a_letter_that_still_waits_is_not_touched(
    server: MailServer, payment: Payment, mail_settings: Configure, written: Written
) -> None:
    server.way = NOBODY
    mail_settings(EMAIL_MERCHANT=())
    applied(payment)
    assert list(purge.run("letters", timezone.now() + timedelta(days=1))) == []
    assert "550" in written("note")[0]
