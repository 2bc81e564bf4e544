"""Staff send a shopper's letter once more: what is still true, and not too often."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from paytm_kit import refunds
from paytm_kit.models import Payment
from paytm_kit.services import letters
from paytm_kit.services.letters import CannotResend
from tests.ledger.test_races import together
from tests.letters.conftest import Configure, Written
from tests.letters.test_what_is_written import applied
from tests.paytm import Paytm


@pytest.fixture(autouse=True)
def _to_the_shopper_alone(mail_settings: Configure) -> None:
    mail_settings(EMAIL_MERCHANT=())


def test_the_same_letter_goes_out_again_as_one_of_its_own(payment: Payment, written: Written) -> None:
    applied(payment)
    letter = letters.resend(payment, actor="asha")
    assert (letter.copy, letter.actor) == (1, "asha")
    assert written("kind", "copy", "actor", "state") == [("paid", 0, "", "sent"), ("paid", 1, "asha", "sent")]
    first, second = mail.outbox
    assert (first.subject, first.to, first.body) == (second.subject, second.to, second.body)
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


def test_the_newest_of_several_refunds_is_meant(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    for amount in ("10.00", "20.00"):
        refunds.request(paid, amount, reason="x")
    letters.resend(paid, kind="refund_done", actor="asha")
    assert "₹20.00" in mail.outbox[-1].subject


def test_only_what_is_true_is_sent_again(payment: Payment, written: Written) -> None:
    with pytest.raises(CannotResend, match="no longer true"):
        letters.resend(payment, actor="asha")
    applied(payment)
    for kind in ("failed", "pending", "refund_done"):
        with pytest.raises(CannotResend, match="no longer true"):
            letters.resend(payment, kind=kind, actor="asha")
    with pytest.raises(CannotResend, match="not written to about that"):
        letters.resend(payment, kind="flagged", actor="asha")
    assert written("copy") == [0]


def test_five_times_a_day_are_enough(payment: Payment, written: Written) -> None:
    applied(payment)
    for _ in range(5):
        letters.resend(payment, actor="asha")
    with pytest.raises(CannotResend, match="tomorrow"):
        letters.resend(payment, actor="ravi")
    assert len(mail.outbox) == 6
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=True):
        letters.resend(payment, actor="ravi")


@pytest.mark.databases
def test_a_double_click_sends_one_and_says_so(payment: Payment, written: Written) -> None:
    applied(payment)

    def click() -> str:
        try:
            letters.resend(payment, actor="asha")
        except CannotResend as error:
            return str(error)
        return ""

    said = together(*[click] * 3)
    assert len(written("pk")) == 1 + said.count("")
    assert set(said) <= {"", "Somebody else is sending it again just now."}


def test_nothing_is_sent_again_while_mail_is_off(payment: Payment, mail_settings: Configure) -> None:
    applied(payment)
    mail_settings(EMAIL=False)
    with pytest.raises(CannotResend, match="switched off"):
        letters.resend(payment, actor="asha")
