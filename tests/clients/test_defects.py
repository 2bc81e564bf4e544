"""Each row of defects.py, proved: the exact wrong thing that the client does, beside a client that does it right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from paytmchecksum import PaytmChecksum

from paytm_kit import checksum
from tests.clients import defects
from tests.clients.conftest import Client, Died, Relay
from tests.simulator.conftest import KEY, Simulator

pytestmark = pytest.mark.clients

Start = Callable[..., Client]


def test_every_defect_has_its_test() -> None:
    pinned = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {defect.name for defect in defects.ALL} == pinned - {"every_defect_has_its_test"}


def reseal(answer: bytes, rewrite: Callable[[dict], str]) -> bytes:
    """The answer with another body text, rightly signed by Paytm's own library."""
    envelope = json.loads(answer)
    text = rewrite(envelope["body"])
    envelope["head"]["signature"] = PaytmChecksum.generateSignature(text, KEY)
    return f'{{"head":{json.dumps(envelope["head"])},"body":{text}}}'.encode()


# ---- paytm-pg, Python ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["O'Neil", "café"])
def test_a_genuine_answer_is_refused_for_its_characters(start: Start, sim: Simulator, reference: str) -> None:
    right, wrong = start("paytmchecksum-python"), start("paytm-pg")
    right.initiate(merc_unq_ref=reference)
    sim.pay()
    assert right.result() == ("TXN_SUCCESS", "01")
    assert "Signature Validation Failed" in wrong.status()["raised"]


def test_a_refused_status_raises(start: Start, relay: Relay, sim: Simulator) -> None:
    sdk = start("paytm-pg")
    relay.change = lambda answer: answer.replace(b'"S"', b'"S" ')
    assert sdk.initiate()["message"] == "Signature Validation Failed"
    sim.pay()
    relay.change = lambda answer: answer.replace(b"249.50", b"2.50")
    said = sdk.status()["raised"]
    assert said.startswith("TypeError: 'NoneType' object is not subscriptable")
    assert "Signature Validation Failed" in said


def test_spaces_vanish_from_a_request(start: Start, relay: Relay) -> None:
    for name, said in (("paytm-pg", "wrongsize"), ("paytmchecksum-python", "wrong size")):
        start(name).refund("1", comments="wrong size")
        assert json.loads(relay.sent[-1].body)["body"]["comments"] == said


def test_an_apostrophe_breaks_a_request(start: Start, relay: Relay) -> None:
    start("paytm-pg").refund("1", comments="it's small")
    assert b'"comments":"it"ssmall"' in relay.sent[-1].body
    with pytest.raises(json.JSONDecodeError):
        json.loads(relay.sent[-1].body)


def test_the_timestamp_is_no_epoch(start: Start, relay: Relay) -> None:
    start("paytm-pg").status()
    assert json.loads(relay.sent[-1].body)["head"]["requestTimestamp"].count("-") == 2
    start("paytm-pg-node-sdk").status()
    assert json.loads(relay.sent[-1].body)["head"]["requestTimestamp"].isdigit()


def test_setting_the_base_url_changes_nothing(start: Start, relay: Relay) -> None:
    addresses = start("paytm-pg").call("set_base_url", url="http://localhost:9")["addresses"]
    assert len(addresses) == 4
    assert all(address.startswith(relay.url) for address in addresses)


def test_an_unsigned_answer_is_believed(start: Start, relay: Relay, sim: Simulator) -> None:
    victim, careful = start("paytm-pg"), start("paytm-pg-node-sdk")
    victim.initiate()
    sim.pay(outcome="failure")

    def forge(answer: bytes) -> bytes:
        envelope = json.loads(answer)
        del envelope["head"]["signature"]
        envelope["body"]["resultInfo"] |= {"resultStatus": "TXN_SUCCESS", "resultCode": "01"}
        return json.dumps(envelope, separators=(",", ":")).encode()

    relay.change = forge
    assert victim.result() == ("TXN_SUCCESS", "01")
    assert careful.result() == ("failure", "501")


def test_the_refunded_amount_is_lost(start: Start, sim: Simulator) -> None:
    wrong, right = start("paytm-pg"), start("paytmchecksum-python")
    wrong.initiate()
    wrong.refund(sim.pay()["callback"]["fields"]["TXNID"])
    assert right.refund_status()["amount"] == "100.00"
    assert wrong.refund_status()["amount"] is None


# ---- paytm-pg-node-sdk -----------------------------------------------------------------------------------------


def test_a_refused_connection_ends_the_process(start: Start) -> None:
    with pytest.raises(Died, match="TypeError: Cannot read properties of undefined \\(reading 'statusCode'\\)"):
        start("paytm-pg-node-sdk", host="http://127.0.0.1:9").status()
    assert start("paytm-pg", host="http://127.0.0.1:9").result() == ("failure", "501")


def test_a_null_breaks_the_signature(start: Start, relay: Relay) -> None:
    assert start("paytm-pg-node-sdk").initiate(merc_unq_ref=None)["code"] == "2005"
    sent = json.loads(relay.sent[-1].body)
    signed = sent["body"] | {"extendInfo": sent["body"]["extendInfo"] | {"mercUnqRef": None}}
    assert "mercUnqRef" not in sent["body"]["extendInfo"]
    assert checksum.verify(json.dumps(signed, separators=(",", ":")), sent["head"]["signature"], KEY)


def test_an_escaped_answer_is_refused(start: Start, relay: Relay, sim: Simulator) -> None:
    right, wrong = start("paytmchecksum-node"), start("paytm-pg-node-sdk")
    right.initiate(merc_unq_ref="café")
    sim.pay()
    relay.change = lambda answer: reseal(answer, lambda body: json.dumps(body, separators=(",", ":")))
    assert right.result() == ("TXN_SUCCESS", "01")
    assert wrong.status()["message"] == "Signature Validation Failed"


def test_the_log_keeps_tokens(start: Start, tmp_path: Path) -> None:
    sdk = start("paytm-pg-node-sdk")
    token = sdk.initiate()["token"]
    sdk.status()  # by then the first call is written
    assert token in (tmp_path / "logs" / "app.log").read_text()


def test_the_total_refunded_is_lost(start: Start, relay: Relay, sim: Simulator) -> None:
    sdk = start("paytm-pg-node-sdk")
    sdk.initiate()
    sdk.refund(sim.pay()["callback"]["fields"]["TXNID"])
    sim.advance(14 * 86_400)  # by then it is credited
    heard: list[bytes] = []
    relay.change = lambda answer: heard.append(answer) or answer
    said = sdk.refund_status()
    assert json.loads(heard[0])["body"]["totalRefundAmount"] == "100.00"
    assert "total" not in said


def test_production_asks_a_test_host_about_refunds(start: Start) -> None:
    addresses = start("paytm-pg-node-sdk").call("production_addresses")
    assert addresses["refundStatusUrl"] == "https://pgp-ite.paytm.in/refund/api/v1/refundStatus"
    assert addresses["refundUrl"].startswith("https://secure.paytmpayments.com/")


# ---- paytmchecksum, Python -------------------------------------------------------------------------------------


@pytest.mark.parametrize("signature", ["", "garbled", "AAAA"])
def test_a_garbled_signature_raises(start: Start, signature: str) -> None:
    said = start("paytmchecksum-python").call("verify", payload={"ORDERID": "ORD-1"}, signature=signature)
    assert "Error" in said["raised"]
    assert not checksum.verify({"ORDERID": "ORD-1"}, signature, KEY)


def test_a_text_with_the_field_name_raises(start: Start) -> None:
    text = '{"note":"CHECKSUMHASH"}'
    genuine = {"payload": text, "signature": checksum.sign(text, KEY)}
    assert start("paytmchecksum-node").call("verify", **genuine) == {"matches": True}
    assert start("paytmchecksum-python").call("verify", **genuine)["raised"].startswith("TypeError")


# ---- paytmchecksum, Node ---------------------------------------------------------------------------------------


def test_a_parsed_form_raises(start: Start) -> None:
    form = {"ORDERID": "ORD-1", "STATUS": "TXN_SUCCESS"}
    given = {"payload": form, "signature": checksum.sign(form, KEY)}
    library = start("paytmchecksum-node")
    assert library.call("verify", **given) == {"matches": True}
    said = library.call("verify", **given, bare=True)
    assert said == {"raised": "TypeError: params.hasOwnProperty is not a function"}


@pytest.mark.parametrize("key", ["twenty-four.byte-key#24@", "a.key.of.thirty-two.bytes.#32@12"])
def test_longer_keys_throw(start: Start, key: str) -> None:
    assert start("paytmchecksum-node", key=key).call("sign", payload="x")["raised"].startswith("RangeError")
    assert checksum.verify("x", start("paytmchecksum-python", key=key).call("sign", payload="x")["signature"], key)


def test_the_text_null_does_not_verify(start: Start) -> None:
    form = {"GATEWAYNAME": "null", "ORDERID": "ORD-1"}
    given = {"payload": form, "signature": start("paytmchecksum-python").call("sign", payload=form)["signature"]}
    assert start("paytmchecksum-python").call("verify", **given) == {"matches": True}
    assert start("paytmchecksum-node").call("verify", **given) == {"matches": False}


def test_numeric_names_are_sorted_as_numbers(start: Start) -> None:
    form = {"10": "ten", "9": "nine", "ORDERID": "ORD-1"}
    given = {"payload": form, "signature": start("paytmchecksum-python").call("sign", payload=form)["signature"]}
    assert start("paytmchecksum-python").call("verify", **given) == {"matches": True}
    assert start("paytmchecksum-node").call("verify", **given) == {"matches": False}
