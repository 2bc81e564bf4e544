"""A flood of invalid messages is bounded in rows, questions and log lines; what Paytm signed passes as ever (H8)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from paytm_kit import signals
from paytm_kit.models import Payment, RejectedSender, WireMessage
from tests.ledger.test_races import together
from tests.paytm import FORM, Paytm, callback_fields, post_callback, post_json_webhook, post_webhook
from tests.services.test_intake import json_body

pytestmark = pytest.mark.django_db(transaction=True)

ATTACKER, PAYTM = {"REMOTE_ADDR": "203.0.113.66"}, {"REMOTE_ADDR": "203.0.113.1"}


def forged(payment: Payment, **extra: str) -> dict[str, str]:
    return {**callback_fields(payment), "CHECKSUMHASH": "A" * 108, **extra}


def stored() -> int:
    return WireMessage.objects.filter(direction="in").count()


@pytest.mark.databases
@pytest.mark.parametrize("send", [post_callback, post_webhook], ids=["callback", "webhook"])
def test_beyond_the_limit_messages_are_counted_and_answered_as_before_but_not_stored(
    configure: Callable[..., None], payment: Payment, paytm: Paytm, send: Callable[..., Any]
) -> None:
    configure(LIMITS="invalid=10/1m")
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        answers = [send(Client(), forged(payment), **ATTACKER) for _ in range(60)]
        assert {answer.status_code for answer in answers} == {303 if send is post_callback else 400}
        if send is post_callback:
            assert {answer["Location"] for answer in answers} == {payment.get_result_url()}
        assert stored() == 10
        assert paytm.asked() <= 5
        clock.shift(60)
        send(Client(), forged(payment), **ATTACKER)
        assert stored() == 11  # a new minute
    each, everybody = RejectedSender.objects.order_by("-address")
    assert (each.address, each.messages, each.only_counted) == ("203.0.113.66", 61, 50)
    assert (everybody.address, everybody.messages, everybody.only_counted) == ("*", 11, 0)
    payment.refresh_from_db()
    assert payment.status == "processing"


SIGNED: dict[str, Callable[[Payment], Any]] = {
    "callback": lambda payment: post_callback(Client(), callback_fields(payment), **ATTACKER),
    "form webhook": lambda payment: post_webhook(Client(), callback_fields(payment), **ATTACKER),
    "json webhook": lambda payment: post_json_webhook(Client(**ATTACKER), json_body(payment)),
}


@pytest.mark.parametrize("send", SIGNED.values(), ids=SIGNED)
def test_a_signed_message_passes_even_from_the_noisy_address_itself(
    configure: Callable[..., None], payment: Payment, paytm: Paytm, send: Callable[[Payment], Any]
) -> None:
    """Behind one proxy, everybody may have one address."""
    configure(LIMITS="invalid=3/1m, invalid_all=3/1m")
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    for _ in range(20):
        post_webhook(Client(), forged(payment), **ATTACKER)
    paytm.will_say(payment=payment)
    before = stored()
    assert send(payment).status_code in (200, 303)
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert stored() == before + 1
    assert WireMessage.objects.filter(direction="in").latest("pk").verdict == "verified"


def test_signed_messages_are_never_counted_however_many(
    configure: Callable[..., None], payment: Payment, paytm: Paytm
) -> None:
    configure(LIMITS="invalid=2/1m, invalid_all=2/1m")
    paytm.will_say(payment=payment)
    assert {post_webhook(Client(), callback_fields(payment), **PAYTM).status_code for _ in range(20)} == {200}
    assert (stored(), RejectedSender.objects.count()) == (20, 0)


def test_one_noisy_address_takes_nothing_from_another(
    configure: Callable[..., None], payment: Payment, paytm: Paytm
) -> None:
    """A shopper whose callback lost its checksum on the way is still asked about."""
    configure(LIMITS="invalid=3/1m, invalid_all=5/1m")
    for _ in range(10):
        post_webhook(Client(), forged(payment, ORDERID="261121-nobodysorder"), **ATTACKER)
    paytm.will_say(payment=payment)
    unsigned = {name: value for name, value in callback_fields(payment).items() if name != "CHECKSUMHASH"}
    post_callback(Client(), unsigned, **PAYTM)
    payment.refresh_from_db()
    assert payment.status == "paid"


@pytest.mark.databases
def test_an_attacker_with_any_number_of_addresses_is_bounded_too(
    configure: Callable[..., None], payment: Payment, paytm: Paytm
) -> None:
    configure(LIMITS="invalid=5/1m, invalid_all=20/1m")
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(50):
            post_webhook(Client(), forged(payment), REMOTE_ADDR=f"2001:db8:0:{number:x}::1")
    assert stored() == 20
    assert RejectedSender.objects.count() == 21
    everybody = RejectedSender.objects.get(address="*")
    assert (everybody.messages, everybody.only_counted) == (50, 30)


def test_one_ipv6_household_is_one_sender(configure: Callable[..., None], payment: Payment, paytm: Paytm) -> None:
    configure(LIMITS="invalid=5/1m")
    for number in range(8):
        post_webhook(Client(), forged(payment), REMOTE_ADDR=f"2001:db8:1:2::{number:x}")
    assert RejectedSender.objects.get(address="2001:db8:1:2::/64").only_counted == 3


def test_what_cannot_be_read_is_bounded_as_well_and_still_a_400(configure: Callable[..., None], paytm: Paytm) -> None:
    configure(LIMITS="invalid=3/1m")
    answers = [
        Client().post("/paytm/callback/", "ORDERID=a&ORDERID=b", content_type=FORM, **ATTACKER) for _ in range(9)
    ]
    assert {answer.status_code for answer in answers} == {400}
    assert stored() == 3


def test_the_work_for_one_message_too_many_is_small(
    configure: Callable[..., None], payment: Payment, paytm: Paytm, django_assert_max_num_queries: Any
) -> None:
    configure(LIMITS="invalid=1/1m")
    for _ in range(3):
        post_webhook(Client(), forged(payment), **ATTACKER)
    with django_assert_max_num_queries(2):  # is it noisy, and one more
        post_webhook(Client(), forged(payment), **ATTACKER)
    with django_assert_max_num_queries(4):  # and to whose result page it leads (a payment, its order's type)
        post_callback(Client(), forged(payment), **ATTACKER)
    assert len(paytm.wire.calls) == 0


def test_an_honest_message_costs_one_small_question_more(
    payment: Payment, paytm: Paytm, django_assert_max_num_queries: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    paytm.will_say(payment=payment)
    with CaptureQueriesContext(connection) as queries:
        post_webhook(Client(), callback_fields(payment), **PAYTM)
    assert sum("paytm_kit_rejectedsender" in query["sql"] for query in queries) == 1


def test_the_log_hears_of_a_flood_once_a_minute(
    configure: Callable[..., None], payment: Payment, paytm: Paytm, caplog: pytest.LogCaptureFixture
) -> None:
    configure(LIMITS="invalid=3/1m")
    caplog.set_level(logging.INFO)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(2):
            for _ in range(30):
                post_webhook(Client(), forged(payment), **ATTACKER)
            clock.shift(61)
    told = [record for record in caplog.records if getattr(record, "event", "") == "inbound.flood"]
    assert len(told) == 2
    assert told[0].remote_ip == "203.0.113.66"
    assert sum(getattr(record, "event", "") == "inbound.webhook" for record in caplog.records) == 6
    assert sum("Bad Request" in record.getMessage() for record in caplog.records) == 6  # Django's own


def test_merchants_code_hears_of_what_is_stored_and_no_more(
    configure: Callable[..., None], payment: Payment, paytm: Paytm
) -> None:
    configure(LIMITS="invalid=3/1m")
    heard: list[Any] = []

    def hear(**kwargs: Any) -> None:
        heard.append(kwargs["wire_message"].verdict)

    signals.callback_rejected.connect(hear)
    try:
        for _ in range(9):
            post_webhook(Client(), forged(payment), **ATTACKER)
    finally:
        signals.callback_rejected.disconnect(hear)
    assert heard == ["bad_signature"] * 3


@pytest.mark.databases
def test_several_processes_count_every_message(configure: Callable[..., None], payment: Payment, paytm: Paytm) -> None:
    configure(LIMITS="invalid=4/1h")

    def attack() -> None:
        for _ in range(10):
            post_webhook(Client(), forged(payment), **ATTACKER)

    together(*[attack] * 4)
    each = RejectedSender.objects.get(address="203.0.113.66")
    assert each.messages == 40
    assert stored() == each.messages - each.only_counted
    assert 4 <= stored() <= 4 + 4  # those that looked at the same moment


def test_with_bad_settings_the_defaults_hold_and_no_message_is_lost(
    configure: Callable[..., None], payment: Payment, paytm: Paytm
) -> None:
    configure(DEVICE_COOKIE_DAYS="nonsense")
    for _ in range(40):
        post_webhook(Client(), forged(payment), **ATTACKER)
    assert stored() == 30
    paytm.will_say(payment=payment)
    assert post_webhook(Client(), callback_fields(payment), **ATTACKER).status_code == 200


def test_old_counts_are_purged(configure: Callable[..., None], payment: Payment, paytm: Paytm) -> None:
    post_webhook(Client(), forged(payment), **ATTACKER)
    client = Client()
    client.post(f"/paytm/pay/{payment.token}/", urlencode({}), content_type=FORM)
    from paytm_kit.models import AttemptCount

    assert (RejectedSender.objects.count(), AttemptCount.objects.exists()) == (2, True)
    call_command("paytm_purge", only="senders", verbosity=0)
    call_command("paytm_purge", only="attempts", verbosity=0)
    assert (RejectedSender.objects.count(), AttemptCount.objects.exists()) == (2, True)
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        call_command("paytm_purge", only="senders", verbosity=0)
        call_command("paytm_purge", only="attempts", verbosity=0)
    assert (RejectedSender.objects.count(), AttemptCount.objects.exists()) == (0, False)
