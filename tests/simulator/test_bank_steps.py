"""The step at the bank: one-time passwords, the phone, the bank's own page, instalments, and ways that are closed."""

from __future__ import annotations

import pytest
import requests
from bs4 import BeautifulSoup

from tests.simulator.conftest import Simulator, callback_form

CARD = {"number": "4111 1111 1111 1111", "expiry": "12/40", "cvv": "123"}


def choose(sim: Simulator, token: str, method: str, **form: str) -> requests.Response:
    return sim.post(f"/pay/{token}/method/{method}", data=form)


def alert(page: requests.Response) -> str:
    found = BeautifulSoup(page.text, "html.parser").find(role="alert")
    assert found, page.text
    return found.get_text()


# ---- one-time password -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "form", "otp"), [("card", CARD, "123123"), ("wallet", {"mobile": "7777777777"}, "489871")]
)
def test_an_otp_lives_two_simulated_minutes_and_a_new_one_can_be_asked_for(
    sim: Simulator, method: str, form: dict[str, str], otp: str
) -> None:
    token = sim.token()
    assert "Good for 2 minutes" in choose(sim, token, method, **form).text
    sim.advance(120)
    page = sim.post(f"/pay/{token}/otp", data={"otp": otp})
    assert (page.status_code, alert(page)) == (400, "This OTP is older than 2 minutes. Ask for a new one.")
    assert sim.order()["status"] == "started"
    sim.post(f"/pay/{token}/otp/resend")
    sim.advance(100)
    sim.post(f"/pay/{token}/otp", data={"otp": otp})
    assert sim.result() == ("TXN_SUCCESS", "01")


def test_an_old_otp_is_no_wrong_one_but_a_wrong_one_counts_even_when_old(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "card", **CARD)
    sim.advance(121)
    for _ in range(4):
        sim.post(f"/pay/{token}/otp", data={"otp": "123123"})
    assert sim.order()["status"] == "started"
    assert "2 tries are left" in alert(sim.post(f"/pay/{token}/otp", data={"otp": "1"}))


def test_three_new_otps_are_sent_and_no_more(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "card", **CARD)
    for _ in range(2):
        assert "Send a new OTP" in sim.post(f"/pay/{token}/otp/resend").text
    assert "Send a new OTP" not in sim.post(f"/pay/{token}/otp/resend").text
    assert "No more OTPs" in alert(sim.post(f"/pay/{token}/otp/resend"))
    sim.post(f"/pay/{token}/otp", data={"otp": "123123"})
    assert sim.result() == ("TXN_SUCCESS", "01")


def test_a_new_otp_does_not_give_new_tries(sim: Simulator) -> None:
    token = sim.token()
    choose(sim, token, "wallet", mobile="7777777777")
    for _ in range(2):
        sim.post(f"/pay/{token}/otp", data={"otp": "0"})
        sim.post(f"/pay/{token}/otp/resend")
    sim.post(f"/pay/{token}/otp", data={"otp": "0"})
    assert sim.result() == ("TXN_FAILURE", "372")
    answers = [hop["answer"] for hop in sim.get("/_sim/orders/ORD-1/hops").json()["hops"]]
    assert answers.count("wrong") == 2
    assert answers[-3:-1] == ["wrong, locked", "TRIES too many wrong one-time passwords"]


@pytest.mark.parametrize("path", ["otp", "otp/resend"])
def test_where_no_otp_is_asked_nothing_happens(sim: Simulator, path: str) -> None:
    token = sim.token()
    choose(sim, token, "upi", vpa="asha@okbank")
    assert "Approve on your phone" in sim.post(f"/pay/{token}/{path}", data={"otp": "123123"}).text
    assert sim.order()["status"] == "started"


def test_the_otp_page_takes_no_focus_for_itself(sim: Simulator) -> None:
    """A browser refuses it in a frame of another site, and says so in the console."""
    assert "autofocus" not in choose(sim, sim.token(), "card", **CARD).text


# ---- the phone and the bank's page -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [("approve", "TXN_SUCCESS", "01"), ("decline", "TXN_FAILURE", "227"), ("pin", "TXN_FAILURE", "931"),
     ("empty", "TXN_FAILURE", "202"), ("down", "TXN_FAILURE", "220"), ("later", "PENDING", "402"),
     ("cancel", "TXN_FAILURE", "141")],
)  # fmt: skip
def test_every_answer_of_the_phone_has_its_button_and_its_code(
    sim: Simulator, answer: str, status: str, code: str
) -> None:
    token = sim.token()
    page = choose(sim, token, "upi", vpa="asha@okbank")
    assert f'action="/pay/{token}/answer/{answer}"' in page.text
    sim.post(f"/pay/{token}/answer/{answer}")
    assert sim.result() == (status, code)


def test_a_collect_request_that_nobody_answers_expires_before_the_token(sim: Simulator) -> None:
    token = sim.token()
    assert "The request is open until" in choose(sim, token, "upi", vpa="asha@okbank").text
    sim.advance(240)  # real time goes by as well
    assert sim.result() == ("PENDING", "402")
    sim.advance(61)
    assert sim.result() == ("TXN_FAILURE", "810")
    assert callback_form(sim.get(f"/pay/{token}/"))[1]["RESPCODE"] == "810"
    hops = sim.get("/_sim/orders/ORD-1/hops").json()["hops"]
    assert hops[-2]["answer"] == "U69 collect request expired"


def test_a_collect_request_never_outlives_the_token(sim: Simulator) -> None:
    token = sim.token()
    sim.advance(14 * 60)
    choose(sim, token, "upi", vpa="asha@okbank")
    sim.advance(61)
    assert sim.result() == ("TXN_FAILURE", "141")


@pytest.mark.parametrize(
    ("answer", "status", "code", "then"),
    [("approve", "TXN_SUCCESS", "01", ""), ("decline", "TXN_FAILURE", "227", ""), ("down", "TXN_FAILURE", "220", ""),
     ("later", "PENDING", "402", "success"), ("later-decline", "PENDING", "402", "failure")],
)  # fmt: skip
def test_every_answer_of_the_banks_page(sim: Simulator, answer: str, status: str, code: str, then: str) -> None:
    sim.settings(settle_after=20)
    token = sim.token()
    page = choose(sim, token, "netbanking", bank="NDBL")
    assert "You are the bank now" in page.text
    assert f'action="/pay/{token}/answer/{answer}"' in page.text
    sim.post(f"/pay/{token}/answer/{answer}")
    assert sim.result() == (status, code)
    sim.advance(21)
    assert sim.order()["status"] == (then or {"TXN_SUCCESS": "success"}.get(status, "failure"))


def test_a_bank_that_is_down_shows_no_page(sim: Simulator) -> None:
    page = choose(sim, sim.token(), "netbanking", bank="TDBL")
    assert callback_form(page)[1]["RESPCODE"] == "220"


def test_a_pending_payment_collapses_after_72_hours_when_no_bank_answers(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(outcome="pending")
    sim.advance(71 * 3600)
    assert sim.result() == ("PENDING", "402")
    sim.advance(3600)
    assert sim.result() == ("TXN_FAILURE", "810")
    assert sim.order()["captured_amount"] == "0.00"


# ---- instalments -----------------------------------------------------------------------------------------------


def test_a_large_order_can_be_paid_in_instalments(sim: Simulator) -> None:
    token = sim.token(txnAmount__value="12000.00")
    page = BeautifulSoup(sim.get(f"/pay/{token}/").text, "html.parser")
    plans = {option["value"]: option.get_text() for option in page.find(id="plan").find_all("option")}
    assert plans["SDBL-6"] == "6 × ₹ 2082.46 (14 %): ₹ 12494.76"
    assert plans["GDBL-3"] == "3 × ₹ 4000.00 (0 %): ₹ 12000.00"
    assert page.find("label", attrs={"for": "plan"})
    otp = choose(sim, token, "card", **CARD, plan="SDBL-6")
    assert "EMI: 6 months of ₹ 2082.46" in otp.text
    _, fields = callback_form(sim.post(f"/pay/{token}/otp", data={"otp": "123123"}))
    assert (fields["PAYMENTMODE"], fields["TXNAMOUNT"], fields["STATUS"]) == ("EMI", "12000.00", "TXN_SUCCESS")
    assert sim.status().json()["body"]["paymentMode"] == "EMI"
    assert sim.order()["transactions"][0]["emi"] == {
        "planId": "SDBL-6", "channelCode": "SDBL", "ofMonths": "6", "interestRate": "14", "emiAmount": "2082.46",
        "totalAmount": "12494.76",
    }  # fmt: skip


def test_a_small_order_offers_no_instalments(sim: Simulator) -> None:
    assert 'id="plan"' not in sim.get(f"/pay/{sim.token()}/").text


@pytest.mark.parametrize(
    ("number", "plan", "said"),
    [
        (CARD["number"], "GDBL-6", "This is a credit card of Sahyadri Demo Bank; the plan is for credit cards of G"),
        ("6074825972083818", "SDBL-6", "This is a debit card of Sahyadri Demo Bank"),
        (CARD["number"], "SDBL-7", "Choose a plan from the list."),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_fit_is_said_at_its_field_and_stays_chosen(
    sim: Simulator, number: str, plan: str, said: str
) -> None:
    token = sim.token(txnAmount__value="12000.00")
    page = choose(sim, token, "card", **{**CARD, "number": number, "plan": plan})
    tree = BeautifulSoup(page.text, "html.parser")
    assert (page.status_code, tree.find(id="plan")["aria-invalid"]) == (400, "true")
    assert tree.find(id="plan-error").get_text().startswith(said)
    assert [option["value"] for option in tree.find_all("option", selected=True)] == [plan] * (plan != "SDBL-7")
    assert sim.order()["status"] == "created"


def test_the_control_plane_pays_in_instalments_too(sim: Simulator) -> None:
    sim.initiate(txnAmount__value="12000.00")
    paid = sim.pay(instrument="4242424242424242", emi="GDBL-12", outcome="success")
    assert paid["callback"]["fields"]["PAYMENTMODE"] == "EMI"
    assert paid["transactions"][0]["emi"]["ofMonths"] == "12"


# ---- ways that the merchant closed -----------------------------------------------------------------------------


def ways(page: requests.Response) -> list[str]:
    return [tag.get_text() for tag in BeautifulSoup(page.text, "html.parser").select("details.method > summary")]


def test_the_page_shows_only_what_the_merchant_allows(sim: Simulator) -> None:
    everything = sim.get(f"/pay/{sim.token('A')}/")
    assert ways(everything) == ["UPI", "Card", "Net banking", "Wallet"]
    token = sim.token("B", enablePaymentMode=[{"mode": "DEBIT_CARD"}, {"mode": "NET_BANKING"}])
    page = sim.get(f"/pay/{token}/")
    assert ways(page) == ["Card", "Net banking"]
    assert BeautifulSoup(page.text, "html.parser").find("details", open=True).summary.get_text() == "Card"


@pytest.mark.parametrize(
    ("channel", "collect", "scan"), [("UPI", True, False), ("UPIPUSH", False, True)]
)  # fmt: skip
def test_upi_can_be_narrowed_to_collect_or_to_apps(sim: Simulator, channel: str, collect: bool, scan: bool) -> None:
    page = sim.get(f"/pay/{sim.token(enablePaymentMode=[{'mode': 'UPI', 'channels': [channel]}])}/").text
    assert ('id="vpa"' in page, "upi://pay" in page) == (collect, scan)


@pytest.mark.parametrize(
    ("method", "form", "field"),
    [("upi", {"vpa": "success@demo"}, "vpa"), ("card", CARD, "number"), ("wallet", {"mobile": "7777777777"}, "mobile")],
)
def test_a_closed_way_is_refused_and_begins_nothing(
    sim: Simulator, method: str, form: dict[str, str], field: str
) -> None:
    token = sim.token(enablePaymentMode=[{"mode": "DEBIT_CARD"}, {"mode": "NB"}])
    page = choose(sim, token, method, **form)
    assert page.status_code == 400
    if method == "card":
        assert "This shop does not take credit card for this order" in alert(page)
    assert sim.order()["status"] == "created"
    assert any(verdict.startswith(f"{field}: This shop does not take") for verdict in sim.verdicts())


def test_the_control_plane_keeps_to_the_modes_too(sim: Simulator) -> None:
    sim.initiate(disablePaymentMode=[{"mode": "UPI"}])
    answer = sim.post("/_sim/orders/ORD-1/pay", json={"outcome": "success"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "method")
    sim.pay(method="netbanking")


def test_a_ready_made_case_uses_a_way_that_is_open(sim: Simulator) -> None:
    token = sim.token(enablePaymentMode=[{"mode": "NET_BANKING"}])
    _, fields = callback_form(sim.post(f"/pay/{token}/case/success"))
    assert (fields["STATUS"], fields["PAYMENTMODE"]) == ("TXN_SUCCESS", "NB")


@pytest.mark.parametrize("listed", ["UPI", [{"mode": "BARTER"}], [{"mode": "COD"}]])
def test_modes_that_cannot_be_used_are_1001(sim: Simulator, listed: object) -> None:
    assert sim.refusal(enablePaymentMode=listed) == ("F", "1001")


def test_an_instalments_only_order_must_choose_a_plan(sim: Simulator) -> None:
    token = sim.token(txnAmount__value="12000.00", enablePaymentMode=[{"mode": "EMI"}])
    assert "Choose a plan" in sim.get(f"/pay/{token}/").text
    assert choose(sim, token, "card", **CARD).status_code == 400
    assert "one-time password" in choose(sim, token, "card", **CARD, plan="SDBL-3").text
