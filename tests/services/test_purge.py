"""After its time a message goes, and whose a payment was is forgotten; what money did stays to the paisa."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import requests
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from paytm_kit import conf, refunds
from paytm_kit.ledger import book
from paytm_kit.models import Dispute, Payment, WireMessage, ledger_writes
from paytm_kit.services import confirm, purge, rebuild
from tests.ledger.test_races import together
from tests.paytm import KEY, Paytm, callback_fields, post_webhook

pytestmark = pytest.mark.databases

LATER = timedelta(days=181)
MUCH_LATER = timedelta(days=366)


def purged(kind: str, later: timedelta) -> int:
    with time_machine.travel(timezone.now() + later, tick=True):
        return sum(purge.run(kind, purge.before(kind)))


PERSONAL = ("customer_id", "contact_email", "contact_mobile", "order_label", "return_url")


def books(payment: Payment) -> dict[str, Any]:
    """All that the ledger holds of a payment but what is personal."""
    row = Payment.objects.filter(pk=payment.pk).values().get()
    kept = {name: value for name, value in row.items() if name not in PERSONAL}
    return {
        **kept,
        "events": list(payment.events.order_by("pk").values()),
        "refunds": list(payment.refunds.order_by("pk").values()),
    }


@pytest.fixture
def told(client: Client, payment: Payment, paytm: Paytm) -> Payment:
    """Paid, as a webhook told and the gateway confirmed: one message in, one out."""
    paytm.will_say(payment=payment)
    assert post_webhook(client, callback_fields(payment)).status_code == 200
    assert WireMessage.objects.filter(payment=payment).count() == 2
    payment.refresh_from_db()
    return payment


def test_messages_go_after_their_time_and_the_books_do_not_change(told: Payment) -> None:
    before = books(told)
    assert purged("messages", LATER - timedelta(days=2)) == 0
    assert purged("messages", LATER) == 2
    assert not WireMessage.objects.exists()
    assert books(told) == before
    assert not any(drifts for drifts in rebuild.run())


def test_whose_a_payment_was_is_forgotten_and_what_it_was_is_not(told: Payment, paytm: Paytm, client: Client) -> None:
    paytm.will_refund("TXN_SUCCESS", "10")
    refunds.request(told, "100.00", reason="Wrong size", actor="asha")
    before = books(told)
    assert told.customer_id
    assert told.order_label
    assert (told.contact_email, told.contact_mobile) == ("a***@example.com", "******0001")
    assert purged("customers", MUCH_LATER - timedelta(days=2)) == 0
    assert purged("customers", MUCH_LATER) == 1
    told.refresh_from_db()
    assert [getattr(told, name) for name in PERSONAL] == [""] * 5
    assert books(told) == before
    assert told.order is not None
    assert client.get(told.get_result_url()).status_code == 200
    assert purged("customers", MUCH_LATER) == 0


@pytest.fixture
def unfinished(request: pytest.FixtureRequest, told: Payment, paytm: Paytm) -> Payment:
    """A payment about which somebody may still ask, in each of the ways that there are."""
    if request.param == "refund":
        paytm.will_refund()
        refunds.request(told, "100.00", reason="x")
    with ledger_writes():
        row = Payment.objects.filter(pk=told.pk)
        if request.param == "open":
            row.update(status="processing")
        if request.param == "on the ladder":
            row.update(status="failed", next_ask_at=timezone.now())
        if request.param == "dispute":
            Dispute(payment=told, dispute_id="D", key="d", status="open", opened_at=timezone.now()).save()
    return told


@pytest.mark.parametrize("unfinished", ["open", "on the ladder", "refund", "dispute"], indirect=True)
def test_nothing_of_an_unfinished_payment_is_removed(unfinished: Payment) -> None:
    stored = WireMessage.objects.count()
    for kind in purge.KINDS:
        assert purged(kind, MUCH_LATER) == 0
    assert WireMessage.objects.count() == stored
    unfinished.refresh_from_db()
    assert unfinished.customer_id


def test_a_message_that_was_never_dealt_with_goes_only_when_somebody_says_so(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        post_webhook(client, callback_fields(payment, ORDERID="LOST-1"))  # no payment of ours
        post_webhook(client, callback_fields(payment, key=KEY[::-1], ORDERID="LOST-2"))  # forged: dealt with
    assert purged("messages", LATER) == 1
    assert WireMessage.objects.get().gateway_order_id == "LOST-1"
    assert purged("unprocessed", LATER) == 1
    assert not WireMessage.objects.exists()


def test_a_message_in_want_of_an_answer_stays_with_its_payment(client: Client, paid: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ReadTimeout())
    assert post_webhook(client, callback_fields(paid, TXNID="T-other")).status_code == 503
    assert purged("messages", LATER) >= 1
    assert WireMessage.objects.get().direction == "in"


def test_zero_days_keep_for_ever(told: Payment, settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "WIRE_RETENTION_DAYS": 0, "PERSONAL_DATA_RETENTION_DAYS": "0"}
    of_these = [kind for kind, row in purge.KINDS.items() if row.settings is conf.kit]
    assert {purge.before(kind) for kind in of_these} == {None}


def test_batches_are_short_and_a_stop_comes_between_them(told: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        confirm.ask(told, source="test")
    monkeypatch.setattr(purge, "BATCH", 2)
    stop = Event()
    with time_machine.travel(timezone.now() + LATER, tick=True):
        moment = purge.before("messages")
        batches = purge.run("messages", moment, stop=stop)
        assert next(batches) == 2
        assert purge.counts("messages", moment) == (3, 0)
        stop.set()
        assert list(batches) == []
        assert list(purge.run("messages", moment)) == [2, 1]
        assert purge.counts("messages", moment) == (0, 0)


def test_two_purges_at_once_remove_everything_once(start: Callable[..., Payment], paytm: Paytm) -> None:
    for payment in [start() for _ in range(4)]:
        paytm.will_say(payment=payment, txnId=f"T-{payment.pk}")
        confirm.ask(payment, source="test")
    with time_machine.travel(timezone.now() + MUCH_LATER, tick=True):
        moment = timezone.now()
        counts = together(*[lambda kind=kind: sum(purge.run(kind, moment)) for kind in ("messages", "customers") * 2])
    assert (counts[0] + counts[2], WireMessage.objects.count()) == (4, 0)
    assert list(Payment.objects.exclude(customer_id="")) == []


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no row locks")
def test_a_payment_in_other_hands_is_left_for_the_next_time(told: Payment, start: Callable[..., Payment]) -> None:
    free = book.close(start().pk, actor="asha", reason="gone")
    with ledger_writes():
        Payment.objects.filter(pk=free.pk).update(next_ask_at=None)
    with time_machine.travel(timezone.now() + MUCH_LATER, tick=True), transaction.atomic():
        book.lock(told.pk)
        [removed] = together(lambda: sum(purge.run("customers", timezone.now())))
    assert removed == 1
    told.refresh_from_db()
    assert told.customer_id
