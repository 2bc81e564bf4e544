"""Two instances of the shop behind a balancer that gives each request to the other one, on one PostgreSQL.

No step of a payment may need what an earlier step left in a process: docs/balancer.md says that sticky sessions are
needed nowhere.
"""

from __future__ import annotations

import itertools
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.brokers.conftest import Started
from tests.brokers.site import Site, free_pair

pytestmark = pytest.mark.brokers

SHOPPERS = 4
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}


class Balancer(ThreadingHTTPServer):
    """Each request to the next instance in turn, with the caller's address appended, as nginx does."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, ports: tuple[int, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Hand)
        self.turn = itertools.cycle(ports)
        self.mutex = threading.Lock()


class _Hand(BaseHTTPRequestHandler):
    server: Balancer

    def _pass_on(self) -> None:
        with self.server.mutex:
            port = next(self.server.turn)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        came_through = self.headers.get("X-Forwarded-For")
        headers["X-Forwarded-For"] = ", ".join(filter(None, (came_through, self.client_address[0])))
        instance = HTTPConnection("127.0.0.1", port, timeout=60)
        instance.request(self.command, self.path, body, headers)
        answer = instance.getresponse()
        text = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        instance.close()

    do_GET = do_POST = _pass_on

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def listening(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def test_a_payment_whose_every_step_lands_on_the_other_instance_is_paid(site: Site, started: Started) -> None:
    one = free_pair()
    balancer = Balancer((one, one + 1))
    port = balancer.server_address[1]
    environ = {
        "DATABASE_URL": site.here("postgres://postgres@127.0.0.1:5432/kadamb"),
        "PAYTM_HOST": f"http://127.0.0.1:{site.port + 1}",
        "PAYTM_TRUSTED_PROXIES": "1",
        "PORT": str(port),
    }
    instances = [
        site.start(f"gunicorn --threads 4 --bind 127.0.0.1:{number} demo_site.wsgi", **environ)
        for number in (one, one + 1)
    ]
    for number in (one, one + 1):
        site.wait_for(number)
    settings = site.simulator("GET", "settings")
    site.simulator("PUT", "settings", {"webhook_url": f"http://127.0.0.1:{port}/paytm/webhook/"})
    try:
        with listening(balancer):
            said = site.run(f"python manage.py shoppers {SHOPPERS}", **environ)
    finally:
        site.simulator("PUT", "settings", {"webhook_url": settings["webhook_url"]})
    assert f"{SHOPPERS} of {SHOPPERS} orders are paid." in said

    step = r"(payment\.opened|checkout\.sent|inbound\.callback|inbound\.webhook) .*?order_id=(\S+)"
    steps = [re.findall(step, each.printed()) for each in instances]
    assert all(steps), "each has served some steps"
    seen = [{order for _, order in found} for found in steps]
    assert len(seen[0] | seen[1]) == SHOPPERS
    assert seen[0] & seen[1], "a payment had steps on both"
    addresses = "SELECT DISTINCT host(remote_ip) FROM paytm_kit_wiremessage WHERE channel = 'webhook'"
    assert site.rows(addresses) == [("127.0.0.1",)]
