"""The running simulator with the stand-ins beside it, and clients that speak each gateway's own language."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe
from bs4 import BeautifulSoup

from paytm_kit.standins import parties
from paytm_kit.testing.simulator import Simulator, Webhook

SHOP = "http://127.0.0.1:9"  # nothing listens there: no test goes that far


@pytest.fixture
def sim(paytm_simulator_process: Simulator) -> Simulator:
    """Empty books; what is pending waits for a person. Whoever comes next resets, too."""
    paytm_simulator_process.reset()
    paytm_simulator_process.configure(settle_after=0)
    return paytm_simulator_process


@pytest.fixture(scope="session")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


class Browser:
    """A shopper without JavaScript who follows nothing by himself."""

    def __init__(self, http: requests.Session) -> None:
        self.http = http

    def open(self, url: str) -> BeautifulSoup:
        return BeautifulSoup(self.http.get(url, timeout=10).text, "html.parser")

    def press(self, url: str, button: str) -> requests.Response:
        return self.http.post(url, data={"do": button}, allow_redirects=False, timeout=10)


@pytest.fixture
def browser(http: requests.Session) -> Browser:
    return Browser(http)


class Zaakpay:
    """A merchant who signs with nothing but hmac."""

    def __init__(self, sim: Simulator, http: requests.Session) -> None:
        self.url, self.http = sim.url, http

    def sign(self, text: str) -> str:
        return hmac.new(parties.ZAAKPAY_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()

    def form(self, order_id: str = "ORD1", **changes: str) -> dict[str, str]:
        fields = {
            "merchantIdentifier": parties.ZAAKPAY_MERCHANT, "orderId": order_id, "amount": "24950", "currency": "INR",
            "buyerEmail": "asha.canary@example.com", "returnUrl": f"{SHOP}/return", "productDescription": "Brass bell",
            **changes,
        }  # fmt: skip
        text = "".join(f"{name}={fields[name]}&" for name in sorted(fields) if fields[name])
        return {**fields, "checksum": self.sign(text)}

    def transact(self, form: dict[str, str], version: int = 8) -> requests.Response:
        where = f"{self.url}/api/paymentTransact/V{version}"
        return self.http.post(where, data=form, allow_redirects=False, timeout=10)

    def page(self, order_id: str = "ORD1", **changes: str) -> str:
        answer = self.transact(self.form(order_id, **changes))
        assert answer.status_code == 303, answer.text
        return self.url + answer.headers["Location"]

    def ask(self, path: str, data: dict[str, Any], checksum: str | None = None) -> dict[str, Any]:
        text = json.dumps(data, separators=(",", ":"))
        sent = {"data": text, "checksum": self.sign(text) if checksum is None else checksum}
        answer = self.http.post(self.url + path, data=sent, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, order_id: str = "ORD1", **more: Any) -> dict[str, Any]:
        asked = {"merchantIdentifier": parties.ZAAKPAY_MERCHANT, "mode": "0", "orderDetail": {"orderId": order_id}}
        return self.ask("/checkTxn?v=5", {**asked, **more})

    def order(self, order_id: str = "ORD1") -> dict[str, Any]:
        return self.status(order_id)["orders"][0]

    def refund(self, reference: str, amount: str = "", order_id: str = "ORD1", **changes: Any) -> dict[str, Any]:
        detail = {"orderId": order_id} | ({"amount": amount} if amount else {})
        return self.ask("/updateTxn", {
            "merchantIdentifier": parties.ZAAKPAY_MERCHANT, "orderDetail": detail, "mode": "0",
            "updateDesired": "22" if amount else "14", "updateReason": "wrong size", "merchantRefId": reference,
            **changes,
        })  # fmt: skip


@pytest.fixture
def zaakpay(sim: Simulator, http: requests.Session) -> Zaakpay:
    return Zaakpay(sim, http)


@pytest.fixture
def stripe_client(sim: Simulator) -> stripe.StripeClient:
    """Stripe's own library, pointed at the stand-in."""
    return stripe.StripeClient(parties.STRIPE_SECRET_KEY, base_addresses={"api": sim.url}, max_network_retries=0)


def session_params(order_id: str = "ORD-1", amount: int = 24950, currency: str = "inr", **more: Any) -> dict[str, Any]:
    return {
        "mode": "payment", "client_reference_id": order_id,
        "line_items": [{"quantity": 1, "price_data": {
            "currency": currency, "unit_amount": amount, "product_data": {"name": "Brass bell"}}}],
        "success_url": f"{SHOP}/done?session={{CHECKOUT_SESSION_ID}}", "cancel_url": f"{SHOP}/basket", **more,
    }  # fmt: skip


class PayPal:
    """A merchant with a thin REST client."""

    def __init__(self, sim: Simulator, http: requests.Session) -> None:
        self.url, self.http, self._calls = sim.url, http, 0
        self.token = self.fetch_token().json()["access_token"]

    def fetch_token(self, secret: str = parties.PAYPAL_SECRET, **form: str) -> requests.Response:
        sent = {"grant_type": "client_credentials", **form}
        auth = (parties.PAYPAL_CLIENT_ID, secret)
        return self.http.post(f"{self.url}/v1/oauth2/token", data=sent, auth=auth, timeout=10)

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, whole: bool = True
    ) -> requests.Response:
        self._calls += 1
        headers = {"Authorization": f"Bearer {self.token}", "PayPal-Request-Id": key or f"call-{self._calls}"}
        headers |= {"Prefer": "return=representation"} if whole else {}
        if key == "":
            del headers["PayPal-Request-Id"]
        return self.http.request(method, self.url + path, json=body, headers=headers, timeout=10)

    def order(
        self, order_id: str = "ORD-1", value: str = "12.50", currency: str = "USD", **how: Any
    ) -> requests.Response:
        unit = {"reference_id": "1", "custom_id": order_id, "amount": {"currency_code": currency, "value": value}}
        context = {"return_url": f"{SHOP}/done?x=1", "cancel_url": f"{SHOP}/basket", "brand_name": "Kadamb"}
        return self.call("POST", "/v2/checkout/orders", {
            "intent": "CAPTURE", "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }, **how)  # fmt: skip

    def created(self, **how: Any) -> tuple[str, str]:
        """The id of a new order, and the address of its approval page."""
        said = self.order(**how).json()
        return said["id"], link(said, "payer-action")

    def capture(self, order_id: str, **how: Any) -> requests.Response:
        return self.call("POST", f"/v2/checkout/orders/{order_id}/capture", {}, **how)

    def show(self, order_id: str) -> dict[str, Any]:
        return self.call("GET", f"/v2/checkout/orders/{order_id}").json()


def link(body: dict[str, Any], rel: str) -> str:
    return next(one["href"] for one in body["links"] if one["rel"] == rel)


def issue(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["details"][0]["issue"]


def captured(body: dict[str, Any]) -> dict[str, Any]:
    """The one capture of an order."""
    (found,) = body["purchase_units"][0]["payments"]["captures"]
    return found


@pytest.fixture
def paypal(sim: Simulator, http: requests.Session) -> PayPal:
    return PayPal(sim, http)


def events(webhooks: list[Webhook], name: str) -> list[str]:
    """What each webhook is called in its gateway's word."""
    return [json.loads(row.body)[name] for row in webhooks]


def form_of(answer: requests.Response) -> tuple[str, dict[str, str]]:
    """Where a page's form goes, and what it carries."""
    form = BeautifulSoup(answer.text, "html.parser").find("form", id="back")
    assert form, answer.text
    return form["action"], {field["name"]: field["value"] for field in form.find_all("input")}
