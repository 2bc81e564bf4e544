"""What these tests share: settings against abuse, a shopper's browser, payments that went before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.ledger import book
from paytm_kit.models import Payment
from paytm_kit.services import opening
from tests.begin import begin
from tests.ledger.test_book import success
from tests.paytm import Paytm


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Sets values of PAYTM_KIT: ``configure(LIMITS="customer=2/10m")``."""

    def put(**values: Any) -> None:
        settings.PAYTM_KIT = {**settings.PAYTM_KIT, **values}

    return put


@pytest.fixture
def browser() -> Client:
    """One that keeps its cookies, as a shopper's does."""
    return Client()


@pytest.fixture
def opened(make_order: Callable[..., Order]) -> Callable[..., Payment]:
    """A payment that has not started; ``user_id`` makes it a known customer's."""

    def make(amount: str = "499.00", **values: Any) -> Payment:
        return opening.open_payment(make_order(amount, **values))

    return make


@pytest.fixture
def failures(opened: Callable[..., Payment]) -> Callable[..., list[Payment]]:
    """So many payments of one customer that failed just now."""

    def make(count: int, **values: Any) -> list[Payment]:
        return [book.close(opened(**values).pk, actor="test", reason="failed") for _ in range(count)]

    return make


@pytest.fixture
def pay() -> Callable[..., Payment]:
    def make(payment: Payment) -> Payment:
        begin(payment.pk)
        return book.apply(payment.pk, success(payment, transaction_id=f"T-{payment.pk}"), source="webhook").payment

    return make


@pytest.fixture
def gateway(paytm: Paytm) -> Paytm:
    """Paytm, ready to start payments."""
    paytm.will_start()
    return paytm
