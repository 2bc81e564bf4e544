"""The pages at ``/_sim/``: what a person sees without JavaScript, and what the buttons do."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup, Tag
from paytmchecksum import PaytmChecksum

from paytm_kit.simulator.faults import table
from tests.simulator.conftest import KEY, MID, Shop, Simulator, eventually
from tests.simulator.test_mandates import mandate

NOBODY = "no-such-order"


def seen(sim: Simulator, path: str = "", **query: str) -> BeautifulSoup:
    """The page as a person sees it; ``path`` stands behind ``/_sim/``."""
    answer = sim.get(f"/_sim/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def order_page(sim: Simulator, order_id: str = "ORD-1", **query: str) -> BeautifulSoup:
    return seen(sim, "watch/order", id=order_id, **query)


def words(tag: Any) -> str:
    """The text as it is read: no line ends, no double spaces."""
    return " ".join(tag.get_text(" ").split())


def section(page: BeautifulSoup, heading: str) -> Tag:
    found = page.find("section", attrs={"aria-labelledby": heading})
    assert isinstance(found, Tag), page.text
    return found


def rows(page: BeautifulSoup, heading: str) -> list[list[str]]:
    """The cells of each row of the table in a section."""
    body = section(page, heading).find("tbody")
    return [[words(cell) for cell in row.find_all(["th", "td"])] for row in body.find_all("tr")] if body else []


def press(
    sim: Simulator, page: BeautifulSoup, button: str, headers: dict[str, str] | None = None, **typed: str
) -> requests.Response:
    """Presses the button with these words, with what its form holds; typed fields lie over it."""
    for tag in page.find_all("button"):
        if words(tag) == button:
            form = tag.find_parent("form")
            fields = {field["name"]: field.get("value", "") for field in form.find_all("input")} | typed
            if tag.get("name"):
                fields[tag["name"]] = tag["value"]
            return sim.post(form["action"], data=fields, headers=headers, allow_redirects=False)
    raise AssertionError(f"no button {button!r} in {[words(tag) for tag in page.find_all('button')]}")


def paid(sim: Simulator, order_id: str = "ORD-1", amount: str = "249.50", **how: Any) -> dict[str, Any]:
    sim.initiate(order_id, txnAmount__value=amount)
    return sim.pay(order_id, **how)


def refund(sim: Simulator, order_id: str, amount: str, ref_id: str = "REF-1") -> str:
    """A refund that was accepted; answers with its id."""
    txn_id = sim.order(order_id)["transactions"][0]["txn_id"]
    body = {"mid": MID, "txnType": "REFUND", "orderId": order_id, "txnId": txn_id, "refId": ref_id}
    answer = sim.send("/refund/apply", {**body, "refundAmount": amount}).json()["body"]
    assert answer["resultInfo"]["resultCode"] == "601", answer
    return answer["refundId"]


# ---- everything at a glance ------------------------------------------------------------------------------------


def test_orders_stand_newest_first_with_their_money_in_indian_figures(sim: Simulator) -> None:
    paid(sim, "ORD-1", "123456.00", method="card")
    sim.initiate("ORD-2")
    first, second = rows(seen(sim), "orders")
    assert first[:5] == ["ORD-2", "created", "₹ 249.50", "₹ 0.00", "₹ 0.00"]
    assert second[:6] == ["ORD-1", "success 01", "₹ 1,23,456.00", "₹ 1,23,456.00", "₹ 0.00", "CC"]


def test_the_overview_tells_what_is_still_to_come_and_nothing_else(sim: Simulator) -> None:
    assert "No payment, webhook or refund is waiting." in words(section(seen(sim), "waiting"))
    paid(sim, "ORD-1", outcome="pending")
    paid(sim, "ORD-2", outcome="pending")
    assert "2 Payments pending" in words(section(seen(sim), "waiting"))


def test_the_overview_shows_merchants_without_their_keys(sim: Simulator, shop: Shop) -> None:
    sim.settings(webhook_url=f"{shop.url}{shop.hook}")
    text = words(section(seen(sim), "merchants"))
    assert MID in text
    assert f"webhooks to {shop.url}{shop.hook} as form" in text
    assert KEY not in sim.get("/_sim/").text


def test_orders_are_paged_fifty_at_a_time_and_found_by_their_id(sim: Simulator) -> None:
    for number in range(53):
        sim.initiate(f"P-{number:02}")
    page = seen(sim)
    assert len(rows(page, "orders")) == 50
    older = page.find("a", string="Older orders")
    rest = seen(sim, older["href"])
    assert [row[0] for row in rows(rest, "orders")] == ["P-02", "P-01", "P-00"]
    assert rest.find("a", string="Older orders") is None
    assert [row[0] for row in rows(seen(sim, q="p-5"), "orders")] == ["P-52", "P-51", "P-50"]
    assert "No order fits." in words(seen(sim, q=NOBODY))


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "١"])
def test_a_page_number_that_is_none_is_ignored(sim: Simulator, before: str) -> None:
    sim.initiate()
    assert len(rows(seen(sim, before=before), "orders")) == 1


# ---- one order -------------------------------------------------------------------------------------------------


def test_the_conversation_of_an_order_in_order_with_each_verdict(sim: Simulator, shop: Shop) -> None:
    sim.settings(webhook_url=f"{shop.url}{shop.hook}")
    paid(sim, deliver=["callback"])
    sim.status()
    sim.send("/v3/order/status", {"mid": MID, "orderId": "ORD-1"}, signature="x" * 108)
    said = [words(line) for line in section(order_page(sim), "conversation").find_all("summary")]
    assert len(said) == 4
    assert "shop → simulator POST /theia/api/v1/initiateTransaction HTTP 200 signature right 0000" in said[0]
    assert f"simulator → shop POST {sim.callback_url} HTTP 200 callback TXN_SUCCESS: 200" in said[1]
    assert "signature right 01: signature verified, success" in said[2]
    assert "signature wrong 330: signature does not match:" in said[3]


def test_a_message_shows_what_was_signed_and_what_came_but_no_secret(sim: Simulator) -> None:
    token = sim.token(userInfo__mobile="9876543210")
    sim.pay(deliver=["callback"])
    request, callback = section(order_page(sim), "conversation").find_all("li", id=True)
    assert "The signature covers the exact text of body" in words(request)
    assert "body.txnAmount.value 249.50" in words(request)
    assert "body.userInfo.mobile ******3210" in words(request)
    assert "head.signature [108 characters]" in words(request)
    assert "The signature covers the values of BANKTXNID, CURRENCY, GATEWAYNAME, MID, ORDERID" in words(callback)
    assert "CHECKSUMHASH [108 characters]" in words(callback)
    text = sim.get("/_sim/watch/order?id=ORD-1").text
    for secret in (token, KEY, "9876543210"):
        assert secret not in text


def test_the_way_of_the_money_names_every_party_and_its_answer(sim: Simulator) -> None:
    paid(sim, method="card")
    way = section(order_page(sim), "way")
    hops = [words(hop.find(class_="parties")) for hop in way.find("ol").find_all("li")]
    assert hops[0] == "Customer → to Merchant"
    assert any(hop.startswith("Gateway →") for hop in hops)
    assert any("Visa" in hop for hop in hops)
    assert hops[-1] == "Gateway → to Merchant"
    assert sim.order()["transactions"][0]["txn_id"] in words(way)


def test_the_postings_of_an_order_carry_its_amount_from_the_customer_to_the_gateway(sim: Simulator) -> None:
    paid(sim)
    paid(sim, "ORD-2", "5.00")
    moved = rows(order_page(sim), "postings")
    assert moved[0][1].startswith("customer/")
    assert moved[-1][2] == f"gateway/{MID}"
    assert {row[3] for row in moved} == {"₹ 249.50"}


def test_webhook_attempts_are_listed_and_one_can_be_sent_again(sim: Simulator, shop: Shop) -> None:
    sim.settings(webhook_url=f"{shop.url}{shop.hook}")
    paid(sim, deliver=["webhook"])
    shop.heard(shop.hook)
    eventually(lambda: sim.order()["webhooks"][0]["status"] == "delivered", "the webhook is delivered")
    [number] = [hook["id"] for hook in sim.order()["webhooks"]]
    answer = press(sim, order_page(sim), f"Send again webhook {number}")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/_sim/watch/order?id=ORD-1#delivery-{number}",
    )
    first, second = shop.heard(shop.hook, 2)
    assert first == second
    tries = section(order_page(sim), "webhooks").find_all("li")
    assert [words(one.find("b")) for one in tries] == ["200", "200"]
    assert "sent by hand" not in words(tries[0])
    assert "sent by hand" in words(tries[1])


def test_a_webhook_that_nobody_takes_shows_each_answer(sim: Simulator, shop: Shop) -> None:
    shop.answers[:] = [500, 404]
    sim.settings(webhook_url=f"{shop.url}{shop.hook}")
    paid(sim, deliver=["webhook"])
    shop.heard(shop.hook)
    sim.advance(60)
    hooks = section(order_page(sim), "webhooks")
    assert [words(one.find("b")) for one in hooks.find_all("li")][:3] == ["500", "404", "200"]
    assert "“Thanks.”" in words(hooks)


def test_an_order_that_was_refused_has_a_conversation_too(sim: Simulator) -> None:
    signature = PaytmChecksum.generateSignature("{}", KEY)
    body = {**sim.initiate_body, "orderId": "REFUSED"}
    sim.send(f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=REFUSED", body, signature=signature)
    page = order_page(sim, "REFUSED")
    assert "There is no such order here: whatever was asked about it was refused." in words(page)
    assert "signature wrong 2005: signature does not match" in words(section(page, "conversation"))


def test_an_order_that_is_gone_shows_a_calm_page(sim: Simulator) -> None:
    paid(sim)
    sim.post("/_sim/reset")
    answer = sim.get("/_sim/watch/order?id=ORD-1")
    assert answer.status_code == 404
    assert "There is no such order here. The simulator may have been reset" in words(
        BeautifulSoup(answer.text, "html.parser")
    )


@pytest.mark.parametrize("order_id", ["a@b.c-d_e", ".", "..", "-", "A" * 50])
def test_every_order_id_that_paytm_takes_has_a_page(sim: Simulator, order_id: str) -> None:
    paid(sim, order_id) if order_id not in (".", "..") else sim.initiate(order_id)
    link = section(seen(sim), "orders").find("a", string=order_id)
    answer = sim.get(link["href"])
    assert answer.status_code == 200
    assert words(BeautifulSoup(answer.text, "html.parser").h1) == f"Order {order_id}"


def test_order_ids_that_differ_in_case_are_two(sim: Simulator) -> None:
    sim.initiate("case-1")
    sim.initiate("CASE-1", txnAmount__value="1.00")
    assert "₹ 1.00" in words(order_page(sim, "CASE-1"))
    assert "₹ 249.50" in words(order_page(sim, "case-1"))


def test_two_merchants_may_have_the_same_order_id(sim: Simulator) -> None:
    key = "second#Key&2@pay"
    made = sim.post("/_sim/merchants", json={"mid": "OTHERMID000000000002", "key": key})
    assert made.status_code == 200, made.text
    sim.initiate("SAME")
    amount = {"value": "7.00", "currency": "INR"}
    body = {**sim.initiate_body, "mid": "OTHERMID000000000002", "orderId": "SAME", "txnAmount": amount}
    signature = PaytmChecksum.generateSignature(json.dumps(body, ensure_ascii=False), key)
    sim.send("/theia/api/v1/initiateTransaction?mid=OTHERMID000000000002&orderId=SAME", body, signature=signature)
    page = order_page(sim, "SAME", mid=MID)
    assert "₹ 249.50" in words(page.find("header", class_="order"))
    other = page.find("a", string="OTHERMID000000000002")
    assert "₹ 7.00" in words(BeautifulSoup(sim.get(other["href"]).text, "html.parser").find("header", class_="order"))


def test_what_strangers_send_is_shown_as_text(sim: Simulator) -> None:
    evil = "<img src=x onerror=alert(1)>"
    sim.send("/theia/api/v1/initiateTransaction", {**sim.initiate_body, "orderId": evil, "custId": evil})
    for path in ("", "watch/order"):
        answer = sim.get(f"/_sim/{path}", params={"id": evil, "q": evil})
        assert "<img" not in answer.text
        assert evil in words(BeautifulSoup(answer.text, "html.parser"))


# ---- whose money is where --------------------------------------------------------------------------------------


def rupees(text: str) -> Decimal:
    return Decimal(re.sub(r"[₹,\s]", "", text).replace("\N{MINUS SIGN}", "-"))


def books(page: BeautifulSoup) -> dict[str, Decimal]:
    """The total of each kind of account."""
    tables = page.find_all("table", class_="books")
    return {words(table.caption): rupees(words(table.tfoot.td)) for table in tables}


def test_the_books_of_all_parties_add_up_to_zero(sim: Simulator) -> None:
    paid(sim, "ORD-1", "100.00", method="card")
    paid(sim, "ORD-2", "50.50")
    paid(sim, "ORD-3", outcome="failure")
    page = seen(sim, "watch/money")
    assert "all balances together are ₹ 0.00" in words(page)
    totals = books(page)
    assert totals["Customers"] == Decimal("-150.50")
    assert totals["Gateway, for merchants"] == Decimal("150.50")
    assert sum(totals.values()) == 0


def test_a_settled_day_is_listed_with_a_file_that_can_be_fetched(sim: Simulator) -> None:
    paid(sim, "ORD-1", "1000.00", method="card")
    for _ in range(6):  # whatever holidays lie between
        press(sim, seen(sim), "+ Move the clock by 1 day")
    page = seen(sim, "watch/money")
    [row] = rows(page, "settlements")
    assert (row[1], row[2]) == (MID, "₹ 1,000.00")
    fees = rupees(row[4]) + rupees(row[5])
    assert rupees(row[7]) == 1000 - fees
    assert books(page)["Merchants"] == 1000 - fees
    assert books(page)["Gateway, fees and GST"] == fees
    file = sim.get(section(page, "settlements").find("a")["href"])
    assert file.status_code == 200
    assert sim.order()["transactions"][0]["txn_id"] in file.text


def test_a_refund_is_seen_on_its_order_and_in_the_books(sim: Simulator) -> None:
    paid(sim, "ORD-1", "100.00")
    refund_id = refund(sim, "ORD-1", "40.00")
    [row] = rows(order_page(sim), "refunds")
    assert row[0] == f"REF-1 {refund_id}"
    assert row[1:3] == ["pending 601", "₹ 40.00"]
    press(sim, seen(sim), "+ Move the clock by 1 day")
    page = seen(sim, "watch/money")
    [row] = rows(page, "refunds")
    assert row[1] == "success 10"
    assert books(page)["Customers"] == Decimal("-60.00")
    assert sim.order()["refunded_amount"] == "40.00"
    assert rows(seen(sim), "orders")[0][4] == "₹ 40.00"


def test_mandates_are_listed(sim: Simulator) -> None:
    subs_id = mandate(sim)
    [row] = rows(seen(sim, "watch/money"), "subscriptions")
    assert row[:5] == [subs_id, "ACTIVE", "UPI", "₹ 500.00", "every 1 month"]


def test_a_dispute_is_seen_on_its_order_and_in_the_books(sim: Simulator) -> None:
    paid(sim, "ORD-1", "100.00")
    opened = sim.post("/_sim/orders/ORD-1/dispute", json={"amount": "100.00", "reason": "never came"})
    assert opened.status_code == 200, opened.text
    for page in (order_page(sim), seen(sim, "watch/money")):
        [row] = rows(page, "disputes")
        assert row[1:5] == ["open", "₹ 100.00", "ORD-1", "never came"]
    assert "1 Disputes open" in words(section(seen(sim), "waiting"))


# ---- faults ----------------------------------------------------------------------------------------------------


def fault(page: BeautifulSoup, name: str) -> Tag:
    found = page.find("li", id=name)
    assert isinstance(found, Tag)
    return found


def test_the_faults_page_explains_every_fault_of_the_table(sim: Simulator) -> None:
    page = seen(sim, "watch/faults")
    for row in table.ALL:
        text = words(fault(page, row.name))
        assert row.does.lower() in text.lower()
        assert f"{row.name} off" in text


def test_a_fault_is_switched_on_for_one_order_strikes_and_is_switched_off(sim: Simulator) -> None:
    page = seen(sim, "watch/faults")
    assert press(sim, page, "Switch on status.error", order_id="ORD-1", status="502", times="3").status_code == 303
    paid(sim)
    sim.initiate("ORD-2")
    assert sim.status("ORD-2").status_code == 200
    assert sim.status("ORD-1").status_code == 502
    page = seen(sim, "watch/faults")
    assert "for order ORD-1 , status 502 struck 1 time, 2 left" in words(fault(page, "status.error"))
    order = order_page(sim)
    assert "status.error for order ORD-1" in words(section(order, "faults"))
    assert "fault status.error" in words(section(order, "conversation"))
    assert "status.error" in words(section(seen(sim), "faults"))
    assert press(sim, page, "Switch off status.error for ORD-1").status_code == 303
    assert sim.status("ORD-1").status_code == 200
    assert "All off" in words(section(seen(sim), "faults"))


@pytest.mark.parametrize(
    ("name", "field", "text"),
    [
        ("status.error", "status", "200"),
        ("status.error", "status", "many"),
        ("webhook.delayed", "probability", "2"),
        ("webhook.delayed", "times", "0.5"),
        ("webhook.delayed", "order_id", "no such id!"),
        ("callback.amount-changed", "amount", "nan"),
        ("connection.reset", "api", "<b>"),
    ],
)
def test_a_mistake_is_shown_at_its_field_and_switches_nothing_on(
    sim: Simulator, name: str, field: str, text: str
) -> None:
    answer = press(sim, seen(sim, "watch/faults"), f"Switch on {name}", **{field: text})
    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    box = page.find("input", id=f"{name}-{field}")
    assert box["value"] == text
    assert box["aria-invalid"] == "true"
    assert "Must be" in words(page.find(id=f"{name}-{field}-error"))
    assert fault(page, name).details.has_attr("open")
    assert sim.get("/_sim/faults").json()["active"] == []


def test_a_fault_that_does_not_exist_is_a_calm_page(sim: Simulator) -> None:
    answer = sim.post("/_sim/watch/faults/on", data={"fault": "weather.rain"})
    assert answer.status_code == 400
    assert "There is no fault" in answer.text


# ---- the clock, and who may press a button ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "seconds", "told"),
    [("15 minutes", 900, "15 min ahead"), ("1 day", 86_400, "1 day ahead"), ("72 hours", 259_200, "3 days ahead")],
)
def test_the_clock_moves_by_a_button_and_what_is_due_happens(
    sim: Simulator, button: str, seconds: float, told: str
) -> None:
    sim.settings(settle_after=600)
    paid(sim, outcome="pending", settles_as="success")
    answer = press(sim, order_page(sim), f"+ Move the clock by {button}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_sim/watch/order?id=ORD-1")
    assert sim.get("/_sim/health").json()["clock_offset_seconds"] == pytest.approx(seconds, abs=2)
    assert sim.order()["status"] == "success"
    assert told in words(seen(sim))


def test_the_clock_takes_only_its_own_steps_and_no_more_than_ten_years(sim: Simulator) -> None:
    assert sim.post("/_sim/watch/clock", data={"by": "1y"}).status_code == 400
    sim.advance(315_360_000 - 100)
    assert "ten years ahead at most" in press(sim, seen(sim), "+ Move the clock by 1 day").text


ACTIONS = ("watch/clock", "watch/faults/on", "watch/faults/1/off", "watch/webhooks/1/again")


@pytest.mark.parametrize("path", ACTIONS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {"Origin": "https://shop.example.com"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_does_nothing(sim: Simulator, path: str, headers: dict[str, str]) -> None:
    data = {"by": "1d", "fault": "callback.lost"}
    answer = sim.post(f"/_sim/{path}", data=data, headers=headers, allow_redirects=False)
    assert answer.status_code == 403
    assert "Another web site sent this" in answer.text
    assert sim.get("/_sim/health").json()["clock_offset_seconds"] == 0
    assert sim.get("/_sim/faults").json()["active"] == []


@pytest.mark.parametrize("how", ["fetch metadata", "origin", "neither"])
def test_a_form_of_our_own_pages_and_of_no_browser_works(sim: Simulator, how: str) -> None:
    headers = {"fetch metadata": {"Sec-Fetch-Site": "same-origin"}, "origin": {"Origin": sim.url}, "neither": {}}[how]
    answer = press(sim, seen(sim), "+ Move the clock by 1 day", headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_a_button_leads_to_no_foreign_address(sim: Simulator, back: str) -> None:
    answer = sim.post("/_sim/watch/clock", data={"by": "15m", "back": back}, allow_redirects=False)
    assert answer.headers["Location"] == "/_sim/"


def test_a_webhook_or_rule_that_is_gone_is_told_calmly(sim: Simulator) -> None:
    gone = sim.post("/_sim/watch/webhooks/999999999999999999/again", allow_redirects=False)
    assert gone.status_code == 404
    assert "the simulator was reset" in gone.text
    assert sim.post("/_sim/watch/faults/999999999999999999/off", allow_redirects=False).status_code == 303


def test_the_buttons_take_no_get_and_are_no_part_of_the_conversation(sim: Simulator) -> None:
    for path in ACTIONS:
        assert sim.get(f"/_sim/{path}").status_code == 405
    press(sim, seen(sim), "+ Move the clock by 1 day")
    assert sim.get("/_sim/messages").json()["messages"] == []


# ---- asking again ----------------------------------------------------------------------------------------------

PAGES = ("", "watch/order?id=ORD-1", "watch/money", "watch/faults", "watch/instruments")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_what_it_is_and_answers_304_while_nothing_changed(sim: Simulator, path: str) -> None:
    sim.post("/_sim/clock", json={"frozen": True})
    paid(sim)
    page = sim.get(f"/_sim/{path}")
    assert "This is not Paytm." in page.text
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    again = sim.get(f"/_sim/{path}", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_is_another_when_something_happened(sim: Simulator) -> None:
    sim.post("/_sim/clock", json={"frozen": True})
    sim.initiate()
    for path, act in (
        ("watch/order?id=ORD-1", sim.pay),
        ("", lambda: sim.initiate("ORD-2")),
        ("watch/money", lambda: paid(sim, "ORD-3")),
        ("watch/faults", lambda: sim.post("/_sim/faults", json={"fault": "callback.lost"})),
    ):
        before = sim.get(f"/_sim/{path}").headers["ETag"]
        act()
        after = sim.get(f"/_sim/{path}", headers={"If-None-Match": before})
        assert after.status_code == 200, path
        assert after.headers["ETag"] != before
