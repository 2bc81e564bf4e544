"""The one way out of the house: a POST to a host that is allowed, recorded, never after a redirect."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from django.utils import timezone
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from paytm_kit.masking import one_line, redact_body, safe_line
from paytm_kit.simulator import database, guard, options
from paytm_kit.simulator.models import Message
from paytm_kit.simulator.webhooks.ladder import LADDERS, USUAL

NO_HEADERS: Mapping[str, str] = {}
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LONGEST_ANSWER = 65_536  # bytes that are read of a merchant's answer
SHOWN = 200  # characters of it that are kept with the attempt


class Answer(NamedTuple):
    status: int | None  # None: no answer came
    text: str  # the status, or why there is none
    location: str = ""
    said: str = ""  # the beginning of the body, with contacts and cards masked
    milliseconds: int = 0


def post(
    url: str, body: str, content_type: str = FORM, *, order_id: str = "", said: str = "",
    timeout: tuple[float, float] = LADDERS[USUAL].timeout, headers: Mapping[str, str] = NO_HEADERS,
) -> Answer:  # fmt: skip
    """One POST to a merchant. ``timeout``: real seconds to connect, for the whole answer. Raises nothing of HTTP."""
    at, began = timezone.now(), time.monotonic()
    if why := guard.refusal(url, options.current().allow_host):
        answer, heard, kind = Answer(None, f"not sent: {why}"), "", ""
    else:
        database.rest()
        answer, heard, kind = _exchange(url, body, content_type, timeout, headers)
    answer = answer._replace(said=safe_line(heard, SHOWN), milliseconds=round((time.monotonic() - began) * 1000))
    Message.objects.create(
        at=at, direction="out", method="POST", url=one_line(url), order_id=order_id,
        request=redact_body(body, content_type), http_status=answer.status,
        response=redact_body(heard, kind) if "json" in kind or "form" in kind else "",
        verdict=f"{said}: {answer.text}" if said else answer.text,
    )  # fmt: skip
    return answer


def _exchange(
    url: str, body: str, content_type: str, timeout: tuple[float, float], headers: Mapping[str, str] = NO_HEADERS
) -> tuple[Answer, str, str]:
    # Not the requests library: it bounds each wait for a byte, not the whole answer, and it follows proxies of the
    # environment; tests of the project around a fixture replace its inside.
    late = threading.Event()
    try:
        with closing(_connected(url, timeout)) as connection, _hanging_up(connection, timeout[1], late):
            path = requests.Request("POST", url).prepare().path_url
            said = {**headers, "Content-Type": content_type, "Connection": "close"}
            connection.request("POST", path, body.encode(), said)
            with connection.getresponse() as response:
                raw = b"" if response.headers.get("Content-Encoding") else response.read(LONGEST_ANSWER)
                if late.is_set():
                    raise TimeoutError
                location, kind = (response.headers.get(name, "") for name in ("Location", "Content-Type"))
                answer = Answer(response.status, str(response.status), location)
                return answer, raw.decode("utf-8", "replace"), kind
    except (HTTPException, requests.RequestException, OSError, ValueError) as error:
        why = "TimeoutError" if late.is_set() else type(error).__name__
        return Answer(None, f"no answer: {why}"), "", ""


def _connected(url: str, timeout: tuple[float, float]) -> HTTPConnection:
    parts = urlsplit(url)
    connect, answer = timeout
    if parts.scheme == "https":
        trusted = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
        connection: HTTPConnection = HTTPSConnection(str(parts.hostname), parts.port, timeout=connect, context=trusted)
    else:
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=connect)
    connection.connect()
    connection.sock.settimeout(answer)
    return connection


@contextmanager
def _hanging_up(connection: HTTPConnection, seconds: float, late: threading.Event) -> Iterator[None]:
    """Ends the connection when the time is over, whatever drips in until then."""

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            open_socket.shutdown(socket.SHUT_RDWR)

    open_socket = connection.sock  # the connection itself forgets it with the last byte
    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
