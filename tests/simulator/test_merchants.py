"""Several merchants: made, changed and forgotten through the control plane, and the rotation of their keys."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import pytest
from paytmchecksum import PaytmChecksum

from paytm_kit.simulator import world
from paytm_kit.simulator.models import Merchant
from paytm_kit.testing.simulator import Simulator as InProcess
from tests.simulator.conftest import KEY, MID, Shop, Simulator, callback_form

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

SECOND, SECOND_KEY, NEW_KEY = "SECONDMID00000000002", "second#Key&2@pay", "rotated#Key&3@pm"


def initiate(sim: Simulator, order_id: str, mid: str, key: str) -> dict[str, Any]:
    body = sim.initiate_body | {"mid": mid, "orderId": order_id}
    text = json.dumps(body)
    path = f"/theia/api/v1/initiateTransaction?mid={mid}&orderId={order_id}"
    return sim.send(path, body, signature=PaytmChecksum.generateSignature(text, key)).json()


def code(answer: dict[str, Any]) -> str:
    return answer["body"]["resultInfo"]["resultCode"]


def key_of(fields: dict[str, str], *keys: str) -> list[str]:
    """Which of the keys signed this form, as Paytm's own library says; to it a wrong key is mostly an error."""
    rest = {name: value for name, value in fields.items() if name != "CHECKSUMHASH"}
    found = []
    for key in keys:
        with suppress(ValueError):
            if PaytmChecksum.verifySignature(dict(rest), key, fields["CHECKSUMHASH"]):
                found.append(key)
    return found


@pytest.fixture
def second(sim: Simulator) -> Simulator:
    answer = sim.post("/_sim/merchants", json={"mid": SECOND, "key": SECOND_KEY})
    assert answer.status_code == 200
    return sim


def test_two_merchants_have_orders_of_the_same_id_and_their_own_keys(second: Simulator) -> None:
    assert code(initiate(second, "ORD-1", MID, KEY)) == "0000"
    assert code(initiate(second, "ORD-1", SECOND, SECOND_KEY)) == "0000"
    assert code(initiate(second, "ORD-2", SECOND, KEY)) == "2005"
    assert [order["mid"] for order in second.get("/_sim/orders").json()["orders"]] == [MID, SECOND]


def test_each_merchants_webhook_goes_to_its_own_address(sim: Simulator, shop: Shop) -> None:
    sim.settings(webhook_url=shop.url + shop.hook)
    hook = f"{shop.hook}-second"
    sim.post("/_sim/merchants", json={"mid": SECOND, "key": SECOND_KEY, "webhook_url": shop.url + hook})
    initiate(sim, "ORD-2", SECOND, SECOND_KEY)
    sim.pay("ORD-2", deliver=["webhook"])
    [form] = shop.heard(hook)
    assert form["MID"] == SECOND
    assert key_of(form, KEY, SECOND_KEY) == [SECOND_KEY]
    assert shop.forms(shop.hook) == []


def test_a_rotated_key_signs_at_once_and_the_old_one_still_verifies(sim: Simulator) -> None:
    sim.initiate("BEFORE")
    told = sim.post(f"/_sim/merchants/{MID}/rotate-key", json={"key": NEW_KEY}).json()
    assert told["old_keys"] == 1
    assert code(initiate(sim, "OLD", MID, KEY)) == "0000"
    assert code(initiate(sim, "NEW", MID, NEW_KEY)) == "0000"
    for order_id in ("BEFORE", "OLD", "NEW"):
        assert key_of(sim.pay(order_id)["callback"]["fields"], KEY, NEW_KEY) == [NEW_KEY]
    assert sim.post(f"/_sim/merchants/{MID}/forget-old-keys").json()["old_keys"] == 0
    assert code(initiate(sim, "LATE", MID, KEY)) == "2005"
    assert code(initiate(sim, "LATE", MID, NEW_KEY)) == "0000"


def test_a_rotation_back_makes_the_first_key_the_current_one_again(sim: Simulator) -> None:
    for key in (NEW_KEY, KEY):
        assert sim.post(f"/_sim/merchants/{MID}/rotate-key", json={"key": key}).json()["old_keys"] == 1
    sim.initiate()
    assert key_of(sim.pay()["callback"]["fields"], KEY, NEW_KEY) == [KEY]


def test_a_key_that_is_drawn_is_told_once_and_works(second: Simulator) -> None:
    drawn = second.post(f"/_sim/merchants/{SECOND}/rotate-key").json()["key"]
    assert len(drawn) == 16
    assert code(initiate(second, "ORD-9", SECOND, drawn)) == "0000"
    assert drawn not in second.get("/_sim/merchants").text


def test_no_key_is_shown(second: Simulator) -> None:
    second.post(f"/_sim/merchants/{MID}/rotate-key", json={"key": NEW_KEY})
    initiate(second, "ORD-1", MID, "wrong#key&000001")
    for path in ("/_sim/merchants", f"/_sim/merchants/{SECOND}", "/_sim/messages", "/_sim/health", "/_sim/"):
        text = second.get(path).text
        assert not [key for key in (KEY, SECOND_KEY, NEW_KEY) if key in text]


def test_a_merchant_can_be_changed(second: Simulator) -> None:
    changed = second.http.put(
        f"{second.url}/_sim/merchants/{SECOND}",
        json={"key": NEW_KEY, "website": "RETAIL", "webhook_format": "json", "webhook_url": "http://localhost:9/x"},
        timeout=10,
    ).json()
    assert (changed["website"], changed["webhook_format"], changed["old_keys"]) == ("RETAIL", "json", 0)
    assert changed["webhook_url"] == "http://localhost:9/x"
    assert code(initiate(second, "ORD-1", SECOND, SECOND_KEY)) == "2005"


def test_a_removed_merchant_is_gone_with_its_orders(second: Simulator) -> None:
    initiate(second, "ORD-1", SECOND, SECOND_KEY)
    second.pay("ORD-1")
    second.initiate("MINE")
    assert second.http.delete(f"{second.url}/_sim/merchants/{SECOND}", timeout=10).status_code == 200
    assert [order["order_id"] for order in second.get("/_sim/orders").json()["orders"]] == ["MINE"]
    assert code(initiate(second, "ORD-1", SECOND, SECOND_KEY)) == "1001"
    assert second.http.delete(f"{second.url}/_sim/merchants/{SECOND}", timeout=10).status_code == 404


def test_whoever_asks_while_the_merchant_is_forgotten_hears_that_there_is_none(
    paytm_simulator: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ghost = Merchant(pk=10**6, mid=MID, key=KEY, website="WEBSTAGING")
    with closing(Simulator(paytm_simulator.url, "http://localhost")) as client:
        monkeypatch.setattr(world, "merchant", lambda mid: ghost)
        assert client.refusal() == ("F", "1001")
        assert callback_form(client.legacy())[1]["RESPCODE"] == "305"


@pytest.mark.parametrize("forget", ["reset", "delete"])
def test_clients_that_work_while_everything_is_forgotten_meet_no_error(sim: Simulator, forget: str) -> None:
    busy(sim.url, forget)


def busy(url: str, forget: str, clients: int = 6, seconds: float = 1.0) -> None:
    """Clients that initiate, pay, dispute and refund while rows are taken from under them; nobody hears a 5xx."""
    ends, heard = time.monotonic() + seconds, Counter[int]()

    def work(number: int) -> None:
        with closing(Simulator(url, "http://localhost:9")) as client:
            client.http.hooks["response"].append(lambda answer, **how: heard.update([answer.status_code]))
            for turn in itertools.count():
                if time.monotonic() > ends:
                    return
                order_id = f"ORD-{number}-{turn}"
                initiate(client, order_id, SECOND, SECOND_KEY)
                for verb, body in (("pay", {"outcome": "success", "deliver": []}), ("refund", {}), ("dispute", {})):
                    client.post(f"/_sim/orders/{order_id}/{verb}", json=body)

    def forgetting() -> None:
        with closing(Simulator(url, "http://localhost:9")) as client:
            while time.monotonic() < ends:
                assert client.post("/_sim/merchants", json={"mid": SECOND, "key": SECOND_KEY}).status_code == 200
                time.sleep(0.05)
                how = ("POST", "/_sim/reset") if forget == "reset" else ("DELETE", f"/_sim/merchants/{SECOND}")
                assert client.http.request(how[0], url + how[1], timeout=10).status_code == 200

    with ThreadPoolExecutor(clients + 1) as pool:
        done = [pool.submit(forgetting), *(pool.submit(work, number) for number in range(clients))]
        for one in done:
            one.result()
    assert heard
    assert {status for status in heard if status >= 500} == set()


def test_the_first_merchant_stays(sim: Simulator) -> None:
    answer = sim.http.delete(f"{sim.url}/_sim/merchants/{MID}", timeout=10)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "mid")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mid": MID}, "mid"),
        ({"mid": "with space"}, "mid"),
        ({"mid": "M" * 21}, "mid"),
        ({"mid": 5}, "mid"),
        ({"mid": None}, "mid"),
        ({"key": "short"}, "key"),
        ({"key": None}, "key"),
        ({"key": "k" * 15 + "\n"}, "key"),
        ({"key": ["k"] * 16}, "key"),
        ({"website": ""}, "website"),
        ({"webhook_url": "https://shop.example/x"}, "webhook_url"),
        ({"webhook_url": "http://localhost/" + "x" * 250}, "webhook_url"),
        ({"webhook_url": 7}, "webhook_url"),
        ({"webhook_format": "xml"}, "webhook_format"),
        ({"webhook_format": []}, "webhook_format"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_mistake_is_400_and_names_the_field(sim: Simulator, changes: dict[str, Any], field: str) -> None:
    answer = sim.post("/_sim/merchants", json={"mid": SECOND, "key": SECOND_KEY, **changes})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert len(sim.get("/_sim/merchants").json()["merchants"]) == 1
    assert SECOND_KEY not in answer.text


@pytest.mark.parametrize("missing", ["mid", "key"])
def test_what_is_missing_is_named(sim: Simulator, missing: str) -> None:
    given = {"mid": SECOND, "key": SECOND_KEY}
    del given[missing]
    answer = sim.post("/_sim/merchants", json=given)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, missing)


def test_mistakes_of_a_rotation(sim: Simulator) -> None:
    rotate = f"/_sim/merchants/{MID}/rotate-key"
    for given, status, field in (
        ({"key": KEY}, 400, "key"),
        ({"key": "short"}, 400, "key"),
        ({"key": ""}, 400, "key"),
        ({"kee": NEW_KEY}, 400, "kee"),
    ):
        answer = sim.post(rotate, json=given)
        assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert sim.post(rotate, data=b"[").json()["error"]["field"] == "body"
    for path in ("rotate-key", "forget-old-keys"):
        assert sim.post(f"/_sim/merchants/NOBODY/{path}").status_code == 404
    assert sim.get("/_sim/merchants/NOBODY").status_code == 404
    assert sim.get(f"/_sim/merchants/{MID.lower()}").status_code == 404
    assert sim.http.put(f"{sim.url}/_sim/merchants/NOBODY", json={}, timeout=10).status_code == 404
    assert sim.http.put(f"{sim.url}/_sim/merchants/{MID}", json={"mid": "X"}, timeout=10).status_code == 400
