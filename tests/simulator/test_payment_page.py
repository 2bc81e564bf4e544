"""The payment page as a shopper without JavaScript uses it."""

from __future__ import annotations

import re

import pytest
import requests
import segno
from bs4 import BeautifulSoup

from tests.simulator.conftest import MID, Simulator, callback_form, signed

CARD = {"number": "4111 1111 1111 1111", "expiry": "12/40", "cvv": "123"}


def choose(sim: Simulator, token: str, method: str, **form: str) -> requests.Response:
    return sim.post(f"/pay/{token}/method/{method}", data=form)


def outcome(page: requests.Response) -> tuple[str, str]:
    _, fields = callback_form(page)
    assert signed(fields)
    return fields["STATUS"], fields["RESPCODE"]


# ---- entering --------------------------------------------------------------------------------------------------


def enter(sim: Simulator, query: str = f"?mid={MID}&orderId=ORD-1", **changes: str) -> requests.Response:
    form = {"mid": MID, "orderId": "ORD-1", "txnToken": changes.get("txnToken", "") or sim.token(), **changes}
    return sim.post(f"/theia/api/v1/showPaymentPage{query}", data=form)


def test_the_token_opens_a_page_that_can_be_refreshed(sim: Simulator) -> None:
    page = enter(sim)
    assert page.status_code == 200
    assert page.history[0].status_code == 303
    assert "Choose how to pay" in sim.http.get(page.url, timeout=10).text


@pytest.mark.parametrize("change", [{"txnToken": "nonsense"}, {"orderId": "ORD-2"}, {"mid": "OTHER"}])
def test_a_token_that_does_not_fit_is_a_session_expired(sim: Simulator, change: dict[str, str]) -> None:
    page = enter(sim, query="", **change)
    assert page.status_code == 400
    assert "Your session has expired" in page.text


def test_the_address_and_the_form_must_agree(sim: Simulator) -> None:
    assert "not the same" in enter(sim, query=f"?mid={MID}&orderId=ORD-2").text


def test_after_fifteen_minutes_the_session_has_expired(sim: Simulator) -> None:
    token = sim.token()
    sim.advance(15 * 60)
    for page in (enter(sim, txnToken=token), sim.get(f"/pay/{token}/")):
        assert page.status_code == 400
        assert "Your session has expired" in page.text
    choose(sim, token, "upi", vpa="success@demo")
    assert sim.order()["transactions"] == []


def test_the_page_cannot_be_entered_by_get(sim: Simulator) -> None:
    page = sim.get(f"/theia/api/v1/showPaymentPage?mid={MID}&orderId=ORD-1")
    assert page.status_code == 405
    assert page.headers["Allow"] == "POST"
    assert "text/html" in page.headers["Content-Type"]


# ---- what the page is ------------------------------------------------------------------------------------------


def test_every_page_says_that_this_is_not_paytm(sim: Simulator) -> None:
    token = sim.token()
    pages = [sim.get(f"/pay/{token}/"), choose(sim, token, "card", **CARD), sim.get("/pay/none/"), sim.get("/_sim/")]
    pages += [sim.post(f"/pay/{token}/otp", data={"otp": "123123"})]
    for page in pages:
        assert "This is not Paytm." in page.text
        assert page.headers["X-Paytm-Simulator"].startswith("This is not Paytm")


def test_pages_carry_no_inline_script_or_style_and_a_strict_policy(sim: Simulator) -> None:
    token = sim.token()
    for page in (sim.get(f"/pay/{token}/"), choose(sim, token, "upi", vpa="success@demo"), sim.get("/_sim/")):
        tree = BeautifulSoup(page.text, "html.parser")
        assert not [script for script in tree.find_all("script") if not script.get("src")]
        assert not tree.find_all("style")
        assert not tree.find_all(style=True)
        assert not [tag for tag in tree.find_all(True) for name in tag.attrs if name.startswith("on")]
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"


def test_every_input_has_a_label(sim: Simulator) -> None:
    tree = BeautifulSoup(sim.get(f"/pay/{sim.token()}/").text, "html.parser")
    fields = [field for field in tree.find_all(["input", "select"]) if field.get("type") != "hidden"]
    assert len(fields) == 6
    assert all(tree.find("label", attrs={"for": field["id"]}) for field in fields)


def test_its_files_are_served_without_collectstatic(sim: Simulator) -> None:
    for name, kind in (("pay.css", "text/css"), ("frame.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        answer = sim.get(f"/_sim/assets/{name}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(kind)
    for path in ("nothing.css", "%2e%2e/%2e%2e/models.py", "..%2fmodels.py"):
        assert sim.get(f"/_sim/assets/{path}").status_code in (400, 404)


def test_the_instruments_are_shown_on_the_page(sim: Simulator) -> None:
    text = sim.get(f"/pay/{sim.token()}/").text
    for shown in ("success@demo", "4111 1111 1111 1111", "4000 0000 0000 0002", "7777777778", "SDBL", "123123"):
        assert shown in text


# ---- UPI -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vpa", "status", "code"),
    [
        ("success@demo", "TXN_SUCCESS", "01"),
        (" SUCCESS@demo ", "TXN_SUCCESS", "01"),
        ("failure@demo", "TXN_FAILURE", "227"),
        ("wrong@demo", "TXN_FAILURE", "295"),
        ("pending@demo", "PENDING", "402"),
    ],
)
def test_known_upi_ids_decide_at_once(sim: Simulator, vpa: str, status: str, code: str) -> None:
    assert outcome(choose(sim, sim.token(), "upi", vpa=vpa)) == (status, code)
    assert sim.result() == (status, code)


def test_a_pending_upi_payment_settles_as_its_instrument_says(sim: Simulator) -> None:
    sim.settings(settle_after=20)
    choose(sim, sim.token("ORD-1"), "upi", vpa="pending@demo")
    choose(sim, sim.token("ORD-2"), "upi", vpa="pendingfail@demo")
    sim.advance(21)
    assert sim.result("ORD-1") == ("TXN_SUCCESS", "01")
    assert sim.result("ORD-2") == ("TXN_FAILURE", "227")


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [("approve", ("TXN_SUCCESS", "01")), ("decline", ("TXN_FAILURE", "227")), ("later", ("PENDING", "402")),
     ("cancel", ("TXN_FAILURE", "141"))],
)  # fmt: skip
def test_any_other_upi_id_waits_for_somebody_to_answer(sim: Simulator, answer: str, wanted: tuple[str, str]) -> None:
    token = sim.token()
    page = choose(sim, token, "upi", vpa="asha.k@okbank")
    assert "Approve on your phone" in page.text
    assert "asha" not in page.text
    assert outcome(sim.post(f"/pay/{token}/answer/{answer}")) == wanted


@pytest.mark.parametrize(
    "vpa", ["", "asha", "a@", "@demo", "a b@demo", "asha@demo@demo", "x" * 300 + "@demo", "é@demo"]
)
def test_a_mistyped_upi_id_is_shown_at_its_field(sim: Simulator, vpa: str) -> None:
    token = sim.token()
    page = choose(sim, token, "upi", vpa=vpa)
    field = BeautifulSoup(page.text, "html.parser").find(id="vpa")
    assert page.status_code == 400
    assert field["aria-invalid"] == "true"
    assert "vpa-error" in field["aria-describedby"]
    assert sim.order()["status"] == "created"


def test_the_qr_code_is_the_upi_link_of_this_order(sim: Simulator) -> None:
    drawn = BeautifulSoup(sim.get(f"/pay/{sim.token()}/").text, "html.parser").find("svg").find_all("path")[-1]["d"]
    link = f"upi://pay?pa=shop@demo&pn=Simulated%20shop%20{MID}&tr=ORD-1&tn=Not%20a%20real%20payment&am=249.50&cu=INR"
    expected = segno.make(link, error="m").svg_inline(border=4)
    assert drawn == BeautifulSoup(expected, "html.parser").find_all("path")[-1]["d"]


def test_a_scanned_code_is_approved_or_declined_by_hand(sim: Simulator) -> None:
    assert outcome(sim.post(f"/pay/{sim.token('ORD-1')}/case/approve")) == ("TXN_SUCCESS", "01")
    assert outcome(sim.post(f"/pay/{sim.token('ORD-2')}/case/decline")) == ("TXN_FAILURE", "227")


# ---- card ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "status", "code", "mode"),
    [
        ("4111 1111 1111 1111", "TXN_SUCCESS", "01", "CC"),
        ("5555-5555-5555-4444", "TXN_SUCCESS", "01", "CC"),
        ("6074825972083818", "TXN_SUCCESS", "01", "DC"),
        ("4242424242424242", "TXN_SUCCESS", "01", "CC"),
        ("4000000000000002", "TXN_FAILURE", "227", "CC"),
        ("4000000000009995", "TXN_FAILURE", "202", "CC"),
        ("4000000000000069", "TXN_FAILURE", "207", "CC"),
        ("4000000000000127", "TXN_FAILURE", "209", "CC"),
        ("4000000000000259", "PENDING", "402", "CC"),
    ],
)
def test_a_card_is_decided_after_its_otp(sim: Simulator, number: str, status: str, code: str, mode: str) -> None:
    token = sim.token()
    page = choose(sim, token, "card", number=number, expiry="12/40", cvv="123")
    assert f"card ending {number[-4:]}" in page.text
    assert sim.order()["status"] == "started"
    _, fields = callback_form(sim.post(f"/pay/{token}/otp", data={"otp": "123123"}))
    assert (fields["STATUS"], fields["RESPCODE"], fields["PAYMENTMODE"]) == (status, code, mode)


def test_three_wrong_otps_fail_the_payment(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "card", **CARD)
    for left in ("2 tries are left", "1 try is left"):
        page = sim.post(f"/pay/{token}/otp", data={"otp": "000000"})
        assert page.status_code == 400
        assert left in page.text
    assert outcome(sim.post(f"/pay/{token}/otp", data={"otp": ""})) == ("TXN_FAILURE", "372")
    assert outcome(sim.post(f"/pay/{token}/otp", data={"otp": "123123"})) == ("TXN_FAILURE", "372")
    assert sim.order()["captured_amount"] == "0.00"


def test_cancelling_at_the_otp_step_is_141(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "card", **CARD)
    assert outcome(sim.post(f"/pay/{token}/answer/cancel")) == ("TXN_FAILURE", "141")


def test_the_bank_cannot_be_answered_for_where_an_otp_is_asked(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "card", **CARD)
    assert "one-time password" in sim.post(f"/pay/{token}/answer/approve").text
    assert sim.order()["status"] == "started"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "4111 1111 1111 1112"}, "number"),
        ({"number": "４１１１１１１１１１１１１１１１"}, "number"),
        ({"number": "9" * 15 + "0"}, "number"),
        ({"number": "42" + "0" * 17}, "number"),
        ({"expiry": "13/40"}, "expiry"),
        ({"expiry": "1240"}, "expiry"),
        ({"expiry": "01/20"}, "expiry"),
        ({"cvv": "12"}, "cvv"),
        ({"cvv": "12a"}, "cvv"),
        ({"number": "378282246310005", "cvv": "123"}, "cvv"),
    ],
)
def test_a_mistyped_card_is_shown_at_its_field_and_not_repeated(
    sim: Simulator, change: dict[str, str], field: str
) -> None:
    token = sim.token()
    page = choose(sim, token, "card", **{**CARD, **change})
    tree = BeautifulSoup(page.text, "html.parser")
    assert page.status_code == 400
    assert [tag["id"] for tag in tree.find_all(attrs={"aria-invalid": "true"})] == [field]
    assert not any(tree.find(id=name)["value"] for name in CARD)
    assert sim.order()["status"] == "created"


@pytest.mark.parametrize(("method", "field"), [("upi", "vpa"), ("wallet", "mobile")])
def test_a_card_number_in_another_field_is_not_shown_again(sim: Simulator, method: str, field: str) -> None:
    card, other = "4111 1111 1111 1111", "5555"
    shown = [sim.post(f"/pay/{sim.token()}/method/{method}", data={field: text}) for text in (card, other)]
    assert [page.status_code for page in shown] == [400, 400]
    values = [BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": field})["value"] for page in shown]
    assert values == ["", other]


def test_no_card_number_is_kept_anywhere(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "card", number="4111111111111112", expiry="12/40", cvv="987")
    choose(sim, token, "card", **CARD)
    sim.post(f"/pay/{token}/otp", data={"otp": "123123"})
    kept = sim.get("/_sim/orders").text + sim.get("/_sim/messages").text
    assert "card ending 1111" in kept
    assert "4111" not in kept
    assert not re.search(r"(?<![0-9A-Za-z.])987(?![0-9A-Za-z])", kept)
    assert "123123" not in kept


# ---- net banking and wallet ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "wanted"), [("approve", ("TXN_SUCCESS", "01")), ("decline", ("TXN_FAILURE", "227"))]
)
def test_the_banks_own_page_decides(sim: Simulator, answer: str, wanted: tuple[str, str]) -> None:
    token = sim.token()
    page = choose(sim, token, "netbanking", bank="GDBL")
    assert "Godavari Demo Bank" in page.text
    _, fields = callback_form(sim.post(f"/pay/{token}/answer/{answer}"))
    assert (fields["STATUS"], fields["RESPCODE"]) == wanted
    assert (fields["PAYMENTMODE"], fields["BANKNAME"], fields["GATEWAYNAME"]) == ("NB", "Godavari Demo Bank", "GDBL")


@pytest.mark.parametrize(
    ("mobile", "wanted"), [("7777777777", ("TXN_SUCCESS", "01")), ("77777 77778", ("TXN_FAILURE", "235"))]
)
def test_a_wallet_asks_for_its_otp(sim: Simulator, mobile: str, wanted: tuple[str, str]) -> None:
    token = sim.token()
    page = choose(sim, token, "wallet", mobile=mobile)
    assert f"******{mobile[-4:]}" in page.text
    assert sim.post(f"/pay/{token}/otp", data={"otp": "123123"}).status_code == 400
    _, fields = callback_form(sim.post(f"/pay/{token}/otp", data={"otp": "489871"}))
    assert (fields["STATUS"], fields["RESPCODE"]) == wanted
    assert fields["PAYMENTMODE"] == "PPI"


@pytest.mark.parametrize(("method", "form"), [("netbanking", {"bank": "XXXX"}), ("wallet", {"mobile": "1"})])
def test_an_unknown_bank_or_wallet_is_shown_at_its_field(sim: Simulator, method: str, form: dict[str, str]) -> None:
    page = choose(sim, sim.token(), method, **form)
    [field] = BeautifulSoup(page.text, "html.parser").find_all(attrs={"aria-invalid": "true"})
    assert field["id"] in form


# ---- ready-made cases, ending twice ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ("success", ("TXN_SUCCESS", "01")),
        ("declined", ("TXN_FAILURE", "227")),
        ("wallet-empty", ("TXN_FAILURE", "235")),
        ("wrong-vpa", ("TXN_FAILURE", "295")),
        ("pending", ("PENDING", "402")),
        ("pending-fail", ("PENDING", "402")),
        ("cancel", ("TXN_FAILURE", "141")),
    ],
)
def test_a_case_leads_to_its_outcome_in_one_step(sim: Simulator, case: str, wanted: tuple[str, str]) -> None:
    assert outcome(sim.post(f"/pay/{sim.token()}/case/{case}")) == wanted
    assert sim.result() == wanted


def test_every_case_button_on_the_page_works(sim: Simulator) -> None:
    tree = BeautifulSoup(sim.get(f"/pay/{sim.token('ORD-0')}/").text, "html.parser")
    actions = [form["action"] for form in tree.find_all("form") if "/case/" in form["action"]]
    assert len(actions) == 10
    for number, action in enumerate(actions, 1):
        token = sim.token(f"ORD-{number}")
        assert sim.post(f"/pay/{token}/case/{action.rsplit('/', 1)[1]}").status_code == 200
        assert sim.order(f"ORD-{number}")["status"] in ("success", "failure", "pending")


def test_closing_the_tab_pays_without_a_callback(sim: Simulator) -> None:
    token = sim.token()
    page = sim.post(f"/pay/{token}/case/close")
    assert "You can close this tab now" in page.text
    assert 'id="callback"' not in page.text
    assert sim.result() == ("TXN_SUCCESS", "01")


def test_a_finished_payment_shows_its_outcome_again_and_captures_once(sim: Simulator) -> None:
    token = sim.token()
    _, first = callback_form(choose(sim, token, "upi", vpa="success@demo"))
    again = [
        choose(sim, token, "upi", vpa="failure@demo"),
        choose(sim, token, "card", **CARD),
        sim.post(f"/pay/{token}/case/success"),
        sim.post(f"/pay/{token}/case/cancel"),
        sim.post(f"/pay/{token}/answer/decline"),
        sim.post(f"/pay/{token}/otp", data={"otp": "123123"}),
        sim.get(f"/pay/{token}/"),
        enter(sim, txnToken=token),
    ]
    for page in again:
        _, fields = callback_form(page)
        assert (fields["TXNID"], fields["STATUS"]) == (first["TXNID"], "TXN_SUCCESS")
    assert sim.order()["captured_amount"] == "249.50"
    assert len(sim.order()["transactions"]) == 1


def test_going_back_to_another_method_gives_up_the_first_attempt(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "card", **CARD)
    assert outcome(choose(sim, token, "upi", vpa="success@demo")) == ("TXN_SUCCESS", "01")
    assert [row["status"] for row in sim.order()["transactions"]] == ["failure", "success"]
    assert sim.result() == ("TXN_SUCCESS", "01")


@pytest.mark.parametrize("path", ["", "method/upi", "case/success", "case/cancel", "answer/approve", "otp"])
def test_an_unknown_token_leads_to_a_calm_page(sim: Simulator, path: str) -> None:
    page = sim.post(f"/pay/nonsense/{path}") if path else sim.get("/pay/nonsense/")
    assert page.status_code == 400
    assert "Your session has expired" in page.text


@pytest.mark.parametrize("path", ["answer/approve", "otp"])
def test_a_step_before_any_method_is_a_calm_page(sim: Simulator, path: str) -> None:
    assert sim.post(f"/pay/{sim.token()}/{path}").status_code == 400


def test_unknown_methods_and_cases_do_not_exist(sim: Simulator) -> None:
    token = sim.token()
    for path in ("method/cash", "case/other", "answer/other"):
        assert sim.post(f"/pay/{token}/{path}").status_code == 404
