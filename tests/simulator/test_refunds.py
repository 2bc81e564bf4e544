"""Refunds over the wire: what may go back, when it is deducted, when it is credited, what every party's books say."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
import requests
from paytmchecksum import PaytmChecksum

from tests.simulator.conftest import KEY, MID, REMOVED, Simulator, changed, sealed
from tests.simulator.money import (
    DAY,
    HOUR,
    account,
    books,
    buy,
    fault,
    owed,
    refund,
    refund_body,
    refund_status,
    refunds,
    said,
    txn_id,
)

SYNC = "/refund/api/v1/refund/apply/sync"


@pytest.fixture
def paid(sim: Simulator) -> Simulator:
    """A simulator with one UPI payment of 249.50 rupees."""
    buy(sim)
    return sim


def test_a_refund_is_pending_first_and_credited_later(paid: Simulator) -> None:
    answer = refund(paid, "100.00", comments="size does not fit")
    assert said(answer) == ("PENDING", "601")
    assert sealed(answer)
    body = answer.json()["body"]
    assert (body["refId"], body["refundAmount"], body["txnAmount"]) == ("REF-1", "100.00", "249.50")
    assert len(body["refundId"]) == 35
    assert said(refund_status(paid)) == ("PENDING", "601")
    paid.advance(HOUR)
    later = refund_status(paid)
    assert said(later) == ("TXN_SUCCESS", "10")
    assert sealed(later)
    body = later.json()["body"]
    assert body["totalRefundAmount"] == "100.00"
    assert body["userCreditInitiateStatus"] == body["acceptRefundStatus"] == "SUCCESS"
    assert body["refundDetailInfoList"][0]["payMethod"] == "UPI"
    assert body["refundReason"] == "size does not fit"


def test_the_money_goes_back_the_way_it_came(sim: Simulator) -> None:
    buy(sim, amount="100.00", method="card")
    (payer,) = [name for name in books(sim)["accounts"] if name.startswith("customer/")]
    assert (account(sim, payer), account(sim, f"gateway/{MID}")) == ("-100.00", "100.00")
    refund(sim, "40.00")
    assert (account(sim, payer), account(sim, f"gateway/{MID}")) == ("-100.00", "60.00")
    sim.advance(HOUR)
    assert account(sim, payer) == "-100.00"  # a card takes two hours
    sim.advance(HOUR)
    assert (account(sim, payer), account(sim, f"gateway/{MID}")) == ("-60.00", "60.00")
    assert sum(Decimal(balance) for balance in books(sim)["accounts"].values()) == 0
    (row,) = refunds(sim)
    assert [hop["from"] for hop in row["way"]][:3] == ["merchant", "gateway", "KDBL"]
    assert row["way"][-1]["to"] == "customer"
    assert (len(row["rrn"]), len(row["arn"])) == (12, 23)


def test_the_order_s_own_status_says_what_was_refunded(paid: Simulator) -> None:
    refund(paid, "100.00")
    assert paid.status().json()["body"]["refundAmt"] == "0.00"
    paid.advance(HOUR)
    refund(paid, "49.50", "REF-2")
    paid.advance(HOUR)
    assert paid.status().json()["body"]["refundAmt"] == "149.50"
    form = {"MID": MID, "ORDERID": "ORD-1"}
    form["CHECKSUMHASH"] = PaytmChecksum.generateSignature(form, KEY)
    assert paid.post("/order/status", json=form).json()["REFUNDAMT"] == "149.50"


@pytest.mark.parametrize("path", ["/refund/apply", "/refund/api/v1/async/refund"])
def test_apply_has_two_names(paid: Simulator, path: str) -> None:
    assert said(refund(paid, path=path)) == ("PENDING", "601")
    old = paid.send("/refund/api/v1/refundStatus", {"mid": MID, "orderId": "ORD-1", "refId": "REF-1"})
    assert said(old) == ("PENDING", "601")


def test_the_sync_api_answers_with_the_end(paid: Simulator) -> None:
    assert said(refund(paid, path=SYNC)) == ("TXN_SUCCESS", "10")
    assert refunds(paid)[0]["status"] == "success"


# ---- how much ---------------------------------------------------------------------------------------------------


def test_parts_add_up_to_what_was_taken_and_no_further(paid: Simulator) -> None:
    refund(paid, "200.00", "A")
    assert said(refund(paid, "60.00", "B")) == ("TXN_FAILURE", "626")  # the first is under way
    paid.advance(HOUR)
    assert said(refund(paid, "60.00", "C")) == ("TXN_FAILURE", "619")
    assert said(refund(paid, "49.50", "D")) == ("PENDING", "601")
    paid.advance(HOUR)
    assert said(refund(paid, "1.00", "E")) == ("TXN_FAILURE", "629")
    assert [row["ref_id"] for row in refunds(paid)] == ["A", "D"]


@pytest.mark.parametrize("amount", ["0", "0.00", "-1.00", "1.005", "1e2", "１.00", "abc", "", "249.51"])
def test_an_amount_that_cannot_be_is_619(paid: Simulator, amount: str) -> None:
    assert said(refund(paid, amount)) == ("TXN_FAILURE", "619" if amount else "600")
    assert refunds(paid) == []


def test_a_part_below_one_rupee_is_635_but_the_whole_of_it_is_not(paid: Simulator) -> None:
    assert said(refund(paid, "0.99")) == ("TXN_FAILURE", "635")
    buy(paid, "ORD-2", "0.50")
    assert said(refund(paid, "0.50", order_id="ORD-2")) == ("PENDING", "601")


def test_a_refund_that_failed_frees_its_amount(paid: Simulator) -> None:
    refund(paid, "249.50", "A")
    assert owed(paid) == "0.00"
    assert paid.post("/_sim/refunds/A/settle", json={"outcome": "failure"}).json()["respcode"] == "620"
    assert owed(paid) == account(paid, f"gateway/{MID}") == "249.50"
    assert said(refund_status(paid, "A")) == ("TXN_FAILURE", "620")
    assert said(refund(paid, "249.50", "B")) == ("PENDING", "601")


def test_rupay_allows_six_parts(sim: Simulator) -> None:
    buy(sim, method="card", instrument="6074825972083818")
    answers = [said(refund(sim, "2.00", f"R{number}")) for number in range(7)]
    assert answers == [("PENDING", "601")] * 6 + [("TXN_FAILURE", "600")]


def test_money_that_was_paid_out_cannot_be_refunded_until_there_is_new(paid: Simulator) -> None:
    paid.advance(10 * DAY)
    assert owed(paid) == "0.00"
    assert said(refund(paid, "249.50", "A")) == ("PENDING", "601")
    paid.advance(HOUR)
    assert said(refund_status(paid, "A")) == ("TXN_FAILURE", "620")
    assert refund_status(paid, "A").json()["body"]["acceptRefundStatus"] == "FAILED"
    assert said(refund(paid, "249.50", "B")) == ("PENDING", "601")
    buy(paid, "ORD-2", "300.00")
    paid.advance(HOUR)
    assert said(refund_status(paid, "B")) == ("TXN_SUCCESS", "10")
    assert owed(paid) == account(paid, f"gateway/{MID}") == "50.50"


# ---- again ------------------------------------------------------------------------------------------------------


def test_the_same_request_again_makes_no_second_refund(paid: Simulator) -> None:
    fault(paid, "refund.pending-then-success")
    buy(paid, "ORD-2", "10.00", method="card")
    again = {"amount": "5.00", "order_id": "ORD-2"}
    refund(paid, **again)
    assert said(refund(paid, **again)) == ("TXN_FAILURE", "617")
    paid.advance(11 * 60)
    assert said(refund(paid, **again)) == ("TXN_FAILURE", "628")
    assert said(refund(paid, "6.00", order_id="ORD-2")) == ("TXN_FAILURE", "627")
    paid.advance(2 * HOUR)
    assert said(refund(paid, **again)) == ("TXN_FAILURE", "629")
    assert [row["amount"] for row in refunds(paid)] == ["5.00"]


def test_a_refund_id_stands_for_one_refund_of_one_order(paid: Simulator) -> None:
    buy(paid, "ORD-2", "249.50")
    refund(paid)
    assert said(refund(paid, order_id="ORD-2")) == ("TXN_FAILURE", "627")
    assert len(refunds(paid)) == 1


@pytest.mark.parametrize(("ref_ids", "amount", "made"), [(["R"] * 8, "10.00", 1), (list("ABCDEFGH"), "100.00", 2)])
def test_many_at_once_never_refund_too_much(paid: Simulator, ref_ids: list[str], amount: str, made: int) -> None:
    barrier, codes = threading.Barrier(len(ref_ids)), []
    bodies = [refund_body(paid, amount, ref_id) for ref_id in ref_ids]

    def go(body: dict[str, Any]) -> None:
        text = json.dumps(body)
        raw = f'{{"head":{{"signature":"{PaytmChecksum.generateSignature(text, KEY)}"}},"body":{text}}}'
        barrier.wait()
        answer = requests.post(
            f"{paid.url}/refund/apply", data=raw, headers={"Content-Type": "application/json"}, timeout=20
        )
        codes.append(said(answer)[1])

    threads = [threading.Thread(target=go, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["601"] * made + [("617" if made == 1 else "626")] * (len(ref_ids) - made)
    assert len(refunds(paid)) == made


# ---- what cannot be read, and whom we do not know ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mid": "NOBODY"}, "335"),
        ({"mid": 5}, "335"),
        ({"orderId": "ORD-9"}, "607"),
        ({"txnId": "20310102"}, "627"),
        ({"txnType": "SALE"}, "600"),
        ({"refId": REMOVED}, "600"),
        ({"refId": "R" * 51}, "600"),
        ({"refId": ["R"]}, "600"),
        ({"comments": "a|b"}, "600"),
        ({"comments": "c" * 501}, "600"),
        ({"refundAmount": 10}, "619"),
        ({"agentInfo": {"name": "x|y"}}, "600"),
    ],
)
def test_a_request_that_is_not_right_gets_paytm_s_code(paid: Simulator, changes: dict[str, Any], code: str) -> None:
    answer = paid.send("/refund/apply", changed(refund_body(paid, "10.00", "REF-1"), changes))
    assert said(answer) == ("TXN_FAILURE", code)
    assert refunds(paid) == []


@pytest.mark.parametrize("path", ["/refund/apply", SYNC, "/v2/refund/status"])
@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"head":{},"body":1}', b"\xff", b'{"a":1,"a":2}', b"[" * 9999])
def test_what_is_no_envelope_is_600(paid: Simulator, path: str, raw: bytes) -> None:
    answer = paid.post(path, data=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, said(answer)) == (200, ("TXN_FAILURE", "600"))


def test_a_wrong_signature_is_330_and_unsigned(paid: Simulator) -> None:
    body = refund_body(paid, "10.00", "REF-1")
    forged = PaytmChecksum.generateSignature(json.dumps(body), "another#Key&1234")
    answer = paid.send("/refund/apply", body, signature=forged)
    assert said(answer) == ("TXN_FAILURE", "330")
    assert "signature" not in answer.json()["head"]
    assert refunds(paid) == []


def test_an_unpaid_order_cannot_be_refunded(sim: Simulator) -> None:
    sim.token("ORD-1")
    failed = sim.pay("ORD-1", "failure")["transactions"][0]["txn_id"]
    body = {
        "mid": MID, "orderId": "ORD-1", "refId": "R", "txnId": failed, "txnType": "REFUND", "refundAmount": "10.00",
    }  # fmt: skip
    assert said(sim.send("/refund/apply", body)) == ("TXN_FAILURE", "607")


def test_an_unknown_refund_is_631(paid: Simulator) -> None:
    buy(paid, "ORD-2")
    refund(paid)
    assert said(refund_status(paid, "REF-9")) == ("TXN_FAILURE", "631")
    assert said(refund_status(paid, "REF-1", "ORD-2")) == ("TXN_FAILURE", "631")


# ---- faults -----------------------------------------------------------------------------------------------------


def test_fault_pending_then_success_delays_even_the_sync_api(paid: Simulator) -> None:
    fault(paid, "refund.pending-then-success", order_id="ORD-1")
    assert said(refund(paid, path=SYNC)) == ("PENDING", "601")
    paid.advance(HOUR)
    assert said(refund_status(paid)) == ("TXN_SUCCESS", "10")


def test_fault_pending_then_failure_ends_with_620_and_moves_nothing(paid: Simulator) -> None:
    fault(paid, "refund.pending-then-failure", order_id="ORD-1")
    before = books(paid)["accounts"]
    assert said(refund(paid)) == ("PENDING", "601")
    paid.advance(HOUR)
    assert said(refund_status(paid)) == ("TXN_FAILURE", "620")
    assert books(paid)["accounts"] == before


def test_fault_timeout_accepts_the_refund_and_never_answers(paid: Simulator) -> None:
    fault(paid, "refund.timeout", order_id="ORD-1")
    with pytest.raises(requests.ConnectionError):
        refund(paid)
    paid.http.close()
    assert said(refund_status(paid)) == ("PENDING", "601")
    assert owed(paid) == "149.50"


# ---- the legacy pair --------------------------------------------------------------------------------------------


def legacy(
    sim: Simulator, name: str, fields: dict[str, str], checksum: str, *, encoded: bool = False
) -> dict[str, str]:
    signature = PaytmChecksum.generateSignature(fields, KEY)
    sent = json.dumps({**fields, checksum: quote(signature) if encoded else signature})
    return sim.post(f"/refund/HANDLER_INTERNAL/{name}", data={"JsonData": sent}).json()


@pytest.mark.parametrize("encoded", [False, True])
def test_the_legacy_kits_refund_with_a_flat_object(paid: Simulator, encoded: bool) -> None:
    fields = {
        "MID": MID, "ORDERID": "ORD-1", "REFID": "REF-1", "TXNID": txn_id(paid), "REFUNDAMOUNT": "100.00",
        "TXNTYPE": "REFUND", "COMMENTS": "returned",
    }  # fmt: skip
    answer = legacy(paid, "REFUND", fields, "CHECKSUM", encoded=encoded)
    assert (answer["STATUS"], answer["RESPCODE"], answer["REFUNDAMOUNT"]) == ("PENDING", "601", "100.00")
    asked = {"MID": MID, "ORDERID": "ORD-1", "REFID": "REF-1"}
    assert legacy(paid, "getRefundStatus", asked, "CHECKSUMHASH")["RESPCODE"] == "601"
    paid.advance(HOUR)
    assert legacy(paid, "getRefundStatus", asked, "CHECKSUMHASH")["TOTALREFUNDAMT"] == "100.00"
    assert legacy(paid, "getRefundStatus", {**asked, "REFID": "X"}, "CHECKSUMHASH")["RESPCODE"] == "631"
    assert legacy(paid, "REFUND", {**asked, "REFID": "X"}, "CHECKSUM")["RESPCODE"] == "600"


@pytest.mark.parametrize("raw", ["", "[]", "{", '{"MID":5}', '{"MID":"NOBODY"}', '{"MID":"DEMOMID0000000000001"}'])
def test_a_legacy_request_that_cannot_be_read_never_breaks(paid: Simulator, raw: str) -> None:
    for name in ("REFUND", "getRefundStatus"):
        answer = paid.post(f"/refund/HANDLER_INTERNAL/{name}", data={"JsonData": raw})
        assert answer.status_code == 200
        assert answer.json()["RESPCODE"] in ("330", "335", "600")


# ---- dashboard and disputes -------------------------------------------------------------------------------------


def test_a_refund_in_the_dashboard_is_found_by_its_reference(paid: Simulator) -> None:
    made = paid.post("/_sim/orders/ORD-1/refund", json={"amount": "20.00", "outcome": "success"}).json()
    assert (made["source"], made["status"]) == ("DASHBOARD", "success")
    found = refund_status(paid, made["ref_id"])
    assert said(found) == ("TXN_SUCCESS", "10")
    assert found.json()["body"]["source"] == "DASHBOARD"
    failed = paid.post("/_sim/orders/ORD-1/refund", json={"amount": "20.00", "outcome": "failure", "ref_id": "F"})
    assert failed.json()["respcode"] == "620"


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("/_sim/orders/ORD-1/refund", {}, "amount"),
        ("/_sim/orders/ORD-1/refund", {"amount": "x"}, "amount"),
        ("/_sim/orders/ORD-1/refund", {"amount": "1.00", "ref_id": "a b"}, "ref_id"),
        ("/_sim/orders/ORD-1/refund", {"amount": "1.00", "outcome": "maybe"}, "outcome"),
        ("/_sim/orders/ORD-1/refund", {"amount": "999.00"}, "order_id"),
        ("/_sim/orders/ORD-9/refund", {"amount": "1.00"}, "order_id"),
        ("/_sim/orders/ORD-1/dispute", {"amount": "999.00"}, "amount"),
        ("/_sim/orders/ORD-1/dispute", {"amount": "1.00", "reason": ""}, "reason"),
        ("/_sim/refunds/REF-1/settle", {"outcome": "maybe"}, "outcome"),
        ("/_sim/refunds/REF-1/settle", {"outcome": "success", "respcode": "620"}, "respcode"),
        ("/_sim/refunds/REF-9/settle", {"outcome": "success"}, "ref_id"),
        ("/_sim/disputes/9/close", {"outcome": "won"}, "dispute_id"),
    ],
)
def test_a_mistake_names_its_field(paid: Simulator, path: str, sent: dict[str, str], field: str) -> None:
    refund(paid)
    answer = paid.post(path, json=sent)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["field"] == field


def test_the_bank_s_mind_can_be_changed_while_a_refund_is_pending(paid: Simulator) -> None:
    refund(paid)
    paid.post("/_sim/refunds/REF-1/settle", json={"outcome": "pending", "respcode": "501"})
    assert said(refund_status(paid)) == ("PENDING", "501")
    paid.post("/_sim/refunds/REF-1/settle", json={"outcome": "success"})
    assert said(refund_status(paid)) == ("TXN_SUCCESS", "10")
    again = paid.post("/_sim/refunds/REF-1/settle", json={"outcome": "failure"})
    assert again.status_code == 400


@pytest.mark.parametrize(("outcome", "left", "code"), [("won", "249.50", "601"), ("lost", "149.50", "619")])
def test_no_refund_while_a_dispute_is_open(paid: Simulator, outcome: str, left: str, code: str) -> None:
    opened = paid.post("/_sim/orders/ORD-1/dispute", json={"amount": "100.00", "reason": "not received"}).json()
    assert said(refund(paid, "10.00", "A")) == ("TXN_FAILURE", "600")
    closed = paid.post(f"/_sim/disputes/{opened['dispute_id']}/close", json={"outcome": outcome})
    assert closed.json()["status"] == outcome
    assert owed(paid) == account(paid, f"gateway/{MID}") == left
    assert said(refund(paid, "200.00", "B"))[1] == code
    assert paid.post(f"/_sim/disputes/{opened['dispute_id']}/close", json={"outcome": "won"}).status_code == 400
