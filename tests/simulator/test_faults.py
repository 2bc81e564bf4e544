"""Every fault by its name truly happens, at the payment page and through the control plane; switching them."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup
from paytmchecksum import PaytmChecksum

from paytm_kit.simulator.faults import answers, table
from tests.simulator.conftest import KEY, MID, Simulator, callback_form, eventually, sealed, signed
from tests.simulator.listening import Merchant, listening
from tests.simulator.test_mounted import project

PROVED: set[str] = set()


def proves(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test below shows that this fault happens."""

    def note(test: Callable[..., None]) -> Callable[..., None]:
        PROVED.add(name)
        return test

    return note


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with listening() as server:
        yield server


@pytest.fixture
def shop_sim(sim: Simulator, merchant: Merchant) -> Simulator:
    """The simulator with callbacks and webhooks for this test's own merchant."""
    sim.initiate_body["callbackUrl"] = sim.callback_url = f"{merchant.url}/callback"
    sim.settings(webhook_url=f"{merchant.url}/webhook")
    return sim


def put(sim: Simulator, rules: object) -> requests.Response:
    return sim.http.put(f"{sim.url}/_sim/faults", json=rules, timeout=10)


def on(sim: Simulator, fault: str, **wish: Any) -> None:
    answer = put(sim, [{"fault": fault, **wish}])
    assert answer.status_code == 200, answer.text


def struck(sim: Simulator) -> int:
    return sum(rule["struck"] for rule in sim.get("/_sim/faults").json()["active"])


def paid(sim: Simulator, order_id: str = "ORD-1", **more: Any) -> dict[str, Any]:
    """A success through the control plane, with its callback; no webhook."""
    sim.initiate(order_id)
    return sim.pay(order_id, **{"deliver": ["callback"], **more})["callback"]


def last_page(sim: Simulator, case: str = "success", order_id: str = "ORD-1") -> requests.Response:
    """The page that a shopper sees at the end."""
    return sim.post(f"/pay/{sim.token(order_id)}/case/{case}")


# ---- callback --------------------------------------------------------------------------------------------------


@proves("callback.lost")
def test_a_lost_callback_reaches_nobody(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.lost")
    callback = paid(shop_sim)
    assert (callback["delivered"], callback["carried"]) == (None, [])
    assert callback["faults"] == ["callback.lost"]
    page = last_page(shop_sim, order_id="ORD-2")
    assert "The browser closed before it went back" in page.text
    assert not BeautifulSoup(page.text, "html.parser").find("form")
    assert merchant.at("/callback") == []
    assert shop_sim.result("ORD-2") == ("TXN_SUCCESS", "01")  # the money moved all the same


@proves("callback.delayed")
def test_a_delayed_callback_comes_late(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.delayed", seconds=0.4)
    shop_sim.initiate()
    began = time.monotonic()
    shop_sim.pay(deliver=["callback"])
    assert time.monotonic() - began >= 0.4
    assert len(merchant.at("/callback")) == 1
    page = last_page(shop_sim, order_id="ORD-2")
    form = BeautifulSoup(page.text, "html.parser").find("form", id="callback")
    assert form["data-wait"] == "0.4"
    assert form.find("button").get_text(strip=True) == "Continue to the shop"
    assert signed(callback_form(page)[1])


@proves("callback.duplicated")
def test_a_duplicated_callback_comes_as_often_as_it_says(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.duplicated", copies=3)
    paid(shop_sim)
    first, *others = merchant.forms("/callback")
    assert others == [first, first]
    assert signed(first)
    merchant.heard.clear()
    page = last_page(shop_sim, order_id="ORD-2")
    assert merchant.forms("/callback") == [callback_form(page)[1]] * 2  # the browser brings the third


def test_a_refreshed_page_carries_no_copies_again(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.duplicated", times=1)
    page = last_page(shop_sim)
    again = shop_sim.get(page.url.removeprefix(shop_sim.url))
    assert callback_form(again) == callback_form(page)
    assert len(merchant.at("/callback")) == 1
    assert struck(shop_sim) == 1


@proves("callback.two-statuses")
def test_a_signed_failure_comes_before_the_true_success(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.two-statuses")
    paid(shop_sim)
    false, true = merchant.forms("/callback")
    assert (false["STATUS"], false["RESPCODE"], false["BANKTXNID"]) == ("TXN_FAILURE", "227", "")
    assert (true["STATUS"], true["RESPCODE"]) == ("TXN_SUCCESS", "01")
    assert false["TXNID"] == true["TXNID"]
    assert signed(false)
    assert signed(true)
    merchant.heard.clear()
    page = last_page(shop_sim, order_id="ORD-2")
    assert [form["STATUS"] for form in merchant.forms("/callback")] == ["TXN_FAILURE"]
    assert callback_form(page)[1]["STATUS"] == "TXN_SUCCESS"


def test_a_failure_has_no_second_status(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.two-statuses")
    paid(shop_sim, outcome="failure")
    assert [form["STATUS"] for form in merchant.forms("/callback")] == ["TXN_FAILURE"]
    assert struck(shop_sim) == 0


@proves("callback.before-initiate")
def test_the_callback_is_there_before_initiate_answers(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.before-initiate")
    seen: list[tuple[str, str]] = []

    def ask(heard: Any) -> tuple[int, str]:
        if heard.path == "/callback":
            asking = Simulator(shop_sim.url, merchant.url)
            seen.append(asking.result())
            asking.close()
        return 200, "OK"

    merchant.answer = ask
    answer = shop_sim.initiate()
    assert seen == [("TXN_SUCCESS", "01")]  # the shop asked while initiate had not answered
    [form] = merchant.forms("/callback")
    assert signed(form)
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "0000"
    page = shop_sim.post(
        "/theia/api/v1/showPaymentPage",
        data={"mid": MID, "orderId": "ORD-1", "txnToken": answer.json()["body"]["txnToken"]},
    )
    assert callback_form(page)[1]["TXNID"] == form["TXNID"]


@proves("callback.unsigned")
def test_an_unsigned_callback_has_no_checksum(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.unsigned")
    paid(shop_sim)
    [form] = merchant.forms("/callback")
    assert "CHECKSUMHASH" not in form
    assert "CHECKSUMHASH" not in callback_form(last_page(shop_sim, order_id="ORD-2"))[1]


@proves("callback.wrong-signature")
def test_a_wrong_signature_does_not_match(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.wrong-signature")
    paid(shop_sim)
    for form in (*merchant.forms("/callback"), callback_form(last_page(shop_sim, order_id="ORD-2"))[1]):
        assert len(form["CHECKSUMHASH"]) == 108
        assert not signed(form)
        assert signed({**form, "ORDERID": f"{form['ORDERID']}X"})


@proves("callback.null-values")
def test_empty_fields_hold_the_text_null(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.null-values")
    paid(shop_sim, outcome="failure")
    [form] = merchant.forms("/callback")
    assert form["BANKTXNID"] == "null"
    assert signed(form)
    form = callback_form(last_page(shop_sim, "pending", order_id="ORD-2"))[1]
    assert (form["BANKTXNID"], form["GATEWAYNAME"]) == ("null", "null")
    assert signed(form)


@proves("callback.respcode-1")
def test_respcode_loses_its_zero(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.respcode-1")
    paid(shop_sim)
    for form in (*merchant.forms("/callback"), callback_form(last_page(shop_sim, order_id="ORD-2"))[1]):
        assert form["RESPCODE"] == "1"
        assert signed(form)


@proves("callback.amount-changed")
def test_the_amount_is_another_and_signed(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "callback.amount-changed", amount="2.50")
    paid(shop_sim)
    for form in (*merchant.forms("/callback"), callback_form(last_page(shop_sim, order_id="ORD-2"))[1]):
        assert form["TXNAMOUNT"] == "2.50"
        assert signed(form)
    assert shop_sim.status().json()["body"]["txnAmount"] == "249.50"  # the bank took the right one


def test_faults_of_a_callback_add_up(shop_sim: Simulator, merchant: Merchant) -> None:
    put(shop_sim, [{"fault": name} for name in ("callback.two-statuses", "callback.duplicated", "callback.unsigned")])
    callback = paid(shop_sim)
    assert [(form["STATUS"], "CHECKSUMHASH" in form) for form in merchant.forms("/callback")] == [
        ("TXN_FAILURE", True), ("TXN_SUCCESS", False), ("TXN_SUCCESS", False),
    ]  # fmt: skip
    assert [item["status"] for item in callback["carried"]] == [200, 200, 200]


def test_a_callback_that_nobody_carries_is_the_true_one(shop_sim: Simulator) -> None:
    on(shop_sim, "callback.unsigned")
    assert signed(paid(shop_sim, deliver=[])["fields"])


# ---- webhook ---------------------------------------------------------------------------------------------------


def announced(sim: Simulator, order_id: str = "ORD-1", **more: Any) -> None:
    sim.initiate(order_id)
    sim.pay(order_id, deliver=["webhook"], **more)


def settled(sim: Simulator, merchant: Merchant, count: int) -> list[dict[str, str]]:
    eventually(lambda: len(merchant.at("/webhook")) >= count, f"{count} webhooks")
    eventually(lambda: all(row["status"] == "delivered" for row in sim.order()["webhooks"]), "all delivered")
    return merchant.forms("/webhook")


@proves("webhook.delayed")
def test_a_delayed_webhook_leaves_when_its_time_has_come(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "webhook.delayed", seconds=3600)
    announced(shop_sim)
    shop_sim.advance(3500)
    assert merchant.at("/webhook") == []
    shop_sim.advance(100)
    assert len(merchant.at("/webhook")) == 1


@proves("webhook.duplicated")
def test_a_duplicated_webhook_comes_fifty_times(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "webhook.duplicated")
    announced(shop_sim)
    first, *others = settled(shop_sim, merchant, 50)
    assert others == [first] * 49
    assert signed(first)


@proves("webhook.out-of-order")
def test_a_stale_webhook_comes_after_the_final_one(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "webhook.out-of-order")
    announced(shop_sim)
    forms = settled(shop_sim, merchant, 2)
    assert [(form["STATUS"], form["RESPCODE"]) for form in forms] == [("TXN_SUCCESS", "01"), ("PENDING", "402")]
    assert forms[0]["TXNID"] == forms[1]["TXNID"]
    assert all(signed(form) for form in forms)


@proves("webhook.never")
def test_a_webhook_that_never_comes_is_withheld(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "webhook.never")
    announced(shop_sim)
    shop_sim.advance(7 * 86_400)
    assert merchant.at("/webhook") == []
    [row] = shop_sim.get("/_sim/webhooks?order_id=ORD-1").json()["webhooks"]
    assert (row["status"], row["faults"], row["attempts"]) == ("withheld", "webhook.never", [])


def json_event(merchant: Merchant) -> dict[str, Any]:
    eventually(lambda: merchant.at("/webhook"), "a webhook")
    [heard] = merchant.at("/webhook")
    assert heard.kind == "application/json"
    event = json.loads(heard.body)
    raw = heard.body[heard.body.index('"body":') + len('"body":') : -1]
    assert PaytmChecksum.verifySignature(raw, KEY, event["head"]["signature"])
    return event["body"]


@proves("webhook.json")
def test_a_json_webhook_has_head_body_and_a_signature_over_the_text(shop_sim: Simulator, merchant: Merchant) -> None:
    on(shop_sim, "webhook.json")
    announced(shop_sim)
    body = json_event(merchant)
    assert (body["orderId"], body["mid"], body["txnType"]) == ("ORD-1", MID, "SALE")
    assert (body["status"], body["respCode"], body["txnAmount"]) == ("TXN_SUCCESS", "01", "249.50")
    assert body["txnId"] == shop_sim.order()["transactions"][0]["txn_id"]
    assert "checksumhash" not in body


@proves("webhook.form")
def test_a_form_comes_even_to_a_merchant_who_wants_json(shop_sim: Simulator, merchant: Merchant) -> None:
    shop_sim.settings(webhook_format="json")
    on(shop_sim, "webhook.form")
    announced(shop_sim)
    [form] = settled(shop_sim, merchant, 1)
    assert merchant.heard[0].kind == "application/x-www-form-urlencoded"
    assert signed(form)


def test_a_merchant_who_wants_json_gets_it_without_any_fault(shop_sim: Simulator, merchant: Merchant) -> None:
    shop_sim.settings(webhook_format="json")
    announced(shop_sim)
    assert json_event(merchant)["orderId"] == "ORD-1"


# ---- status ----------------------------------------------------------------------------------------------------


@proves("status.error")
def test_the_status_api_answers_with_an_error(sim: Simulator) -> None:
    paid(sim, deliver=[])
    on(sim, "status.error", status=502, times=1)
    assert sim.status().status_code == 502
    assert "fault status.error" in sim.verdicts()[-1]
    assert sim.result() == ("TXN_SUCCESS", "01")  # its times are over


@proves("status.slow")
def test_the_status_api_answers_late(sim: Simulator) -> None:
    paid(sim, deliver=[])
    on(sim, "status.slow", seconds=0.4)
    began = time.monotonic()
    assert sim.result() == ("TXN_SUCCESS", "01")
    assert time.monotonic() - began >= 0.4


@proves("status.html")
def test_the_status_api_answers_with_a_page(sim: Simulator) -> None:
    paid(sim, deliver=[])
    on(sim, "status.html")
    answer = sim.status()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


@proves("status.truncated")
def test_the_status_answer_ends_in_the_middle(sim: Simulator) -> None:
    paid(sim, deliver=[])
    whole = sim.status().text
    on(sim, "status.truncated")
    cut = sim.status().text
    assert 0.3 * len(whole) < len(cut) < 0.7 * len(whole)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(cut)


@proves("status.stale")
def test_the_status_api_is_behind_for_a_while(sim: Simulator) -> None:
    paid(sim, deliver=[])
    on(sim, "status.stale", seconds=120)
    body = sim.status().json()["body"]
    assert (body["resultInfo"]["resultStatus"], body["resultInfo"]["resultCode"]) == ("PENDING", "402")
    assert "bankTxnId" not in body
    sim.advance(121)
    assert sim.result() == ("TXN_SUCCESS", "01")
    assert sim.order()["captured_amount"] == "249.50"


@proves("status.other-order")
def test_the_status_api_speaks_about_another_order(sim: Simulator) -> None:
    paid(sim, deliver=[])
    on(sim, "status.other-order", order_id="ORD-1")
    invented = sim.status()
    assert invented.json()["body"]["orderId"] == "ORD-1-OTHER"
    assert sealed(invented)
    paid(sim, "ORD-2", deliver=[])
    answer = sim.status()
    assert answer.json()["body"]["orderId"] == "ORD-2"
    assert sealed(answer)
    assert sim.status("ORD-2").json()["body"]["orderId"] == "ORD-2"


@pytest.mark.parametrize("path", ["/order/status", "/merchant-status/getTxnStatus"])
def test_the_old_status_apis_have_the_same_faults(sim: Simulator, path: str) -> None:
    paid(sim, deliver=[])
    fields = {"MID": MID, "ORDERID": "ORD-1"}
    fields["CHECKSUMHASH"] = PaytmChecksum.generateSignature(dict(fields), KEY)

    def ask() -> requests.Response:
        raw = json.dumps(fields)
        return sim.post(path, data=raw if path == "/order/status" else {"JsonData": raw})

    assert ask().json()["STATUS"] == "TXN_SUCCESS"
    on(sim, "status.stale")
    assert ask().json()["STATUS"] == "PENDING"
    on(sim, "status.error")
    assert ask().status_code == 503


# ---- initiate --------------------------------------------------------------------------------------------------


@proves("initiate.unknown")
def test_initiate_says_unknown_and_succeeds_when_repeated(sim: Simulator) -> None:
    on(sim, "initiate.unknown")
    assert sim.refusal() == ("U", "900")
    assert sim.refusal() == ("S", "0002")
    assert sim.order()["status"] == "created"


@proves("initiate.inconsistent")
def test_initiate_calls_a_new_order_inconsistent(sim: Simulator) -> None:
    on(sim, "initiate.inconsistent", times=1)
    assert sim.refusal() == ("F", "2023")
    assert sim.get("/_sim/orders/ORD-1").status_code == 404
    assert sim.refusal() == ("S", "0000")


@proves("initiate.token-expired")
def test_the_token_is_expired_when_it_arrives(sim: Simulator) -> None:
    on(sim, "initiate.token-expired")
    token = sim.token()
    page = sim.get(f"/pay/{token}/")
    assert page.status_code == 400
    assert "Your session has expired" in page.text
    assert sim.order()["token_expired"] is True


# ---- refund ----------------------------------------------------------------------------------------------------


def refund(sim: Simulator, path: str, **more: str) -> dict[str, Any]:
    body = {"mid": MID, "orderId": "ORD-1", "refId": "REF-1", **more}
    return sim.send(path, body).json()["body"]["resultInfo"]


def refund_facts(sim: Simulator) -> dict[str, str]:
    txn_id = sim.order()["transactions"][0]["txn_id"]
    return {"txnId": txn_id, "txnType": "REFUND", "refundAmount": "10.00"}


@pytest.mark.parametrize(("fault", "code"), [("success", "10"), ("failure", "620")])
@proves("refund.pending-then-success")
@proves("refund.pending-then-failure")
def test_a_refund_is_pending_and_then_decided(sim: Simulator, fault: str, code: str) -> None:
    paid(sim, deliver=[])
    on(sim, f"refund.pending-then-{fault}")
    assert refund(sim, "/refund/apply", **refund_facts(sim))["resultCode"] == "601"
    assert refund(sim, "/v2/refund/status")["resultCode"] == "601"
    sim.advance(14 * 86_400)
    assert refund(sim, "/v2/refund/status")["resultCode"] == code


@proves("refund.timeout")
def test_a_refund_is_accepted_and_never_answered(sim: Simulator) -> None:
    paid(sim, deliver=[])
    facts = refund_facts(sim)
    on(sim, "refund.timeout")
    with pytest.raises(requests.ConnectionError):
        refund(sim, "/refund/apply", **facts)
    put(sim, [])
    assert refund(sim, "/v2/refund/status")["resultCode"] in ("10", "601")


# ---- connection ------------------------------------------------------------------------------------------------


@proves("connection.reset")
def test_a_connection_closes_without_a_byte_after_the_work_was_done(sim: Simulator) -> None:
    on(sim, "connection.reset", api="initiate", times=1)
    with pytest.raises(requests.ConnectionError):
        sim.initiate()
    assert sim.order()["status"] == "created"
    assert sim.refusal() == ("S", "0002")
    on(sim, "connection.reset")
    sim.pay()
    assert sim.refusal() == ("S", "0002")  # status is meant, initiate is not
    with pytest.raises(requests.ConnectionError):
        sim.status()
    assert "fault connection.reset" in sim.verdicts()[-1]


def test_a_connection_for_a_refund_closes_too(sim: Simulator) -> None:
    paid(sim, deliver=[])
    facts = refund_facts(sim)
    on(sim, "connection.reset", api="refund")
    with pytest.raises(requests.ConnectionError):
        refund(sim, "/refund/apply", **facts)


def test_not_one_byte_of_an_answer_leaves(sim: Simulator) -> None:
    paid(sim, deliver=[])
    on(sim, "connection.reset")
    text = json.dumps({"mid": MID, "orderId": "ORD-1"})
    signature = PaytmChecksum.generateSignature(text, KEY)
    body = f'{{"head":{{"signature":"{signature}"}},"body":{text}}}'
    host, port = sim.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(
            f"POST /v3/order/status HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        assert raw.recv(100) == b""


CUT = """
rule = {"fault": "connection.reset"}
assert shop.post("/_sim/faults", rule, content_type="application/json").status_code == 200
import json
text = json.dumps({"mid": "MOUNTED", "orderId": "O-1"})
head = json.dumps({"signature": PaytmChecksum.generateSignature(text, "m" * 16)})
answer = shop.post("/v3/order/status", f'{{"head":{head},"body":{text}}}', content_type="application/json")
assert b"".join(answer.streaming_content) == b" ", answer
"""


def test_under_another_server_the_answer_ends_before_its_first_word(tmp_path: Path) -> None:
    ended = project(tmp_path, after=CUT)
    assert ended.stdout == "5.00\n", ended.stderr


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/theia/api/v1/initiateTransaction", "initiate"), ("/order/initiate", "initiate"),
        ("/v3/order/status", "status"), ("/order/status", "status"), ("/merchant-status/getTxnStatus", "status"),
        ("/refund/apply", "refund"), ("/refund/api/v1/refund/apply/sync", "refund"), ("/v2/refund/status", "refund"),
        ("/refund/HANDLER_INTERNAL/getRefundStatus", "refund"), ("/order/process", ""),
        ("/sub/v3/order/status", "status"),
    ],
)  # fmt: skip
def test_a_path_belongs_to_one_api(path: str, api: str) -> None:
    assert answers.api_of(path) == api


# ---- the table and the switches --------------------------------------------------------------------------------


def test_every_fault_of_the_table_has_a_test_and_no_test_names_another() -> None:
    assert {fault.name for fault in table.ALL} == PROVED


def test_the_table_is_whole() -> None:
    assert len({fault.name for fault in table.ALL}) == len(table.ALL)
    for fault in table.ALL:
        assert fault.does
        assert fault.values.keys() == fault.limits.keys()
        for name, default in fault.values.items():
            assert fault.limits[name].refusal(default) == ""
            assert fault.limits[name].refusal(None)
            assert fault.limits[name].words()


def test_what_is_on_is_listed_beside_the_table_of_all(sim: Simulator) -> None:
    put(sim, [{"fault": "status.slow", "seconds": 0.1, "order_id": "ORD-1", "times": 2}, {"fault": "callback.lost"}])
    paid(sim, deliver=[])
    sim.status()
    listed = sim.get("/_sim/faults").json()
    slow, lost = listed["active"]
    assert slow.pop("id") != lost.pop("id")
    assert slow == {
        "fault": "status.slow", "order_id": "ORD-1", "probability": 1.0, "times": 1, "struck": 1,
        "values": {"seconds": 0.1},
    }  # fmt: skip
    assert (lost["fault"], lost["times"], lost["struck"]) == ("callback.lost", None, 0)
    assert [row["fault"] for row in listed["faults"]] == [fault.name for fault in table.ALL]
    delayed = next(row for row in listed["faults"] if row["fault"] == "callback.delayed")
    assert delayed["values"] == {"seconds": {"default": 3, "must_be": "real seconds, 0 to 30"}}


def test_one_is_switched_on_and_off_and_reset_forgets_all(sim: Simulator) -> None:
    put(sim, {"faults": [{"fault": "callback.lost"}]})
    rule = sim.post("/_sim/faults", json={"fault": "status.error", "status": 500}).json()
    assert rule["values"] == {"status": 500}
    gone = sim.http.delete(f"{sim.url}/_sim/faults/{rule['id']}", timeout=10)
    assert [row["fault"] for row in gone.json()["active"]] == ["callback.lost"]
    again = sim.http.delete(f"{sim.url}/_sim/faults/{rule['id']}", timeout=10)
    assert (again.status_code, again.json()["error"]["field"]) == (404, "id")
    sim.post("/_sim/reset")
    assert sim.get("/_sim/faults").json()["active"] == []


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "fault"),
        ({"fault": "callback.lots"}, "fault"),
        ({"fault": 7}, "fault"),
        ({"fault": None}, "fault"),
        ({"fault": "callback.lost", "probability": 1.1}, "probability"),
        ({"fault": "callback.lost", "probability": "0.5"}, "probability"),
        ({"fault": "callback.lost", "probability": True}, "probability"),
        ({"fault": "callback.lost", "times": 0}, "times"),
        ({"fault": "callback.lost", "times": 1.5}, "times"),
        ({"fault": "callback.lost", "order_id": "a b"}, "order_id"),
        ({"fault": "callback.lost", "order_id": 5}, "order_id"),
        ({"fault": "callback.lost", "seconds": 5}, "seconds"),
        ({"fault": "callback.delayed", "seconds": 31}, "seconds"),
        ({"fault": "callback.delayed", "seconds": "3"}, "seconds"),
        ({"fault": "callback.duplicated", "copies": 2.5}, "copies"),
        ({"fault": "callback.amount-changed", "amount": 1}, "amount"),
        ({"fault": "callback.amount-changed", "amount": "0.00"}, "amount"),
        ({"fault": "connection.reset", "api": "paytm"}, "api"),
        ({"fault": "connection.reset", "api": ["status"]}, "api"),
    ],
)
def test_a_mistake_in_a_rule_names_its_field_and_changes_nothing(
    sim: Simulator, wish: dict[str, Any], field: str
) -> None:
    on(sim, "status.html")
    answer = sim.post("/_sim/faults", json=wish)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    answer = put(sim, [{"fault": "callback.lost"}, wish])
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, f"faults[1].{field}")
    assert [rule["fault"] for rule in sim.get("/_sim/faults").json()["active"]] == ["status.html"]


def test_an_unknown_name_suggests_the_nearest(sim: Simulator) -> None:
    message = sim.post("/_sim/faults", json={"fault": "callback.losst"}).json()["error"]["message"]
    assert "Did you mean callback.lost?" in message


@pytest.mark.parametrize("raw", [b"", b"{", b"7", b'[{"fault"', b'{"faults": {}}', b"[1]", b'["callback.lost"]'])
def test_a_body_that_is_no_list_of_rules_is_named(sim: Simulator, raw: bytes) -> None:
    answer = sim.http.put(f"{sim.url}/_sim/faults", data=raw, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] in ("body", "faults", "faults[0].fault")


def test_half_of_the_orders_means_about_half_and_always_the_same(sim: Simulator) -> None:
    def lost() -> list[str]:
        sim.post("/_sim/reset")
        on(sim, "initiate.unknown", probability=0.5)
        return [f"ORD-{number}" for number in range(40) if sim.refusal(f"ORD-{number}") == ("U", "900")]

    first = lost()
    assert 10 <= len(first) <= 30
    assert lost() == first


def test_without_rules_nothing_is_struck_and_a_rule_for_one_order_leaves_others_alone(sim: Simulator) -> None:
    on(sim, "initiate.unknown", order_id="ORD-2")
    assert sim.refusal("ORD-1") == ("S", "0000")
    assert sim.refusal("ORD-2") == ("U", "900")
    put(sim, [])
    assert sim.refusal("ORD-3") == ("S", "0000")
