"""The same over a real socket: slow, dripping, hanging and broken connections, and connections kept open."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from paytm_kit.gateways.base import State, Unreachable
from paytm_kit.gateways.paytm import PaytmClient
from tests.gateways import wire
from tests.gateways.certificate import self_signed
from tests.gateways.conftest import Kept

GOOD = wire.enclose(wire.status_body()).encode()
Behave = Callable[["Handler"], None]


class Server(ThreadingHTTPServer):
    """Does for each request what the test put next into ``script``."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.script: list[Behave] = []
        self.connections = 0
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.script.pop(0)(self)

    def log_message(self, *args: object) -> None:
        """Tests stay silent."""


def good(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.wfile.write(GOOD)


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def half(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.wfile.write(GOOD[:100])
    reset(handler)


def hang(handler: Handler) -> None:
    handler.server.over.wait(10)
    handler.close_connection = True


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    for at in range(len(GOOD)):
        if handler.server.over.wait(0.05):
            break
        handler.wfile.write(GOOD[at : at + 1])
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def client_of(server: Server, **timeouts: float) -> Kept:
    return Kept(environment="simulator", host=server.url, **timeouts)


def test_connections_are_reused(server):
    server.script = [good, good, good]
    client = client_of(server)
    assert [client.order_status(wire.ORDER).state for _ in range(3)] == [State.SUCCESS] * 3
    assert server.connections == 1


@pytest.mark.parametrize("broken", [reset, half])
def test_a_connection_that_breaks_is_tried_again(server, broken):
    server.script = [broken, good]
    client = client_of(server)
    assert client.order_status(wire.ORDER).state is State.SUCCESS
    assert "no connection" in client.exchanges[0].error


def test_a_server_that_hangs_is_a_time_out(server):
    server.script = [hang]
    client = client_of(server, connect_timeout=0.1, read_timeout=0.1)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="time-out"):
        client.order_status(wire.ORDER)
    assert time.monotonic() - started < 5
    assert client.exchanges[0].http_status is None


def test_a_dripping_answer_cannot_hold_us(server):
    server.script = [drip]
    client = client_of(server, connect_timeout=0.1, read_timeout=0.2)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="took too long"):
        client.order_status(wire.ORDER)
    assert time.monotonic() - started < 10


def test_a_certificate_that_nobody_vouches_for_is_refused_even_if_the_session_would_take_it(server, tmp_path):
    server.socket = self_signed(tmp_path).wrap_socket(server.socket, server_side=True)
    server.script = [good, good]
    session = requests.Session()
    session.verify = False
    account = wire.account(environment="simulator", host=server.url.replace("http:", "https:"))
    client = PaytmClient(account, session=session, sleep=lambda seconds: None)
    with pytest.raises(Unreachable, match="no trusted TLS connection"):
        client.order_status(wire.ORDER)
    assert len(server.script) == 2  # nothing was sent
    ours = ssl.create_default_context(cafile=tmp_path / "server.pem")
    ours.check_hostname = False
    with socket.create_connection(server.server_address) as plain, ours.wrap_socket(plain) as trusted:
        assert trusted.version()  # the certificate is sound: whoever trusts it gets through


def test_nobody_listening_is_unreachable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(Unreachable, match="no connection"):
        Kept(environment="simulator", host=f"http://127.0.0.1:{port}").order_status(wire.ORDER)
