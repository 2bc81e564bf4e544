"""No key, token, signature or contact in a log line, an error or a repr; no forged log line."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
import requests

from paytm_kit.gateways.base import ConfigurationError, Flow, GatewayError
from paytm_kit.gateways.paytm import PaytmClient, PaytmGateway, initiate
from tests.gateways import wire

SECRETS = (wire.KEY, wire.TOKEN, wire.EMAIL, wire.MOBILE, "canary")


def everything(records: list[logging.LogRecord]) -> str:
    return "".join(f"{record.getMessage()} {record.__dict__}" for record in records)


ANSWERS: dict[str, dict] = {
    "token": {"body": wire.enclose(wire.initiate_body())},
    "unsigned": {"body": wire.enclose(wire.initiate_body(), signed=False)},
    "wrong key": {"body": wire.enclose(wire.initiate_body(), key=wire.OTHER_KEY)},
    "refused": {"body": wire.enclose(wire.initiate_body("F", "2005"))},
    "unknown": {"body": wire.enclose(wire.initiate_body("U", "900"))},
    "html": {"body": f"<html>{wire.TOKEN} {wire.KEY}", "status": 500},
    "redirect": {"status": 302, "headers": {"Location": f"https://evil.example/?{wire.TOKEN}"}},
    "network": {"body": requests.ConnectionError(f"{wire.TOKEN} {wire.KEY}")},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_starting_a_payment_leaks_nothing(paytm, caplog, answer):
    caplog.set_level(logging.DEBUG, "paytm_kit")
    paytm.post(wire.INITIATE, **answer)
    client = PaytmClient(wire.ACCOUNT, sleep=lambda seconds: None)
    shown = ""
    try:
        started = client.initiate_transaction(wire.REQUEST)
        shown = f"{started} {started!r}"
    except GatewayError as error:
        shown = f"{error} {error!r} {error.user_message} {error.__dict__}"
    shown += everything(caplog.records)
    assert len(caplog.records) >= 1
    for secret in (*SECRETS, json.loads(paytm.calls[0].request.body)["head"]["signature"]):
        assert secret not in shown


@pytest.mark.parametrize("show", [repr, str], ids=["repr", "str"])
def test_our_objects_show_no_secret(paytm, show: Callable[[object], str]):
    paytm.post(wire.INITIATE, body=wire.enclose(wire.initiate_body()))
    exchanges: list[object] = []
    client = PaytmClient(wire.ACCOUNT, observer=exchanges.append)
    gateway = PaytmGateway(wire.ACCOUNT, client=client)
    things = [
        wire.ACCOUNT,
        wire.REQUEST,
        client,
        gateway,
        client.initiate_transaction(wire.REQUEST),
        gateway.start(wire.REQUEST),
        gateway.start(wire.request(flow=Flow.JS)),
        gateway.start(wire.request(flow=Flow.LEGACY)),
        wire.form(wire.callback(EMAIL=wire.EMAIL)),
        gateway.read_notice(wire.form(wire.callback(EMAIL=wire.EMAIL))),
        *exchanges,
    ]
    shown = " ".join(show(thing) for thing in things)
    for secret in SECRETS:
        assert secret not in shown


@pytest.mark.parametrize("keys", [("canary-bad",), (wire.KEY, "canary"), ("canary" * 9,)])
def test_a_bad_key_is_not_shown_by_its_error(keys):
    with pytest.raises(ConfigurationError, match="MERCHANT_KEY") as caught:
        PaytmClient(wire.account(keys=keys))
    error: BaseException | None = caught.value
    while error is not None:
        assert "canary" not in f"{error} {error!r}"
        error = error.__cause__


def test_gateway_texts_cannot_forge_log_lines(paytm, caplog):
    info = {"resultStatus": "TXN\r\nFORGED", "resultCode": "0\n1", "resultMsg": "x\u2028y"}
    paytm.post(wire.STATUS, body=wire.enclose(wire.status_body(resultInfo=info)))
    client = PaytmClient(wire.ACCOUNT)
    outcome = client.order_status(wire.ORDER)
    client_notice = PaytmGateway(wire.ACCOUNT, client=client).read_notice(wire.form(wire.callback("TXN\u2028FORGED")))
    assert client_notice.claim is not None
    assert caplog.records
    for text in (*(record.getMessage() for record in caplog.records), outcome.message, outcome.code):
        assert text.isprintable()


def test_the_started_transaction_hides_its_token_in_formatting():
    assert wire.TOKEN not in f"{initiate.StartedTransaction(wire.ORDER, wire.TOKEN)}"
