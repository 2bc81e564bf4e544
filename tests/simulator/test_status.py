"""The status APIs: v3 in its envelope, and the two flat ones of older kits."""

from __future__ import annotations

import json
import re

import pytest
from paytmchecksum import PaytmChecksum

from tests.simulator.conftest import KEY, MID, Simulator, sealed


def flat(sim: Simulator, order_id: str = "ORD-1", **changes: str) -> dict[str, str]:
    fields = {"MID": MID, "ORDERID": order_id, **changes}
    fields.setdefault("CHECKSUMHASH", PaytmChecksum.generateSignature(fields, KEY))
    return sim.post("/order/status", json=fields).json()


def test_an_order_nobody_has_tried_to_pay_has_no_record(sim: Simulator) -> None:
    sim.initiate()
    answer = sim.status()
    assert answer.json()["body"] == {
        "resultInfo": {"resultStatus": "NO_RECORD_FOUND", "resultCode": "331", "resultMsg": "No Record Found"}
    }
    assert sealed(answer)


def test_an_unknown_order_has_no_record(sim: Simulator) -> None:
    assert sim.result("NEVER") == ("NO_RECORD_FOUND", "331")


def test_a_paid_order_is_described_in_text_values(sim: Simulator) -> None:
    sim.initiate(extendInfo={"mercUnqRef": "REF-9"})
    sim.pay(method="card")
    answer = sim.status()
    body = answer.json()["body"]
    assert body.pop("resultInfo") == {"resultStatus": "TXN_SUCCESS", "resultCode": "01", "resultMsg": "Txn Success"}
    assert re.fullmatch(r"20\d{33}", body.pop("txnId"))
    assert re.fullmatch(r"\d{12}", body["bankTxnId"])
    assert body.pop("bankTxnId") == body.pop("rrnCode")
    assert re.fullmatch(r"[0-9A-Z]{6}", body.pop("authCode"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.0", body.pop("txnDate"))
    assert body == {
        "orderId": "ORD-1", "txnAmount": "249.50", "txnType": "SALE", "gatewayName": "KDBL",
        "bankName": "Sahyadri Demo Bank", "mid": MID, "paymentMode": "CC", "refundAmt": "0.00",
        "merchantUniqueReference": "REF-9", "cardScheme": "VISA", "lastFourDigit": "1111",
        "maskedCardNo": "************1111", "arnAvailable": "false",
    }  # fmt: skip
    assert sealed(answer)


def test_upi_names_no_bank(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(method="upi")
    body = sim.status().json()["body"]
    assert body["paymentMode"] == "UPI"
    assert "bankName" not in body


@pytest.mark.parametrize("code", ["227", "235", "295", "401", "810", "843"])
def test_a_failed_order_says_so_with_its_code(sim: Simulator, code: str) -> None:
    sim.initiate()
    sim.pay(outcome="failure", respcode=code)
    assert sim.result() == ("TXN_FAILURE", code)


def test_a_cancelled_order_is_a_failure_141(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(outcome="cancel")
    assert sim.result() == ("TXN_FAILURE", "141")


def test_pending_stays_until_the_bank_answers(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(outcome="pending")
    answer = sim.status()
    assert sim.result() == ("PENDING", "402")
    assert "bankTxnId" not in answer.json()["body"]
    assert sealed(answer)
    sim.post("/_sim/orders/ORD-1/settle", json={"outcome": "success"})
    assert sim.result() == ("TXN_SUCCESS", "01")


def test_pending_settles_by_the_simulated_clock(sim: Simulator) -> None:
    sim.settings(settle_after=3600)
    sim.initiate()
    sim.pay(outcome="pending")
    sim.advance(3000)  # real time goes by as well
    assert sim.result() == ("PENDING", "402")
    sim.advance(600)
    assert sim.result() == ("TXN_SUCCESS", "01")


def test_a_shopper_at_the_otp_step_is_pending_and_gives_up_with_the_token(sim: Simulator) -> None:
    token = sim.token()
    card = {"number": "4111 1111 1111 1111", "expiry": "12/40", "cvv": "123"}
    sim.post(f"/pay/{token}/method/card", data=card)
    assert sim.result() == ("PENDING", "402")
    sim.advance(15 * 60 + 1)
    assert sim.result() == ("TXN_FAILURE", "141")


def test_another_kind_of_transaction_has_no_record(sim: Simulator) -> None:
    sim.initiate()
    sim.pay()
    assert sim.status(txnType="PREAUTH").json()["body"]["resultInfo"]["resultCode"] == "331"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mid": "STRANGER", "orderId": "ORD-1"}, "335"),
        ({"orderId": "ORD-1"}, "335"),
        ({"mid": ["x"], "orderId": "ORD-1"}, "335"),
        ({"mid": MID}, "334"),
        ({"mid": MID, "orderId": 17}, "334"),
        ({"mid": MID, "orderId": "a b"}, "334"),
        ({"mid": MID, "orderId": "O" * 51}, "334"),
    ],
)
def test_faults_of_the_v3_status(sim: Simulator, body: dict[str, object], code: str) -> None:
    assert sim.send("/v3/order/status", body).json()["body"]["resultInfo"]["resultCode"] == code


def test_a_wrong_signature_is_330_and_unsigned(sim: Simulator) -> None:
    sim.initiate()
    sim.pay()
    answer = sim.send("/v3/order/status", {"mid": MID, "orderId": "ORD-1"}, signature="A" * 108)
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "330"
    assert answer.json()["body"].keys() == {"resultInfo"}
    assert "signature" not in answer.json()["head"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"\xff"])
def test_malformed_json_is_answered_in_paytms_shape(sim: Simulator, raw: bytes) -> None:
    answer = sim.post("/v3/order/status", data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "501"


# ---- flat ------------------------------------------------------------------------------------------------------


def test_the_flat_status_is_upper_case_text(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(method="netbanking")
    answer = flat(sim)
    assert re.fullmatch(r"20\d{33}", answer.pop("TXNID"))
    assert re.fullmatch(r"\d{12}", answer.pop("BANKTXNID"))
    assert answer.pop("TXNDATE")
    assert answer == {
        "ORDERID": "ORD-1", "TXNAMOUNT": "249.50", "STATUS": "TXN_SUCCESS", "TXNTYPE": "SALE", "GATEWAYNAME": "SDBL",
        "RESPCODE": "01", "RESPMSG": "Txn Success", "BANKNAME": "Sahyadri Demo Bank", "MID": MID,
        "PAYMENTMODE": "NB", "REFUNDAMT": "0.00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"CHECKSUMHASH": "x"}, "330"), ({"MID": "STRANGER"}, "335"), ({"ORDERID": "NEVER"}, "334")],
)
def test_faults_of_the_flat_status(sim: Simulator, changes: dict[str, str], code: str) -> None:
    sim.initiate()
    sim.pay()
    answer = flat(sim, **changes)
    assert (answer["STATUS"], answer["RESPCODE"]) == ("TXN_FAILURE", code)
    assert "TXNID" not in answer


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"MID":1}', b'{"MID":"a","MID":"b"}', b"\xff"])
def test_a_flat_request_that_cannot_be_read_is_501(sim: Simulator, raw: bytes) -> None:
    answer = sim.post("/order/status", data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["RESPCODE"] == "501"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_oldest_status_takes_the_same_object_as_a_form_field(sim: Simulator, method: str) -> None:
    sim.initiate()
    sim.pay()
    fields = {"MID": MID, "ORDERID": "ORD-1"}
    fields["CHECKSUMHASH"] = PaytmChecksum.generateSignature(fields, KEY)
    sent = {"JsonData": json.dumps(fields)}
    path = "/merchant-status/getTxnStatus"
    answer = sim.post(path, data=sent) if method == "POST" else sim.get(path, params=sent)
    assert answer.json()["STATUS"] == "TXN_SUCCESS"
    assert sim.post(path).json()["RESPCODE"] == "501"
