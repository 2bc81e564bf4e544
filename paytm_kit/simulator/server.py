"""The stand-alone server: threads, bounded requests, a port that is free or named, an end that is clean."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from django.core.servers.basehttp import (
    ThreadedWSGIServer,
    WSGIRequestHandler,
    get_internal_wsgi_application,
)

LARGEST_BODY = 1_048_576  # bytes
DRAINED = 16 * LARGEST_BODY  # read and thrown away of a larger one, so that the client hears the answer
IDLE = 60  # seconds that an open connection may say nothing


class Handler(WSGIRequestHandler):
    """Refuses what could exhaust memory before anything is read."""

    timeout = IDLE
    disable_nagle_algorithm = True

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding"):
            return self._refuse(411, "Send a Content-Length; chunked bodies are not read here.")
        if not (length.isascii() and length.isdigit()):
            return self._refuse(400, "Content-Length is not a number.")
        if int(length) > LARGEST_BODY:
            self._drain(min(int(length), DRAINED))
            return self._refuse(413, "The body is larger than 1 MB.")
        return True

    def _drain(self, left: int) -> None:
        while left > 0 and (chunk := self.rfile.read(min(left, 65_536))):
            left -= len(chunk)

    def _refuse(self, status: int, why: str) -> bool:
        details = {"errorDetails": {"code": status, "errorCode": f"SVE-{status}", "errorMessage": why}}
        body = json.dumps(details).encode()
        self.close_connection = True
        self.send_response(status)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        return False

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the door logs what matters, with its verdict."""


class Server(ThreadedWSGIServer):
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or fell silent is no error of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class PortTaken(Exception):
    """Somebody else listens on this port, or the address is not this machine's."""


class Books:
    """The database file; ``:memory:`` is a temporary one, because threads cannot share SQLite's memory."""

    def __init__(self, db: str) -> None:
        self._directory = tempfile.mkdtemp(prefix="paytm-simulator-") if db == ":memory:" else ""
        self.path = str(Path(self._directory) / "books.sqlite3") if self._directory else str(Path(db).absolute())

    def __enter__(self) -> Books:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)


def bind(host: str, port: int) -> Server:
    """A server that listens already. Raises PortTaken."""
    try:
        return Server((host, port), Handler, ipv6=":" in host)
    except (OSError, socket.gaierror) as error:
        raise PortTaken(
            f"Cannot listen on {host} port {port}: {error.strerror or error}. "
            f"Stop what uses it, or choose another with --port (0 picks a free one)."
        ) from error


def until_told_to_end() -> threading.Event:
    """An event that SIGINT and SIGTERM set, from now on."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return ended


def serve(server: Server, ended: threading.Event) -> None:
    """Serves until the event is set, then takes no more requests."""
    server.set_app(get_internal_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    while not ended.wait(3600):
        pass
    server.shutdown()
    server.server_close()
