"""A thousand things at once on a real database: no deadlock, every lock in the documented order, both books agree."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit import checkout, refunds
from paytm_kit.gateways.base import Outcome, RefundOutcome, State
from paytm_kit.ledger import book
from paytm_kit.ledger import refunds as refund_ledger
from paytm_kit.models import Announcement, Payment, PaymentEvent, Refund
from paytm_kit.models.payments import PAGE_LIFETIME
from paytm_kit.services import announce, closing, confirm, rebuild
from paytm_kit.testing.simulator import FORM, Simulator
from tests.ledger.test_races import together
from tests.paytm import Paytm, sign
from tests.races.locks import ANNOUNCEMENT, PAYMENT, Ledger, assert_documented

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]
pytestmark = [
    pytest.mark.databases,
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no row locks: one writer at a time"),
]

PAYMENTS, THREADS, OPERATIONS = 20, 8, 1000

Job = Callable[[], object]


@contextmanager
def watched() -> Iterator[Ledger]:
    seen = Ledger()
    with connection.execute_wrapper(seen):
        yield seen


# ---- each verb ---------------------------------------------------------------------------------------------------


def test_every_verb_locks_the_payments_of_one_order_and_then_the_refund(
    paid: Payment, start: Callable[..., Payment], paytm: Paytm
) -> None:
    paytm.will_refund()
    refund = refunds.request(paid, "400.00", reason="x")
    credited = RefundOutcome(
        order_id=paid.gateway_order_id, refund_id=refund.refund_id, state=State.SUCCESS, amount=refund.amount
    )
    found = RefundOutcome(paid.gateway_order_id, "dash-1", State.SUCCESS, amount=Decimal("1.00"))
    other = start()
    verbs: dict[str, Job] = {
        "request": lambda: refunds.request(paid, "2.00", reason="x"),
        "start": lambda: book.start(other.pk, flow="js", page_lifetime=PAGE_LIFETIME),
        "apply": lambda: book.apply(other.pk, Outcome(other.gateway_order_id, State.PENDING), source="t"),
        "asked": lambda: book.asked(other.pk),
        "hand_out": lambda: book.hand_out(other.pk, reference="", is_new=True),
        "supersede": lambda: book.supersede(other.pk, why="x", seen=other),
        "close": lambda: book.close(other.pk, actor="a", reason="x"),
        "apply to a refund": lambda: refund_ledger.apply(refund.pk, credited, source="t"),
        "a refund asked": lambda: refund_ledger.asked(refund.pk, source="t"),
        "an external refund": lambda: refund_ledger.external(paid.pk, found, source="t"),
        "rebuild": lambda: list(rebuild.run()),
    }
    for name, verb in verbs.items():
        with watched() as seen:
            verb()
        assert any(seen.payment_locks()), name
        # What it announces is delivered afterwards, in a transaction of its own.
        assert [order for order in seen.orders() if order[:1] != [PAYMENT] and order != [ANNOUNCEMENT]] == [], name


def test_a_delivery_locks_its_announcement_and_no_money(paid: Payment) -> None:
    with watched() as seen:
        assert announce.deliver(Announcement.objects.get().pk)
    assert seen.orders() == [["paytm_kit_announcement"]]


# ---- a thousand at once ------------------------------------------------------------------------------------------


class Crowd:
    """Everything that the outside world can do to twenty payments, each as a call without arguments."""

    def __init__(self, simulator: Simulator, orders: list[Order], seed: int) -> None:
        self.simulator, self.chance = simulator, random.Random(seed)
        self.payments = [checkout.open_payment(order) for order in orders]
        self.callbacks: list[tuple[str, bytes]] = []
        for number, payment in enumerate(self.payments):
            assert Client().get(f"/paytm/pay/{payment.token}/").status_code == 200
            outcome = ("success", "success", "success", "failure", "pending")[number % 5]
            simulator.pay(payment.gateway_order_id, outcome, method="card")
            url, fields = simulator.callback(payment.gateway_order_id)
            self.callbacks.append((urlsplit(url).path, urlencode(fields).encode()))
        self.webhooks = simulator.webhooks()
        self.here = threading.local()

    def jobs(self) -> Iterator[tuple[str, Job]]:
        kinds = (
            self.callback, self.webhook, self.poll, self.refund, self.refund_webhook, self.close, self.reconcile,
            self.announcement,
        )  # fmt: skip
        for number in range(OPERATIONS):
            kind = kinds[number % len(kinds)]
            yield kind.__name__, kind()

    def payment(self) -> Payment:
        return self.chance.choice(self.payments)

    def callback(self) -> Job:
        path, body = self.chance.choice(self.callbacks)
        return lambda: self.answered(path, FORM, body, 303)

    def webhook(self) -> Job:
        sent = self.chance.choice(self.webhooks)
        return lambda: self.answered("/paytm/webhook/", sent.content_type, sent.body, 200)

    def poll(self) -> Job:
        pk = self.payment().pk
        return lambda: confirm.ask(Payment.objects.get(pk=pk), source="admin")

    def refund(self) -> Job:
        payment, amount = self.payment(), self.chance.choice(["1.00", "20.00", "250.00", None])

        def request() -> None:
            with suppress(refunds.NotRefundable):
                refunds.request(payment, amount, reason="x")

        return request

    def refund_webhook(self) -> Job:
        """About a refund that stands in the books by then; the bank has just decided half of them."""
        pk, decided = self.payment().pk, self.chance.random() < 0.5

        def come() -> None:
            row = Refund.objects.filter(payment_id=pk, sent_at__isnull=False).select_related("payment").last()
            if row is None:
                return
            if decided and row.is_open:
                with suppress(AssertionError):  # the bank had decided, or the request is still on its way
                    self.simulator.ask("POST", f"refunds/{row.refund_id}/settle", {"outcome": "success"})
            fields = {
                "ORDERID": row.payment.gateway_order_id, "REFID": row.refund_id, "MID": self.simulator.mid,
                "TXNID": row.transaction_id, "REFUNDID": "20261122112233400000000000000000001",
                "REFUNDAMOUNT": str(row.amount), "ARN": "74332744321123456789012", "RRN": "103000000009",
            }  # fmt: skip
            body = urlencode(fields | {"CHECKSUMHASH": sign(fields, self.simulator.key)})
            self.answered("/paytm/webhook/", FORM, body.encode(), 200)

        return come

    def close(self) -> Job:
        pk = self.payment().pk

        def decide() -> None:
            with suppress(closing.CannotClose):
                closing.close(Payment.objects.get(pk=pk), actor="asha", reason="looked into it")

        return decide

    def reconcile(self) -> Job:
        words = ("--limit", "1", *(["--all"] if self.chance.random() < 0.3 else []))

        def run() -> None:
            with suppress(CommandError):  # something is left, which others are at
                call_command("paytm_reconcile", *words, stdout=io.StringIO(), stderr=io.StringIO())

        return run

    def announcement(self) -> Job:
        def deliver() -> None:
            if row := Announcement.objects.filter(state=Announcement.State.WAITING).first():
                announce.deliver(row.pk)

        return deliver

    def answered(self, path: str, content_type: str, body: bytes, wanted: int) -> None:
        client = self.here.__dict__.setdefault("client", Client())
        status = client.post(path, body, content_type=content_type).status_code
        assert status == wanted, f"{path} answered {status}"


def test_a_thousand_mixed_operations_meet_no_deadlock_and_both_books_agree(
    paytm_simulator: Simulator, settings: LazySettings, make_order: Callable[..., Order]
) -> None:
    settings.PAYTM_KIT = paytm_simulator.settings()
    crowd = Crowd(paytm_simulator, [make_order() for _ in range(PAYMENTS)], seed=7)
    jobs = list(crowd.jobs())
    crowd.chance.shuffle(jobs)
    seen = Ledger()

    def work(share: list[tuple[str, Job]]) -> int:
        with connection.execute_wrapper(seen):
            for _, job in share:
                job()
        return len(share)

    done = together(*[lambda share=jobs[thread::THREADS]: work(share) for thread in range(THREADS)])
    assert sum(done) == OPERATIONS
    assert seen.refused == []
    assert_documented(seen)

    paytm_simulator.advance(3 * 3600)
    with suppress(CommandError):
        call_command("paytm_reconcile", "--all", stdout=io.StringIO(), stderr=io.StringIO())
    both_books_agree(paytm_simulator)


def both_books_agree(simulator: Simulator) -> None:
    assert [drift for found in rebuild.run() for drift in found] == []
    assert not Announcement.objects.filter(state=Announcement.State.WAITING).exists()
    assert Payment.objects.filter(status="paid", refunded_amount__gt=0).exists()
    for payment in Payment.objects.all():
        books = simulator.order(payment.gateway_order_id)
        assert payment.captured_amount == Decimal(books["captured_amount"])
        assert payment.refunded_amount == Decimal(books["refunded_amount"])
        captures = payment.events.filter(kind=PaymentEvent.Kind.CAPTURED)
        assert captures.count() == (1 if payment.captured_amount else 0)
