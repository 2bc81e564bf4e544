"""The stand-alone server: threads, bounded requests, a port that is free or named, an end that is clean."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from paytm_kit.simulator import database
from paytm_kit.simulator.run.wsgi import Application

LARGEST_BODY = 1_048_576  # bytes
DRAINED = 16 * LARGEST_BODY  # read and thrown away of a larger one, so that the client hears the answer
IDLE = 60  # seconds that an open connection may say nothing
MOST_CONNECTIONS = 500  # each has a thread; for one more the longest silent one is closed
SILENT = 1.0  # seconds that a connection must have said nothing to be closed for another
FULL_FOR = 10.0  # seconds that one more waits for a place
ENDS_WITHIN = 8.0  # seconds for what runs when the end is asked for


class Handler(WSGIRequestHandler):
    """Refuses what could exhaust memory before anything is read."""

    timeout = IDLE
    disable_nagle_algorithm = True
    server: Server
    began = False

    def handle_one_request(self) -> None:
        """Counts what runs, so that the end can wait for it, and keeps no connection open after the end."""
        self.server.silent(self.connection)
        try:
            super().handle_one_request()
        finally:
            self.server.speaks(self.connection)
            if self.began:
                self.began = False
                self.server.running(-1)
            if self.server.ending:
                self.close_connection = True

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        self.server.speaks(self.connection)
        self.began = True
        self.server.running(+1)
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding"):
            return self._refuse(411, "Send a Content-Length; chunked bodies are not read here.")
        if not re.fullmatch(r"[0-9]{1,18}", length):
            return self._refuse(400, "Content-Length is not a number of bytes.")
        if int(length) > LARGEST_BODY:
            self._drain(min(int(length), DRAINED))
            return self._refuse(413, "The body is larger than 1 MB.")
        return True

    def get_environ(self) -> dict[str, Any]:
        """Lends the socket, so that a fault can close it (``door.CONNECTION``)."""
        return {**super().get_environ(), "paytm_simulator.connection": self.connection}

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
    request_queue_size = 512

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ending = False
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._running = 0
        self._changed = threading.Condition()
        self._silent: dict[Any, float] = {}  # since when; the longest silent comes first

    def silent(self, connection: Any) -> None:
        """Nothing has been asked on this connection since now."""
        with self._changed:
            self._silent[connection] = time.monotonic()

    def speaks(self, connection: Any) -> None:
        """A whole head of a request came in, or the connection ends."""
        with self._changed:
            self._silent.pop(connection, None)

    def running(self, step: int) -> None:
        """One request more or fewer is being answered."""
        with self._changed:
            self._running += step
            self._changed.notify_all()

    def finish(self, seconds: float) -> bool:
        """Takes nothing new and waits for what runs. False when some of it needs longer."""
        self.ending = True
        self.shutdown()
        self.server_close()
        with self._changed:
            return self._changed.wait_for(lambda: self._running == 0, seconds)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for each connection, up to a bound; past it one waits for a place, then is sent away."""
        if self._place():
            try:
                super().process_request(request, client_address)
            except BaseException:
                self._places.release()
                raise
        else:
            self.shutdown_request(request)

    def _place(self) -> bool:
        ends = time.monotonic() + FULL_FOR
        while not self._places.acquire(timeout=0.02):
            with self._changed:
                connection, since = next(iter(self._silent.items()), (None, 0.0))
                if connection and time.monotonic() - since >= SILENT:
                    del self._silent[connection]
                    with suppress(OSError):  # its thread wakes up and gives its place back
                        connection.shutdown(socket.SHUT_RDWR)
            if time.monotonic() >= ends:
                return False
        return True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def _close_connections(self) -> None:
        database.leave()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or fell silent is no error of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class PortTaken(Exception):
    """Somebody else listens on this port, or the address is not this machine's."""


class Books:
    """The database: a URL as it is, or a file; ``:memory:`` is a temporary one, as threads cannot share SQLite's."""

    def __init__(self, db: str) -> None:
        self._directory = tempfile.mkdtemp(prefix="paytm-simulator-") if db == ":memory:" else ""
        file = Path(self._directory) / "books.sqlite3" if self._directory else Path(db).absolute()
        self.path = db if "://" in db else str(file)

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


def until_told_to_end() -> socket.socket:
    """Where a byte comes in with SIGINT or SIGTERM, from now on.

    The system may give the signal to any thread; a main thread that waits for a lock would sleep on.
    """
    ended, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.detach())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: None)
    return ended


def start(server: Server, application: Any) -> threading.Thread:
    """Serves from now on, in a thread."""
    server.set_app(application)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="paytm-simulator", daemon=True
    )
    thread.start()
    return thread


def serve(server: Server, ended: socket.socket) -> None:
    """Serves until a byte comes in, then finishes what runs, within ENDS_WITHIN seconds."""
    from paytm_kit.simulator import worker  # needs Django set up

    thread = start(server, Application())
    ended.recv(1)
    deadline = time.monotonic() + ENDS_WITHIN
    server.finish(ENDS_WITHIN)
    worker.stop(max(0.1, deadline - time.monotonic()))
    thread.join(1.0)
