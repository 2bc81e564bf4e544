"""How Paytm is called: bounded, repeated only when there was no answer, never redirected, always observed."""

from __future__ import annotations

import gzip
import logging

import pytest
import requests
import responses

from paytm_kit.gateways.base import Unreachable, UntrustedResponse, Verdict
from paytm_kit.gateways.paytm import PaytmClient
from tests.gateways import wire
from tests.gateways.conftest import Kept

GOOD = wire.enclose(wire.status_body())

UNUSABLE = {
    "time-out on connect": requests.ConnectTimeout(f"url with {wire.TOKEN}"),
    "time-out on read": requests.ReadTimeout("slow"),
    "no connection": requests.ConnectionError("refused"),
    "broken off": requests.exceptions.ChunkedEncodingError("half"),
    "bad certificate": requests.exceptions.SSLError("self-signed"),
    "system error": OSError("reset"),
    "500": {"status": 500, "body": GOOD},
    "502 html": {"status": 502, "body": "<html>Bad Gateway</html>"},
    "503": {"status": 503, "body": ""},
    "403 html": {"status": 403, "body": "<html>blocked</html>"},
    "404 json": {"status": 404, "body": '{"errorDetails":{"code":404,"errorCode":"SVE-003"}}'},
    "429": {"status": 429, "body": "slow down"},
    "200 html": {"body": "<!doctype html><body>Maintenance</body>"},
    "empty": {"body": ""},
    "204": {"status": 204, "body": ""},
    "truncated": {"body": GOOD[:-20]},
    "not utf-8": {"body": GOOD.encode("utf-16")},
    "latin-1": {"body": GOOD.replace("Txn Success", "Réussi").encode("latin-1")},
    "huge": {"body": "x" * 300_000},
    "huge when unpacked": {"body": gzip.compress(b" " * 3_000_000), "headers": {"Content-Encoding": "gzip"}},
    "doubled key": {"body": GOOD[:-1] + ',"body":{}}'},
    "list": {"body": "[]"},
}


def answer(paytm: responses.RequestsMock, how: Exception | dict) -> None:
    paytm.post(wire.STATUS, **(how if isinstance(how, dict) else {"body": how}))


@pytest.mark.parametrize("how", UNUSABLE.values(), ids=UNUSABLE)
def test_no_usable_answer_is_unreachable_after_three_tries_with_the_same_bytes(paytm, client, how):
    answer(paytm, how)
    with pytest.raises(Unreachable, match=r"outcome is unknown; ask again") as caught:
        client.order_status(wire.ORDER)
    error = caught.value
    assert (error.order_id, error.retryable) == (wire.ORDER, True)
    assert "<" not in str(error)
    assert wire.TOKEN not in str(error)
    assert len(paytm.calls) == 3
    assert len({call.request.body for call in paytm.calls}) == 1
    assert [exchange.attempt for exchange in client.exchanges] == [1, 2, 3]
    assert all(exchange.error.startswith("unreachable: ") for exchange in client.exchanges)
    assert all(exchange.verdict is None for exchange in client.exchanges)


@pytest.mark.parametrize("how", UNUSABLE.values(), ids=UNUSABLE)
def test_a_good_answer_at_the_second_try_is_the_answer(paytm, client, how):
    answer(paytm, how)
    answer(paytm, {"body": GOOD})
    assert client.order_status(wire.ORDER).transaction_id == wire.TXNID
    assert [bool(exchange.error) for exchange in client.exchanges] == [True, False]


def test_pauses_grow_and_vary_and_are_bounded(paytm, client):
    paytm.post(wire.STATUS, status=500)
    firsts = set()
    for _ in range(5):
        client.pauses.clear()
        with pytest.raises(Unreachable):
            client.order_status(wire.ORDER)
        first, second = client.pauses
        assert 0.25 <= first <= 0.5 <= second <= 1.0
        firsts.add(first)
    assert len(firsts) > 1


def test_an_answer_that_must_not_be_believed_is_not_asked_for_again(paytm, client):
    answer(paytm, {"body": wire.enclose(wire.status_body(), key=wire.OTHER_KEY)})
    with pytest.raises(UntrustedResponse):
        client.order_status(wire.ORDER)
    assert len(paytm.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(paytm, client, status):
    paytm.post(wire.STATUS, status=status, headers={"Location": "https://evil.example/"})
    paytm.post("https://evil.example/", body=GOOD)
    paytm.get("https://evil.example/", body=GOOD)
    with pytest.raises(Unreachable, match=f"HTTP status {status}"):
        client.order_status(wire.ORDER)
    assert {call.request.url for call in paytm.calls} == {wire.STATUS}


def test_every_request_has_both_timeouts_and_verifies_the_certificate(paytm, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    session = requests.Session()
    session.verify = False
    client = PaytmClient(
        wire.account(connect_timeout=2.5, read_timeout=7.5), session=session, sleep=lambda seconds: None
    )
    paytm.post(wire.STATUS, status=500)
    paytm.post(wire.INITIATE, body=wire.enclose(wire.initiate_body()))
    with pytest.raises(Unreachable):
        client.order_status(wire.ORDER)
    client.initiate_transaction(wire.REQUEST)
    assert len(paytm.calls) == 4
    for call in paytm.calls:
        connect, read = call.request.req_kwargs["timeout"]
        assert (connect, pytest.approx(read, abs=0.5)) == (2.5, 7.5)
        assert call.request.req_kwargs["verify"] is True
        assert call.request.headers["Accept-Encoding"] == "identity"


def test_no_further_attempt_begins_when_the_time_is_used_up(paytm):
    client = Kept(connect_timeout=0.5, read_timeout=0.5)
    paytm.post(wire.STATUS, status=500)
    with pytest.raises(Unreachable):
        client.order_status(wire.ORDER)
    assert len(paytm.calls) == 1


def test_the_observer_hears_of_every_attempt(paytm, client):
    answer(paytm, {"status": 502, "body": "<html>"})
    answer(paytm, {"body": GOOD})
    client.order_status(wire.ORDER)
    failed, good = client.exchanges
    assert (failed.operation, failed.order_id, failed.url) == ("status", wire.ORDER, wire.STATUS)
    assert (failed.http_status, failed.response_body, failed.verdict) == (502, "<html>", None)
    assert (good.http_status, good.response_body, good.verdict) == (200, GOOD, Verdict.VERIFIED)
    assert failed.request_body == good.request_body == paytm.calls[0].request.body.decode()
    assert good.error == ""
    assert good.elapsed_ms >= 0


def test_an_observer_that_raises_does_not_break_the_call(paytm, caplog):
    def observe(exchange: object) -> None:
        raise RuntimeError("disk full\nforged")

    answer(paytm, {"body": GOOD})
    client = PaytmClient(wire.ACCOUNT, observer=observe)
    assert client.order_status(wire.ORDER).transaction_id == wire.TXNID
    assert "gateway.observer.failed" in caplog.text
    assert "RuntimeError" in caplog.text


def test_log_lines_have_stable_names_and_facts(paytm, client, caplog):
    answer(paytm, {"status": 502})
    answer(paytm, {"body": GOOD})
    with caplog.at_level(logging.INFO, "paytm_kit.gateways"):
        client.order_status(wire.ORDER)
    failed, answered = caplog.records
    assert failed.getMessage().startswith(
        f"gateway.call.failed gateway=paytm order_id={wire.ORDER} operation=status attempt=1 "
    )
    assert (failed.levelname, failed.http_status) == ("WARNING", 502)
    assert answered.getMessage().startswith(
        f"gateway.call.answered gateway=paytm order_id={wire.ORDER} operation=status attempt=2 "
    )
    assert (answered.levelname, answered.order_id, answered.operation) == ("INFO", wire.ORDER, "status")
    assert answered.elapsed_ms >= 0
    assert {record.name for record in caplog.records} == {"paytm_kit.gateways"}


def test_a_simulator_on_this_machine_is_not_sought_behind_a_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    local = PaytmClient(wire.account(environment="simulator", host="http://127.0.0.1:9"))
    assert local._transport._session.trust_env is False
    assert PaytmClient(wire.ACCOUNT)._transport._session.trust_env is True
