"""What goes wrong on purpose at each gateway: work is done or not, the merchant hears late, twice or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import stripe

from paytm_kit.standins import faults, parties
from paytm_kit.testing.simulator import Mistake, Simulator
from tests.standins.conftest import Browser, PayPal, Zaakpay, captured, events, form_of, session_params

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

GATEWAYS = parties.GATEWAYS


def test_every_fault_has_a_gateway_and_words() -> None:
    assert {fault.name.partition(".")[0] for fault in faults.ALL} == set(GATEWAYS)
    assert len({fault.name for fault in faults.ALL}) == len(faults.ALL)
    for fault in faults.ALL:
        assert fault.does
        assert "{" not in fault.does
        assert fault.values.keys() == fault.limits.keys()
        assert all(not fault.limits[name].refusal(value) for name, value in fault.values.items())


def test_a_rule_with_a_mistake_is_refused(sim: Simulator) -> None:
    with pytest.raises(Mistake, match="fault: There is no fault"):
        sim.faults("stripe.nonsense")
    with pytest.raises(Mistake, match=r"api: Must be one of any"):
        sim.ask("POST", "standins/faults", {"fault": "stripe.down", "api": "everything"})
    shown = sim.ask("GET", "standins/faults")
    assert [row["fault"] for row in shown["faults"]] == [fault.name for fault in faults.ALL]
    assert shown["active"] == []


# ---- APIs -------------------------------------------------------------------------------------------------------


def test_a_gateway_that_is_down_does_nothing(
    sim: Simulator, stripe_client: stripe.StripeClient, zaakpay: Zaakpay, paypal: PayPal
) -> None:
    sim.faults(*(f"{gateway}.down" for gateway in GATEWAYS))
    with pytest.raises(stripe.APIError) as refused:
        stripe_client.v1.checkout.sessions.create(session_params())
    assert refused.value.http_status == 503
    assert zaakpay.transact(zaakpay.form()).status_code == 503
    assert paypal.order().status_code == 503
    sim.faults()
    assert sim.ask("GET", "standins/orders")["orders"] == []


def test_a_timeout_does_its_work_first(sim: Simulator, stripe_client: stripe.StripeClient) -> None:
    sim.faults({"fault": "stripe.timeout", "api": "start", "times": 1})
    sessions, key = stripe_client.v1.checkout.sessions, {"idempotency_key": "one"}
    with pytest.raises(stripe.APIConnectionError):
        sessions.create(session_params(), key)
    (order,) = sim.ask("GET", "standins/orders")["orders"]
    assert sessions.create(session_params(), key).id == order["id"]


@pytest.mark.parametrize(("fault", "status"), [("error", 500), ("gibberish", 200)])
def test_an_answer_can_be_useless_after_the_work(
    sim: Simulator, zaakpay: Zaakpay, browser: Browser, fault: str, status: int
) -> None:
    browser.press(zaakpay.page(), "pay")
    sim.faults({"fault": f"zaakpay.{fault}", "api": "refund", "times": 1, "order_id": "ORD1"})
    with pytest.raises((AssertionError, requests.exceptions.JSONDecodeError)):
        zaakpay.refund("R1", "100")
    assert [row["merchantRefId"] for row in zaakpay.order()["refundDetails"]] == ["R1"]
    (useless,) = [message for message in sim.messages("ORD1") if message["verdict"].startswith("fault")]
    assert (useless["verdict"], useless["http_status"]) == (f"fault zaakpay.{fault}", status)


def test_a_token_can_be_refused_although_it_is_good(sim: Simulator, paypal: PayPal) -> None:
    sim.faults({"fault": "paypal.token-expired", "times": 1})
    assert paypal.order().status_code == 401
    assert paypal.order().status_code == 200


def test_another_amount_is_told_and_the_books_stay_true(
    sim: Simulator, stripe_client: stripe.StripeClient, zaakpay: Zaakpay, paypal: PayPal, browser: Browser
) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    order_id, page = paypal.created()
    zaak = zaakpay.page()
    sim.faults(*({"fault": f"{gateway}.amount", "amount": 700} for gateway in GATEWAYS))
    browser.press(session.url, "pay")
    browser.press(page, "pay")
    assert form_of(browser.press(zaak, "pay"))[1]["amount"] == "700"
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).amount_total == 700
    assert captured(paypal.capture(order_id).json())["amount"]["value"] == "7.00"
    assert zaakpay.order()["orderDetail"]["amount"] == "700"
    assert "7.00" in json.dumps([json.loads(row.body) for row in sim.webhooks() if b"CAPTURE" in row.body])
    amounts = {row["gateway"]: row["amount"] for row in sim.ask("GET", "standins/orders")["orders"]}
    assert amounts == {"stripe": "249.50", "zaakpay": "249.50", "paypal": "12.50"}


@pytest.mark.parametrize(("fault", "status"), [("refund-pending", "succeeded"), ("refund-failed", "failed")])
def test_a_refund_can_be_decided_by_the_clock(
    sim: Simulator, stripe_client: stripe.StripeClient, fault: str, status: str
) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    intent = sim.ask("POST", f"standins/orders/{session.id}/pay")["payment_id"]
    sim.configure(settle_after=20)
    sim.faults(f"stripe.{fault}")
    refund = stripe_client.v1.refunds.create({"payment_intent": intent})
    assert refund.status == "pending"
    sim.advance(21)
    assert stripe_client.v1.refunds.retrieve(refund.id).status == status
    assert events(sim.webhooks(), "type")[-1] == {"succeeded": "refund.updated", "failed": "refund.failed"}[status]
    left = stripe_client.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]}).latest_charge
    assert left.amount_refunded == (24950 if status == "succeeded" else 0)


# ---- The browser ------------------------------------------------------------------------------------------------


def test_a_browser_can_stay_away(sim: Simulator, stripe_client: stripe.StripeClient, browser: Browser) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    sim.faults({"fault": "stripe.return-lost", "times": 1})
    left = browser.press(session.url, "pay")
    assert left.status_code == 200
    assert "The browser does not come back" in left.text
    assert "does not come back" in browser.open(session.url).text  # a refreshed page says the same
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_return_can_have_the_checksum_of_another_form(sim: Simulator, zaakpay: Zaakpay, browser: Browser) -> None:
    page = zaakpay.page()
    sim.faults("zaakpay.return-wrong-signature")
    _, fields = form_of(browser.press(page, "pay"))
    sim.faults()
    _, true = form_of(browser.http.get(page, timeout=10))
    assert fields.pop("checksum") != true.pop("checksum")
    assert fields == true


# ---- Webhooks ---------------------------------------------------------------------------------------------------


def paid(sim: Simulator, stripe_client: stripe.StripeClient, *rules: str | dict[str, Any]) -> str:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    sim.faults(*rules)
    sim.ask("POST", f"standins/orders/{session.id}/pay")
    return str(session.id)


USUAL = ["payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"]


def test_a_webhook_can_be_lost_and_sent_by_hand(sim: Simulator, stripe_client: stripe.StripeClient) -> None:
    session_id = paid(sim, stripe_client, "stripe.webhook-lost")
    assert sim.webhooks() == []
    rows = sim.ask("GET", f"standins/webhooks?order={session_id}")["webhooks"]
    assert [row["status"] for row in rows] == ["withheld"] * 3
    sim.ask("POST", f"standins/webhooks/{rows[-1]['id']}/redeliver")
    assert events(sim.webhooks(), "type") == ["checkout.session.completed"]


def test_a_webhook_can_come_more_than_once(sim: Simulator, stripe_client: stripe.StripeClient) -> None:
    paid(sim, stripe_client, {"fault": "stripe.webhook-doubled", "copies": 3, "times": 1})
    assert events(sim.webhooks(), "type") == [USUAL[0]] * 3 + USUAL[1:]


def test_a_late_webhook_is_overtaken(sim: Simulator, stripe_client: stripe.StripeClient) -> None:
    paid(sim, stripe_client, {"fault": "stripe.webhook-late", "seconds": 60, "times": 1})
    assert events(sim.webhooks(), "type") == USUAL[1:]
    sim.advance(60)
    assert events(sim.webhooks(), "type") == [*USUAL[1:], USUAL[0]]


def test_webhooks_can_come_in_the_wrong_order(sim: Simulator, paypal: PayPal) -> None:
    order_id, _ = paypal.created()
    sim.ask("POST", f"standins/orders/{order_id}/pay")
    sim.faults("paypal.webhook-reordered")
    paypal.capture(order_id)
    assert events(sim.webhooks(), "event_type") == [
        "CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED",
    ]  # fmt: skip


def test_a_webhook_can_have_a_wrong_signature(
    sim: Simulator, stripe_client: stripe.StripeClient, zaakpay: Zaakpay, browser: Browser
) -> None:
    paid(sim, stripe_client, "stripe.webhook-wrong-signature", "zaakpay.webhook-wrong-signature")
    browser.press(zaakpay.page(), "pay")
    rows = sim.webhooks()  # of two orders: either may be the first
    (form,) = (row for row in rows if "txnData" in row.fields)
    events_ = [row for row in rows if row is not form]
    assert len(events_) == len(USUAL)
    for row in events_:
        with pytest.raises(stripe.SignatureVerificationError):
            stripe_client.construct_event(row.body, row.headers["Stripe-Signature"], parties.STRIPE_WEBHOOK_SECRET)
    assert zaakpay.sign(form.fields["txnData"]) != form.fields["checksum"]
