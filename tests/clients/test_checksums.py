"""Paytm's checksum libraries and ours: each verifies what the others signed, forms and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from paytm_kit import checksum
from tests.clients.conftest import CHECKSUMS, Client
from tests.simulator.conftest import KEY, Simulator

pytestmark = pytest.mark.clients

Start = Callable[..., Client]
FORM = {"ORDERID": "ORD-1", "TXNAMOUNT": "249.50", "BANKTXNID": "", "RESPMSG": "Zahlung über ₹ 249,50"}
TEXT = json.dumps({"orderId": "ORD-1", "note": "₹ 249,50 – café"}, ensure_ascii=False)


@pytest.fixture(params=CHECKSUMS)
def library(request: pytest.FixtureRequest, start: Start) -> Client:
    return start(request.param)


@pytest.mark.parametrize("payload", [FORM, TEXT], ids=["form", "text"])
def test_what_one_signs_the_other_verifies(library: Client, payload: dict[str, str] | str) -> None:
    theirs = library.call("sign", payload=payload)["signature"]
    assert checksum.verify(payload, theirs, KEY)
    assert library.call("verify", payload=payload, signature=checksum.sign(payload, KEY)) == {"matches": True}


def test_a_callback_of_the_simulator_verifies(library: Client, sim: Simulator) -> None:
    library.initiate()
    fields = sim.pay()["callback"]["fields"]
    assert library.call("verify", payload=fields, signature=fields["CHECKSUMHASH"]) == {"matches": True}
    lower = fields | {"TXNAMOUNT": "1.00"}
    assert library.call("verify", payload=lower, signature=fields["CHECKSUMHASH"]) == {"matches": False}


def test_the_flat_status_of_the_old_kits_is_answered(library: Client, sim: Simulator) -> None:
    library.initiate()
    sim.pay()
    said = library.call("flat_status", order_id="ORD-1")
    assert said == {"status": "TXN_SUCCESS", "code": "01", "amount": "249.50"}
