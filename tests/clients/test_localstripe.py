"""Our Stripe gateway against localstripe, which others wrote: PaymentIntents, refunds, signed webhooks, errors.

What it cannot do is tested, too, so that docs/stripe.md stays true.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import requests

from paytm_kit.gateways.base import (
    Account,
    ConfigurationError,
    InboundMessage,
    RefundRequest,
    Refused,
    State,
    Unreachable,
    Verdict,
)
from paytm_kit.gateways.stripe import StripeGateway, answers, lists
from tests.clients import provision
from tests.gateways.stripe import wire
from tests.gateways.stripe.wire import ORDER, REFUND_REQUEST, REQUEST

pytestmark = pytest.mark.clients

SCRIPT = Path(__file__).parent / "python" / "stripe_fake.py"


@pytest.fixture(scope="module")
def url(installed: None) -> Iterator[str]:
    environ = {"PATH": os.environ["PATH"]}
    process = subprocess.Popen([provision.PYTHON, SCRIPT], env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.wait()
    process.stdout.close()


def account(url: str, **changes: Any) -> Account:
    return replace(wire.ACCOUNT, environment="simulator", host=url, **changes)


@pytest.fixture
def gateway(url: str) -> StripeGateway:
    requests.delete(f"{url}/_config/data", timeout=10).raise_for_status()
    return StripeGateway(account(url))


def paid(gateway: StripeGateway, card: str = "pm_card_visa", **changes: Any) -> dict[str, Any]:
    """A PaymentIntent of ₹499.00 as the page makes one, confirmed at once."""
    params = {
        "amount": 49900, "currency": "inr", "payment_method": card, "confirm": "true",
        "metadata": {"order_id": ORDER}, "expand": ["latest_charge"], **changes,
    }  # fmt: skip
    return gateway._client.ask("initiate", ORDER, lambda v1: v1.payment_intents.create(params))


def refund(intent: dict[str, Any], refund_id: str = REFUND_REQUEST.refund_id) -> RefundRequest:
    return replace(REFUND_REQUEST, transaction_id=intent["id"], refund_id=refund_id)


def listed(gateway: StripeGateway, intent: dict[str, Any]) -> list[Any]:
    return list(gateway._rows("refund_status", ORDER, "refunds", {"payment_intent": intent["id"]}))


def test_a_payment_intent_that_others_made_is_read(gateway: StripeGateway) -> None:
    intent = paid(gateway)
    assert "amount_received" not in intent  # its objects are those of 2017
    session = wire.session("complete", "paid", {**intent, "amount_received": intent["amount"]})
    outcome = answers.outcome(session, gateway.account, ORDER)
    assert (outcome.state, outcome.amount, outcome.currency) == (State.SUCCESS, REQUEST.amount, "INR")
    assert outcome.transaction_at
    assert "payment_method_details" not in intent["latest_charge"]


def test_money_goes_back_and_is_found_by_our_id_over_several_pages(
    gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = paid(gateway)
    ids = [f"r-{number:024}" for number in range(3)]
    for refund_id in ids:
        made = gateway.refund(refund(intent, refund_id))
        assert (made.state, made.amount, made.transaction_id) == (State.SUCCESS, REFUND_REQUEST.amount, intent["id"])
    monkeypatch.setattr(lists, "PAGE", 2)
    rows = listed(gateway, intent)
    assert sorted(map(answers.refund_name, rows)) == ids
    again = gateway._client.ask("status", ORDER, lambda v1: v1.payment_intents.retrieve(
        intent["id"], {"expand": ["latest_charge"]}))  # fmt: skip
    assert answers.outcome(wire.session("complete", "paid", again), gateway.account, ORDER).given_back == 360


def test_its_webhooks_are_found_right_by_the_secret_that_it_was_given_and_by_no_other(
    gateway: StripeGateway, url: str
) -> None:
    came: Queue[InboundMessage] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            came.put(InboundMessage(body, headers["content-type"], headers))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        told = {"url": f"http://127.0.0.1:{server.server_port}/", "secret": wire.OLD_WEBHOOK_SECRET}
        told |= {"events": ["payment_intent.succeeded"]}
        requests.post(f"{url}/_config/webhooks/kit", json=told, timeout=10).raise_for_status()
        intent = paid(gateway)
        message = came.get(timeout=10)
        while intent["id"].encode() not in message.body:  # those of other tests come a second late
            message = came.get(timeout=10)
        server.shutdown()
    notice = gateway.read_notice(message)
    assert (notice.verdict, notice.order_id, notice.transaction_id) == (Verdict.VERIFIED, ORDER, intent["id"])
    other = StripeGateway(account(url, webhook_secrets=("whsec_another0123456789",)))
    assert other.read_notice(message).verdict is Verdict.BAD_SIGNATURE


def test_what_it_refuses_is_refused(gateway: StripeGateway, url: str) -> None:
    with pytest.raises(Refused, match="declined"):
        paid(gateway, "pm_card_chargeCustomerFail")
    with pytest.raises(Refused):
        gateway.refund(refund({"id": "pi_doesnotexist00000000001"}))
    with pytest.raises(ConfigurationError, match="401"):
        paid(StripeGateway(account(url, keys=("rk_test_0123456789",))))  # it knows keys that begin with sk_


# -- what it cannot do


def test_it_has_no_checkout_sessions(gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(Unreachable, match="HTTP status 404"):
        gateway.start(replace(REQUEST, begun_at=None))
    with pytest.raises(Unreachable, match="HTTP status 404"):
        gateway.status(ORDER, wire.SESSION)


def test_it_forgets_idempotency_keys_and_gives_back_more_than_it_took(gateway: StripeGateway) -> None:
    intent = paid(gateway)
    first, second = gateway.refund(refund(intent)), gateway.refund(refund(intent))
    assert first.gateway_refund_id != second.gateway_refund_id
    over = gateway.refund(replace(refund(intent, "r-over"), amount=REQUEST.amount))
    assert over.state is State.SUCCESS
