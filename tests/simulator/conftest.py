"""The real simulator in a process of its own, and a shop that hears its callbacks and webhooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from bs4 import BeautifulSoup
from paytmchecksum import PaytmChecksum

MID = "DEMOMID0000000000001"
KEY = "demo#Key&1@paytm"
GARBLED = 299  # as an answer of the shop: a body that cannot be decoded
REMOVED = object()  # as a changed value: the field is left out


@contextmanager
def running(*flags: str, measured: bool = True, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A simulator process and its address. It must end with 0 when it is told to; it ends in any case.

    Not ``measured`` for coverage it has half as much work: for crowds, who do nothing that others do not, too.
    """
    foreign = ("PAYTM_",) if measured else ("PAYTM_", "COVERAGE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with ended_at_last(
        [sys.executable, "-m", "paytm_kit.simulator", "--port", "0", *flags], clean | environ
    ) as process:
        yield process, address(process)


@contextmanager
def ended_at_last(command: list[str], environ: dict[str, str], **how: Any) -> Iterator[subprocess.Popen[str]]:
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen(command, env=environ, **quiet, **how)
    try:
        yield process
        process.terminate()
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def address(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline()
    assert line.startswith("paytm-simulator ready on http://"), line
    return line.split()[-1]


def changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The dict with ``a__b=value`` changes laid into it."""
    copy = json.loads(json.dumps(base))
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = copy
        for name in parents:
            place = place.setdefault(name, {})
        if value is REMOVED:
            place.pop(last)
        else:
            place[last] = value
    return copy


def eventually(probe: Callable[[], Any], wanted: str, seconds: float = 5.0) -> Any:
    """The probe's first true value; fails with what was wanted when none comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := probe():
            return value
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {seconds} s: {wanted}")


class Shop:
    """A merchant's server: keeps every form it gets, answers as told, shows one page."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.answers: list[int] = []  # statuses for the next posts; then 200
        self.page = ("", "")  # what a GET shows, and its Content-Security-Policy
        self.hook = ""  # this test's own webhook path: a straggler of another test cannot be taken for ours
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                shop.posts.append((self.path, dict(parse_qsl(body, keep_blank_values=True))))
                status = shop.answers.pop(0) if shop.answers else 200
                self.send_response(status)
                if status in (302, 303):
                    self.send_header("Location", "/elsewhere")
                if status == GARBLED:
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", "7")
                self.end_headers()
                self.wfile.write(b"Thanks.")

            def do_GET(self) -> None:
                text, policy = shop.page
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def heard(self, path: str, count: int = 1) -> list[dict[str, str]]:
        """The forms at this path, once there are as many as expected."""
        eventually(lambda: len(self.forms(path)) >= count, f"{count} posts to {path}")
        return self.forms(path)

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for where, form in list(self.posts) if where == path]


class Simulator:
    """A client that signs with Paytm's own library."""

    def __init__(self, url: str, shop_url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.callback_url = f"{shop_url}/callback"
        self.initiate_body: dict[str, Any] = {
            "requestType": "Payment",
            "mid": MID,
            "websiteName": "WEBSTAGING",
            "orderId": "ORD-1",
            "callbackUrl": self.callback_url,
            "txnAmount": {"value": "249.50", "currency": "INR"},
            "userInfo": {"custId": "C_17"},
        }
        self.legacy_form = {
            "MID": MID,
            "ORDER_ID": "LEG-1",
            "CUST_ID": "C_17",
            "TXN_AMOUNT": "249.50",
            "CHANNEL_ID": "WEB",
            "WEBSITE": "WEBSTAGING",
            "INDUSTRY_TYPE_ID": "Retail",
            "CALLBACK_URL": self.callback_url,
        }

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **how: Any) -> requests.Response:
        return self.http.get(self.url + path, timeout=10, **how)

    def post(self, path: str, **how: Any) -> requests.Response:
        return self.http.post(self.url + path, timeout=10, **how)

    def send(self, path: str, body: dict[str, Any], *, signature: str | None = None) -> requests.Response:
        """The body in a signed envelope; the signed text is the sent text."""
        text = json.dumps(body, ensure_ascii=False)
        signature = PaytmChecksum.generateSignature(text, KEY) if signature is None else signature
        raw = f'{{"head":{{"version":"v1","signature":{json.dumps(signature)}}},"body":{text}}}'
        return self.post(path, data=raw.encode(), headers={"Content-Type": "application/json"})

    def initiate(
        self, order_id: str = "ORD-1", query: dict[str, str] | None = None, **changes: Any
    ) -> requests.Response:
        body = changed(self.initiate_body, {"orderId": order_id, **changes})
        asked = {"mid": MID, "orderId": order_id} if query is None else query
        address = requests.Request("POST", "http://x/theia/api/v1/initiateTransaction", params=asked).prepare().path_url
        return self.send(address, body)

    def token(self, order_id: str = "ORD-1", **changes: Any) -> str:
        return self.initiate(order_id, **changes).json()["body"]["txnToken"]

    def refusal(self, *args: Any, **changes: Any) -> tuple[str, str]:
        info = self.initiate(*args, **changes).json()["body"]["resultInfo"]
        return info["resultStatus"], info["resultCode"]

    def status(self, order_id: str = "ORD-1", **changes: Any) -> requests.Response:
        return self.send("/v3/order/status", {"mid": MID, "orderId": order_id, **changes})

    def result(self, order_id: str = "ORD-1") -> tuple[str, str]:
        info = self.status(order_id).json()["body"]["resultInfo"]
        return info["resultStatus"], info["resultCode"]

    def legacy(self, *, sign: bool = True, path: str = "/order/process", **changes: Any) -> requests.Response:
        form = changed(self.legacy_form, changes)
        if sign:
            form["CHECKSUMHASH"] = PaytmChecksum.generateSignature(form, KEY)
        return self.post(path, data=form)

    def pay(self, order_id: str = "ORD-1", outcome: str = "success", **more: Any) -> dict[str, Any]:
        response = self.post(f"/_sim/orders/{order_id}/pay", json={"outcome": outcome, "deliver": [], **more})
        assert response.status_code == 200, response.text
        return response.json()

    def order(self, order_id: str = "ORD-1") -> dict[str, Any]:
        return self.get(f"/_sim/orders/{order_id}").json()

    def advance(self, seconds: float) -> None:
        assert self.post("/_sim/clock", json={"advance_seconds": seconds}).status_code == 200

    def settings(self, **values: Any) -> None:
        response = self.http.put(f"{self.url}/_sim/settings", json=values, timeout=10)
        assert response.status_code == 200, response.text

    def verdicts(self) -> list[str]:
        return [message["verdict"] for message in self.get("/_sim/messages").json()["messages"]]


def callback_form(page: requests.Response) -> tuple[str, dict[str, str]]:
    """Address and fields of the form that carries the callback to the shop."""
    form = BeautifulSoup(page.text, "html.parser").find("form", id="callback")
    assert form, page.text
    return form["action"], {field["name"]: field["value"] for field in form.find_all("input")}


def signed(fields: dict[str, str]) -> bool:
    """Whether Paytm's own library verifies these fields with the demo key."""
    fields = dict(fields)
    signature = fields.pop("CHECKSUMHASH")
    return PaytmChecksum.verifySignature(fields, KEY, signature)


def sealed(response: requests.Response) -> bool:
    """Whether Paytm's own library verifies the raw body text of this answer with the demo key."""
    text = response.content.decode()
    start = text.index('"body":') + len('"body":')
    return PaytmChecksum.verifySignature(text[start:-1], KEY, response.json()["head"]["signature"])


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with running("--seed", "7", "--settle-after", "0") as (_, url):
        yield url


@pytest.fixture(scope="session")
def running_shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


@pytest.fixture
def shop(running_shop: Shop) -> Shop:
    running_shop.posts.clear()
    running_shop.answers.clear()
    running_shop.hook = f"/webhook/{uuid.uuid4().hex}"
    return running_shop


@pytest.fixture
def sim(simulator_url: str, shop: Shop) -> Iterator[Simulator]:
    """The running simulator with empty books."""
    client = Simulator(simulator_url, shop.url)
    assert client.post("/_sim/reset").status_code == 200
    yield client
    client.close()
