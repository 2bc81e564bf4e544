"""PayPal's stand-in as a merchant's REST client meets it; its notices are judged by ``cryptography``."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from paytm_kit.standins import parties
from paytm_kit.standins.paypal import certificate
from paytm_kit.testing.simulator import Simulator, Webhook
from tests.standins.conftest import SHOP, Browser, PayPal, captured, events, issue, link

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

REFERENCE = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}'


# ---- Tokens -----------------------------------------------------------------------------------------------------


def test_a_token_is_for_those_who_know_the_secret(paypal: PayPal) -> None:
    answer = paypal.fetch_token()
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 32_400
    refused = paypal.fetch_token("guessed")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert paypal.fetch_token(grant_type="password").json()["error"] == "unsupported_grant_type"


def test_a_token_ends_by_the_clock(sim: Simulator, paypal: PayPal) -> None:
    order_id, _ = paypal.created()
    sim.advance(32_401)
    answer = paypal.call("GET", f"/v2/checkout/orders/{order_id}")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    paypal.token = paypal.fetch_token().json()["access_token"]
    assert paypal.call("GET", f"/v2/checkout/orders/{order_id}").status_code == 200


@pytest.mark.parametrize("token", ["", "A21AA.9999999999.0000", "A21AA.٣.x", "x.y.z", "A21AA.." + "0" * 64])
def test_no_token_can_be_made_up(paypal: PayPal, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    answer = paypal.http.get(f"{paypal.url}/v2/checkout/orders/X", headers=headers, timeout=10)
    assert answer.status_code == 401


# ---- Paying -----------------------------------------------------------------------------------------------------


def test_a_payer_approves_and_the_merchant_captures(sim: Simulator, paypal: PayPal, browser: Browser) -> None:
    created = paypal.order().json()
    assert created["status"] == "PAYER_ACTION_REQUIRED"
    order_id, page = created["id"], link(created, "payer-action")
    assert issue(paypal.capture(order_id)) == (422, "ORDER_NOT_APPROVED")
    shown = browser.open(page)
    assert "It is not PayPal" in shown.text
    assert "$\N{NO-BREAK SPACE}12.50" in shown.text
    assert "Kadamb" in shown.text
    left = browser.press(page, "pay")
    approved = paypal.show(order_id)
    assert approved["status"] == "APPROVED"
    assert left.headers["Location"] == f"{SHOP}/done?x=1&token={order_id}&PayerID={approved['payer']['payer_id']}"
    taken = paypal.capture(order_id)
    assert taken.status_code == 201
    assert taken.json()["status"] == "COMPLETED"
    capture = captured(taken.json())
    assert (capture["status"], capture["amount"]["value"], capture["custom_id"]) == ("COMPLETED", "12.50", "ORD-1")
    assert capture["supplementary_data"]["related_ids"]["order_id"] == order_id
    assert captured(paypal.show(order_id))["id"] == capture["id"]
    assert paypal.call("GET", f"/v2/payments/captures/{capture['id']}").json()["status"] == "COMPLETED"
    assert issue(paypal.capture(order_id)) == (422, "ORDER_ALREADY_CAPTURED")
    assert events(sim.webhooks(), "event_type") == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"]


def test_a_declined_payer_is_sent_back_and_pays_otherwise(paypal: PayPal, browser: Browser) -> None:
    order_id, page = paypal.created()
    assert browser.press(page, "decline").status_code == 303  # the payer only agrees; the bank is asked at capture
    refused = paypal.capture(order_id)
    assert issue(refused) == (422, "INSTRUMENT_DECLINED")
    assert link(refused.json(), "redirect") == page
    assert paypal.show(order_id)["status"] == "PAYER_ACTION_REQUIRED"
    browser.press(page, "pay")
    assert paypal.capture(order_id).json()["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("outcome", "status", "event"),
    [
        ("success", "COMPLETED", "PAYMENT.CAPTURE.COMPLETED"),
        ("failure", "DECLINED", "PAYMENT.CAPTURE.DECLINED"),
    ],
)
def test_a_pending_capture_is_decided_later(
    sim: Simulator, paypal: PayPal, browser: Browser, outcome: str, status: str, event: str
) -> None:
    order_id, page = paypal.created()
    browser.press(page, "pending")
    capture = captured(paypal.capture(order_id).json())
    assert (capture["status"], capture["status_details"]) == ("PENDING", {"reason": "PENDING_REVIEW"})
    refused = paypal.call("POST", f"/v2/payments/captures/{capture['id']}/refund", {})
    assert issue(refused) == (422, "REFUND_NOT_ALLOWED")
    sim.ask("POST", f"standins/orders/{order_id}/decide", {"outcome": outcome})
    assert captured(paypal.show(order_id))["status"] == status
    assert events(sim.webhooks(), "event_type")[1:] == ["PAYMENT.CAPTURE.PENDING", event]


def test_whoever_cancels_comes_back_with_the_token_alone(paypal: PayPal, browser: Browser) -> None:
    order_id, page = paypal.created()
    assert browser.press(page, "cancel").headers["Location"] == f"{SHOP}/basket?token={order_id}"
    assert issue(paypal.capture(order_id)) == (422, "ORDER_NOT_APPROVED")
    browser.press(page, "pay")
    browser.press(page, "cancel")  # who has agreed may still go
    assert issue(paypal.capture(order_id)) == (422, "ORDER_NOT_APPROVED")


def test_an_order_that_nobody_approves_ends(sim: Simulator, paypal: PayPal) -> None:
    order_id, _ = paypal.created()
    sim.advance(6 * 3600 + 1)
    assert paypal.show(order_id)["status"] == "VOIDED"
    assert issue(paypal.capture(order_id)) == (422, "ORDER_EXPIRED")


def test_without_payment_source_an_order_is_created_with_an_approve_link(paypal: PayPal) -> None:
    unit = {"amount": {"currency_code": "JPY", "value": "500"}}
    context = {"return_url": f"{SHOP}/done"}
    body = {"intent": "CAPTURE", "purchase_units": [unit], "application_context": context}
    answer = paypal.call("POST", "/v2/checkout/orders", body, key="", whole=False)
    assert answer.status_code == 201
    assert answer.json().keys() == {"id", "status", "links"}
    assert answer.json()["status"] == "CREATED"
    assert link(answer.json(), "approve")


# ---- Asking twice -----------------------------------------------------------------------------------------------


def test_a_request_id_does_its_work_once(paypal: PayPal, browser: Browser) -> None:
    first = paypal.order(key="create-1")
    assert paypal.order(key="create-1").json()["id"] == first.json()["id"]
    assert issue(paypal.order(value="13.00", key="create-1")) == (422, "DUPLICATE_REQUEST_ID")
    browser.press(link(first.json(), "payer-action"), "pay")
    order_id = first.json()["id"]
    taken, again = (paypal.capture(order_id, key="capture-1") for _ in range(2))
    assert (taken.status_code, again.status_code) == (201, 200)
    assert captured(taken.json())["id"] == captured(again.json())["id"]


def test_payment_source_needs_a_request_id(paypal: PayPal) -> None:
    assert issue(paypal.order(key="")) == (400, "PAYPAL_REQUEST_ID_REQUIRED")


def test_an_invoice_id_is_captured_once(paypal: PayPal, browser: Browser) -> None:
    unit = {"invoice_id": "INV-1", "amount": {"currency_code": "USD", "value": "1.00"}}
    body = {"intent": "CAPTURE", "purchase_units": [unit], "application_context": {"return_url": f"{SHOP}/x"}}
    found = [paypal.call("POST", "/v2/checkout/orders", body).json() for _ in range(2)]
    for order in found:
        browser.press(link(order, "approve"), "pay")
    assert paypal.capture(found[0]["id"]).status_code == 201
    assert issue(paypal.capture(found[1]["id"])) == (422, "DUPLICATE_INVOICE_ID")


# ---- Money back -------------------------------------------------------------------------------------------------


@pytest.fixture
def capture_id(sim: Simulator, paypal: PayPal) -> str:
    """A paid capture of 12.50 dollars."""
    order_id, _ = paypal.created()
    sim.ask("POST", f"standins/orders/{order_id}/pay")
    return str(captured(paypal.capture(order_id).json())["id"])


def test_refunds_add_up_to_the_capture(sim: Simulator, paypal: PayPal, capture_id: str) -> None:
    own = f"/v2/payments/captures/{capture_id}"

    def refund(value: str = "", currency: str = "USD", **how: Any) -> requests.Response:
        amount = {"amount": {"value": value, "currency_code": currency}} if value else {}
        return paypal.call("POST", f"{own}/refund", amount, **how)

    part = refund("2.50", key="r-1")
    assert (part.status_code, part.json()["status"], part.json()["amount"]["value"]) == (201, "COMPLETED", "2.50")
    assert refund("2.50", key="r-1").json()["id"] == part.json()["id"]
    assert paypal.call("GET", own).json()["status"] == "PARTIALLY_REFUNDED"
    assert issue(refund("10.01")) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert issue(refund("1.00", "EUR")) == (422, "REFUND_CAPTURE_CURRENCY_MISMATCH")
    assert refund().json()["amount"]["value"] == "10.00"
    assert issue(refund()) == (422, "CAPTURE_FULLY_REFUNDED")
    assert paypal.call("GET", own).json()["status"] == "REFUNDED"
    shown = paypal.call("GET", f"/v2/payments/refunds/{part.json()['id']}").json()
    assert shown["status"] == "COMPLETED"
    assert link(shown, "up").endswith(own)
    assert events(sim.webhooks(), "event_type").count("PAYMENT.CAPTURE.REFUNDED") == 2


# ---- Notices ----------------------------------------------------------------------------------------------------


def test_the_crc_is_that_of_the_reference_body() -> None:
    assert certificate.signed_text("id", "time", "WH", REFERENCE) == b"id|time|WH|2325436976"


def judged(webhook: Webhook, pem: bytes) -> None:
    """Raises InvalidSignature unless PayPal's documented text was signed with the certificate's key."""
    named = {name.removeprefix("Paypal-"): value for name, value in webhook.headers.items()}
    assert named["Auth-Algo"] == "SHA256withRSA"
    parts = (named["Transmission-Id"], named["Transmission-Time"], parties.PAYPAL_WEBHOOK_ID, zlib.crc32(webhook.body))
    text = "|".join(str(part) for part in parts).encode()
    leaf, root = x509.load_pem_x509_certificates(pem)
    root.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
    leaf.public_key().verify(base64.b64decode(named["Transmission-Sig"]), text, padding.PKCS1v15(), hashes.SHA256())


def test_a_notice_verifies_against_the_certificate_that_it_names(
    sim: Simulator, paypal: PayPal, http: requests.Session, capture_id: str
) -> None:
    for webhook in sim.webhooks():
        address = webhook.headers["Paypal-Cert-Url"]
        assert address.startswith(f"{sim.url}/v1/notifications/certs/")
        pem = http.get(address, timeout=10).content
        judged(webhook, pem)
        with pytest.raises(InvalidSignature):
            judged(webhook._replace(body=webhook.body + b" "), pem)
    leaf = x509.load_pem_x509_certificates(pem)[0]
    assert "not PayPal" in leaf.issuer.rfc4514_string()
    assert http.get(f"{address}x", timeout=10).status_code == 404


def test_paypals_own_check_knows_true_from_forged(sim: Simulator, paypal: PayPal, capture_id: str) -> None:
    webhook = sim.webhooks()[-1]
    asked = {
        "auth_algo": webhook.headers["Paypal-Auth-Algo"], "cert_url": webhook.headers["Paypal-Cert-Url"],
        "transmission_id": webhook.headers["Paypal-Transmission-Id"],
        "transmission_sig": webhook.headers["Paypal-Transmission-Sig"],
        "transmission_time": webhook.headers["Paypal-Transmission-Time"], "webhook_id": parties.PAYPAL_WEBHOOK_ID,
    }  # fmt: skip

    def verdict(event: str, **changes: str) -> str:
        body = json.dumps({**asked, **changes})[:-1] + f', "webhook_event" : {event} }}'
        headers = {"Authorization": f"Bearer {paypal.token}", "Content-Type": "application/json"}
        url = f"{sim.url}/v1/notifications/verify-webhook-signature"
        return str(paypal.http.post(url, data=body.encode(), headers=headers, timeout=10).json()["verification_status"])

    event = webhook.body.decode()
    assert verdict(event) == "SUCCESS"
    assert verdict(json.dumps(json.loads(event))) == "FAILURE"  # other blanks are another text
    assert verdict(event, webhook_id="WH-OTHER") == "FAILURE"
    assert verdict(event, transmission_sig="!") == "FAILURE"
    assert verdict(event, cert_url="http://127.0.0.1:9/cert") == "FAILURE"


def test_without_cryptography_a_notice_says_what_to_install(
    sim: Simulator, paypal: PayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    order_id, _ = paypal.created()
    sim.ask("POST", f"standins/orders/{order_id}/pay")
    assert sim.webhooks() == []
    (row,) = sim.ask("GET", "standins/webhooks")["webhooks"]
    assert row["attempts"][0]["answer"].endswith("pip install paytm-kit[paypal]")
    monkeypatch.undo()
    sim.ask("POST", f"standins/webhooks/{row['id']}/redeliver")
    assert events(sim.webhooks(), "event_type") == ["CHECKOUT.ORDER.APPROVED"]


# ---- Bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("1.00", "INR", (422, "CURRENCY_NOT_SUPPORTED")),
        ("1.50", "JPY", (422, "DECIMALS_NOT_SUPPORTED")),
        ("1.505", "USD", (422, "DECIMAL_PRECISION")),
        ("0.00", "USD", (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ("-1.00", "USD", (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ("1e2", "USD", (400, "INVALID_PARAMETER_SYNTAX")),
        ("١", "USD", (400, "INVALID_PARAMETER_SYNTAX")),
        ("1.00", "usd", (400, "INVALID_PARAMETER_SYNTAX")),
        ("", "USD", (400, "MISSING_REQUIRED_PARAMETER")),
    ],
)
def test_an_amount_that_cannot_be_names_its_issue(
    paypal: PayPal, value: str, currency: str, expected: tuple[int, str]
) -> None:
    answer = paypal.order(value=value, currency=currency)
    assert issue(answer) == expected
    assert answer.json()["details"][0]["field"].startswith("/purchase_units/0/amount/")
    assert answer.json()["debug_id"]


UNIT = {"amount": {"currency_code": "USD", "value": "1.00"}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "MISSING_REQUIRED_PARAMETER"),
        ({"intent": "AUTHORIZE"}, "ACTION_NOT_SUPPORTED"),
        ({"intent": ["CAPTURE"]}, "INVALID_PARAMETER_VALUE"),
        ({"intent": "CAPTURE"}, "MISSING_REQUIRED_PARAMETER"),
        ({"intent": "CAPTURE", "purchase_units": {"a": 1}}, "INVALID_PARAMETER_SYNTAX"),
        ({"intent": "CAPTURE", "purchase_units": [UNIT, UNIT]}, "INVALID_ARRAY_MAX_ITEMS"),
        ({"intent": "CAPTURE", "purchase_units": [{**UNIT, "custom_id": 7}]}, "INVALID_PARAMETER_SYNTAX"),
        ({"intent": "CAPTURE", "purchase_units": [{**UNIT, "custom_id": "x" * 256}]}, "INVALID_STRING_LENGTH"),
        ({"intent": "CAPTURE", "purchase_units": [UNIT], "payment_source": {"card": {}}}, "ACTION_NOT_SUPPORTED"),
        ({"intent": "CAPTURE", "purchase_units": [UNIT], "application_context": {"return_url": "https://a.invalid"}},
         "INVALID_PARAMETER_SYNTAX"),
        ([], "MALFORMED_REQUEST_JSON"),
    ],
)  # fmt: skip
def test_a_mistaken_order_names_its_issue(paypal: PayPal, body: Any, expected: str) -> None:
    assert issue(paypal.call("POST", "/v2/checkout/orders", body))[1] == expected


@pytest.mark.parametrize(
    "path",
    ["/v2/checkout/orders/NOBODY", "/v2/payments/captures/NOBODY", "/v2/payments/refunds/NOBODY", "/v2/payments/x/y"],
)
def test_what_is_not_there_is_404(paypal: PayPal, path: str) -> None:
    answer = paypal.call("GET", path)
    assert answer.json()["name"] == "RESOURCE_NOT_FOUND"
    assert issue(answer) == (404, "INVALID_RESOURCE_ID")


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{", "application/json"), (b"a=b", "text/plain"), (b"\xff", "application/json")]
)
def test_hostile_bodies_are_a_400(paypal: PayPal, body: bytes, kind: str) -> None:
    headers = {"Authorization": f"Bearer {paypal.token}", "Content-Type": kind}
    answer = paypal.http.post(f"{paypal.url}/v2/checkout/orders", data=body, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["name"] == "INVALID_REQUEST"
