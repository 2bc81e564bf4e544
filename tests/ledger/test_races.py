"""Several workers at once, each with a connection of its own: one transition, one event, one announcement."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.gateways.base import State
from paytm_kit.ledger import book, claims
from paytm_kit.models import Announcement, Payment
from paytm_kit.services import announce, opening
from tests.ledger.test_book import success
from tests.paytm import Paytm, callback_fields, post_webhook

pytestmark = pytest.mark.databases


def together(*jobs: Callable[[], object]) -> list[object]:
    """Runs the jobs in threads that start at the same moment; raises what any of them raised."""
    barrier = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def run(index: int, job: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=10)
            results[index] = job()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, job)) for index, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def test_ten_identical_successes_at_once_pay_once(payment: Payment) -> None:
    outcome = success(payment)
    together(*[lambda: book.apply(payment.pk, outcome, source="webhook")] * 10)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("paid", Decimal("499.00"))
    assert payment.events.filter(kind="captured").count() == 1
    assert Announcement.objects.count() == 1


def test_success_and_failure_at_once_end_paid(payment: Payment) -> None:
    good, bad = success(payment), success(payment, state=State.FAILURE, code="227")
    together(
        lambda: book.apply(payment.pk, good, source="callback"),
        lambda: book.apply(payment.pk, bad, source="webhook"),
    )
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_two_payments_of_one_order_captured_at_once_are_seen_as_a_duplicate(
    order: Order, start: Callable[..., Payment]
) -> None:
    first = start(order)
    book.supersede(first.pk, why="test", seen=first)
    second = start(order)
    together(
        lambda: book.apply(first.pk, success(first), source="webhook"),
        lambda: book.apply(second.pk, success(second), source="webhook"),
    )
    signals = sorted(Announcement.objects.values_list("signal", flat=True))
    assert signals == ["payment_flagged", "payment_succeeded"]
    assert sorted(order.payments.values_list("flags", flat=True)) == ["", "duplicate"]


def test_one_transaction_for_two_orders_at_once_pays_one_and_flags_the_other(start: Callable[..., Payment]) -> None:
    first, second = start(), start()
    together(
        lambda: book.apply(first.pk, success(first, transaction_id="T-same"), source="webhook"),
        lambda: book.apply(second.pk, success(second, transaction_id="T-same"), source="webhook"),
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert sorted([first.status, second.status]) == ["paid", "processing"]
    assert sorted([first.flags, second.flags]) == ["", "transaction_conflict"]


def test_a_double_click_opens_one_payment(order: Order) -> None:
    opened = together(*[lambda: opening.open_payment(order).pk] * 8)
    assert len(set(opened)) == 1
    assert order.payments.count() == 1


def test_one_announcement_in_many_hands_is_delivered_once(payment: Payment) -> None:
    applied = book.apply(payment.pk, success(payment), source="webhook")
    [pk] = applied.announcement_ids
    together(*[lambda: announce.deliver(pk)] * 8)
    announce.deliver(pk)
    row = Announcement.objects.get()
    assert (row.state, row.attempts) == ("delivered", 1)


def test_one_due_payment_is_asked_about_by_one_of_many_workers(payment: Payment) -> None:
    moment = payment.next_ask_at
    taken = together(*[lambda: claims.take(payment, moment)] * 8)
    assert sum(map(bool, taken)) == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's own timeout bounds the waiting")
def test_a_webhook_that_meets_a_lock_waits_a_bounded_time_and_is_wanted_again(
    payment: Payment, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paytm_kit.ledger.waiting.LONGEST_WAIT", 1)
    paytm.will_say(payment=payment)
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Payment.objects.select_for_update().get(pk=payment.pk)
            held.set()
            free.wait(timeout=20)

    def knock() -> tuple[int, float]:
        held.wait(timeout=10)
        began = time.monotonic()
        try:
            status = post_webhook(Client(), callback_fields(payment)).status_code
        finally:
            free.set()
        return status, time.monotonic() - began

    _, (status, seconds) = together(hold, knock)
    assert status == 503
    assert 0.9 < seconds < 8
    assert post_webhook(Client(), callback_fields(payment)).status_code == 200
    payment.refresh_from_db()
    assert payment.status == "paid"
