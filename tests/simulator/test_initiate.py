"""initiateTransaction: what Paytm checks, in Paytm's codes."""

from __future__ import annotations

import json
import re

import pytest
import requests
from paytmchecksum import PaytmChecksum

from tests.simulator.conftest import KEY, MID, REMOVED, Simulator, sealed


def test_a_right_request_gets_a_token_and_a_signed_answer(sim: Simulator) -> None:
    response = sim.initiate()
    body = response.json()["body"]
    assert response.status_code == 200
    assert body["resultInfo"] == {"resultStatus": "S", "resultCode": "0000", "resultMsg": "Success"}
    assert re.fullmatch(r"[0-9a-f]{32}\d{13}", body["txnToken"])
    assert body["isPromoCodeValid"] is False
    assert body["authenticated"] is False
    assert re.fullmatch(r"\d{13}", response.json()["head"]["responseTimestamp"])
    assert sealed(response)


def test_the_alias_of_the_sdks_is_the_same_api(sim: Simulator) -> None:
    answer = sim.send(f"/order/initiate?mid={MID}&orderId=ORD-1", sim.initiate_body)
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "0000"


def test_the_same_content_again_gives_the_same_token(sim: Simulator) -> None:
    token = sim.token()
    again = sim.initiate()
    assert again.json()["body"]["resultInfo"]["resultCode"] == "0002"
    assert again.json()["body"]["txnToken"] == token
    assert sealed(again)


def test_the_same_content_in_another_order_of_keys_is_the_same_content(sim: Simulator) -> None:
    sim.initiate()
    turned = dict(reversed(sim.initiate_body.items()))
    answer = sim.send(f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1", turned)
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "0002"


@pytest.mark.parametrize(
    "change",
    [{"txnAmount__value": "1.00"}, {"callbackUrl": "http://127.0.0.1:1/other"}, {"userInfo__custId": "C_18"}],
    ids=["amount", "callback", "customer"],
)
def test_changed_content_for_a_known_order_id_is_inconsistent(sim: Simulator, change: dict[str, str]) -> None:
    sim.initiate()
    assert sim.refusal(**change) == ("F", "2023")


def test_a_repeat_after_the_tokens_fifteen_minutes_is_a_session_expired(sim: Simulator) -> None:
    sim.initiate()
    sim.advance(14 * 60)
    assert sim.refusal() == ("S", "0002")
    sim.advance(61)
    assert sim.refusal() == ("F", "1006")


def test_query_and_body_must_name_the_same_merchant_and_order(sim: Simulator) -> None:
    assert sim.refusal(query={"mid": "OTHER", "orderId": "ORD-1"}) == ("F", "2013")
    assert sim.refusal(query={"orderId": "ORD-1"}) == ("F", "2013")
    assert sim.refusal(query={"mid": MID, "orderId": "ORD-2"}) == ("F", "2014")
    assert sim.refusal(query={"mid": MID}) == ("F", "2014")


def test_an_unknown_mid_is_refused_without_a_signature(sim: Simulator) -> None:
    answer = sim.initiate(query={"mid": "STRANGER", "orderId": "ORD-1"}, mid="STRANGER")
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "1001"
    assert "signature" not in answer.json()["head"]


def test_a_mid_is_case_sensitive(sim: Simulator) -> None:
    assert sim.refusal(query={"mid": MID.lower(), "orderId": "ORD-1"}, mid=MID.lower()) == ("F", "1001")


@pytest.mark.parametrize("signature", ["", "x", "A" * 107 + "=", "null"])
def test_a_wrong_signature_is_refused_unsigned_and_makes_no_order(sim: Simulator, signature: str) -> None:
    path = f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1"
    answer = sim.send(path, sim.initiate_body, signature=signature)
    assert answer.json()["body"]["resultInfo"] == {
        "resultStatus": "F", "resultCode": "2005", "resultMsg": "Checksum provided is invalid",
    }  # fmt: skip
    assert "signature" not in answer.json()["head"]
    assert sim.get("/_sim/orders").json()["orders"] == []


def test_the_signature_covers_the_text_as_sent_not_as_parsed(sim: Simulator) -> None:
    text = json.dumps(sim.initiate_body, indent=2)
    signature = PaytmChecksum.generateSignature(text, KEY)
    path = f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1"
    headers = {"Content-Type": "application/json"}
    respaced = f'{{"head":{{"signature":"{signature}"}},"body":{json.dumps(sim.initiate_body)}}}'
    assert sim.post(path, data=respaced, headers=headers).json()["body"]["resultInfo"]["resultCode"] == "2005"
    # the body may come first, and the word "body" may stand anywhere else
    exact = f'{{"body" : {text} ,\n "head":{{"x":"\\"body\\":{{","signature":"{signature}"}}}}'
    assert sim.post(path, data=exact, headers=headers).json()["body"]["resultInfo"]["resultCode"] == "0000"


def test_the_log_says_why_a_signature_does_not_match_without_showing_the_key(sim: Simulator) -> None:
    path = f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1"
    sim.send(path, sim.initiate_body, signature="too short")
    [message] = sim.get("/_sim/messages").json()["messages"]
    assert message["verdict"].startswith("2005: signature does not match: ")
    assert len(message["verdict"]) > len("2005: signature does not match: ") + 10
    assert KEY not in json.dumps(message)


@pytest.mark.parametrize(
    "field",
    ["requestType", "mid", "orderId", "websiteName", "callbackUrl", "txnAmount", "txnAmount__value",
     "txnAmount__currency", "userInfo", "userInfo__custId"],
)  # fmt: skip
def test_a_missing_mandatory_field_is_1007(sim: Simulator, field: str) -> None:
    query = {"mid": MID, "orderId": "ORD-1"}
    assert sim.refusal(query=query, **{field: REMOVED}) == ("F", "1007")


@pytest.mark.parametrize("amount", ["0", "0.00", "-1", "1.234", "1e2", "NaN", "1,000", "१०", "+5", " 5", ".5", "5."])
def test_what_is_no_amount_is_2007(sim: Simulator, amount: str) -> None:
    assert sim.refusal(txnAmount__value=amount) == ("F", "2007")


def test_an_empty_amount_is_missing(sim: Simulator) -> None:
    assert sim.refusal(txnAmount__value="") == ("F", "1007")


@pytest.mark.parametrize("amount", [249.5, 249, True, ["1"], {"a": "1"}])
def test_an_amount_that_is_not_text_is_2007(sim: Simulator, amount: object) -> None:
    assert sim.refusal(txnAmount__value=amount) == ("F", "2007")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"txnAmount__value": "1000000.01"}, "196"),
        ({"userInfo__custId": "C|17"}, "1008"),
        ({"extendInfo": {"udf1": "a|b"}}, "1008"),
        ({"websiteName": "DEFAULT"}, "501"),
        ({"requestType": "Refund"}, "1001"),
        ({"txnAmount__currency": "USD"}, "1001"),
        ({"userInfo__custId": "C" * 65}, "1001"),
        ({"userInfo__custId": "a b"}, "1001"),
        ({"userInfo__custId": 17}, "1001"),
        ({"userInfo__mobile": "1" * 16}, "1001"),
        ({"callbackUrl": "http://127.0.0.1/" + "x" * 255}, "1001"),
        ({"txnAmount__value": "1" * 16}, "1001"),
    ],
)
def test_other_faults_have_their_own_codes(sim: Simulator, change: dict[str, object], code: str) -> None:
    answer = sim.initiate(**change)
    assert answer.json()["body"]["resultInfo"]["resultCode"] == code
    assert sealed(answer), "the merchant was authenticated, so the refusal is signed"
    assert sim.get("/_sim/orders").json()["orders"] == []


@pytest.mark.parametrize("order_id", ["O" * 51, "a b", "a/b", "é", "a#b"])
def test_an_order_id_outside_paytms_alphabet_or_length_is_1001(sim: Simulator, order_id: str) -> None:
    assert sim.refusal(order_id) == ("F", "1001")


def test_an_order_id_may_hold_what_paytm_allows(sim: Simulator) -> None:
    order_id = "aZ9@-_." + "x" * 43
    assert sim.refusal(order_id) == ("S", "0000")
    assert sim.order(order_id)["order_id"] == order_id


@pytest.mark.parametrize(
    "url",
    ["https://shop.example/cb/", "http://169.254.169.254/", "http://127.0.0.1.example.com/", "ftp://localhost/x",
     "javascript:alert(1)", "/cb/", "http://user@localhost/", "http://[::1", "http://local host/"],
)  # fmt: skip
def test_a_callback_to_a_host_that_is_not_allowed_is_refused_with_the_reason(sim: Simulator, url: str) -> None:
    info = sim.initiate(callbackUrl=url).json()["body"]["resultInfo"]
    assert info["resultCode"] == "1001"
    assert info["resultMsg"].startswith("Request parameters are not valid. callbackUrl: ")


def test_non_ascii_text_is_signed_as_sent(sim: Simulator) -> None:
    assert sim.refusal(userInfo__firstName="Āśā ₹") == ("S", "0000")


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"head":{},"body":[]}', b'{"body":{}}', b'{"head":{}}',
     b'{"head":{},"body":{},"body":{}}', b'{"head":{},"body":{"mid":"a","mid":"b"}}', b'{"head":{},"body":{"a":NaN}}',
     b'{"head":{},"body":{"a":"\\u0000"}}', b'{"head":{},"body":{"a":"\\ud800"}}', b'{"head":{},"body":{"a":"\x00"}}',
     b'{"head":{},"body":' + b"[" * 100_000, b'{"head":{},"body":{"a":' + b"9" * 5000 + b"}}"],
)  # fmt: skip
def test_what_is_not_an_envelope_is_1001(sim: Simulator, raw: bytes) -> None:
    path = f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1"
    answer = sim.post(path, data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["body"]["resultInfo"]["resultCode"] in ("1001", "1007")
    assert "signature" not in answer.json()["head"]


def test_a_text_that_only_looks_like_nul_is_taken(sim: Simulator) -> None:
    assert sim.refusal(extendInfo={"mercUnqRef": r"a\u0000b"}) == ("S", "0000")
    assert sim.refusal("ORD-2", extendInfo={"mercUnqRef": "a\\\0b"}) == ("F", "1001")


def test_another_content_type_is_1001(sim: Simulator) -> None:
    path = f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1"
    assert sim.post(path, data={"mid": MID}).json()["body"]["resultInfo"]["resultCode"] == "1001"
    multipart = sim.post(path, files={"file": b"x"})
    assert multipart.json()["body"]["resultInfo"]["resultCode"] == "1001"


def test_same_seed_same_tokens_and_transaction_ids(sim: Simulator) -> None:
    def run() -> list[str]:
        sim.post("/_sim/reset")
        drawn = [sim.token(f"ORD-{number}") for number in range(3)]
        return drawn + [sim.pay(f"ORD-{number}")["transactions"][0]["txn_id"][8:] for number in range(3)]

    assert run() == run()


def test_any_client_works_by_changing_the_host(sim: Simulator) -> None:
    """No session, no cookie, no header beyond the content type is needed."""
    text = json.dumps(sim.initiate_body)
    signature = PaytmChecksum.generateSignature(text, KEY)
    answer = requests.post(
        f"{sim.url}/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1",
        data='{"body":' + text + ',"head":{"signature":"' + signature + '"}}',
        headers={"Content-Type": "application/json; charset=utf-8"},
        timeout=10,
    )
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "0000"
    assert not answer.cookies
