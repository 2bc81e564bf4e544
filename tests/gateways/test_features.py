"""The table of what each gateway can do says what its code does: asked with nobody at the other end."""

from __future__ import annotations

import configparser
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import responses

from paytm_kit import gateways
from paytm_kit.gateways import features
from paytm_kit.gateways.base import (
    Account,
    Customer,
    Flow,
    Gateway,
    GatewayError,
    Refused,
    StartRequest,
    Unreachable,
    Unsupported,
)
from tests.gateways.paypal import wire as paypal
from tests.gateways.stripe import wire as stripe
from tests.gateways.zaakpay import wire as zaakpay
from tests.paytm import HOST, KEY, MID

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PAYTM = Account(name="default", gateway="paytm", environment="staging", merchant_id=MID, keys=(KEY,), host=HOST)
ACCOUNTS = {"paytm": PAYTM, "zaakpay": zaakpay.ACCOUNT, "stripe": stripe.ACCOUNT, "paypal": paypal.ACCOUNT}

pytestmark = pytest.mark.parametrize("name", list(gateways.GATEWAYS))


@pytest.fixture
def gateway(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with responses.RequestsMock():
        yield gateways.build(ACCOUNTS[name])


def can(ask: Callable[[], Any], *, no: type[GatewayError] = Unsupported) -> bool:
    """Whether it is built: then nobody answers, or no answer was needed."""
    try:
        ask()
    except no:
        return False
    except GatewayError:
        return True
    return True


def request(name: str, flow: Flow) -> StartRequest:
    return StartRequest(
        order_id="261121x0000000000001",
        amount=Decimal("499.00"),
        currency=ACCOUNTS[name].currency,
        callback_url="https://shop.example.com/paytm/callback/",
        customer=Customer("guest_1", "asha@example.com"),
        flow=flow,
        return_url="https://shop.example.com/paytm/back/0123456789abcdef/",
        begun_at=datetime.now(UTC),
    )


def test_every_gateway_has_a_row(name: str) -> None:
    assert features.of(name) is features.BY_GATEWAY[name]
    assert len(features.BY_GATEWAY) == len(gateways.GATEWAYS)


def test_lists_settlement_and_collecting_are_built_where_it_says_so(name: str, gateway: Gateway) -> None:
    known = features.of(name)
    assert can(lambda: list(gateway.list_orders(NOW, NOW))) == known.lists
    assert can(lambda: list(gateway.list_refunds(NOW, NOW))) == known.lists
    assert can(lambda: list(gateway.settlement(date(2026, 11, 20)))) == known.settlement
    assert can(lambda: gateway.collect("261121x0000000000001", "5O190127TN364715T")) == known.collects


def test_a_page_is_called_back_where_it_says_so(name: str, gateway: Gateway) -> None:
    def withdraws() -> bool:
        try:
            return gateway.withdraw("261121x0000000000001", "cs_test_a1")
        except GatewayError:
            return True

    assert withdraws() == features.of(name).withdraws


def test_it_begins_as_it_says(name: str, gateway: Gateway) -> None:
    known = features.of(name)
    for flow in (Flow.HOSTED, Flow.JS):
        assert can(lambda flow=flow: gateway.start(request(name, flow)), no=Refused) == (flow in known.flows)
    try:
        alone = gateway.start(request(name, Flow.HOSTED)).method == "POST"
    except Unreachable:
        alone = False
    assert alone == (known.begins == "form")


def test_disputes_are_heard_of_where_it_says_so(name: str) -> None:
    package = import_module(f"paytm_kit.gateways.{name}")
    modules = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    assert any(hasattr(module, "DisputeClaim") for module in modules) == features.of(name).disputes


def test_the_extra_exists(name: str) -> None:
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(Path(gateways.__file__).parents[2] / "setup.cfg")
    extra = features.of(name).extra
    assert not extra or setup["options.extras_require"][extra]
