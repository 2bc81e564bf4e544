"""Mandates: set up on the payment page, announced, debited when due, paused, cancelled, expired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.simulator.conftest import MID, REMOVED, Simulator, changed, eventually, sealed, signed
from tests.simulator.listening import Merchant, listening
from tests.simulator.money import DAY, account

FAMILIES = ["/subscription", "/subscription/subscription"]
IST = timezone(timedelta(hours=5, minutes=30))


def today(sim: Simulator) -> date:
    return datetime.fromisoformat(sim.get("/_sim/health").json()["now"]).astimezone(IST).date()


def create(
    sim: Simulator, path: str = "/subscription/create", order_id: str = "SUB-1", **changes: Any
) -> requests.Response:
    start = today(sim)
    body = {
        "requestType": "NATIVE_SUBSCRIPTION", "mid": MID, "orderId": order_id, "websiteName": "WEBSTAGING",
        "callbackUrl": sim.callback_url, "txnAmount": {"value": "100.00", "currency": "INR"},
        "userInfo": {"custId": "C_17"}, "subscriptionPaymentMode": "UPI", "subscriptionAmountType": "VARIABLE",
        "subscriptionMaxAmount": "500.00", "subscriptionFrequency": "1", "subscriptionFrequencyUnit": "MONTH",
        "subscriptionStartDate": start.isoformat(),
        "subscriptionExpiryDate": (start + timedelta(days=300)).isoformat(), "subscriptionGraceDays": "3",
        "subscriptionEnableRetry": "0",
    }  # fmt: skip
    return sim.send(f"{path}?{urlencode({'mid': MID, 'orderId': order_id})}", changed(body, changes))


def mandate(sim: Simulator, **changes: Any) -> str:
    """The id of a mandate whose first payment succeeded."""
    answer = create(sim, **changes).json()["body"]
    sim.pay("SUB-1", method=PAYS.get(changes.get("subscriptionPaymentMode", "UPI")))
    return answer["subscriptionId"]


PAYS = {"UPI": "upi", "CC": "card", "PPI": "wallet"}


def manage(sim: Simulator, name: str, family: str = "/subscription", **body: Any) -> dict[str, Any]:
    answer = sim.send(f"{family}/{name}", {"mid": MID, **body})
    assert answer.status_code == 200
    assert sealed(answer)
    return answer.json()["body"]


def state(sim: Simulator, subs_id: str) -> tuple[str, str]:
    body = manage(sim, "checkStatus", subsId=subs_id)
    return body["status"], body.get("subStatus", "")


def notify(sim: Simulator, subs_id: str, day: date, amount: str = "120.00", reference: str = "N-1") -> dict[str, Any]:
    return manage(
        sim, "preNotify", subsId=subs_id, txnAmount=amount, txnDate=day.strftime("%d-%m-%Y"),
        txnMessage="Monthly box", referenceId=reference,
    )  # fmt: skip


def renew(
    sim: Simulator,
    subs_id: str,
    order_id: str = "REN-1",
    amount: str = "120.00",
    family: str = "/subscription",
    **more: Any,
) -> str:
    """The code of a renewal request."""
    body = {
        "mid": MID,
        "orderId": order_id,
        "subscriptionId": subs_id,
        "txnAmount": {"value": amount, "currency": "INR"},
    }
    path = f"{family}/renew?{urlencode({'mid': MID, 'orderId': order_id})}"
    return sim.send(path, body | more).json()["body"]["resultInfo"]["code"]


def announced(sim: Simulator, subs_id: str, days: int = 32, amount: str = "120.00") -> date:
    """A successful pre-notification of a debit in the next cycle, and its day."""
    day = today(sim) + timedelta(days=days)
    notify(sim, subs_id, day, amount, f"N-{days}")
    sim.advance(61)
    return day


@pytest.fixture
def server(sim: Simulator) -> Iterator[Merchant]:
    with listening() as merchant:
        sim.settings(webhook_url=f"{merchant.url}/hook")
        yield merchant
        sim.settings(webhook_url="")


# ---- consent ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/subscription/create", "/theia/api/v1/subscription/create"])
def test_the_first_payment_activates_the_mandate(sim: Simulator, path: str) -> None:
    answer = create(sim, path)
    assert sealed(answer)
    body = answer.json()["body"]
    assert body["resultInfo"] == {"resultStatus": "S", "resultCode": "0000", "resultMsg": "Success"}
    assert state(sim, body["subscriptionId"]) == ("INIT", "")
    page = sim.post(f"/theia/api/v1/showPaymentPage?mid={MID}&orderId=SUB-1", data={
        "mid": MID, "orderId": "SUB-1", "txnToken": body["txnToken"],
    })  # fmt: skip
    assert "100.00" in page.text
    sim.pay("SUB-1")
    assert state(sim, body["subscriptionId"]) == ("ACTIVE", "ACTIVE")
    assert sim.status("SUB-1").json()["body"]["subsId"] == body["subscriptionId"]


def test_a_consent_that_fails_can_be_tried_again_while_its_token_lives(sim: Simulator) -> None:
    subs_id = create(sim).json()["body"]["subscriptionId"]
    sim.pay("SUB-1", "failure")
    assert state(sim, subs_id)[0] == "AUTHORIZATION_FAILED"
    sim.pay("SUB-1")
    assert state(sim, subs_id)[0] == "ACTIVE"


def test_a_consent_that_nobody_gives_times_out(sim: Simulator) -> None:
    subs_id = create(sim).json()["body"]["subscriptionId"]
    sim.advance(16 * 60)
    assert state(sim, subs_id) == ("AUTHORIZATION_FAILED", "TIMED_OUT")


def test_a_pending_consent_waits_for_the_bank(sim: Simulator) -> None:
    subs_id = create(sim).json()["body"]["subscriptionId"]
    sim.pay("SUB-1", "pending")
    assert state(sim, subs_id)[0] == "IN_AUTHORIZATION"
    sim.post("/_sim/orders/SUB-1/settle", json={"outcome": "success"})
    assert state(sim, subs_id)[0] == "ACTIVE"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mandate_is_found_by_id_or_by_customer_and_order(sim: Simulator, family: str) -> None:
    subs_id = mandate(sim)
    found = manage(sim, "checkStatus", family, custId="C_17", orderId="SUB-1")
    assert found["resultInfo"]["code"] == "3006"
    assert (found["subsId"], found["frequencyUnit"], found["lastOrderStatus"]) == (subs_id, "MONTH", "TXN_SUCCESS")
    assert manage(sim, "checkStatus", family, custId="C_18", orderId="SUB-1")["resultInfo"]["code"] == "1001"
    assert manage(sim, "checkStatus", family)["resultInfo"]["code"] == "1007"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"txnAmount": REMOVED}, "1007"),
        ({"subscriptionStartDate": REMOVED}, "1007"),
        ({"extendInfo": {"udf1": "a|b"}}, "1008"),
        ({"txnAmount__value": "0"}, "2007"),
        ({"txnAmount__currency": "USD"}, "2007"),
        ({"subscriptionMaxAmount": "many"}, "2007"),
        ({"subscriptionMaxAmount": {"value": "5"}}, "1001"),
        ({"mid": "OTHER"}, "2013"),
        ({"orderId": "OTHER"}, "2014"),
        ({"subscriptionAmountType": "ANY"}, "4001"),
        ({"subscriptionFrequency": "0"}, "4001"),
        ({"subscriptionFrequencyUnit": "DAY"}, "4001"),
        ({"subscriptionFrequencyUnit": "FORTNIGHT", "subscriptionPaymentMode": "CC"}, "4001"),
        ({"subscriptionPaymentMode": "CC", "subscriptionGraceDays": "4"}, "4001"),
        ({"userInfo__custId": "a b"}, "4002"),
        ({"subscriptionStartDate": "2020-01-01"}, "5028"),
        ({"subscriptionExpiryDate": "2020-01-01"}, "1001"),
        ({"requestType": "Payment"}, "1001"),
        ({"callbackUrl": "https://elsewhere.example/"}, "1001"),
        ({"userInfo": "C_17"}, "1007"),
    ],
)
def test_a_mandate_that_is_not_right_is_refused(sim: Simulator, changes: dict[str, Any], code: str) -> None:
    info = create(sim, **changes).json()["body"]["resultInfo"]
    assert (info["resultStatus"], info["resultCode"]) == ("F", code)
    assert sim.get("/_sim/subscriptions").json()["subscriptions"] == []


def test_an_order_id_makes_one_mandate(sim: Simulator) -> None:
    create(sim)
    assert create(sim).json()["body"]["resultInfo"]["resultCode"] == "2009"
    assert len(sim.get("/_sim/subscriptions").json()["subscriptions"]) == 1


@pytest.mark.parametrize(
    "name", ["create", "checkStatus", "preNotify", "preNotify/status", "renew", "cancel", "status/modify"]
)
@pytest.mark.parametrize("raw", [b"", b"[]", b'{"head":{},"body":{"mid":"DEMOMID0000000000001"}}', b"\xff"])
def test_what_is_unsigned_or_unreadable_never_breaks(sim: Simulator, name: str, raw: bytes) -> None:
    answer = sim.post(f"/subscription/{name}", data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    info = answer.json()["body"]["resultInfo"]
    assert (info.get("code") or info["resultCode"]) in ("1001", "1007", "2005", "2013")


# ---- debits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_an_accepted_renewal_is_debited_when_it_is_due(sim: Simulator, family: str) -> None:
    subs_id = mandate(sim)
    day = announced(sim, subs_id)
    assert renew(sim, subs_id, family=family, debitDate=f"{day} 09:00:00") == "900"
    assert sim.result("REN-1") == ("PENDING", "402")
    sim.advance(30 * DAY)
    assert sim.result("REN-1") == ("PENDING", "402")
    sim.advance(3 * DAY)
    assert sim.result("REN-1") == ("TXN_SUCCESS", "01")
    body = sim.status("REN-1").json()["body"]
    assert (body["subsId"], body["txnAmount"], body["paymentMode"]) == (subs_id, "120.00", "UPI")
    assert sim.order("REN-1")["captured_amount"] == "120.00"


def test_a_debit_can_be_refused_by_the_bank(sim: Simulator) -> None:
    subs_id = mandate(sim)
    day = announced(sim, subs_id)
    renew(sim, subs_id, debitDate=f"{day} 09:00:00")
    sim.post("/_sim/orders/REN-1/settle", json={"outcome": "failure"})
    assert sim.result("REN-1")[0] == "TXN_FAILURE"
    sim.advance(40 * DAY)
    assert sim.result("REN-1")[0] == "TXN_FAILURE"
    assert account(sim, f"merchant/{MID}") == "100.00"


def test_upi_is_debited_only_after_a_pre_notification(sim: Simulator) -> None:
    subs_id = mandate(sim)
    day = today(sim) + timedelta(days=32)
    at = {"debitDate": f"{day} 09:00:00"}
    assert renew(sim, subs_id, **at) == "3054"
    taken = notify(sim, subs_id, day)
    assert renew(sim, subs_id, **at) == "3054"  # not sent yet
    sim.advance(61)
    told = manage(sim, "preNotify/status", subsId=subs_id, referenceId="N-1")
    assert (told["notificationStatus"], told["txnDate"]) == ("SUCCESS", day.strftime("%d-%m-%Y"))
    by_paytm = manage(sim, "preNotify/status", subsId=subs_id, paytmReferenceId=taken["paytmReferenceId"])
    assert by_paytm["referenceId"] == "N-1"
    assert renew(sim, subs_id, amount="121.00", **at) == "3054"
    assert renew(sim, subs_id, **at) == "900"


def test_a_wallet_needs_no_pre_notification_and_may_be_debited_at_once(sim: Simulator) -> None:
    subs_id = mandate(sim, subscriptionPaymentMode="PPI", subscriptionFrequencyUnit="ONDEMAND")
    assert renew(sim, subs_id) == "900"
    assert sim.result("REN-1") == ("TXN_SUCCESS", "01")


def test_one_cycle_has_one_debit(sim: Simulator) -> None:
    subs_id = mandate(sim)
    assert renew(sim, subs_id) == "267"  # the first payment was this month's
    day = announced(sim, subs_id)
    assert renew(sim, subs_id, debitDate=f"{day} 09:00:00") == "900"
    assert renew(sim, subs_id, "REN-2", debitDate=f"{day} 10:00:00") == "267"
    sim.post("/_sim/orders/REN-1/settle", json={"outcome": "failure"})
    assert renew(sim, subs_id, "REN-2", debitDate=f"{day} 10:00:00") == "900"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "500.01"}, "2007"),
        ({"txnAmount": "x"}, "2007"),
        ({"txnAmount": {}}, "2007"),
        ({"debitDate": "2031-02-30 00:00:00"}, "1001"),
        ({"debitDate": "tomorrow"}, "1001"),
        ({"debitDate": "2099-01-01 00:00:00"}, "1001"),
        ({"subscriptionId": "1"}, "1001"),
        ({"subscriptionId": None}, "1007"),
        ({"orderId": "OTHER"}, "2014"),
        ({"order_id": "SUB-1"}, "2009"),
    ],
)
def test_a_renewal_that_is_not_right_is_refused(sim: Simulator, changes: dict[str, Any], code: str) -> None:
    subs_id = mandate(sim, subscriptionPaymentMode="PPI", subscriptionFrequencyUnit="ONDEMAND")
    assert renew(sim, subs_id, **changes) == code


def test_a_fixed_mandate_takes_its_amount_and_no_other(sim: Simulator) -> None:
    subs_id = mandate(
        sim, subscriptionPaymentMode="PPI", subscriptionFrequencyUnit="ONDEMAND", subscriptionAmountType="FIX",
        renewalAmount="99.00",
    )  # fmt: skip
    assert renew(sim, subs_id, amount="98.00") == "2007"
    assert renew(sim, subs_id, amount="99.00") == "900"


# ---- the end ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_a_cancelled_mandate_is_never_debited(sim: Simulator, family: str) -> None:
    subs_id = mandate(sim)
    day = announced(sim, subs_id)
    renew(sim, subs_id, debitDate=f"{day} 09:00:00")
    assert manage(sim, "cancel", family, subsId=subs_id)["status"] == "REJECT"
    assert state(sim, subs_id) == ("REJECT", "MERCHANT_CANCELLED")
    sim.advance(40 * DAY)
    assert sim.result("REN-1") == ("TXN_FAILURE", "810")
    assert renew(sim, subs_id, "REN-2") == "1001"
    assert manage(sim, "cancel", family, subsId=subs_id)["resultInfo"]["code"] == "1001"


def test_the_customer_can_cancel_too(sim: Simulator) -> None:
    subs_id = mandate(sim)
    assert sim.post(f"/_sim/subscriptions/{subs_id}/cancel").json()["subStatus"] == "USER_CANCELLED"
    assert sim.post(f"/_sim/subscriptions/{subs_id}/cancel").status_code == 400
    assert sim.post("/_sim/subscriptions/1/cancel").status_code == 404


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mandate_can_be_paused_and_resumed(sim: Simulator, family: str) -> None:
    subs_id = mandate(sim)
    assert manage(sim, "status/modify", family, subsId=subs_id, status="SUSPENDED")["status"] == "SUSPENDED"
    assert renew(sim, subs_id) == "1001"
    again = manage(sim, "status/modify", family, subsId=subs_id, status="SUSPENDED")
    assert again["resultInfo"]["code"] == "1001"
    assert manage(sim, "status/modify", family, subsId=subs_id, status="ACTIVE")["status"] == "ACTIVE"
    assert manage(sim, "status/modify", family, subsId=subs_id, status="CLOSED")["resultInfo"]["code"] == "1001"


def test_a_mandate_expires_after_its_last_day(sim: Simulator) -> None:
    last = (today(sim) + timedelta(days=40)).isoformat()
    subs_id = mandate(sim, subscriptionExpiryDate=last)
    sim.advance(40 * DAY)
    assert state(sim, subs_id)[0] == "ACTIVE"
    sim.advance(DAY)
    assert state(sim, subs_id)[0] == "EXPIRED"


# ---- webhooks ---------------------------------------------------------------------------------------------------


def test_the_merchant_hears_of_every_change_and_every_debit(sim: Simulator, server: Merchant) -> None:
    subs_id = create(sim).json()["body"]["subscriptionId"]
    sim.pay("SUB-1", deliver=["webhook"])
    day = announced(sim, subs_id)
    renew(sim, subs_id, debitDate=f"{day} 09:00:00")
    sim.advance(33 * DAY)
    manage(sim, "cancel", subsId=subs_id)
    eventually(lambda: len(server.forms("/hook")) >= 5, "five webhooks")
    forms = server.forms("/hook")
    assert all(signed(form) for form in forms)
    assert [form["STATUS"] for form in forms if "FREQUENCYUNIT" in form] == ["ACTIVE", "REJECT"]
    (notice,) = [form for form in forms if "REFERENCEID" in form]
    assert (notice["NOTIFICATIONSTATUS"], notice["TXNDATE"]) == ("SUCCESS", day.strftime("%d-%m-%Y"))
    paid = [(form["ORDERID"], form["STATUS"], form["SUBS_ID"]) for form in forms if form.get("TXNTYPE") == "SALE"]
    assert paid == [("SUB-1", "TXN_SUCCESS", subs_id), ("REN-1", "TXN_SUCCESS", subs_id)]
    change = next(form for form in forms if "FREQUENCYUNIT" in form)
    assert set(change) == {
        "SUBS_ID", "STATUS", "ORDERID", "MID", "CUSTID", "CUSTEMAILID", "CUSTMOBILE", "PAYMENTMODE", "BANKNAME",
        "PPITYPE", "AMOUNTTYPE", "MAXAMOUNT", "UPFRONTTXNAMOUNT", "FREQUENCYUNIT", "CREATEDDATE", "UPDATEDDATE",
        "EXPIRYDATE", "MERCHANTNAME", "CHECKSUMHASH",
    }  # fmt: skip
