"""Stripe at the other end of ``responses``, and nobody who sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from paytm_kit.gateways.base import Exchange
from paytm_kit.gateways.stripe import StripeGateway
from tests.gateways.stripe import wire

Says = Callable[..., None]
METHODS = {"get": responses.GET, "post": responses.POST}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture
def stripe() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def gateway(exchanges: list[Exchange]) -> StripeGateway:
    return StripeGateway(wire.ACCOUNT, exchanges.append)


@pytest.fixture
def says(stripe: responses.RequestsMock) -> Says:
    """``says("get checkout/sessions/cs_…", {...}, status=200)``: from now on Stripe answers so."""

    def answer(question: str, said: Any, **how: Any) -> None:
        method, path = question.split(" ")
        body = {"json": said} if isinstance(said, dict) else {"body": said}
        stripe.add(METHODS[method], f"{wire.HOST}/v1/{path}", **body, **how)

    return answer
