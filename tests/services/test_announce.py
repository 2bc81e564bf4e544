"""Announcements: after the money's commit, at least once, each receiver's database effect exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.dispatch import Signal
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import signals
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Payment
from paytm_kit.services import announce, confirm, reconcile
from tests.ledger.test_book import success
from tests.paytm import Paytm, callback_fields, post_callback, post_webhook

pytestmark = pytest.mark.databases


@contextmanager
def connected(signal: Signal, receiver: Callable[..., None]) -> Iterator[None]:
    signal.connect(receiver, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receiver)


def test_success_reaches_the_merchants_code_with_payment_order_and_event(payment: Payment, paytm: Paytm) -> None:
    heard = []

    def receiver(sender: type, **kwargs: object) -> None:
        heard.append((sender, kwargs["payment"], kwargs["order"], kwargs["event"].kind))

    paytm.will_say(payment=payment)
    with connected(signals.payment_succeeded, receiver):
        confirm.ask(payment, source="test")
    order = Order.objects.get(pk=payment.object_id)
    assert heard == [(Payment, payment, order, "captured")]
    assert order.paid_at is not None
    row = Announcement.objects.get()
    assert (row.state, row.attempts) == ("delivered", 1)


def test_failure_is_announced_and_the_order_stays_payable(payment: Payment, paytm: Paytm) -> None:
    heard = []
    paytm.will_say("TXN_FAILURE", payment=payment)
    with connected(signals.payment_failed, lambda payment, **_: heard.append(payment.status)):
        confirm.ask(payment, source="test")
    assert heard == ["failed"]
    assert Order.objects.get().paid_at is None


def test_a_receiver_that_raises_undoes_its_writes_keeps_the_payment_and_is_tried_again(
    payment: Payment, paytm: Paytm, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(order: Order, **_: object) -> None:
        Order.objects.filter(pk=order.pk).update(staff_remark="half done")
        raise RuntimeError("printer on fire")

    paytm.will_say(payment=payment)
    with connected(signals.payment_succeeded, stumble):
        response = post_webhook(client, callback_fields(payment))
    assert response.status_code == 200
    payment.refresh_from_db()
    order = Order.objects.get()
    assert payment.status == "paid"
    assert (order.staff_remark, order.paid_at) == ("", None)
    row = Announcement.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("waiting", 1, "RuntimeError: printer on fire")
    assert "announcement.failed" in caplog.text

    assert not announce.due()  # not before its time
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        report = reconcile.Report()
        list(reconcile.run(report))
    assert (report.delivered, report.undelivered) == (1, 0)
    order.refresh_from_db()
    assert order.paid_at is not None
    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == ("delivered", 2, "")


def test_a_delivered_announcement_is_never_delivered_again(payment: Payment, paytm: Paytm) -> None:
    heard = []
    paytm.will_say(payment=payment)
    with connected(signals.payment_succeeded, lambda **_: heard.append(1)):
        confirm.ask(payment, source="test")
        pk = Announcement.objects.get().pk
        assert announce.deliver(pk)
        assert announce.deliver(pk)
    assert heard == [1]


def test_nothing_is_announced_when_the_surrounding_transaction_is_rolled_back(payment: Payment) -> None:
    heard = []
    with connected(signals.payment_succeeded, lambda **_: heard.append(1)):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            applied = book.apply(payment.pk, success(payment), source="test")
            announce.after_commit(applied.announcement_ids)
            assert Announcement.objects.count() == 1
            raise ZeroDivisionError
    assert heard == []
    assert Announcement.objects.count() == 0
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_waits_grow_between_tries(payment: Payment, paytm: Paytm) -> None:
    def stumble(**_: object) -> None:
        raise RuntimeError("no")

    paytm.will_say(payment=payment)
    waits = []
    with connected(signals.payment_succeeded, stumble):
        confirm.ask(payment, source="test")
        for _ in range(8):
            row = Announcement.objects.get()
            waits.append(round((row.next_try_at - timezone.now()).total_seconds() / 60))
            announce.deliver(row.pk)
    assert waits == [1, 5, 15, 60, 360, 1440, 1440, 1440]


def test_rejected_messages_are_signalled_and_a_crashing_listener_does_no_harm(
    payment: Payment, paytm: Paytm, client: Client
) -> None:
    heard = []

    def listener(wire_message: object, payment: Payment, **_: object) -> None:
        heard.append((wire_message.verdict, payment))
        raise RuntimeError("listener")

    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    forged = {**callback_fields(payment), "CHECKSUMHASH": ""}
    with connected(signals.callback_rejected, listener):
        assert post_webhook(client, forged).status_code == 400
        assert post_callback(client, forged).status_code == 303
    assert heard == [("unsigned", payment), ("unsigned", payment)]
