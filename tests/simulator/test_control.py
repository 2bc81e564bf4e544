"""The control plane: payments without a browser, books, clock, settings; a mistake names its field."""

from __future__ import annotations

import json

import pytest

from paytm_kit.simulator.bank import risk
from tests.simulator.conftest import KEY, MID, Shop, Simulator

STARTING = {
    "webhook_url": "", "webhook_on_pending": False, "webhook_format": "form", "webhook_ladder": "quick",
    "settle_after": 0, "risk_rules": risk.table_json({}),
}  # fmt: skip


def test_health_says_who_it_is(sim: Simulator) -> None:
    health = sim.get("/_sim/health").json()
    assert health["status"] == "ok"
    assert health["mid"] == MID
    assert (health["orders"], health["pending"], health["clock_offset_seconds"]) == (0, 0, 0)
    assert health["settings"] == STARTING
    assert "not Paytm" in health["notice"]


def test_an_order_tells_its_whole_state(sim: Simulator) -> None:
    sim.initiate()
    sim.advance(10)
    order = sim.order()
    assert order.pop("token_age_seconds") == pytest.approx(10, abs=5)
    assert order == {
        "order_id": "ORD-1", "mid": MID, "amount": "249.50", "currency": "INR", "status": "created",
        "callback_url": sim.callback_url, "cust_id": "C_17", "captured_amount": "0.00",
        "refunded_amount": "0.00", "token_expired": False, "transactions": [], "refunds": [], "webhooks": [],
    }  # fmt: skip
    sim.pay(method="card")
    order = sim.order()
    [transaction] = order["transactions"]
    assert (order["status"], order["captured_amount"]) == ("success", "249.50")
    assert transaction["txn_id"] == sim.status().json()["body"]["txnId"]
    assert transaction["bank_txn_id"] == sim.status().json()["body"]["bankTxnId"]
    assert (transaction["status"], transaction["amount"], transaction["mode"]) == ("success", "249.50", "CC")
    assert (transaction["respcode"], transaction["respmsg"]) == ("01", "Txn Success")
    assert [row["order_id"] for row in sim.get("/_sim/orders").json()["orders"]] == ["ORD-1"]


@pytest.mark.parametrize(("method", "mode"), [("upi", "UPI"), ("card", "CC"), ("netbanking", "NB"), ("wallet", "PPI")])
def test_every_method_can_be_paid_with(sim: Simulator, method: str, mode: str) -> None:
    sim.initiate()
    assert sim.pay(method=method)["callback"]["fields"]["PAYMENTMODE"] == mode


def test_what_the_bank_really_took_is_in_callback_status_and_books(sim: Simulator) -> None:
    sim.initiate()
    paid = sim.pay(amount="1.00")
    assert paid["callback"]["fields"]["TXNAMOUNT"] == "1.00"
    assert sim.status().json()["body"]["txnAmount"] == "1.00"
    assert (paid["amount"], paid["captured_amount"]) == ("249.50", "1.00")


def test_an_amount_taken_late_is_the_tampered_one_too(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(outcome="pending", amount="9.5")
    settled = sim.post("/_sim/orders/ORD-1/settle", json={"outcome": "success"}).json()
    assert settled["captured_amount"] == "9.50"


def test_a_failed_order_can_be_paid_after_all_but_a_paid_one_not_again(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(outcome="failure")
    paid = sim.pay()
    assert [row["status"] for row in paid["transactions"]] == ["failure", "success"]
    assert sim.result() == ("TXN_SUCCESS", "01")
    again = sim.post("/_sim/orders/ORD-1/pay", json={"outcome": "success"})
    assert again.status_code == 400
    assert again.json()["error"]["field"] == "order_id"
    assert sim.order()["captured_amount"] == "249.50"


def test_an_order_whose_token_is_too_old_cannot_be_paid(sim: Simulator) -> None:
    sim.initiate()
    sim.advance(15 * 60)
    refused = sim.post("/_sim/orders/ORD-1/pay", json={"outcome": "success"})
    assert refused.status_code == 400
    assert "15 minutes" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "outcome"),
        ({"outcome": "maybe"}, "outcome"),
        ({"outcome": ["success"]}, "outcome"),
        ({"outcome": "success", "method": "cash"}, "method"),
        ({"outcome": "success", "respcode": "227"}, "respcode"),
        ({"outcome": "failure", "respcode": "01"}, "respcode"),
        ({"outcome": "failure", "respcode": "999"}, "respcode"),
        ({"outcome": "failure", "respcode": {}}, "respcode"),
        ({"outcome": "success", "amount": 1}, "amount"),
        ({"outcome": "success", "amount": "1e2"}, "amount"),
        ({"outcome": "success", "amount": "0"}, "amount"),
        ({"outcome": "success", "amount": "1" * 13}, "amount"),
        ({"outcome": "success", "deliver": "webhook"}, "deliver"),
        ({"outcome": "success", "deliver": ["pigeon"]}, "deliver"),
        ({"outcome": "success", "settles_as": "success"}, "settles_as"),
        ({"outcome": "pending", "settles_as": "cancel"}, "settles_as"),
        ({"outcome": "success", "amonut": "1.00"}, "amonut"),
    ],
)
def test_a_mistake_in_pay_names_its_field_and_changes_nothing(
    sim: Simulator, sent: dict[str, object], field: str
) -> None:
    sim.initiate()
    answer = sim.post("/_sim/orders/ORD-1/pay", json=sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert answer.json()["error"]["message"]
    assert sim.order()["status"] == "created"


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b'"x"', b'{"a":1,"a":2}'])
def test_a_body_that_is_not_a_json_object_is_named(sim: Simulator, raw: bytes) -> None:
    sim.initiate()
    answer = sim.post("/_sim/orders/ORD-1/pay", data=raw)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "body"


@pytest.mark.parametrize("path", ["", "/pay", "/settle"])
def test_an_unknown_order_is_404(sim: Simulator, path: str) -> None:
    url = f"/_sim/orders/NEVER{path}"
    answer = sim.post(url, json={"outcome": "success"}) if path else sim.get(url)
    assert answer.status_code == 404
    assert answer.json()["error"]["field"] == "order_id"


def test_only_a_pending_order_can_be_settled(sim: Simulator) -> None:
    sim.initiate()
    settle = "/_sim/orders/ORD-1/settle"
    assert sim.post(settle, json={"outcome": "success"}).json()["error"]["field"] == "order_id"
    sim.pay(outcome="pending")
    assert sim.post(settle, json={"outcome": "cancel"}).json()["error"]["field"] == "outcome"
    assert sim.post(settle, json={"outcome": "failure", "respcode": "01"}).json()["error"]["field"] == "respcode"
    settled = sim.post(settle, json={"outcome": "failure", "respcode": "401"})
    assert settled.json()["transactions"][0]["respcode"] == "401"
    assert sim.post(settle, json={"outcome": "success"}).status_code == 400


@pytest.mark.parametrize("seconds", ["10", -1, None, True, [], 1e12])
def test_a_clock_only_goes_forward_by_numbers(sim: Simulator, seconds: object) -> None:
    answer = sim.post("/_sim/clock", json={"advance_seconds": seconds})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "advance_seconds"


def test_the_clock_is_ten_years_ahead_at_most(sim: Simulator) -> None:
    sim.advance(315_000_000)
    assert sim.post("/_sim/clock", json={"advance_seconds": 400_000}).json()["error"]["field"] == "advance_seconds"
    assert sim.get("/_sim/health").status_code == 200


def test_seventy_two_hours_pass_in_a_moment(sim: Simulator) -> None:
    sim.advance(72 * 3600)
    assert sim.get("/_sim/health").json()["clock_offset_seconds"] == 72 * 3600


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"webhook_url": "https://shop.example/hook"}, "webhook_url"),
        ({"webhook_url": 1}, "webhook_url"),
        ({"webhook_url": "http://127.0.0.1/" + "x" * 300}, "webhook_url"),
        ({"settle_after": -1}, "settle_after"),
        ({"settle_after": "soon"}, "settle_after"),
        ({"settle_after": True}, "settle_after"),
        ({"webhook_on_pending": "yes"}, "webhook_on_pending"),
        ({"webhook_format": "xml"}, "webhook_format"),
        ({"webhook_ladder": "steep"}, "webhook_ladder"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_mistake_in_settings_names_its_field(sim: Simulator, sent: dict[str, object], field: str) -> None:
    answer = sim.http.put(f"{sim.url}/_sim/settings", json=sent, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


def test_a_refused_change_of_the_settings_changes_nothing(sim: Simulator) -> None:
    before = sim.get("/_sim/settings").json()
    given = {"webhook_on_pending": True, "webhook_ladder": "paytm", "settle_after": 99, "risk_rules": 5}
    assert sim.http.put(f"{sim.url}/_sim/settings", json=given, timeout=10).status_code == 400
    assert sim.get("/_sim/settings").json() == before


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://[bad"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_web_site_cannot_drive_the_control_plane(sim: Simulator, headers: dict[str, str]) -> None:
    sim.initiate()
    headers |= {"Content-Type": "text/plain"}
    for method, path, body in (
        ("POST", "orders/ORD-1/pay", '{"outcome": "success"}'),
        ("POST", "clock", '{"advance_seconds": 60}'),
        ("PUT", "settings", '{"settle_after": 1}'),
        ("POST", "reset", ""),
        ("DELETE", "merchants/NOBODY", ""),
    ):
        answer = sim.http.request(method, f"{sim.url}/_sim/{path}", data=body, headers=headers, timeout=10)
        assert answer.status_code == 403
        assert "Another web site sent this" in answer.json()["error"]["message"]
    assert sim.order()["status"] == "created"
    assert sim.get("/_sim/health", headers=headers).json()["clock_offset_seconds"] == 0


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}])
def test_its_own_pages_and_programs_can(sim: Simulator, headers: dict[str, str]) -> None:
    assert sim.post("/_sim/reset", headers=headers).status_code == 200
    assert sim.post("/_sim/reset", headers={"Origin": sim.url}).status_code == 200


def test_settings_change_what_is_named_and_reset_puts_them_back(sim: Simulator, shop: Shop) -> None:
    sim.settings(webhook_url=shop.url + shop.hook, settle_after=3)
    sim.settings(webhook_on_pending=True)
    assert sim.get("/_sim/settings").json() == {
        **STARTING, "webhook_url": shop.url + shop.hook, "webhook_on_pending": True, "settle_after": 3,
    }  # fmt: skip
    sim.initiate()
    sim.advance(60)
    sim.post("/_sim/reset")
    health = sim.get("/_sim/health").json()
    assert health["settings"] == STARTING
    assert (health["orders"], health["clock_offset_seconds"]) == (0, 0)
    assert sim.get("/_sim/messages").json() == {"messages": []}


def test_messages_are_in_order_redacted_and_judged(sim: Simulator, shop: Shop) -> None:
    token = sim.token(userInfo__mobile="9876543210")
    sim.pay(deliver=["callback"])
    sim.status()
    sim.initiate("ORD-2")
    messages = sim.get("/_sim/messages?order_id=ORD-1").json()["messages"]
    assert [(m["direction"], m["http_status"], m["verdict"]) for m in messages] == [
        ("in", 200, "0000: signature verified, token given"),
        ("out", 200, "callback TXN_SUCCESS: 200"),
        ("in", 200, "01: signature verified, success"),
    ]
    assert messages[1]["url"] == sim.callback_url
    assert len(sim.get("/_sim/messages").json()["messages"]) == 4
    text = json.dumps(messages)
    for secret in (token, KEY, "9876543210"):
        assert secret not in text


def test_the_overview_lists_orders_and_messages(sim: Simulator) -> None:
    assert "No orders yet" in sim.get("/_sim/").text
    sim.initiate()
    sim.pay()
    sim.advance(90)
    page = sim.get("/").text
    assert "ORD-1" in page
    assert "signature verified" in page
    assert "1 min 30 s ahead" in page
    assert KEY not in page


def test_wrong_methods_and_unknown_paths_of_the_control_plane(sim: Simulator) -> None:
    assert sim.get("/_sim/reset").status_code == 405
    assert sim.get("/_sim/reset").json()["error"]["message"] == "Use POST here, not GET."
    assert sim.post("/_sim/orders").headers["Allow"] == "GET"
    assert sim.get("/_sim/nothing").status_code == 404
