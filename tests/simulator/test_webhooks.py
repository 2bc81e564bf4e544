"""The outbox: the ladder, the log of attempts, redelivery, order, slow merchants, and the clock that moves them."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from paytm_kit.simulator.webhooks import events, outbox, sending
from paytm_kit.simulator.webhooks.ladder import LADDERS, USUAL
from tests.simulator.conftest import Simulator, eventually, signed
from tests.simulator.listening import Heard, Merchant, listening

NOON = "2031-01-02T12:00:00+05:30"


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with listening() as server:
        yield server


@pytest.fixture
def shop_sim(sim: Simulator, merchant: Merchant) -> Simulator:
    sim.settings(webhook_url=f"{merchant.url}/webhook")
    return sim


def announced(sim: Simulator, order_id: str = "ORD-1", **more: Any) -> None:
    sim.initiate(order_id)
    sim.pay(order_id, deliver=["webhook"], **more)


def rows(sim: Simulator, order_id: str = "ORD-1") -> list[dict[str, Any]]:
    return sim.get(f"/_sim/webhooks?order_id={order_id}").json()["webhooks"]


def tried(sim: Simulator, order_id: str = "ORD-1", count: int = 1) -> dict[str, Any]:
    """The order's only webhook, once it was tried this often and is at rest."""

    def probe() -> dict[str, Any] | None:
        [row] = rows(sim, order_id)
        return row if len(row["attempts"]) >= count and row["status"] != "sending" else None

    return eventually(probe, f"{count} attempts")


def clock(sim: Simulator, **how: Any) -> dict[str, Any]:
    answer = sim.post("/_sim/clock", json=how)
    assert answer.status_code == 200, answer.text
    return answer.json()


def waits(row: dict[str, Any]) -> list[float]:
    """Simulated seconds between the attempts."""
    times = [datetime.fromisoformat(attempt["at"]) for attempt in row["attempts"]]
    return [round((after - before).total_seconds()) for before, after in itertools.pairwise(times)]


# ---- the ladder ------------------------------------------------------------------------------------------------


def test_the_ladders_as_they_are_documented() -> None:
    assert USUAL == "quick"
    assert LADDERS["quick"].waits == (1, 5, 30, 120)
    assert LADDERS["paytm"].waits[:6] == (60, 300, 1800, 7200, 21_600, 86_400)
    assert len(LADDERS["paytm"].waits) + 1 == 10
    assert 6 <= sum(LADDERS["paytm"].waits) / 86_400 <= 7
    assert LADDERS["paytm"].timeout[1] == 30
    assert LADDERS["quick"].wait_after(1) == 1
    assert LADDERS["quick"].wait_after(5) is None


@pytest.mark.parametrize("name", sorted(LADDERS))
def test_a_week_passes_at_once_and_every_attempt_has_its_own_moment(
    shop_sim: Simulator, merchant: Merchant, name: str
) -> None:
    shop_sim.settings(webhook_ladder=name)
    merchant.answer = lambda heard: (503, "not now")
    announced(shop_sim)
    tried(shop_sim)
    began = time.monotonic()
    shop_sim.advance(8 * 86_400)
    assert time.monotonic() - began < 5
    [row] = rows(shop_sim)
    assert row["status"] == "failed"
    assert waits(row) == list(LADDERS[name].waits)
    assert [attempt["answer"] for attempt in row["attempts"]] == ["503"] * (len(LADDERS[name].waits) + 1)
    assert len(merchant.heard) == len(row["attempts"])


@pytest.mark.parametrize("second", ["duplicated", "refund"])
def test_two_webhooks_of_one_order_both_climb_their_ladder_while_the_merchant_is_away(
    shop_sim: Simulator, merchant: Merchant, second: str
) -> None:
    merchant.answer = lambda heard: (500, "away")
    clock(shop_sim, at=NOON, frozen=True)
    if second == "duplicated":
        shop_sim.http.put(f"{shop_sim.url}/_sim/faults", json=[{"fault": "webhook.duplicated", "copies": 2}], timeout=5)
    announced(shop_sim)
    if second == "refund":
        assert shop_sim.post("/_sim/orders/ORD-1/refund", json={"amount": "1.00"}).status_code == 200
    began = time.monotonic()
    clock(shop_sim, advance_seconds=60)  # the first waits for its fourth attempt, and holds the second back
    clock(shop_sim, advance_seconds=3600)
    assert time.monotonic() - began < 10
    for row in rows(shop_sim):
        assert (row["status"], waits(row)) == ("failed", list(LADDERS[USUAL].waits))


def test_a_long_advance_lets_everything_happen_in_the_order_of_its_moments(
    shop_sim: Simulator, merchant: Merchant
) -> None:
    clock(shop_sim, at=NOON, frozen=True)
    shop_sim.settings(settle_after=40)
    merchant.answer = lambda heard: (503, "") if heard.form["ORDERID"] == "ORD-1" else (200, "")
    announced(shop_sim)
    tried(shop_sim)
    announced(shop_sim, "ORD-2", outcome="pending")
    shop_sim.advance(3600)
    # ORD-1 is tried at 0, 1, 6, 36 and 156 seconds, ORD-2 settles at 40
    assert [heard.form["ORDERID"] for heard in merchant.heard] == [
        "ORD-1", "ORD-1", "ORD-1", "ORD-1", "ORD-2", "ORD-1",
    ]  # fmt: skip
    [settled] = rows(shop_sim, "ORD-2")
    at = datetime.fromisoformat(settled["attempts"][0]["at"])
    assert at - datetime.fromisoformat(NOON) == timedelta(seconds=40)


def test_an_attempt_tells_when_what_and_how_long(shop_sim: Simulator, merchant: Merchant) -> None:
    def slow(heard: Heard) -> tuple[int, str]:
        time.sleep(0.1)
        return 500, "Traceback: asha@example.com could not be found " + "x" * 300

    merchant.answer = slow
    announced(shop_sim)
    row = tried(shop_sim)
    [attempt] = row["attempts"]
    assert (attempt["status"], attempt["answer"], attempt["by_hand"]) == (500, "500", False)
    assert 100 <= attempt["milliseconds"] < 2000
    assert len(attempt["said"]) == 200
    assert attempt["said"].startswith("Traceback: a***@example.com could not be found")
    assert (row["order_id"], row["event"], row["url"]) == ("ORD-1", "payment", f"{merchant.url}/webhook")
    assert "CHECKSUMHASH" in row["body"]
    assert merchant.heard[0].form["CHECKSUMHASH"] not in row["body"]


def test_a_merchant_who_is_away_is_an_error_in_the_log(shop_sim: Simulator) -> None:
    shop_sim.settings(webhook_url="http://127.0.0.1:1/webhook")
    announced(shop_sim)
    [attempt] = tried(shop_sim)["attempts"]
    assert attempt["status"] is None
    assert attempt["answer"].startswith("no answer: ")


# ---- redelivery ------------------------------------------------------------------------------------------------


def test_a_webhook_is_delivered_again_by_hand(shop_sim: Simulator, merchant: Merchant) -> None:
    announced(shop_sim)
    row = tried(shop_sim)
    again = shop_sim.post(f"/_sim/webhooks/{row['id']}/redeliver").json()
    assert [attempt["by_hand"] for attempt in again["attempts"]] == [False, True]
    first, second = merchant.forms("/webhook")
    assert first == second
    assert signed(second)


def test_what_was_given_up_is_delivered_once_the_merchant_is_back(shop_sim: Simulator, merchant: Merchant) -> None:
    merchant.answer = lambda heard: (500, "")
    announced(shop_sim)
    tried(shop_sim)
    shop_sim.advance(1000)
    [row] = rows(shop_sim)
    assert row["status"] == "failed"
    still = shop_sim.post(f"/_sim/webhooks/{row['id']}/redeliver").json()
    assert (still["status"], still["attempts"][-1]["status"]) == ("failed", 500)
    merchant.answer = lambda heard: (200, "")
    assert shop_sim.post(f"/_sim/webhooks/{row['id']}/redeliver").json()["status"] == "delivered"


def test_redelivery_leaves_the_ladder_where_it_was(shop_sim: Simulator, merchant: Merchant) -> None:
    clock(shop_sim, frozen=True)
    merchant.answer = lambda heard: (500, "")
    announced(shop_sim)
    row = tried(shop_sim)
    again = shop_sim.post(f"/_sim/webhooks/{row['id']}/redeliver").json()
    assert (again["status"], again["next_at"]) == ("queued", row["next_at"])
    shop_sim.advance(1000)
    [row] = rows(shop_sim)
    assert waits({"attempts": [a for a in row["attempts"] if not a["by_hand"]]}) == list(LADDERS["quick"].waits)


def test_a_withheld_webhook_can_be_sent_by_hand(shop_sim: Simulator, merchant: Merchant) -> None:
    shop_sim.post("/_sim/faults", json={"fault": "webhook.never"})
    announced(shop_sim)
    [row] = rows(shop_sim)
    assert shop_sim.post(f"/_sim/webhooks/{row['id']}/redeliver").json()["status"] == "delivered"
    assert len(merchant.heard) == 1


def test_what_is_on_its_way_is_not_sent_twice_and_an_unknown_one_is_404(
    shop_sim: Simulator, merchant: Merchant
) -> None:
    go = threading.Event()
    merchant.answer = lambda heard: (200 if go.wait(5) else 500, "")
    announced(shop_sim)
    eventually(lambda: merchant.heard, "the first attempt")
    number = rows(shop_sim)[0]["id"]
    busy = shop_sim.post(f"/_sim/webhooks/{number}/redeliver")
    assert (busy.status_code, busy.json()["error"]["field"]) == (409, "id")
    go.set()
    assert tried(shop_sim)["status"] == "delivered"
    for unknown in (number + 1000, 10**30):
        gone = shop_sim.post(f"/_sim/webhooks/{unknown}/redeliver")
        assert (gone.status_code, gone.json()["error"]["field"]) == (404, "id")


# ---- order and company -----------------------------------------------------------------------------------------


def test_webhooks_of_one_order_leave_one_after_the_other(shop_sim: Simulator, merchant: Merchant) -> None:
    shop_sim.settings(webhook_on_pending=True)
    merchant.answer = lambda heard: (500 if len(merchant.heard) == 1 else 200, "")
    announced(shop_sim, outcome="pending")
    eventually(lambda: rows(shop_sim)[0]["attempts"], "the first attempt")
    shop_sim.post("/_sim/orders/ORD-1/settle", json={"outcome": "success"})
    shop_sim.advance(2)
    # the pending one was refused once; the final one waited for it
    assert [form["STATUS"] for form in merchant.forms("/webhook")] == ["PENDING", "PENDING", "TXN_SUCCESS"]


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_an_answer_that_drips_in_is_none(head: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(head)
                for _ in range(100):
                    connection.sendall(b"x")
                    time.sleep(0.05)

        pool.submit(drip)
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        answer, heard, _ = sending._exchange(url, "a=1", sending.FORM, (1, 0.3))
        assert (answer.status, answer.text, heard) == (None, "no answer: TimeoutError", "")
        assert time.monotonic() - began < 4  # it drips for five


def test_nobody_sends_as_long_as_a_lease_lasts() -> None:
    assert all(sum(ladder.timeout) * 2 < outbox.LEASE.total_seconds() for ladder in LADDERS.values())


def test_a_slow_merchant_does_not_hold_up_another(shop_sim: Simulator, merchant: Merchant) -> None:
    go = threading.Event()
    merchant.answer = lambda heard: (200, "") if heard.path == "/quick" else (200 if go.wait(8) else 500, "")
    for number in range(8):
        announced(shop_sim, f"SLOW-{number}")
    eventually(lambda: len(merchant.at("/webhook")) == 3, "as many as may be under way")
    shop_sim.settings(webhook_url=f"{merchant.url}/quick")
    began = time.monotonic()
    announced(shop_sim, "QUICK")
    eventually(lambda: merchant.at("/quick"), "the other merchant's webhook", 6)
    assert time.monotonic() - began < 6  # the slow ones take eight
    assert len(merchant.at("/webhook")) == 3
    go.set()
    eventually(lambda: len(merchant.at("/webhook")) == 8, "all of the slow ones")


def test_many_webhooks_all_arrive_once(shop_sim: Simulator, merchant: Merchant) -> None:
    for number in range(30):
        announced(shop_sim, f"ORD-{number}")
    eventually(lambda: len(merchant.heard) == 30, "30 webhooks")
    time.sleep(0.1)
    assert sorted(form["ORDERID"] for form in merchant.forms("/webhook")) == sorted(f"ORD-{n}" for n in range(30))


def test_the_list_is_redacted_and_narrowed(shop_sim: Simulator, merchant: Merchant) -> None:
    for name in ("ORD-1", "ORD-2"):
        announced(shop_sim, name)
        tried(shop_sim, name)
    every = shop_sim.get("/_sim/webhooks").json()["webhooks"]
    assert [row["order_id"] for row in every] == ["ORD-1", "ORD-2"]
    assert rows(shop_sim, "ORD-2") == every[1:]
    assert rows(shop_sim, "NEVER") == []


def test_reset_forgets_what_was_waiting(shop_sim: Simulator, merchant: Merchant) -> None:
    merchant.answer = lambda heard: (500, "")
    announced(shop_sim)
    tried(shop_sim)
    shop_sim.post("/_sim/reset")
    shop_sim.advance(86_400)
    assert len(merchant.heard) == 1
    assert shop_sim.get("/_sim/webhooks").json() == {"webhooks": []}


# ---- the clock -------------------------------------------------------------------------------------------------


def test_a_frozen_clock_stands_still_and_goes_on_from_there(sim: Simulator) -> None:
    assert clock(sim, at=NOON, frozen=True) == {
        "now": "2031-01-02T06:30:00+00:00", "clock_offset_seconds": pytest.approx(0, abs=315_360_000), "frozen": True,
    }  # fmt: skip
    sim.initiate()
    assert sim.pay()["callback"]["fields"]["TXNDATE"] == "2031-01-02 12:00:00.0"
    assert clock(sim, advance_seconds=90)["now"] == "2031-01-02T06:31:30+00:00"
    assert clock(sim, at="2031-01-02T13:00:00+05:30")["now"] == "2031-01-02T07:30:00+00:00"
    thawed = clock(sim, frozen=False)
    assert thawed["frozen"] is False
    assert datetime.fromisoformat(thawed["now"]) - datetime.fromisoformat(NOON) < timedelta(hours=1, seconds=5)
    time.sleep(0.05)
    assert clock(sim, advance_seconds=0)["now"] > thawed["now"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "advance_seconds"),
        ({"advance_seconds": 1, "at": NOON}, "advance_seconds"),
        ({"at": "noon"}, "at"),
        ({"at": 5}, "at"),
        ({"at": "2031-01-02T12:00:00"}, "at"),
        ({"at": "0001-01-01T00:00:00+05:30"}, "at"),
        ({"at": "9999-12-31T23:59:59-23:00"}, "at"),
        ({"frozen": "yes"}, "frozen"),
        ({"at": NOON, "frozen": None}, "frozen"),
        ({"hour": 5}, "hour"),
    ],
)
def test_a_mistake_with_the_clock_names_its_field_and_changes_nothing(
    sim: Simulator, sent: dict[str, Any], field: str
) -> None:
    answer = sim.post("/_sim/clock", json=sent)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert sim.get("/_sim/health").json()["clock_offset_seconds"] == 0


def test_the_clock_goes_back_only_while_nothing_has_happened(sim: Simulator) -> None:
    clock(sim, at="2026-05-01T00:00:00Z")
    clock(sim, at="2026-04-01T00:00:00Z")
    sim.initiate()
    answer = sim.post("/_sim/clock", json={"at": "2026-03-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "at")


# ---- events ----------------------------------------------------------------------------------------------------


def test_names_that_no_table_knows_lose_their_underscores() -> None:
    text = events.as_json({"PROMO_CAMP_ID": "P", "ORDERID": "O", "CHECKSUMHASH": "x"}, "k" * 16)
    assert '"body":{"promoCampId":"P","orderId":"O"}' in text
