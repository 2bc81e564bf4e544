"""A mail server that refuses, hangs or breaks off delays a letter and touches nothing else. The server here is real."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from paytm_kit.models import Letter, Payment
from paytm_kit.services import doctor, letters
from tests.ledger.test_races import together
from tests.letters.conftest import Configure, Written, reconciled
from tests.letters.server import BUSY, LOSES_THE_ANSWER, NOBODY, SILENT, WELL, MailServer
from tests.letters.test_what_is_written import applied
from tests.paytm import Paytm, callback_fields, post_webhook

pytestmark = pytest.mark.databases


@pytest.fixture(autouse=True)
def _to_the_shopper_alone(mail_settings: Configure) -> None:
    mail_settings(EMAIL_MERCHANT=(), EMAIL_TIMEOUT=0.3)


def test_a_letter_arrives_as_text_and_html_with_the_headers_of_a_letter_that_nobody_typed(
    server: MailServer, payment: Payment
) -> None:
    applied(payment)
    [letter] = server.letters
    assert letter["Subject"] == f"Kadamb: your payment of ₹499.00 for {payment.order_label}"
    assert (letter["From"], letter["To"], letter["Reply-To"]) == (
        "Kadamb <orders@example.com>",
        "asha@example.com",
        "help@example.com",
    )
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    for part in letter.iter_parts():
        assert "₹499.00" in part.get_content()


@pytest.mark.parametrize("way", [BUSY, NOBODY, SILENT, LOSES_THE_ANSWER])
def test_whatever_the_mail_server_does_the_payment_is_paid_and_the_letter_waits(
    server: MailServer, payment: Payment, paytm: Paytm, client: Client, written: Written, way: str
) -> None:
    server.way = way
    paytm.will_say(payment=payment)
    before = time.monotonic()
    assert post_webhook(client, callback_fields(payment)).status_code == 200
    assert time.monotonic() - before < 5  # it hangs for ten
    payment.refresh_from_db()
    assert (payment.status, payment.events.last().announcement.state) == ("paid", "delivered")
    [(state, attempts, note)] = written("state", "attempts", "note")
    assert (state, attempts) == ("waiting", 1)
    assert note
    assert "asha@" not in note

    server.way = WELL
    assert reconciled(timedelta(seconds=50)).sent == 0  # not before its time
    assert reconciled(timedelta(minutes=2)).sent == 1
    assert written("state", "attempts", "note") == [("sent", 2, "")]


def test_a_repeat_after_a_lost_answer_carries_the_same_message_id(server: MailServer, payment: Payment) -> None:
    """At least once: the server took the first, and nobody could know."""
    server.way = LOSES_THE_ANSWER
    applied(payment)
    server.way = WELL
    reconciled(timedelta(minutes=2))
    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@testserver>")


def test_a_letter_that_was_taken_and_could_not_be_marked_goes_out_once_more_and_not_sooner_than_its_lease(
    server: MailServer,
    payment: Payment,
    paytm: Paytm,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("the database went away")

    paytm.will_say(payment=payment)
    with monkeypatch.context() as broken:
        broken.setattr(letters, "_close", gone)
        assert post_webhook(client, callback_fields(payment)).status_code == 200
    assert "letter.not_marked" in caplog.text
    payment.refresh_from_db()
    assert (payment.status, payment.events.last().announcement.state) == ("paid", "delivered")
    assert reconciled(timedelta(minutes=9)).sent == 0
    assert reconciled(timedelta(minutes=11)).sent == 1
    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_worker_that_was_killed_while_sending_leaves_the_letter_to_others_after_its_lease(
    server: MailServer, payment: Payment, mail_settings: Configure, written: Written
) -> None:
    mail_settings(EMAIL_MERCHANT=(), EMAIL_AT_ONCE=False)
    applied(payment)
    assert letters._claim(Letter.objects.get())  # as SIGKILL leaves it: taken, and never marked
    assert reconciled(timedelta(minutes=9)).sent == 0
    assert reconciled(timedelta(minutes=11)).sent == 1
    assert (written("state"), len(server.taken)) == (["sent"], 1)


def test_one_letter_in_many_hands_is_sent_once(
    server: MailServer, payment: Payment, mail_settings: Configure, written: Written
) -> None:
    mail_settings(EMAIL_MERCHANT=(), EMAIL_AT_ONCE=False)
    applied(payment)
    pk = Letter.objects.get().pk
    states = together(*[lambda: letters.send(pk)] * 6)
    assert sorted(filter(None, states)) == ["sent"]
    assert len(server.taken) == 1


def test_tries_grow_rarer_and_end(server: MailServer, payment: Payment, written: Written) -> None:
    server.way = NOBODY
    applied(payment)
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        while (row := Letter.objects.get()).state == "waiting":
            waits.append(round((row.next_try_at - timezone.now()).total_seconds() / 60))
            clock.move_to(row.next_try_at)
            letters.send(row.pk)
    assert waits[:8] == [1, 5, 15, 60, 180, 360, 360, 360]
    assert sum(waits) >= 4 * 24 * 60
    assert len(waits) < 30
    [(state, note)] = written("state", "note")
    assert state == "given_up"
    assert "550" in note
    assert "a***@example.com" in note
    findings = {finding.what: finding.fix for finding in doctor.examine(network=False)}
    assert "letters given up this week: 1" in findings


def test_a_server_that_is_down_is_left_alone_for_a_minute(server: MailServer, start: Any, written: Written) -> None:
    """The next shopper does not wait for it as well."""
    server.way = BUSY
    applied(start())
    applied(start())
    assert server.connections == 1
    assert written("attempts") == [1, 0]
    server.way = WELL
    assert reconciled(timedelta(minutes=2)).sent == 2


def test_reconcile_says_what_it_sent_and_what_waits(
    server: MailServer, payment: Payment, capsys: pytest.CaptureFixture[str]
) -> None:
    server.way = NOBODY
    applied(payment)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        with pytest.raises(CommandError, match="letters or webhooks are left") as left:
            call_command("paytm_reconcile")
    assert left.value.returncode == 1
    said = capsys.readouterr()
    assert "letters sent 0, still waiting 1" in said.out
    assert "550" in said.err
    server.way = WELL
    with time_machine.travel(timezone.now() + timedelta(minutes=8), tick=True):
        call_command("paytm_reconcile")
    assert "letters sent 1, still waiting 0" in capsys.readouterr().out


def test_letters_that_waited_while_mail_was_off_are_too_old_to_be_sent(
    server: MailServer, payment: Payment, mail_settings: Configure, written: Written
) -> None:
    server.way = BUSY
    applied(payment)
    server.way = WELL
    mail_settings(EMAIL=False)
    assert reconciled(timedelta(days=1)).unsent == 0
    mail_settings(EMAIL_MERCHANT=())
    reconciled(timedelta(days=5))
    assert (written("state"), server.taken) == (["given_up"], [])


def test_orders_that_cannot_say_who_to_write_to_are_asked_again(
    server: MailServer, payment: Payment, monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    from demo_site.shop.models import Order

    with monkeypatch.context() as broken:
        broken.setattr(Order, "payment_email", lambda self: 1 / 0)
        applied(payment)
    assert written("state", "note") == [("waiting", "ZeroDivisionError: division by zero")]
    assert reconciled(timedelta(minutes=2)).sent == 1


def test_wrong_mail_settings_stop_no_payment(
    payment: Payment, mail_settings: Configure, written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    mail_settings(EMAIL_REPLY_TO="not an address")
    applied(payment)
    payment.refresh_from_db()
    assert (payment.status, written("pk")) == ("paid", [])
    assert "letters.not_configured" in caplog.text
    with pytest.raises(Exception, match="EMAIL_REPLY_TO"):
        call_command("check")
