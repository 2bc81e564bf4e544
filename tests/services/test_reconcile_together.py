"""Many reconciles at once, and killed ones: every row is asked about by one of them, and none is lost."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.db import connection, transaction
from django.urls import set_script_prefix
from django.utils import timezone

from paytm_kit import refunds
from paytm_kit.ledger import book, claims
from paytm_kit.models import Payment, Refund
from paytm_kit.services import reconcile, workers
from tests.ledger.test_races import together
from tests.paytm import HOST, Paytm, status_text

pytestmark = pytest.mark.databases


@pytest.fixture
def asked(paytm: Paytm) -> Counter[str]:
    """How often the gateway was asked about each order; it says that all are paid."""
    count: Counter[str] = Counter()

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        assert not connection.in_atomic_block  # no lock is held while the network is waited for
        order_id = json.loads(request.body)["body"]["orderId"]
        count[order_id] += 1
        return 200, {}, status_text(order_id, txnId=f"T-{order_id}")

    paytm.wire.add_callback(responses.POST, f"{HOST}/v3/order/status", callback=answer)
    return count


@pytest.fixture
def due(start: Callable[..., Payment]) -> list[Payment]:
    payments = [start() for _ in range(6)]
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        yield payments


def reconciled(threads: int = 1) -> reconcile.Report:
    report = reconcile.Report()
    list(reconcile.run(report, workers=threads))
    return report


def test_two_runs_at_once_ask_about_each_payment_once(due: list[Payment], asked: Counter[str]) -> None:
    reports = together(reconciled, reconciled)
    assert asked == Counter(payment.gateway_order_id for payment in due)
    assert sum(report.asked for report in reports) == len(due)
    assert [report.left for report in reports] == [0, 0]
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_workers_share_the_rows_of_one_run(due: list[Payment], asked: Counter[str]) -> None:
    before = threading.active_count()
    report = reconciled(4)
    assert asked == Counter(payment.gateway_order_id for payment in due)
    assert (report.asked, report.changed, report.left) == (6, 6, 0)
    assert threading.active_count() == before


def test_sqlite_has_one_worker(database: str) -> None:
    assert workers.usable(8) == (1 if database == "sqlite" else 8)


def test_a_killed_run_keeps_nothing_beyond_its_lease(payment: Payment, asked: Counter[str]) -> None:
    """As SIGKILL leaves it: taken, and never asked about."""
    moment = timezone.now() + timedelta(minutes=16)
    with time_machine.travel(moment, tick=True):
        assert claims.take(payment, timezone.now())
        assert reconciled().asked == 0
    with time_machine.travel(moment + claims.LEASE + timedelta(seconds=1), tick=True):
        assert reconciled().changed == 1
    assert asked == {payment.gateway_order_id: 1}


def test_a_killed_run_keeps_no_refund_either(paid: Payment, paytm: Paytm) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "100.00", reason="x")
    paytm.refund_becomes("TXN_SUCCESS", "10")
    moment = timezone.now() + timedelta(minutes=16)
    with time_machine.travel(moment, tick=True):
        taken = together(*[lambda: claims.take(Refund.objects.get(), timezone.now())] * 2)
        assert any(taken)
        assert reconciled().asked == 0
    with time_machine.travel(moment + claims.LEASE * 2, tick=True):
        assert reconciled().changed == 1
    refund.refresh_from_db()
    assert refund.status == "succeeded"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no row locks")
def test_a_row_in_other_hands_is_passed_by_and_stays_due(due: list[Payment], asked: Counter[str]) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            book.lock(due[0].pk)
            held.set()
            done.wait(timeout=20)

    def look() -> reconcile.Report:
        held.wait(timeout=10)
        try:
            return reconciled()
        finally:
            done.set()

    _, report = together(hold, look)
    assert (report.asked, report.elsewhere) == (5, 1)
    assert reconciled().asked == 1
    assert asked == Counter(payment.gateway_order_id for payment in due)


KILL = {
    "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%s)"),
    "mysql": ("SELECT connection_id()", "KILL %s"),
}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no server that could go away")
def test_a_connection_that_breaks_costs_one_row(due: list[Payment], asked: Counter[str], database: str) -> None:
    """The database server drops the connection between two payments."""
    who, kill = KILL[database]

    def query(statement: str, *values: object) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone() if cursor.description else None

    report = reconcile.Report()
    for count, _ in enumerate(reconcile.run(report), 1):
        if count == 2:
            [me] = query(who)
            together(lambda me=me: query(kill, me))
    assert (report.asked, report.failed, report.left) == (6, 1, 1)
    assert report.errors[0].error.startswith("database: ")
    with time_machine.travel(timezone.now() + claims.LEASE, tick=True):
        assert reconciled().left == 0
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}
    assert set(asked.values()) == {1}


def test_nobody_expires_a_payment_but_the_gateway(payment: Payment, paytm: Paytm) -> None:
    """Weeks without an answer leave it open; the gateway's word, once its token is dead, closes it."""
    paytm.will_answer("down", http_status=503)
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=True):
        assert reconciled().failed == 1
    payment.refresh_from_db()
    assert payment.status == "processing"
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    with time_machine.travel(timezone.now() + timedelta(days=32), tick=True):
        assert reconciled().changed == 1
    payment.refresh_from_db()
    assert payment.status == "expired"


def test_what_a_worker_raises_is_neither_lost_nor_taken_for_the_end_of_the_list() -> None:
    def do(number: int) -> int:
        if number == 1:
            raise IndexError("a defect")
        return number

    came = []
    with pytest.raises(IndexError, match="a defect"):
        came.extend(workers.share([1, 2, 3], do, workers=2))
    assert set(came) <= {2, 3}


def test_workers_make_the_same_addresses_as_whoever_set_them_to_work(payment: Payment) -> None:
    set_script_prefix("/shop/")  # what Django does once, in the main thread, for FORCE_SCRIPT_NAME
    try:
        made = set(workers.share([1, 2], lambda _: payment.get_result_url(), workers=2))
    finally:
        set_script_prefix("/")
    assert made == {f"/shop/paytm/result/{payment.token}/"}
