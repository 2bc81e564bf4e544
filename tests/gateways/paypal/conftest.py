"""PayPal at the other end, and the public roots of the tests instead of the world's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from cryptography.x509.verification import Store

from paytm_kit.gateways.base import Exchange
from paytm_kit.gateways.paypal import PayPalGateway, certificates
from tests.gateways.paypal import authority, wire


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture(autouse=True)
def _roots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "roots", lambda: Store([authority.root()[1]]))


@pytest.fixture
def paypal() -> Iterator[wire.PayPal]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield wire.PayPal(mock)


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def build(exchanges: list[Exchange]) -> Callable[..., PayPalGateway]:
    def make(**changes: Any) -> PayPalGateway:
        return PayPalGateway(wire.account(**changes), exchanges.append)

    return make


@pytest.fixture
def gateway(build: Callable[..., PayPalGateway]) -> PayPalGateway:
    return build()
