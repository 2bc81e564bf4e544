"""Paytm at the other end of ``responses``, and a client that does not sleep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from paytm_kit.gateways.base import Exchange
from paytm_kit.gateways.paytm import PaytmClient
from tests.gateways import wire


class Kept(PaytmClient):
    """The client with what it told its observer and how long it slept."""

    def __init__(self, **changes: Any) -> None:
        self.exchanges: list[Exchange] = []
        self.pauses: list[float] = []
        super().__init__(wire.account(**changes), observer=self.exchanges.append, sleep=self.pauses.append)


@pytest.fixture
def paytm() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def client() -> Kept:
    return Kept()


@pytest.fixture
def status_says(paytm: responses.RequestsMock) -> Callable[..., None]:
    """The status API answers with this body text."""

    def say(body: str, **how: Any) -> None:
        paytm.post(wire.STATUS, body=wire.enclose(body, **how))

    return say


@pytest.fixture
def initiate_says(paytm: responses.RequestsMock) -> Callable[..., None]:
    """initiateTransaction answers with this body text."""

    def say(body: str, **how: Any) -> None:
        paytm.post(wire.INITIATE, body=wire.enclose(body, **how))

    return say
