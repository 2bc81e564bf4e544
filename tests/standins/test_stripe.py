"""Stripe's stand-in, judged by Stripe's own library."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
import stripe

from paytm_kit.standins import parties
from paytm_kit.standins.stripe.params import Malformed, nested
from paytm_kit.standins.stripe.words import signature
from paytm_kit.testing.simulator import Simulator
from tests.standins.conftest import SHOP, Browser, events, session_params

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

EXPAND = {"expand": ["payment_intent.latest_charge"]}


def test_a_signature_is_the_documented_one() -> None:
    body = (
        '{"id":"evt_fake_1","object":"event","type":"checkout.session.completed","data":{"object":{"id":"cs_test_fake",'
        '"object":"checkout.session","payment_status":"paid","client_reference_id":"ORD1"}}}'
    )
    made = signature(body, "whsec_fake_0123456789", 1700000000)
    assert made == "t=1700000000,v1=edbe9c85b3a5cac2117c4cb43e6ce50f82f570ed89f1388a6006b4606f006b5f"


def test_brackets_become_dicts_and_lists() -> None:
    pairs = [("a[0][b][c]", "1"), ("a[1][b][c]", "2"), ("expand[]", "x"), ("expand[]", "y"), ("m[k]", "v"), ("n", "")]
    assert nested(pairs) == {
        "a": [{"b": {"c": "1"}}, {"b": {"c": "2"}}], "expand": ["x", "y"], "m": {"k": "v"}, "n": "",
    }  # fmt: skip
    for hostile in ("a[", "[a]", "a]b", "a" + "[b]" * 9, ""):
        with pytest.raises(Malformed):
            nested([(hostile, "x")])
    with pytest.raises(Malformed):
        nested([("a", "x"), ("a[b]", "y")])


# ---- Paying -----------------------------------------------------------------------------------------------------


def test_a_shopper_pays_and_every_event_verifies(
    sim: Simulator, stripe_client: stripe.StripeClient, browser: Browser
) -> None:
    params = session_params(metadata={"basket": "7"}, payment_intent_data={"metadata": {"order": "ORD-1"}})
    session = stripe_client.v1.checkout.sessions.create(params)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency, session.client_reference_id) == (24950, "inr", "ORD-1")
    shown = browser.open(session.url)
    assert "It is not Stripe" in shown.text
    assert "₹\N{NO-BREAK SPACE}249.50" in shown.text
    left = browser.press(session.url, "pay")
    assert (left.status_code, left.headers["Location"]) == (303, f"{SHOP}/done?session={session.id}")

    paid = stripe_client.v1.checkout.sessions.retrieve(session.id, EXPAND)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.payment_intent.amount_received == 24950
    assert paid.payment_intent.metadata["order"] == "ORD-1"
    assert paid.payment_intent.latest_charge.captured is True
    heard = sim.webhooks()
    read = [
        stripe_client.construct_event(row.body, row.headers["Stripe-Signature"], parties.STRIPE_WEBHOOK_SECRET)
        for row in heard
    ]
    assert [event.type for event in read] == [
        "payment_intent.succeeded", "charge.succeeded", "checkout.session.completed",
    ]  # fmt: skip
    assert read[-1].data.object.payment_status == "paid"
    assert read[-1].data.object.metadata["basket"] == "7"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe_client.construct_event(heard[0].body, heard[0].headers["Stripe-Signature"], "whsec_another")


def test_a_declined_shopper_tries_again_on_the_same_page(
    sim: Simulator, stripe_client: stripe.StripeClient, browser: Browser
) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    refused = browser.press(session.url, "decline")
    assert refused.status_code == 200
    assert "The bank declined the payment" in refused.text
    seen = stripe_client.v1.checkout.sessions.retrieve(session.id, EXPAND)
    assert (seen.status, seen.payment_intent.status) == ("open", "requires_payment_method")
    assert seen.payment_intent.last_payment_error.code == "card_declined"
    browser.press(session.url, "pay")
    again = stripe_client.v1.checkout.sessions.retrieve(session.id, EXPAND)
    assert (again.payment_status, again.payment_intent.id) == ("paid", seen.payment_intent.id)
    assert again.payment_intent.last_payment_error is None
    assert events(sim.webhooks(), "type")[0] == "payment_intent.payment_failed"


@pytest.mark.parametrize(
    ("outcome", "status", "event"),
    [
        ("success", ("paid", "succeeded"), "checkout.session.async_payment_succeeded"),
        ("failure", ("unpaid", "requires_payment_method"), "checkout.session.async_payment_failed"),
    ],
)
def test_a_pending_payment_is_decided_later(
    sim: Simulator, stripe_client: stripe.StripeClient, browser: Browser,
    outcome: str, status: tuple[str, str], event: str,
) -> None:  # fmt: skip
    session = stripe_client.v1.checkout.sessions.create(session_params())
    assert browser.press(session.url, "pending").status_code == 303
    waits = stripe_client.v1.checkout.sessions.retrieve(session.id, EXPAND)
    assert (waits.status, waits.payment_status, waits.payment_intent.status) == ("complete", "unpaid", "processing")
    sim.ask("POST", f"standins/orders/{session.id}/decide", {"outcome": outcome})
    seen = stripe_client.v1.checkout.sessions.retrieve(session.id, EXPAND)
    assert (seen.payment_status, seen.payment_intent.status) == status
    told = events(sim.webhooks(), "type")
    assert told[1] == "checkout.session.completed"
    assert told[-1] == event


def test_whoever_cancels_goes_back_and_may_come_again(stripe_client: stripe.StripeClient, browser: Browser) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    assert browser.press(session.url, "cancel").headers["Location"] == f"{SHOP}/basket"
    assert browser.press(session.url, "pay").status_code == 303
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_session_expires_by_hand_and_by_the_clock(
    sim: Simulator, stripe_client: stripe.StripeClient, browser: Browser
) -> None:
    sessions = stripe_client.v1.checkout.sessions
    first = sessions.create(session_params())
    assert sessions.expire(first.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="this one is expired"):
        sessions.expire(first.id)
    second = sessions.create(session_params(expires_at=int(time.time()) + 1800))
    sim.advance(1801)
    assert sessions.retrieve(second.id).status == "expired"
    assert browser.http.get(f"{sim.url}{_page(sim, second.id)}", timeout=10).status_code == 410
    assert events(sim.webhooks(), "type") == ["checkout.session.expired"] * 2


def _page(sim: Simulator, public_id: str) -> str:
    return str(sim.ask("GET", f"standins/orders/{public_id}")["page"])


# ---- Asking twice -----------------------------------------------------------------------------------------------


def test_a_key_replays_the_answer_and_guards_its_parameters(stripe_client: stripe.StripeClient) -> None:
    sessions = stripe_client.v1.checkout.sessions
    first = sessions.create(session_params(), {"idempotency_key": "key-1"})
    again = sessions.create(session_params(), {"idempotency_key": "key-1"})
    assert again.id == first.id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        sessions.create(session_params(amount=100), {"idempotency_key": "key-1"})
    assert sessions.create(session_params(), {"idempotency_key": "key-2"}).id != first.id
    with pytest.raises(stripe.InvalidRequestError):
        sessions.create(session_params(amount=0), {"idempotency_key": "key-3"})
    assert sessions.create(session_params(), {"idempotency_key": "key-3"}).status == "open"  # nothing was done before


# ---- Money back -------------------------------------------------------------------------------------------------


@pytest.fixture
def intent(sim: Simulator, stripe_client: stripe.StripeClient) -> str:
    """The id of a paid payment intent of 249.50 rupees."""
    session = stripe_client.v1.checkout.sessions.create(session_params())
    return str(sim.ask("POST", f"standins/orders/{session.id}/pay", {"do": "pay"})["payment_id"])


def test_refunds_add_up_to_the_charge(sim: Simulator, stripe_client: stripe.StripeClient, intent: str) -> None:
    refunds = stripe_client.v1.refunds
    part = refunds.create({"payment_intent": intent, "amount": 10000, "reason": "duplicate", "metadata": {"r": "1"}})
    assert (part.status, part.amount, part.reason, part.metadata["r"]) == ("succeeded", 10000, "duplicate", "1")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount") as too_much:
        refunds.create({"payment_intent": intent, "amount": 14951})
    assert too_much.value.param == "amount"
    rest = refunds.create({"charge": part.charge})
    assert rest.amount == 14950
    with pytest.raises(stripe.InvalidRequestError) as nothing_left:
        refunds.create({"payment_intent": intent})
    assert nothing_left.value.code == "charge_already_refunded"
    assert [row.id for row in refunds.list({"payment_intent": intent}).data] == [rest.id, part.id]
    assert refunds.retrieve(part.id).amount == 10000
    charge = stripe_client.v1.charges.retrieve(part.charge)
    assert (charge.amount_refunded, charge.refunded) == (24950, True)
    told = events(sim.webhooks(), "type")[3:]
    assert told == ["refund.created", "charge.refunded", "refund.updated"] * 2


def test_refunds_are_paged(stripe_client: stripe.StripeClient, intent: str) -> None:
    made = [stripe_client.v1.refunds.create({"payment_intent": intent, "amount": 100}).id for _ in range(3)]
    listed = stripe_client.v1.refunds.list({"payment_intent": intent, "limit": 1})
    assert [row.id for row in listed.auto_paging_iter()] == made[::-1]


def test_what_was_not_paid_is_not_refunded(stripe_client: stripe.StripeClient, browser: Browser) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    browser.press(session.url, "decline")
    intent_id = stripe_client.v1.checkout.sessions.retrieve(session.id).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        stripe_client.v1.refunds.create({"payment_intent": intent_id})


# ---- Bad input --------------------------------------------------------------------------------------------------

MISTAKES: list[tuple[str, dict[str, Any], str, str | None]] = [
    ("no mode", {"mode": ""}, "mode", "parameter_missing"),
    ("subscriptions", {"mode": "subscription"}, "mode", None),
    ("nothing bought", {"line_items": ""}, "line_items", "parameter_missing"),
    ("no way back", {"success_url": ""}, "success_url", "parameter_missing"),
    ("a foreign way back", {"success_url": "https://shop.invalid/"}, "success_url", "url_invalid"),
    ("too soon over", {"expires_at": int(1e9)}, "expires_at", None),
    ("an unknown word", {"amount_total": 1}, "amount_total", "parameter_unknown"),
    ("two steps", {"payment_intent_data": {"capture_method": "manual"}}, "payment_intent_data[capture_method]", None),
    ("too much metadata", {"metadata": {f"k{n}": "v" for n in range(51)}}, "metadata", None),
    ("an unknown expansion", {"expand": ["customer"]}, "expand", None),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "param", "code"), [pytest.param(*row[1:], id=row[0]) for row in MISTAKES])
def test_a_mistake_names_its_parameter(
    stripe_client: stripe.StripeClient, changes: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.checkout.sessions.create({**session_params(), **changes})
    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)
    assert refused.value.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (0, "inr", "parameter_invalid_integer"),
        (-5, "inr", "parameter_invalid_integer"),
        (100_000_000, "inr", "amount_too_large"),
        (1005, "kwd", None),  # three places, the last must be 0
        (100, "rupees", None),
    ],
)
def test_an_amount_that_cannot_be_is_refused(
    stripe_client: stripe.StripeClient, amount: int, currency: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.checkout.sessions.create(session_params(amount=amount, currency=currency))
    assert refused.value.code == code
    assert refused.value.param.startswith("line_items[0][price_data]")


def test_yen_have_no_decimals(stripe_client: stripe.StripeClient, browser: Browser) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params(amount=500, currency="jpy"))
    assert "¥\N{NO-BREAK SPACE}500" in browser.open(session.url).find(class_="amount").text


def test_who_has_no_key_hears_401(sim: Simulator, http: requests.Session) -> None:
    stranger = stripe.StripeClient("sk_test_stranger", base_addresses={"api": sim.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_test_"):
        stranger.v1.checkout.sessions.create(session_params())
    url = f"{sim.url}/v1/refunds"
    assert http.get(url, timeout=10).status_code == 401
    assert http.get(url, auth=(parties.STRIPE_SECRET_KEY, ""), timeout=10).status_code == 200
    assert http.get(url, headers={"Authorization": "Basic é!".encode()}, timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("look", "param"),
    [
        (lambda client: client.v1.checkout.sessions.retrieve("cs_none"), "session"),
        (lambda client: client.v1.payment_intents.retrieve("pi_none"), "intent"),
        (lambda client: client.v1.charges.retrieve("ch_none"), "id"),
        (lambda client: client.v1.refunds.retrieve("re_none"), "refund"),
    ],
)
def test_what_is_not_there_is_404(stripe_client: stripe.StripeClient, look: Any, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such") as refused:
        look(stripe_client)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert refused.value.param == param


def test_what_the_stand_in_does_not_know_is_said(stripe_client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        stripe_client.v1.customers.list()
    with pytest.raises(stripe.InvalidRequestError, match="No such price"):
        stripe_client.v1.checkout.sessions.create(
            {**session_params(), "line_items": [{"price": "price_1", "quantity": 1}]}
        )


@pytest.mark.parametrize("body", [b"\x00=1", b"a[=1", b"mode=payment&mode[x]=1", b"{}"])
def test_hostile_bodies_are_a_400(sim: Simulator, http: requests.Session, body: bytes) -> None:
    kind = "application/json" if body == b"{}" else "application/x-www-form-urlencoded"
    headers = {"Authorization": f"Bearer {parties.STRIPE_SECRET_KEY}", "Content-Type": kind}
    answer = http.post(f"{sim.url}/v1/checkout/sessions", data=body, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
