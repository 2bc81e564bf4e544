"""How one webhook goes over the wire: to a judged address, redirects not followed, little read, over in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.utils import timezone
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from paytm_kit import __version__
from paytm_kit.conf.endpoints import Endpoint
from paytm_kit.gateways.http import JSON, arriving, as_it_is, reason
from paytm_kit.masking import safe_line
from paytm_kit.outgoing import addresses, verify

LARGEST_ANSWER = 4 * 1024  # bytes that are read of an answer
KEPT = 300  # characters of it that are kept


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt. ``error`` is empty for a status of 200 to 299, and safe to store.

    ``http_status`` is ``None`` when there was no answer; ``text`` is the beginning of it, masked; ``retry_after`` are
    the seconds that it asks us to wait.
    """

    http_status: int | None
    error: str
    elapsed_ms: int
    text: str = ""
    retry_after: float | None = None


@dataclass(slots=True)
class _Trip:
    """One attempt on its way. A connection of its own leads only where it may, and is cut when its time is over."""

    allow_private: bool
    proxied: bool
    line: socket.socket | None = None
    late: bool = False
    why: str = ""

    def addresses(self, host: str, port: int) -> list[str]:
        if self.proxied:  # this is the proxy's name: it is the site's own, and looks up the endpoint itself
            return [host]
        try:
            return addresses.resolve(host, port, allow_private=self.allow_private)
        except addresses.NotAllowed as error:
            self.why = str(error)
            raise

    def cut(self) -> None:
        """Ends it from another thread. A time-out of a socket bounds each byte's wait, and never the whole."""
        self.late = True
        if self.line is not None:
            with suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)


_trip: ContextVar[_Trip] = ContextVar("paytm_kit_outgoing_trip")


class _Judged:
    """Connects to the judged address; the host's own name stays the one that TLS asks for and checks."""

    _dns_host: str  # urllib3's own name for it, in its versions 1.26 and 2
    port: int

    def _new_conn(self) -> socket.socket:
        trip, host, failed = _trip.get(), self._dns_host, None
        for address in trip.addresses(host, self.port):
            if trip.late:
                break
            try:
                self._dns_host = address
                line: socket.socket = super()._new_conn()  # type: ignore[misc]
            except (OSError, HTTPError) as error:
                failed = error
                continue
            finally:
                self._dns_host = host
            trip.line = line.dup()  # TLS takes the socket itself away
            return line
        raise failed or OSError("no address, or no time left")


class _Connection(_Judged, HTTPConnection):
    pass


class _TLSConnection(_Judged, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager


def post(endpoint: Endpoint, message_id: str, body: bytes, *, timeout: float) -> Answer:
    """Sends the body, signed with each of the endpoint's secrets. Whatever happens on the way is an Answer.

    ``timeout``: seconds from the connection to the end of the answer. Call it outside transactions.
    """
    trip = _Trip(endpoint.allow_private, _proxied(endpoint.url))
    token, started = _trip.set(trip), time.monotonic()
    alarm = threading.Timer(timeout, trip.cut)
    alarm.daemon = True
    alarm.start()
    try:
        status, headers, text = _send(endpoint, _headers(endpoint, message_id, body), body, timeout)
    except (requests.RequestException, HTTPError, OSError) as error:
        return Answer(None, _no_answer(trip, error, timeout), _since(started))
    finally:
        alarm.cancel()
        _trip.reset(token)
        if trip.line is not None:
            trip.line.close()
    said = safe_line(_without(endpoint.secrets, text), KEPT)
    return Answer(status, _refusal(status), _since(started), said, _retry_after(headers.get("Retry-After", "")))


def _headers(endpoint: Endpoint, message_id: str, body: bytes) -> dict[str, str]:
    now = int(timezone.now().timestamp())
    return {
        "Content-Type": JSON,
        "Accept-Encoding": "identity",
        "User-Agent": f"paytm-kit/{__version__}",
        verify.ID: message_id,
        verify.TIMESTAMP: str(now),
        verify.SIGNATURE: " ".join(verify.sign(secret, message_id, now, body) for secret in endpoint.secrets),
    }


def _send(endpoint: Endpoint, headers: dict[str, str], body: bytes, timeout: float) -> tuple[int, Any, str]:
    session = requests.Session()
    session.mount("https://", _Adapter(max_retries=0))
    session.mount("http://", _Adapter(max_retries=0))
    session.trust_env = not addresses.is_loopback(urlsplit(endpoint.url).hostname or "")
    with (
        session,
        session.post(
            endpoint.url,
            data=body,
            headers=headers,
            auth=as_it_is,
            timeout=timeout,
            allow_redirects=False,
            verify=True,
            stream=True,
        ) as response,
    ):
        if _trip.get().late:  # http.client takes headers that were cut for all of them
            raise TimeoutError
        return response.status_code, response.headers, _beginning(response)


def _beginning(response: requests.Response) -> str:
    """The first bytes. The status has decided: an answer that breaks off or never ends is one all the same."""
    read = b""
    with suppress(requests.RequestException, HTTPError, OSError):
        for part in arriving(response, decode=False):
            read += part
            if len(read) >= LARGEST_ANSWER:
                break
    return read[:LARGEST_ANSWER].decode("utf-8", "replace")


def _refusal(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"HTTP status {status}: redirects are not followed; set URL to where it leads"
    return f"HTTP status {status}"


def _no_answer(trip: _Trip, error: Exception, timeout: float) -> str:
    if trip.why:
        return f"not sent: {trip.why}"
    word = "time-out" if trip.late else reason(error)
    return f"{word}: no answer within {timeout:g} s" if word == "time-out" else word


def _without(secrets: Iterable[str], text: str) -> str:
    """The other side knows the secret, and its error page may show it."""
    for secret in secrets:
        for shown in (secret, secret.removeprefix(verify.PREFIX)):
            text = text.replace(shown, "[secret]")
    return text


def _retry_after(value: str) -> float | None:
    """Seconds from now: a number of them, or a date (RFC 9110, section 10.2.3)."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max((parsedate_to_datetime(value) - timezone.now()).total_seconds(), 0)
    except (TypeError, ValueError):
        return None


def _proxied(url: str) -> bool:
    """Whether the environment names a proxy for this address."""
    host = urlsplit(url).hostname or ""
    return not addresses.is_loopback(host) and bool(
        requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    )


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
