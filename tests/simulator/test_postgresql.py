"""Books in PostgreSQL that two simulator processes share: what one does the other knows, and nothing happens twice."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import psycopg
import pytest
import requests

from tests.run import POSTGRESQL, answers
from tests.simulator.conftest import KEY, MID, Shop, Simulator, running, sealed
from tests.simulator.test_merchants import busy

pytestmark = pytest.mark.skipif(
    not answers(POSTGRESQL) and os.environ.get("CI") != "true",
    reason="start PostgreSQL, or set TEST_POSTGRESQL_URL=postgres://user:password@host:port/database",
)


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    """Two processes that were started at once on an empty database."""
    name = f"paytm_simulator_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        db = f"{POSTGRESQL.rpartition('/')[0]}/{name}"
        flags = ("--db", db, "--settle-after", "0")
        try:
            with ThreadPoolExecutor(2) as pool:
                both = [running(*flags) for _ in range(2)]
                started = list(pool.map(lambda process: process.__enter__(), both))
            try:
                yield started[0][1], started[1][1]
            finally:
                for process in both:
                    process.__exit__(None, None, None)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def pair(urls: tuple[str, str], shop: Shop) -> Iterator[tuple[Simulator, Simulator]]:
    with closing(Simulator(urls[0], shop.url)) as one, closing(Simulator(urls[1], shop.url)) as other:
        assert one.post("/_sim/reset").status_code == 200
        yield one, other


def test_what_one_process_does_the_other_knows(pair: tuple[Simulator, Simulator], shop: Shop) -> None:
    one, other = pair
    one.settings(webhook_url=shop.url + shop.hook)
    assert sealed(one.initiate())
    other.pay(deliver=["callback", "webhook"])
    assert one.result() == other.result() == ("TXN_SUCCESS", "01")
    assert len(shop.heard(shop.hook)) == 1
    one.advance(3600)
    assert other.get("/_sim/health").json()["clock_offset_seconds"] == 3600
    assert other.post("/_sim/reset").status_code == 200
    assert one.get("/_sim/orders").json() == {"orders": []}


def test_clicks_at_both_at_once_capture_once(pair: tuple[Simulator, Simulator]) -> None:
    token = pair[0].token()

    def click(number: int) -> int:
        return requests.post(f"{pair[number % 2].url}/pay/{token}/case/success", timeout=30).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(click, range(20))) == {200}
    assert pair[0].order()["captured_amount"] == "249.50"
    assert Counter(row["status"] for row in pair[1].order()["transactions"])["success"] == 1


def test_equal_initiates_at_both_at_once_give_one_token(pair: tuple[Simulator, Simulator]) -> None:
    def begin(number: int) -> tuple[str, str]:
        with closing(Simulator(pair[number % 2].url, "http://127.0.0.1:9")) as client:
            body = client.initiate().json()["body"]
            return body["resultInfo"]["resultCode"], body["txnToken"]

    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(begin, range(16)))
    assert Counter(code for code, _ in got) == {"0000": 1, "0002": 15}
    assert len({token for _, token in got}) == 1


def test_every_webhook_is_sent_by_one_of_them(pair: tuple[Simulator, Simulator], shop: Shop) -> None:
    pair[0].settings(webhook_url=shop.url + shop.hook)

    def whole(number: int) -> None:
        with closing(Simulator(pair[number % 2].url, shop.url)) as client:
            client.initiate(f"ORD-{number}")
            client.pay(f"ORD-{number}", deliver=["webhook"])

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(whole, range(30)))
    hooks = shop.heard(shop.hook, 30)
    assert Counter(form["ORDERID"] for form in hooks) == {f"ORD-{number}": 1 for number in range(30)}


def test_a_fault_that_strikes_once_strikes_once_in_both(pair: tuple[Simulator, Simulator]) -> None:
    pair[0].initiate()
    pair[0].pay()
    pair[0].http.put(f"{pair[0].url}/_sim/faults", json=[{"fault": "status.error", "times": 3}], timeout=10)
    with ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(lambda number: _status(pair[number % 2].url), range(20)))
    assert Counter(codes) == {200: 17, 503: 3}


def _status(url: str) -> int:
    with closing(Simulator(url, "http://127.0.0.1:9")) as client:
        return client.status().status_code


def test_a_rotated_key_outlives_another_process_that_starts(pair: tuple[Simulator, Simulator], shop: Shop) -> None:
    rotated = pair[0].post(f"/_sim/merchants/{MID}/rotate-key", json={"key": "rotated#key&0001"})
    assert rotated.json()["old_keys"] == 1
    assert pair[1].get(f"/_sim/merchants/{MID}").json()["key"] == "ro…"
    assert pair[1].post("/_sim/reset").status_code == 200
    assert pair[0].get(f"/_sim/merchants/{MID}").json()["key"] == f"{KEY[:2]}…"


@pytest.mark.parametrize("forget", ["reset", "delete"])
def test_clients_that_work_while_everything_is_forgotten_do_not_deadlock(
    pair: tuple[Simulator, Simulator], forget: str
) -> None:
    busy(pair[0].url, forget, seconds=1.5)


class AskingShop(ThreadingHTTPServer):
    """Answers a callback only when it has asked the simulator what became of the order, as merchants should."""

    request_queue_size = 128

    def __init__(self, url: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                with closing(Simulator(url, "http://127.0.0.1:9")) as client:
                    paid = client.result(form["ORDERID"]) == ("TXN_SUCCESS", "01")
                self.send_response(200 if paid else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


def test_more_clients_than_connections_whose_shops_ask_back_do_not_block_each_other(
    pair: tuple[Simulator, Simulator],
) -> None:
    with AskingShop(pair[0].url) as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()

        def whole(number: int) -> int:
            with closing(Simulator(pair[0].url, f"http://127.0.0.1:{shop.server_port}")) as client:
                client.initiate(f"ORD-{number}")
                return client.pay(f"ORD-{number}", deliver=["callback"])["callback"]["delivered"]["status"]

        with ThreadPoolExecutor(60) as pool:
            assert set(pool.map(whole, range(60))) == {200}
        shop.shutdown()
