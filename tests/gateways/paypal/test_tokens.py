"""The token of an account: one for all, renewed in time, tried with both secrets, never shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from paytm_kit.gateways.base import ConfigurationError, Exchange, Refused, State, Unreachable
from paytm_kit.gateways.paypal import PayPalGateway, tokens
from paytm_kit.masking import redact_body
from tests.gateways.paypal import wire
from tests.gateways.paypal.wire import HOST, NEW_SECRET, ORDER, REFERENCE, SECRET, PayPal, capture, order

BEARER = f"{HOST}/v2/checkout/orders/{REFERENCE}"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [1000.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: at[0])
    return at


def ask(gateway: PayPalGateway) -> State:
    return gateway.status(ORDER, REFERENCE).state


def test_one_token_serves_until_shortly_before_its_end(
    gateway: PayPalGateway, paypal: PayPal, now: list[float]
) -> None:
    paypal.shows(order())
    for later in (0, 32_300, 30, 20):
        now[0] += later
        ask(gateway)
    assert paypal.tokens == 2
    assert [asked.headers["Authorization"] for asked in paypal.asked(REFERENCE)] == [
        f"Bearer {wire.TOKEN}{number}" for number in (1, 1, 1, 2)
    ]


def test_threads_share_one_token(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.shows(order("COMPLETED", capture()))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: ask(gateway), range(8))) == {State.SUCCESS}
    assert paypal.tokens == 1


def test_a_token_that_is_refused_before_its_end_is_renewed_once(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.mock.add("GET", BEARER, status=401, body=json.dumps({"error": "invalid_token"}))
    paypal.mock.add("GET", BEARER, body=json.dumps(order("COMPLETED", capture())))
    assert ask(gateway) is State.SUCCESS
    assert paypal.tokens == 2


def test_when_new_tokens_are_refused_as_well_nothing_was_done(gateway: PayPalGateway, paypal: PayPal) -> None:
    paypal.shows({"error": "invalid_token"}, 401)
    with pytest.raises(Refused, match="token"):
        ask(gateway)
    assert len(paypal.asked(REFERENCE)) == 2


def test_while_the_secret_is_changed_both_are_tried(build: Callable[..., PayPalGateway], paypal: PayPal) -> None:
    paypal.shows(order())
    rotating = build(keys=(NEW_SECRET, SECRET))
    ask(rotating)
    assert len(paypal.asked("/token")) == 2
    paypal.secrets = (NEW_SECRET,)
    ask(build(keys=(NEW_SECRET, SECRET)))
    assert len(paypal.asked("/token")) == 3


def test_secrets_that_paypal_does_not_take_are_a_wrong_setting(
    build: Callable[..., PayPalGateway], paypal: PayPal
) -> None:
    with pytest.raises(ConfigurationError, match=r"CLIENT_ID and MERCHANT_KEY.*invalid_client") as caught:
        ask(build(keys=(NEW_SECRET,)))
    assert NEW_SECRET not in str(caught.value)


@pytest.mark.parametrize("life", [None, "soon", 0, 30, True])
def test_a_token_whose_end_is_not_said_serves_once(gateway: PayPalGateway, paypal: PayPal, life: Any) -> None:
    paypal.life = life
    paypal.shows(order())
    ask(gateway)
    ask(gateway)
    assert paypal.tokens == 2


@pytest.mark.parametrize("body", ["{}", '{"access_token": 5}', '{"access_token": "two\\r\\nlines"}', "<html>"])
def test_an_answer_without_a_usable_token_is_none(gateway: PayPalGateway, paypal: PayPal, body: str) -> None:
    paypal.mock.replace("POST", f"{HOST}/v1/oauth2/token", body=body)
    with pytest.raises(Unreachable):
        ask(gateway)


def test_neither_secret_nor_token_nor_payer_is_shown(
    gateway: PayPalGateway, paypal: PayPal, exchanges: list[Exchange], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "paytm_kit")
    paypal.creates(order())
    paypal.shows(order("COMPLETED", capture()))
    gateway.start(wire.REQUEST)
    ask(gateway)
    paypal.shows({"error": "invalid_token", "error_description": wire.TOKEN}, 401)
    with pytest.raises(Refused):
        ask(gateway)
    stored = "".join(
        redact_body(one.request_body, one.content_type) + redact_body(one.response_body, "application/json")
        for one in exchanges
    )
    logged = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert {"token", "start", "status"} <= {one.operation for one in exchanges}
    assert ORDER in stored
    for secret in (wire.TOKEN, SECRET, wire.EMAIL, "Asha", "Canary", "QYR5Z8XDVJNXQ", "shop@example.com"):
        assert secret not in stored, secret
        assert secret not in logged, secret
        assert secret not in f"{exchanges!r} {gateway.account!r}", secret
    assert wire.TOKEN not in "".join(one.response_body for one in exchanges if one.operation == "token")
