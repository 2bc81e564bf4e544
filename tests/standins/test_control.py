"""The stand-ins' control plane and watch pages: what a person or a test may do beside the gateways' own APIs."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe
from bs4 import BeautifulSoup

from paytm_kit.standins import parties
from paytm_kit.testing.simulator import Mistake, Simulator
from tests.simulator.listening import listening
from tests.standins.conftest import SHOP, Browser, PayPal, Zaakpay, events, session_params

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

SECRETS = (
    parties.ZAAKPAY_KEY, parties.STRIPE_SECRET_KEY, parties.STRIPE_WEBHOOK_SECRET, parties.PAYPAL_SECRET,
)  # fmt: skip


# ---- Parties ----------------------------------------------------------------------------------------------------


def test_each_gateway_has_its_merchant_and_no_secret_is_told(sim: Simulator) -> None:
    told = sim.ask("GET", "standins/parties")
    assert [row["gateway"] for row in told["parties"]] == ["zaakpay", "stripe", "paypal"]
    assert all(secret not in json.dumps(told) for secret in SECRETS)


def test_a_merchants_webhooks_go_where_it_says_until_they_are_accepted(sim: Simulator, zaakpay: Zaakpay) -> None:
    with listening() as shop:
        answers = iter(["Thanks", "SUCCESS"])
        shop.answer = lambda heard: (200, next(answers))
        sim.ask("PUT", "standins/parties/zaakpay", {"webhook_url": f"{shop.url}/hook"})
        zaakpay.page()
        sim.ask("POST", "standins/orders/ORD1/pay")
        sim.advance(30)
        first, again = shop.forms("/hook")
        assert first == again
        (row,) = sim.ask("GET", "standins/webhooks")["webhooks"]
        assert (row["status"], [one["said"] for one in row["attempts"]]) == ("delivered", ["Thanks", "SUCCESS"])


def test_who_named_no_address_hears_nothing(sim: Simulator, zaakpay: Zaakpay) -> None:
    sim.ask("PUT", "standins/parties/zaakpay", {"webhook_url": ""})
    zaakpay.page()
    sim.ask("POST", "standins/orders/ORD1/pay")
    assert sim.ask("GET", "standins/webhooks")["webhooks"] == []


def test_a_secret_can_be_rotated(sim: Simulator, stripe_client: stripe.StripeClient) -> None:
    sim.ask("PUT", "standins/parties/stripe", {"webhook_secret": "whsec_standin_second"})
    session = stripe_client.v1.checkout.sessions.create(session_params())
    sim.ask("POST", f"standins/orders/{session.id}/pay")
    webhook = sim.webhooks()[-1]
    signature = webhook.headers["Stripe-Signature"]
    assert (
        stripe_client.construct_event(webhook.body, signature, "whsec_standin_second").type
        == events([webhook], "type")[0]
    )
    with pytest.raises(stripe.SignatureVerificationError):
        stripe_client.construct_event(webhook.body, signature, parties.STRIPE_WEBHOOK_SECRET)


@pytest.mark.parametrize(
    ("gateway", "body", "field"),
    [
        ("stripe", {"webhook_url": "https://shop.invalid/"}, "webhook_url"),
        ("stripe", {"webhook_url": 7}, "webhook_url"),
        ("stripe", {"key": ""}, "key"),
        ("stripe", {"key": "a\nb"}, "key"),
        ("stripe", {"secret": "x"}, "secret"),
        ("adyen", {}, "gateway"),
    ],
)
def test_a_mistake_names_its_field(sim: Simulator, gateway: str, body: dict[str, Any], field: str) -> None:
    with pytest.raises(Mistake, match=f": {field}: "):
        sim.ask("PUT", f"standins/parties/{gateway}", body)


# ---- Orders -----------------------------------------------------------------------------------------------------


def test_a_payment_needs_no_browser(sim: Simulator, zaakpay: Zaakpay, stripe_client: stripe.StripeClient) -> None:
    zaakpay.page()
    told = sim.ask("POST", "standins/orders/ORD1/pay", {"do": "pay"})
    assert (told["state"], told["back"]["url"]) == ("captured", f"{SHOP}/return")
    assert told["back"]["fields"]["responseCode"] == "100"
    session = stripe_client.v1.checkout.sessions.create(session_params("ORD-2"))
    told = sim.ask("POST", "standins/orders/ORD-2/pay", {"do": "pending-decline"})
    assert (told["state"], told["back"]["url"]) == ("pending", f"{SHOP}/done?session={session.id}")
    sim.ask("POST", "standins/orders/ORD-2/decide", {"outcome": "failure"})
    states = {row["reference"]: row["state"] for row in sim.ask("GET", "standins/orders")["orders"]}
    assert states == {"ORD1": "captured", "ORD-2": "declined"}
    (only,) = sim.ask("GET", "standins/orders?gateway=stripe")["orders"]
    assert only["id"] == session.id


def test_the_clock_decides_as_the_shopper_chose(sim: Simulator, stripe_client: stripe.StripeClient) -> None:
    sim.configure(settle_after=3600)  # real time goes by as well: the gap must be wide
    for order_id, button in (("A", "pending"), ("B", "pending-decline")):
        stripe_client.v1.checkout.sessions.create(session_params(order_id))
        sim.ask("POST", f"standins/orders/{order_id}/pay", {"do": button})
    sim.advance(3000)
    assert {sim.ask("GET", f"standins/orders/{name}")["state"] for name in "AB"} == {"pending"}
    sim.advance(600)
    assert [sim.ask("GET", f"standins/orders/{name}")["state"] for name in "AB"] == ["captured", "declined"]


def test_a_refund_of_the_dashboard_is_told_like_any_other(sim: Simulator, stripe_client: stripe.StripeClient) -> None:
    stripe_client.v1.checkout.sessions.create(session_params())
    intent = sim.ask("POST", "standins/orders/ORD-1/pay")["payment_id"]
    made = sim.ask("POST", "standins/orders/ORD-1/refund", {"amount": "10.00"})
    assert [row.id for row in stripe_client.v1.refunds.list({"payment_intent": intent}).data] == [made["id"]]
    assert events(sim.webhooks(), "type")[-1] == "refund.updated"
    with pytest.raises(Mistake, match="amount: Only 23950 minor units"):
        sim.ask("POST", "standins/orders/ORD-1/refund", {"amount": "239.51"})


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("orders/NOBODY/pay", {}, "id: There is no such order"),
        ("orders/ORD1/pay", {"do": "steal"}, "do: Must be one of pay"),
        ("orders/ORD1/decide", {"outcome": "success"}, "id: Nothing was paid"),
        ("orders/ORD1/decide", {}, "outcome: Must be one of success"),
        ("orders/ORD1/refund", {"amount": "0"}, "amount: Must be text"),
        ("orders/ORD1/refund", {}, "id: Nothing was paid"),
        ("refunds/NOBODY/decide", {"outcome": "success"}, "id: There is no such refund"),
        ("webhooks/7/redeliver", {}, "id: There is no webhook"),
    ],
)
def test_what_cannot_be_done_is_said(
    sim: Simulator, zaakpay: Zaakpay, path: str, body: dict[str, Any], said: str
) -> None:
    zaakpay.page()
    with pytest.raises(Mistake, match=said):
        sim.ask("POST", f"standins/{path}", body)


def test_what_is_decided_is_not_decided_again(sim: Simulator, zaakpay: Zaakpay) -> None:
    zaakpay.page()
    sim.ask("POST", "standins/orders/ORD1/pay")
    zaakpay.refund("R1")
    sim.ask("POST", "standins/refunds/R1/decide", {"outcome": "success"})
    for path, body in (
        ("orders/ORD1/pay", {}), ("orders/ORD1/decide", {"outcome": "failure"}), ("orders/ORD1/expire", {}),
        ("refunds/R1/decide", {"outcome": "failure"}),
    ):  # fmt: skip
        with pytest.raises(Mistake):
            sim.ask("POST", f"standins/{path}", body)
    assert zaakpay.order()["responseCode"] == "231"


def test_reset_forgets_the_stand_ins(sim: Simulator, zaakpay: Zaakpay) -> None:
    zaakpay.page()
    sim.ask("PUT", "standins/parties/zaakpay", {"key": "another"})
    sim.faults("zaakpay.down", "callback.lost")
    sim.ask("POST", "standins/reset")
    assert sim.ask("GET", "standins/orders")["orders"] == []
    assert zaakpay.status("ORD1")["orders"][0]["responseCode"] == "205"  # the first key is back
    assert [rule["fault"] for rule in sim.ask("GET", "faults")["active"]] == ["callback.lost"]


def test_two_refunds_at_once_never_give_back_more_than_was_paid(
    sim: Simulator, stripe_client: stripe.StripeClient
) -> None:
    stripe_client.v1.checkout.sessions.create(session_params())
    intent = sim.ask("POST", "standins/orders/ORD-1/pay")["payment_id"]

    def refund(number: int) -> str:
        try:
            return stripe_client.v1.refunds.create({"payment_intent": intent, "amount": 10_000}).status
        except stripe.InvalidRequestError:
            return "refused"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(refund, range(6))) == ["refused"] * 4 + ["succeeded"] * 2


# ---- Other web sites --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_another_web_site_changes_nothing(
    sim: Simulator, zaakpay: Zaakpay, http: requests.Session, headers: dict[str, str]
) -> None:
    zaakpay.page()
    for path in ("standins/orders/ORD1/pay", "standins/reset", "watch/standins/webhooks/1/again"):
        assert http.post(f"{sim.url}/_sim/{path}", headers=headers, timeout=10).status_code == 403
    assert sim.ask("GET", "standins/orders/ORD1")["state"] == "created"


# ---- Pages ------------------------------------------------------------------------------------------------------


def test_the_watch_page_lists_all_three_with_what_can_be_done(
    sim: Simulator, zaakpay: Zaakpay, paypal: PayPal, stripe_client: stripe.StripeClient, browser: Browser
) -> None:
    zaakpay.page("ZP1")
    paypal.created(order_id="PP1")
    stripe_client.v1.checkout.sessions.create(session_params("ST1"))
    sim.ask("POST", "standins/orders/ST1/pay", {"do": "pending"})
    page = browser.open(f"{sim.url}/_sim/watch/standins")
    rows = {
        row.th.get_text(strip=True): [cell.get_text(" ", strip=True) for cell in row("td")] for row in page("tr")[1:]
    }
    assert {name: cells[:2] for name, cells in rows.items()} == {
        "ZP1": ["Zaakpay", "created"], "PP1": ["PayPal", "created"], "ST1": ["Stripe", "pending"],
    }  # fmt: skip
    assert [rows[name][-1] for name in ("ZP1", "PP1", "ST1")] == ["Open its page", "Open its page", "Paid Declined"]
    assert "None of these companies has anything to do with it" in page.text
    nav = browser.open(f"{sim.url}/_sim/").find("nav")
    assert nav.find("a", string="Other gateways")["href"] == "/_sim/watch/standins"


def press(http: requests.Session, base: str, page: BeautifulSoup, action: str, **data: str) -> requests.Response:
    (form,) = (form for form in page("form") if action in form["action"])
    return http.post(base + form["action"], data=data, timeout=10)


def test_whoever_watches_decides_and_sends_again(sim: Simulator, zaakpay: Zaakpay, http: requests.Session) -> None:
    zaakpay.page()
    sim.ask("POST", "standins/orders/ORD1/pay", {"do": "pending"})
    listed = BeautifulSoup(http.get(f"{sim.url}/_sim/watch/standins", timeout=10).text, "html.parser")
    own = press(http, sim.url, listed, "/captures/", outcome="success")
    assert own.history[0].status_code == 303
    assert "captured" in own.text
    zaakpay.refund("R1")
    page = BeautifulSoup(http.get(own.url, timeout=10).text, "html.parser")
    shown = press(http, sim.url, page, "/refunds/", outcome="failure")
    assert zaakpay.order()["responseCode"] == "228"
    heard = len(sim.webhooks())
    again = BeautifulSoup(shown.text, "html.parser").find("form", action=lambda value: value.endswith("/again"))
    assert http.post(sim.url + again["action"], timeout=10).status_code == 200
    assert len(sim.webhooks()) == heard + 1
    late = press(http, sim.url, page, "/refunds/", outcome="success")
    assert late.status_code == 409
    assert "This refund is failed already" in late.text


def test_the_faults_page_switches_theirs_too(sim: Simulator, http: requests.Session) -> None:
    page = BeautifulSoup(http.get(f"{sim.url}/_sim/watch/faults", timeout=10).text, "html.parser")
    assert page.find(id="room-paypal")
    on = f"{sim.url}/_sim/watch/faults/on"
    assert http.post(on, data={"fault": "paypal.webhook-late", "seconds": "5"}, timeout=10).status_code == 200
    (rule,) = sim.ask("GET", "standins/faults")["active"]
    assert (rule["fault"], rule["values"]) == ("paypal.webhook-late", {"seconds": 5})
    assert "paypal.webhook-late" in http.get(f"{sim.url}/_sim/watch/standins", timeout=10).text


@pytest.mark.parametrize("path", ["/standins/pay/nobody", "/_sim/watch/standins/order/999", "/standins/assets/x.css"])
def test_what_is_not_there_is_a_calm_page(sim: Simulator, http: requests.Session, path: str) -> None:
    answer = http.get(sim.url + path, timeout=10)
    assert answer.status_code == 404
    assert "text/html" in answer.headers["Content-Type"]


def test_the_hosted_page_needs_nothing_foreign_and_knows_its_buttons_only(
    sim: Simulator, zaakpay: Zaakpay, http: requests.Session
) -> None:
    url = zaakpay.page()
    answer = http.get(url, timeout=10)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = BeautifulSoup(answer.text, "html.parser")
    assert not page("script")
    assert not page(style=True)
    assert [button["value"] for button in page("button")] == ["pay", "decline", "pending", "pending-decline", "cancel"]
    for asset in page("link"):
        assert http.get(sim.url + asset["href"], timeout=10).status_code == 200
    assert http.post(url, data={"do": "steal"}, timeout=10).status_code == 400
    assert http.delete(url, timeout=10).status_code == 405
