"""A merchant's server that keeps every request as it came, and answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl


class Heard(NamedTuple):
    path: str
    kind: str
    body: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body, keep_blank_values=True))


class Merchant:
    """``answer`` is called with what came, and gives the status and the body to answer with."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: Callable[[Heard], tuple[int, str]] = lambda heard: (200, "OK")
        merchant = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                heard = Heard(self.path, self.headers["Content-Type"], body)
                merchant.heard.append(heard)
                status, text = merchant.answer(heard)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # whoever stopped listening to a slow answer

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def at(self, path: str) -> list[Heard]:
        return [heard for heard in list(self.heard) if heard.path == path]

    def forms(self, path: str) -> list[dict[str, str]]:
        return [heard.form for heard in self.at(path)]


@contextmanager
def listening() -> Iterator[Merchant]:
    merchant = Merchant()
    thread = threading.Thread(target=merchant.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield merchant
    finally:
        merchant.server.shutdown()
        merchant.server.server_close()
        thread.join()
