"""The same seed and the same requests give the same bytes: callbacks, webhooks, status answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import requests

from paytm_kit.simulator.faults import table
from tests.simulator.conftest import Simulator, eventually, running
from tests.simulator.listening import Merchant, listening

ORDERS = 30
# What would only cost time is made short.
SHORT = {"callback.delayed": {"seconds": 0.01}, "status.slow": {"seconds": 0.01}, "webhook.duplicated": {"copies": 4}}
OUTCOMES = ("success", "success", "failure", "pending")


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with listening() as server:
        yield server


def said(answer: requests.Response) -> bytes:
    return f"{answer.status_code} ".encode() + answer.content


def attempt(act: Callable[..., requests.Response], *args: str) -> bytes:
    try:
        return said(act(*args))
    except requests.ConnectionError:
        return b"closed"


def script(sim: Simulator, merchant: Merchant, probability: float, orders: int = ORDERS) -> list[bytes]:
    """Everything that a merchant hears of these orders, in order; webhooks sorted, because orders may overtake."""
    assert sim.post("/_sim/reset").status_code == 200
    merchant.heard.clear()
    assert sim.post("/_sim/clock", json={"at": "2031-01-02T10:00:00+05:30", "frozen": True}).status_code == 200
    sim.settings(webhook_url=f"{merchant.url}/webhook", settle_after=60)
    rules = [{"fault": fault.name, "probability": probability, **SHORT.get(fault.name, {})} for fault in table.ALL]
    assert sim.http.put(f"{sim.url}/_sim/faults", json=rules, timeout=10).status_code == 200
    heard: list[bytes] = []
    for number in range(orders):
        order_id, outcome = f"ORD-{number}", OUTCOMES[number % len(OUTCOMES)]
        heard.append(attempt(sim.initiate, order_id))
        pay = sim.post(f"/_sim/orders/{order_id}/pay", json={"outcome": outcome, "deliver": ["callback", "webhook"]})
        heard.append(str(pay.status_code).encode())
        heard.append(attempt(sim.status, order_id))
        sim.advance(5)
    sim.advance(3600)
    heard += [attempt(sim.status, f"ORD-{number}") for number in range(orders)]
    eventually(lambda: settled(sim), "all webhooks at rest")
    heard += [f"{item.path} {item.kind} {item.body}".encode() for item in merchant.at("/callback")]
    heard += sorted(item.body.encode() for item in merchant.at("/webhook"))
    return heard


def settled(sim: Simulator) -> bool:
    rows = sim.get("/_sim/webhooks").json()["webhooks"]
    return all(row["status"] in ("delivered", "withheld") for row in rows)


def struck(sim: Simulator) -> set[str]:
    return {rule["fault"] for rule in sim.get("/_sim/faults").json()["active"] if rule["struck"]}


def test_two_processes_with_the_same_seed_say_the_same_bytes(merchant: Merchant) -> None:
    runs = []
    for _ in range(2):
        with running("--seed", "42", measured=False) as (_, url), closing(Simulator(url, merchant.url)) as sim:
            runs.append(script(sim, merchant, 0.05))
            assert len(struck(sim)) >= 8
    assert runs[0] == runs[1]
    assert len(runs[0]) > 4 * ORDERS


def test_after_a_reset_the_same_requests_get_the_same_bytes(sim: Simulator, merchant: Merchant) -> None:
    first = script(sim, merchant, 0.3)
    assert len(struck(sim)) >= 20
    assert script(sim, merchant, 0.3) == first


def test_accounts_have_the_same_names_with_the_same_seed_and_others_without() -> None:
    def customer(*flags: str) -> str:
        with running(*flags, measured=False) as (_, url), closing(Simulator(url, "http://localhost:9")) as sim:
            sim.initiate("ORD-1")
            sim.pay("ORD-1", method="card", deliver=[])
            (name,) = (name for name in sim.get("/_sim/settlements").json()["accounts"] if name.startswith("customer/"))
            return name

    assert customer("--seed", "5") == customer("--seed", "5")
    assert len({customer("--seed", "5"), customer("--seed", "6"), customer(), customer()}) == 4


def test_another_seed_gives_another_run(merchant: Merchant) -> None:
    runs = []
    for seed in ("1", "2"):
        with running("--seed", seed, measured=False) as (_, url), closing(Simulator(url, merchant.url)) as sim:
            runs.append(script(sim, merchant, 0.05, orders=3))
    assert runs[0] != runs[1]


def test_without_a_seed_signatures_are_salted_afresh(merchant: Merchant) -> None:
    with running() as (_, url), closing(Simulator(url, merchant.url)) as sim:
        sim.post("/_sim/clock", json={"at": "2031-01-02T10:00:00+05:30", "frozen": True})
        sim.initiate()
        sim.pay()
        first, second = sim.status(), sim.status()
        assert first.json()["body"] == second.json()["body"]
        assert first.json()["head"]["signature"] != second.json()["head"]["signature"]
