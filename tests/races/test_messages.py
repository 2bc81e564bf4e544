"""The outside world knocks twice at once: messages, polls and refunds about one payment, each on its own connection."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import refunds, signals
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Payment, PaymentEvent, Refund, WireMessage
from tests.ledger.test_races import together
from tests.paytm import MID, TXNID, Paytm, callback_fields, post_callback, post_webhook, sign

pytestmark = pytest.mark.databases

APPLY, REFUND_STATUS = "/refund/apply", "/v2/refund/status"


@pytest.fixture
def told(payment: Payment) -> Iterator[Callable[[], str]]:
    """What a receiver of the merchant's wrote into the database, one word for each time that it ran."""

    def write(event: PaymentEvent, order: Order, **_: Any) -> None:
        Order.objects.filter(pk=order.pk).update(staff_remark=Concat(F("staff_remark"), Value(f"{event.kind};")))

    for signal in signals.BY_NAME.values():
        signal.connect(write)
    yield lambda: Order.objects.get(pk=payment.object_id).staff_remark
    for signal in signals.BY_NAME.values():
        signal.disconnect(write)


def test_twenty_identical_callbacks_at_once_pay_once_and_tell_the_shop_once(
    payment: Payment, paytm: Paytm, told: Callable[[], str]
) -> None:
    paytm.will_say(payment=payment)
    fields = callback_fields(payment)
    answers = together(*[lambda: post_callback(Client(), fields).status_code] * 20)
    payment.refresh_from_db()
    assert answers == [303] * 20
    assert (payment.status, payment.captured_amount) == ("paid", Decimal("499.00"))
    assert payment.events.filter(kind="captured").count() == Announcement.objects.count() == 1
    assert told() == "captured;"
    assert WireMessage.objects.filter(channel="callback", processed_at__isnull=False).count() == 20


def test_a_success_callback_and_a_failure_webhook_at_once_end_paid_and_both_are_kept(
    payment: Payment, paytm: Paytm, told: Callable[[], str]
) -> None:
    paytm.will_say(payment=payment)
    good, bad = callback_fields(payment), callback_fields(payment, "TXN_FAILURE")
    answers = together(
        lambda: post_callback(Client(), good).status_code, lambda: post_webhook(Client(), bad).status_code
    )
    payment.refresh_from_db()
    assert (answers, payment.status, told()) == ([303, 200], "paid", "captured;")
    assert set(payment.wire_messages.values_list("channel", "verdict")) >= {
        ("callback", "verified"), ("webhook", "verified"),
    }  # fmt: skip


def test_callback_webhook_and_reconcile_at_once_make_one_transition(
    payment: Payment, paytm: Paytm, told: Callable[[], str]
) -> None:
    paytm.will_say(payment=payment)
    fields = callback_fields(payment)

    def reconcile() -> None:
        call_command("paytm_reconcile", "--all", stdout=io.StringIO(), stderr=io.StringIO())

    together(reconcile, reconcile, lambda: post_callback(Client(), fields), lambda: post_webhook(Client(), fields))
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert list(payment.events.exclude(kind__in=["opened", "started"]).values_list("kind", flat=True)) == ["captured"]
    assert told() == "captured;"


def test_a_refund_webhook_that_overtakes_the_answer_to_the_request_is_not_undone_by_it(
    paid: Payment, paytm: Paytm
) -> None:
    """While refund/apply is still to answer PENDING, the webhook has come and the refund is known to be made."""
    paytm.will_refund()
    paytm.refund_becomes("TXN_SUCCESS", "10")
    original = paytm.wire._on_request

    def slow(adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if APPLY in request.url:
            [refund] = Refund.objects.all()
            assert together(lambda: post_webhook(Client(), refund_form(refund)).status_code) == [200]
            assert Refund.objects.get().status == "succeeded"
        return original(adapter, request, *args, **kwargs)

    paytm.wire._on_request = slow
    refunds.request(paid, "100.00", reason="x")
    paid.refresh_from_db()
    assert [(row.status, row.amount) for row in Refund.objects.all()] == [("succeeded", Decimal("100.00"))]
    assert (paid.refunded_amount, paid.refunding_amount, paid.flags) == (Decimal("100.00"), Decimal("0.00"), "")


def test_a_refund_request_and_webhooks_about_another_refund_at_once_keep_the_sums(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund(refundAmount=None)
    first = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_SUCCESS", "10")

    def ask_for_the_rest() -> object:
        return refunds.request(paid, "399.00", reason="y").status

    together(*[lambda: post_webhook(Client(), refund_form(first)).status_code] * 4, ask_for_the_rest)
    paid.refresh_from_db()
    assert sorted(Refund.objects.values_list("amount", "status")) == [
        (Decimal("100.00"), "succeeded"), (Decimal("399.00"), "pending"),
    ]  # fmt: skip
    assert (paid.refunded_amount, paid.refunding_amount) == (Decimal("100.00"), Decimal("399.00"))
    assert paid.events.filter(kind="refund_succeeded").count() == 1


def test_a_failure_frees_its_amount_for_one_of_many_requests(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    first = refunds.request(paid, reason="x")
    paytm.refund_becomes("TXN_FAILURE", "620")
    refunds.ask(Refund.objects.get(pk=first.pk), source="test")

    def again() -> object:
        try:
            return refunds.request(paid, "300.00", reason="y").pk
        except refunds.NotRefundable:
            return None

    assert len([made for made in together(*[again] * 6) if made]) == 1
    paid.refresh_from_db()
    assert paid.refunding_amount == Decimal("300.00")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's own timeout bounds the waiting")
def test_a_dead_connection_leaves_no_lock_behind(payment: Payment, paytm: Paytm) -> None:
    """The connection of a worker is killed by the server while it holds the payment: its work is undone and free."""
    paytm.will_say(payment=payment)
    held, killed = threading.Event(), threading.Event()
    name: list[int] = []

    def worker() -> str:
        try:
            with book.transaction.atomic(), book.ledger_writes():
                row = book.lock(payment.pk)
                row.status, row.paid_at = "paid", timezone.now()
                row.save()
                name.append(_connection_id())
                held.set()
                killed.wait(timeout=10)
                row.save()
        except Exception as error:
            return type(error).__name__
        return "lived"

    def killer() -> int:
        held.wait(timeout=10)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT pg_terminate_backend({name[0]})" if connection.vendor == "postgresql" else f"KILL {name[0]}"
            )
        killed.set()
        return post_webhook(Client(), callback_fields(payment)).status_code

    ended, answer = together(worker, killer)
    assert ended in ("OperationalError", "InterfaceError")
    assert answer == 200
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert payment.events.filter(kind="captured").count() == 1


def _connection_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()" if connection.vendor == "postgresql" else "SELECT CONNECTION_ID()")
        return int(cursor.fetchone()[0])


def refund_form(refund: Refund) -> dict[str, str]:
    """The signed word that a refund was made; which is only a reason to ask."""
    fields = {
        "ORDERID": refund.payment.gateway_order_id,
        "REFID": refund.refund_id,
        "MID": MID,
        "TXNID": TXNID,
        "REFUNDID": "20261122112233400000000000000000001",
        "REFUNDAMOUNT": str(refund.amount),
        "ARN": "74332744321123456789012",
        "RRN": "103000000009",
    }
    return {**fields, "CHECKSUMHASH": sign(fields)}
