"""What the whole suite shares: an order, a payment on its way, Paytm at the other end, a client that checks CSRF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import responses
from django.db import connection
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.ledger import book
from paytm_kit.models import Payment
from paytm_kit.services import checkout
from tests.paytm import RUPEES, Paytm


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
        payment = checkout.open_payment(order or make_order(amount))
        return book.start(payment.pk, flow="hosted")

    return make


@pytest.fixture
def payment(start: Callable[..., Payment]) -> Payment:
    return start()


@pytest.fixture
def paytm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paytm]:
    """Nothing is answered until a test says what; a call that no test foresaw fails as a broken connection."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # retries to the gateway pause in life, not here
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield Paytm(wire)


@pytest.fixture
def database() -> str:
    return connection.vendor
