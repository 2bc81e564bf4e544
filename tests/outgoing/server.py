"""A real HTTP server on 127.0.0.1 that takes webhooks, or misbehaves in one of the ways that servers do."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANGS = "hangs"  # takes the request and says nothing
DRIPS = "drips"  # sends a byte of a header now and then, for ever
ENDLESS = "endless"  # 200, and a body that never ends
SLAMS = "slams"  # closes the connection without a word


@dataclass
class Taken:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Says:
    """One answer: a status, or one of the ways above."""

    way: int | str = 204
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""


class Receiver(ThreadingHTTPServer):
    """``says`` is what it answers from now on; ``next`` are answers that come first."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.says, self.next = Says(), list[Says]()
        self.taken: list[Taken] = []
        self.over = threading.Event()
        self.cut = threading.Event()  # a client went away while it was being kept waiting
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def will(self, way: int | str, text: str = "", **headers: str) -> None:
        self.says = Says(way, {name.replace("_", "-"): value for name, value in headers.items()}, text)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks/payments"

    @property
    def ids(self) -> list[str]:
        return [taken.headers["webhook-id"] for taken in self.taken]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what is tested."""

    def stop(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(Taken(self.path, {n.lower(): v for n, v in self.headers.items()}, body))
        says = self.server.next.pop(0) if self.server.next else self.server.says
        self.close_connection = True
        if isinstance(says.way, int):
            self._answer(says)
        elif says.way == SLAMS:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif says.way == HANGS:
            self.server.over.wait(20)
        else:
            self._for_ever(says.way)

    do_GET = do_POST

    def _answer(self, says: Says) -> None:
        self.send_response(says.way)  # type: ignore[arg-type]
        for name, value in says.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(says.text.encode())))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(says.text.encode())

    def _for_ever(self, way: str) -> None:
        start, more, pause = {
            DRIPS: (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", 0.05),
            ENDLESS: (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096, 0),
        }[way]
        try:
            self.wfile.write(start)
            while not self.server.over.wait(pause):
                self.wfile.write(more)
        except OSError:
            self.server.cut.set()

    def log_message(self, format: str, *args: Any) -> None:
        pass
