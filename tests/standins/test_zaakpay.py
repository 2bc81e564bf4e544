"""Zaakpay's stand-in as a merchant meets it, judged by the kits' vectors and by hmac alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paytm_kit.standins import parties
from paytm_kit.standins.zaakpay import signing
from paytm_kit.testing.simulator import Simulator
from tests.standins.conftest import SHOP, Browser, Zaakpay, form_of

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "zaakpay.json").read_text(encoding="utf-8"))
KEY = VECTORS["secret_key"]


def named(rows: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(row, id=row["name"].replace(" ", "-")) for row in rows]


# ---- The signature ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", named(VECTORS["transact"]))
def test_requests_are_signed_as_the_published_kits_sign_them(vector: dict[str, Any]) -> None:
    assert signing.request_text(vector["fields"]) == vector["checksum_string"]
    assert signing.fits(vector["checksum_string"], vector["checksum"], KEY)


@pytest.mark.parametrize("vector", named(VECTORS["response"]))
def test_returns_are_signed_as_the_published_kits_sign_them(vector: dict[str, Any]) -> None:
    assert signing.return_text(vector["fields"]) == vector["checksum_string"]
    assert signing.of_text(vector["checksum_string"], KEY) == vector["checksum"]


@pytest.mark.parametrize("vector", named(VECTORS["json_or_raw_string"]))
def test_texts_are_signed_to_the_letter(vector: dict[str, Any]) -> None:
    assert signing.of_text(vector["string"], KEY) == vector["checksum"]


@pytest.mark.parametrize("vector", named(VECTORS["must_not_verify"]))
def test_what_must_not_verify_does_not(vector: dict[str, Any]) -> None:
    text = {"response": signing.return_text, "transact": signing.request_text}.get(vector["kind"])
    assert not signing.fits(text(vector["fields"]) if text else vector["string"], vector["checksum"], KEY)


# ---- Paying -----------------------------------------------------------------------------------------------------


def test_a_shopper_pays_and_brings_back_a_signed_form(sim: Simulator, zaakpay: Zaakpay, browser: Browser) -> None:
    page = zaakpay.page()
    shown = browser.open(page)
    assert "It is not Zaakpay" in shown.text
    assert "₹\N{NO-BREAK SPACE}249.50" in shown.text
    assert "ORD1" in shown.text
    assert "Brass bell" in shown.text
    url, fields = form_of(browser.press(page, "pay"))
    checksum = fields.pop("checksum")
    names = VECTORS["response_field_order"]
    assert checksum == zaakpay.sign("".join(f"{name}={fields[name]}&" for name in names if name in fields))
    assert url == f"{SHOP}/return"
    assert (fields["orderId"], fields["amount"], fields["responseCode"]) == ("ORD1", "24950", "100")
    assert fields["responseDescription"].endswith(". ")  # the blank that is signed
    (webhook,) = sim.webhooks()
    text = webhook.fields["txnData"]
    assert zaakpay.sign(text) == webhook.fields["checksum"]
    assert "\\/" in text  # PHP's slashes are part of the signed text
    (row,) = json.loads(text)["txns"]
    assert (row["orderId"], row["responseCode"], row["pgTransId"]) == ("ORD1", "100", fields["pgTransId"])
    order = zaakpay.order()
    assert (order["responseCode"], order["txnStatus"], order["orderDetail"]["amount"]) == ("228", "0", "24950")
    assert order["orderDetail"]["txnId"] == fields["pgTransId"]


def test_a_refreshed_last_page_brings_the_same_form(zaakpay: Zaakpay, browser: Browser) -> None:
    page = zaakpay.page()
    first = form_of(browser.press(page, "pay"))
    assert form_of(browser.http.get(page, timeout=10)) == first
    assert form_of(browser.press(page, "decline")) == first  # it is paid, whatever is pressed now


@pytest.mark.parametrize(
    ("button", "returned", "asked"),
    [("decline", "400", ("400", "1")), ("cancel", "213", ("213", "1")), ("pending", "208", ("208", "2"))],
)
def test_each_button_has_its_code(
    zaakpay: Zaakpay, browser: Browser, button: str, returned: str, asked: tuple[str, str]
) -> None:
    _, fields = form_of(browser.press(zaakpay.page(), button))
    assert fields["responseCode"] == returned
    order = zaakpay.order()
    assert (order["responseCode"], order["txnStatus"]) == asked


def test_a_late_success_is_told_as_became_successful_later(sim: Simulator, zaakpay: Zaakpay, browser: Browser) -> None:
    browser.press(zaakpay.page(), "pending")
    sim.ask("POST", "standins/orders/ORD1/decide", {"outcome": "success"})
    first, later = (json.loads(row.fields["txnData"])["txns"][0] for row in sim.webhooks())
    assert first["responseCode"] == "208"
    assert (later["orderid"], later["amount"]) == ("ORD1", 24950)
    assert "responseCode" not in later
    assert zaakpay.order()["responseCode"] == "228"


def test_the_same_form_again_leads_to_the_same_page_and_another_form_is_refused(zaakpay: Zaakpay) -> None:
    assert zaakpay.page() == zaakpay.page()
    refused = zaakpay.transact(zaakpay.form(amount="100"))
    assert refused.status_code == 409
    assert "orderId: this id was used before" in refused.text


def test_v13_takes_the_same_form(zaakpay: Zaakpay) -> None:
    assert zaakpay.transact(zaakpay.form(), 13).status_code == 303


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("no merchant", {"merchantIdentifier": ""}, "Code 110"),
    ("another merchant", {"merchantIdentifier": "x" * 32}, "Code 111"),
    ("no order id", {"orderId": ""}, "Code 129"),
    ("a long order id", {"orderId": "x" * 21}, "orderId: must be 1 to 20"),
    ("rupees", {"amount": "249.50"}, "amount: must be whole paise"),
    ("less than a rupee", {"amount": "99"}, "amount: must be whole paise"),
    ("another currency", {"currency": "USD"}, "currency: must be INR"),
    ("no e-mail", {"buyerEmail": "nobody"}, "buyerEmail: must be"),
    ("a foreign host", {"returnUrl": "https://shop.invalid/x"}, "returnUrl: the simulator contacts local hosts only"),
    ("another mode", {"mode": "7"}, "mode: must be 0 or 1"),
]


@pytest.mark.parametrize(("changes", "said"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_a_mistaken_form_is_answered_with_a_page_that_names_it(
    sim: Simulator, zaakpay: Zaakpay, changes: dict[str, str], said: str
) -> None:
    refused = zaakpay.transact(zaakpay.form(**changes))
    assert refused.status_code == 400
    assert said in refused.text
    assert sim.ask("GET", "standins/orders")["orders"] == []


@pytest.mark.parametrize(("checksum", "code"), [("", "189"), ("0" * 64, "180"), ("\ud800é", "180")])
def test_a_checksum_that_is_not_the_forms_is_refused_before_its_fields_are_looked_at(
    zaakpay: Zaakpay, checksum: str, code: str
) -> None:
    form = zaakpay.form(amount="nonsense") | {"checksum": checksum.encode("utf-8", "replace").decode()}
    assert f"Code {code}" in zaakpay.transact(form).text


def test_a_changed_amount_is_seen(zaakpay: Zaakpay) -> None:
    assert "Code 180" in zaakpay.transact(zaakpay.form() | {"amount": "100"}).text


def test_the_buyers_contact_is_kept_nowhere(sim: Simulator, zaakpay: Zaakpay, browser: Browser) -> None:
    browser.press(zaakpay.page(), "pay")
    told = json.dumps([sim.ask("GET", "standins/orders"), sim.messages(), sim.ask("GET", "standins/webhooks")])
    assert "canary" not in told
    assert "canary" not in browser.open(f"{sim.url}/_sim/watch/standins").text


# ---- Asking -----------------------------------------------------------------------------------------------------


def test_an_unknown_order_is_205(zaakpay: Zaakpay) -> None:
    said = zaakpay.status("NOBODY")
    assert said["success"] is False
    assert said["orders"][0]["responseCode"] == "205"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"merchantIdentifier": ""}, "110"),
        ({"merchantIdentifier": "other"}, "111"),
        ({"mode": ""}, "155"),
        ({"mode": "9"}, "156"),
        ({"orderDetail": {}}, "129"),
        ({"orderDetail": ["x"]}, "129"),
    ],
)
def test_a_mistaken_question_says_its_code(zaakpay: Zaakpay, changes: dict[str, Any], code: str) -> None:
    assert zaakpay.status(**changes)["orders"][0]["responseCode"] == code


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"data": "{}"}, "189"),
        ({"data": "{", "checksum": "x"}, "182"),
        ({"data": "[]", "checksum": "x"}, "182"),
        ({"data": json.dumps({"merchantIdentifier": parties.ZAAKPAY_MERCHANT}), "checksum": "x"}, "180"),
        ({"data": "[" * 60_000, "checksum": "x"}, "182"),
    ],
)
def test_hostile_questions_are_answered_in_zaakpays_words(zaakpay: Zaakpay, sent: dict[str, str], code: str) -> None:
    for path in ("/checkTxn?v=5", "/updateTxn"):
        answer = zaakpay.http.post(zaakpay.url + path, data=sent, timeout=10)
        assert answer.status_code == 200
        assert f'"responseCode": "{code}"' in answer.text
    assert zaakpay.http.get(f"{zaakpay.url}/checkTxn", timeout=10).status_code == 405


# ---- Money back -------------------------------------------------------------------------------------------------


@pytest.fixture
def paid(zaakpay: Zaakpay, browser: Browser) -> Zaakpay:
    browser.press(zaakpay.page(), "pay")
    return zaakpay


def test_a_full_refund_is_accepted_first_and_paid_later(sim: Simulator, paid: Zaakpay) -> None:
    assert paid.refund("R1")["responseCode"] == "230"
    order = paid.order()
    assert (order["responseCode"], order["txnStatus"]) == ("230", "3")
    assert order["refundDetails"] == [{"amount": "24950", "merchantRefId": "R1"}]
    sim.ask("POST", "standins/refunds/R1/decide", {"outcome": "success"})
    order = paid.order()
    assert order["responseCode"] == "231"
    assert len(order["refundDetails"][0]["arn"]) == 23


def test_the_clock_pays_a_refund(sim: Simulator, paid: Zaakpay) -> None:
    sim.configure(settle_after=3600)
    paid.refund("R1", "100")
    sim.advance(3000)  # real time goes by as well
    assert paid.order()["responseCode"] == "245"
    sim.advance(600)
    assert (paid.order()["responseCode"], paid.order()["txnStatus"]) == ("252", "4")


def test_partial_refunds_go_up_to_what_was_paid(paid: Zaakpay) -> None:
    assert paid.refund("R1", "20000")["responseCode"] == "245"
    assert paid.refund("R2", "4951")["responseCode"] == "203"
    assert paid.refund("R3", "4950")["responseCode"] == "245"
    assert paid.order()["txnStatus"] == "3"
    assert paid.refund("R4")["responseCode"] == "203"


def test_the_same_reference_is_the_same_refund(paid: Zaakpay) -> None:
    assert [paid.refund("R1", "100")["responseCode"] for _ in range(3)] == ["245"] * 3
    assert len(paid.order()["refundDetails"]) == 1
    assert paid.refund("R1", "101")["responseCode"] == "203"  # another refund by the same name
    assert paid.refund("R1")["responseCode"] == "203"


def test_a_failed_refund_leaves_its_amount(sim: Simulator, paid: Zaakpay) -> None:
    paid.refund("R1")
    sim.ask("POST", "standins/refunds/R1/decide", {"outcome": "failure"})
    assert paid.order()["responseCode"] == "228"
    assert paid.refund("R1")["responseCode"] == "843"
    assert paid.refund("R2")["responseCode"] == "230"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"updateDesired": ""}, "184"),
        ({"updateDesired": "13"}, "185"),
        ({"updateDesired": "7"}, "229"),
        ({"updateReason": "bad!"}, "187"),
        ({"merchantRefId": ""}, "182"),
        ({"orderDetail": {"orderId": "ORD1", "amount": "1.00"}}, "201"),
        ({"orderDetail": {"orderId": "ORD1", "amount": 100}}, "201"),
        ({"orderDetail": {"orderId": "NOBODY"}}, "205"),
    ],
)
def test_a_mistaken_refund_says_its_code(paid: Zaakpay, changes: dict[str, Any], code: str) -> None:
    assert paid.refund("R1", "100", **changes)["responseCode"] == code
    assert "refundDetails" not in paid.order()


def test_what_was_not_paid_is_not_refunded(zaakpay: Zaakpay, browser: Browser) -> None:
    browser.press(zaakpay.page(), "decline")
    assert zaakpay.refund("R1")["responseCode"] == "190"
