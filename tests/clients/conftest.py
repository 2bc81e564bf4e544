"""Paytm's own clients as processes, the simulator as their host, and a relay between them that reads and may change."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.clients import defects, provision
from tests.simulator.conftest import KEY, MID, Simulator, running

HERE = Path(__file__).parent
COMMANDS = {
    "paytm-pg": [provision.PYTHON, HERE / "python" / "pg.py"],
    "paytmchecksum-python": [provision.PYTHON, HERE / "python" / "checksum.py"],
    "paytm-pg-node-sdk": ["node", HERE / "node" / "sdk.js"],
    "paytmchecksum-node": ["node", HERE / "node" / "checksum.js"],
}
CHECKSUMS = ("paytmchecksum-python", "paytmchecksum-node")


class Client:
    """One of Paytm's clients in a process of its own."""

    def __init__(self, name: str, host: str, folder: Path, *, mid: str = MID, key: str = KEY) -> None:
        self.name, self.folder = name, folder
        environ = {"PATH": os.environ["PATH"], "CLIENT_HOST": host, "CLIENT_MID": mid, "CLIENT_KEY": key}
        self.errors = (folder / f"{name}.stderr").open("w+")
        self.process = subprocess.Popen(
            [str(part) for part in COMMANDS[name]],
            env=environ, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip

    def call(self, name: str, **given: Any) -> dict[str, Any]:
        """What the client says. Raises Died when it ends instead."""
        self.process.stdin.write(json.dumps({"call": name, **given}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.process.wait(timeout=10)
            self.errors.seek(0)
            raise Died(self.errors.read())
        return json.loads(answer)

    def initiate(self, order_id: str = "ORD-1", amount: str = "249.50", **more: Any) -> dict[str, Any]:
        given = {"callback_url": "http://localhost:9/callback", "cust_id": "C_17", **more}
        return self.call("initiate", order_id=order_id, amount=amount, **given)

    def status(self, order_id: str = "ORD-1") -> dict[str, Any]:
        return self.call("status", order_id=order_id)

    def result(self, order_id: str = "ORD-1") -> tuple[str, str]:
        said = self.status(order_id)
        return said["status"], said["code"]

    def refund(self, txn_id: str, ref_id: str = "REF-1", amount: str = "100.00", **more: Any) -> dict[str, Any]:
        return self.call("refund", order_id="ORD-1", txn_id=txn_id, ref_id=ref_id, amount=amount, **more)

    def refund_status(self, ref_id: str = "REF-1") -> dict[str, Any]:
        return self.call("refund_status", order_id="ORD-1", ref_id=ref_id)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            stream.close()


class Died(Exception):
    """The client's process ended in the middle of a call. ``str()`` is what it wrote last."""


@dataclass(frozen=True)
class Sent:
    path: str
    body: bytes


class Relay:
    """Stands between client and simulator: keeps what the client sends, may change what it hears."""

    def __init__(self, target: str) -> None:
        self.sent: list[Sent] = []
        self.change: Callable[[bytes], bytes] = lambda answer: answer
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                relay.sent.append(Sent(self.path, body))
                headers = {"Content-Type": self.headers["Content-Type"]}
                request = urllib.request.Request(target + self.path, body, headers, method="POST")
                try:
                    with urllib.request.urlopen(request, timeout=10) as response:
                        status, answer = response.status, relay.change(response.read())
                except urllib.error.HTTPError as error:
                    with error:
                        status, answer = error.code, error.read()
                self.send_response(status)
                self.send_header("Content-Type", "application/json;charset=UTF-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    if why := provision.prepare():
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)


@pytest.fixture(scope="session")
def simulator_url(installed: None) -> Iterator[str]:
    with running("--seed", "7", "--settle-after", "0") as (_, url):
        yield url


@pytest.fixture
def sim(simulator_url: str) -> Iterator[Simulator]:
    """The running simulator with empty books."""
    client = Simulator(simulator_url, "http://localhost:9")
    assert client.post("/_sim/reset").status_code == 200
    yield client
    client.close()


@pytest.fixture
def relay(sim: Simulator) -> Iterator[Relay]:
    between = Relay(sim.url)
    yield between
    between.server.shutdown()
    between.server.server_close()


@pytest.fixture
def start(relay: Relay, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Starts a client that speaks to the simulator through the relay."""
    running: list[Client] = []

    def begin(name: str, host: str = "", **credentials: str) -> Client:
        running.append(Client(name, host or relay.url, tmp_path, **credentials))
        return running[-1]

    yield begin
    for client in running:
        client.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After the clients have run: what they cannot do, and why that is theirs."""
    ran = [report.nodeid for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    if any(nodeid.startswith("tests/clients/") for nodeid in ran):
        terminalreporter.section("what Paytm's clients cannot do (each pinned in tests/clients/test_defects.py)")
        for defect in defects.ALL:
            terminalreporter.write_line(f"{defect.client} · {defect.name}: {defect.what}")
