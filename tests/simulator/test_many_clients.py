"""Two hundred clients at once, each with a whole order, and a person who watches: no error, and the books agree."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.simulator.conftest import Shop, Simulator, eventually, running, sealed

CLIENTS = 200


@pytest.fixture
def busy(shop: Shop, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    flags = ("--db", str(tmp_path / "books.sqlite3"), "--webhook-url", shop.url + shop.hook)
    with running(*flags, measured=False) as (process, url):
        yield process, url


def test_two_hundred_clients_and_a_watcher(busy: tuple[subprocess.Popen[str], str], shop: Shop) -> None:
    _, url = busy
    all_there = threading.Barrier(CLIENTS)
    done = threading.Event()

    def buy(number: int) -> tuple[str, str]:
        order_id = f"ORD-{number}"
        with closing(Simulator(url, shop.url)) as client:
            client.post = lambda path, **how: client.http.post(url + path, timeout=60, **how)
            all_there.wait(60)
            assert sealed(client.initiate(order_id))
            client.pay(order_id, deliver=["callback", "webhook"])
            return client.result(order_id)

    def watch() -> list[int]:
        seen = []
        while not done.wait(0.5):
            seen.append(requests.get(f"{url}/_sim/", timeout=60).status_code)
        return seen

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        watching = pool.submit(watch)
        results = list(pool.map(buy, range(CLIENTS)))
        done.set()
        assert set(watching.result()) == {200}
    assert Counter(results) == {("TXN_SUCCESS", "01"): CLIENTS}
    assert Counter(form["ORDERID"] for form in shop.heard("/callback", CLIENTS)) == dict.fromkeys(names(), 1)
    hooks = eventually(lambda: len(shop.forms(shop.hook)) >= CLIENTS and shop.forms(shop.hook), "all webhooks", 60)
    assert Counter(form["ORDERID"] for form in hooks) == dict.fromkeys(names(), 1)
    books = requests.get(f"{url}/_sim/orders", timeout=60).json()["orders"]
    assert sum(Decimal(order["captured_amount"]) for order in books) == CLIENTS * Decimal("249.50")
    assert len({order["transactions"][0]["txn_id"] for order in books}) == CLIENTS


def names() -> list[str]:
    return [f"ORD-{number}" for number in range(CLIENTS)]


def test_connections_that_say_nothing_do_not_keep_others_out(busy: tuple[subprocess.Popen[str], str]) -> None:
    _, url = busy
    host, port = url.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port)), timeout=10) for _ in range(CLIENTS)]
    try:
        assert requests.get(f"{url}/_sim/health", timeout=10).json()["status"] == "ok"
    finally:
        for connection in silent:
            connection.close()


# ---- the end -------------------------------------------------------------------------------------------------------


class SlowShop(ThreadingHTTPServer):
    """Answers after a while, and counts."""

    def __init__(self, seconds: float) -> None:
        self.asked, self.answered = threading.Semaphore(0), 0
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                shop.asked.release()
                time.sleep(seconds)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                shop.answered += 1

            def log_message(self, *words: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_waits_for_what_runs_and_for_what_is_being_sent(number: signal.Signals, tmp_path: Path) -> None:
    with SlowShop(1.0) as shop, running("--db", str(tmp_path / "books.sqlite3")) as (process, url):
        with closing(Simulator(url, shop.url)) as client, ThreadPoolExecutor(1) as pool:
            client.settings(webhook_url=f"{shop.url}/hook")
            client.initiate()
            paying = pool.submit(client.pay, deliver=["callback", "webhook"])
            for _ in ("callback", "webhook"):
                assert shop.asked.acquire(timeout=10)
            process.send_signal(number)
            assert paying.result()["callback"]["delivered"]["status"] == 200
            assert process.wait(timeout=10) == 0
        assert shop.answered == 2
        shop.shutdown()
    with running("--db", str(tmp_path / "books.sqlite3")) as (_, url):
        [webhook] = requests.get(f"{url}/_sim/webhooks", timeout=10).json()["webhooks"]
        assert webhook["status"] == "delivered"
        assert len(webhook["attempts"]) == 1


def test_the_end_does_not_wait_for_ever(tmp_path: Path) -> None:
    with SlowShop(30.0) as shop, running("--db", str(tmp_path / "books.sqlite3")) as (process, url):
        with closing(Simulator(url, shop.url)) as client:
            client.settings(webhook_url=f"{shop.url}/hook")
            client.initiate()
            client.pay(deliver=["webhook"])
            assert shop.asked.acquire(timeout=10)
        began = time.monotonic()
        process.terminate()
        assert process.wait(timeout=15) == 0
        assert time.monotonic() - began < 10
        shop.shutdown()
