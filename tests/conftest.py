"""What the whole suite shares: an order, a payment on its way, Paytm at the other end, a client that checks CSRF."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import responses
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import translation
from pytest_django import DjangoDbBlocker

from demo_site.shop.models import Order
from paytm_kit.gateways.base import Outcome, State
from paytm_kit.gateways.http import Transport
from paytm_kit.ledger import book
from paytm_kit.models import Payment
from paytm_kit.services import opening
from tests import emptying
from tests.begin import begin
from tests.paytm import MID, RUPEES, TXNID, Paytm

# Long stories. At the end of a run they would keep one worker busy while the others have nothing left.
FIRST = (
    "tests/examine/",
    "tests/docs/test_quickstart.py",
    "tests/flask/",
    "tests/simulator/test_many_clients.py",
    "tests/admin/test_looks.py",
    "tests/browser/test_accessibility.py",
)


SELECTED = ("browser", "clients", "databases", "drills", "package")  # groups of tests/run.py, each by its mark


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test whose module does not name its mark would be left out of its group without a word: see below."""
    for mark in item.iter_markers():
        if mark.name in SELECTED and f"mark.{mark.name}" not in _source(item.path):
            raise pytest.UsageError(f"{item.nodeid}: its own module must say pytest.mark.{mark.name}.")


_source = cache(Path.read_text)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """``-m browser`` and the like read only the modules that name the mark: reading all takes every worker seconds."""
    mark = config.getoption("markexpr")
    if not mark.isidentifier() or not collection_path.match("test_*.py"):
        return None
    return f"mark.{mark}" not in _source(collection_path) or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After the random order was made."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        undo = emptying.replace_djangos()
    yield
    undo()


@pytest.fixture(autouse=True)
def _no_language_of_the_test_before() -> None:
    """A request in Hindi leaves its thread in Hindi."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_call_under_a_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In every test: the kit never waits for the gateway in a transaction, whose locks others would wait for."""
    calls: list[str] = []
    send = Transport._send

    def watched(self: Transport, call: Any, *rest: Any) -> str:
        blocks = connections["default"].atomic_blocks
        if any(not getattr(block, "_from_testcase", False) for block in blocks):
            calls.append(call.operation)
        return send(self, call, *rest)

    monkeypatch.setattr(Transport, "_send", watched)
    yield
    assert calls == [], "called the gateway inside a transaction"


@pytest.fixture
def client() -> Client:
    """Enforces CSRF like a browser's visit does, so that a forgotten exemption or token fails."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def make_order(transactional_db: None) -> Callable[..., Order]:
    def make(amount: Decimal | str = RUPEES, **values: object) -> Order:
        details = {
            "name": "Asha Rao",
            "email": "asha@example.com",
            "mobile": "9000000001",
            "address": "4 Lake Road",
            "city": "Mysuru",
            "pin_code": "570001",
        }
        order = Order.objects.create(**{**details, **values})
        order.lines.create(name="Tea", unit_price=Decimal(amount), quantity=1)
        return order

    return make


@pytest.fixture
def order(make_order: Callable[..., Order]) -> Order:
    return make_order()


@pytest.fixture
def start(make_order: Callable[..., Order]) -> Callable[..., Payment]:
    """A payment whose shopper is on Paytm's page."""

    def make(order: Order | None = None, amount: Decimal | str = RUPEES) -> Payment:
        payment = opening.open_payment(order or make_order(amount))
        return begin(payment.pk)

    return make


@pytest.fixture
def payment(start: Callable[..., Payment]) -> Payment:
    return start()


@pytest.fixture
def paid(payment: Payment) -> Payment:
    """₹499.00, captured by one transaction."""
    outcome = Outcome(
        order_id=payment.gateway_order_id,
        state=State.SUCCESS,
        merchant_id=MID,
        amount=payment.amount,
        transaction_id=TXNID,
        code="01",
        message="Txn Success",
        payment_mode="UPI",
    )
    return book.apply(payment.pk, outcome, source="webhook").payment


@pytest.fixture
def paytm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paytm]:
    """Nothing is answered until a test says what; a call that no test foresaw fails as a broken connection."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # retries to the gateway pause in life, not here
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield Paytm(wire)


@pytest.fixture
def busy(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Payment], None]]:
    """Somebody else holds a payment's lock until the test is over; who waits for it soon gives up."""
    monkeypatch.setattr("paytm_kit.ledger.waiting.LONGEST_WAIT", 0.05 if connection.vendor == "postgresql" else 1)
    held, free = threading.Event(), threading.Event()
    holders: list[threading.Thread] = []

    def keep(payment: Payment) -> None:
        with transaction.atomic():
            Payment.objects.select_for_update().get(pk=payment.pk)
            held.set()
            free.wait(timeout=20)
        connection.close()

    def hold(payment: Payment) -> None:
        if connection.vendor == "sqlite":  # waits by a setting of its own
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 20")
        holders.append(threading.Thread(target=keep, args=(payment,)))
        holders[0].start()
        assert held.wait(timeout=10)

    yield hold
    free.set()
    for holder in holders:
        holder.join(timeout=20)
    connection.close()  # the next one waits as the settings say


@pytest.fixture
def database() -> str:
    return connection.vendor
