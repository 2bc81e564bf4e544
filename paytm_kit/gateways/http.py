"""One question to a gateway over HTTP: bounded in time and size, repeated only when no usable answer came.

What is sent through here must be safe to repeat with the same bytes, or say ``attempts=1``: a refund does.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as PoolTimeout

from paytm_kit.gateways import hosts
from paytm_kit.gateways.base import (
    Account,
    Exchange,
    GatewayError,
    Observer,
    Unreachable,
    Verdict,
)
from paytm_kit.logs import EventLog

log = EventLog("paytm_kit.gateways")

ATTEMPTS = 3
FIRST_PAUSE = 0.5  # seconds; doubles, and each pause is cut by chance to between half and all of it
SHORTEST_ATTEMPT = 1.0  # seconds: with less time left, another attempt is not begun
LARGEST_ANSWER = 256 * 1024  # bytes

JSON = "application/json"
HEADERS = {"Accept": JSON, "Accept-Encoding": "identity"}

T = TypeVar("T")


class Answer(Protocol):
    """An answer that could be read: it knows who signed it."""

    def verdict(self, keys: tuple[str, ...]) -> Verdict | None:
        """What a check of its signature finds; ``None`` where this gateway signs no answers."""


A = TypeVar("A", bound=Answer)


class Unreadable(ValueError):
    """A message that does not say one clear thing. ``str()`` says why, in our words, and is safe to log."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked. ``text`` is sent as it is, at every attempt; of a GET it is the query."""

    operation: str
    order_id: str
    url: str
    text: str = field(repr=False)
    attempts: int = ATTEMPTS
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    believed: frozenset[int] = frozenset()  # statuses outside 200 to 299 whose body is an answer all the same
    method: str = "POST"
    confidential: bool = False  # the answer is a secret as a whole: whoever watches gets none of it
    refusal: Callable[[int, str], GatewayError | None] | None = None  # what another status says; None: nothing usable


@dataclass(slots=True)
class _Attempt:
    """What one attempt saw, filled in as it goes, so that the observer hears of failed attempts as well."""

    number: int
    http_status: int | None = None
    response: str = ""
    verdict: Verdict | None = None
    error: str = "unexpected error"  # until it is known better


class Transport:
    """Connections to one account's gateway; may be shared between threads. ``who`` is its name in sentences.

    A call with all its repeats and pauses ends after ``connect_timeout + read_timeout`` seconds of the account; an
    answer that stops halfway just before that can add one more ``read_timeout``.
    """

    def __init__(
        self,
        account: Account,
        *,
        who: str,
        observer: Observer | None = None,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._account = account
        self._who = who
        self._observer = observer
        self._session = session or _new_session(account)
        self._sleep = sleep

    def ask(self, call: Call, opened: Callable[[str], A], read: Callable[[A, Any], T]) -> T:
        """Sends the call and returns what ``read`` makes of the answer that ``opened`` found. Raises GatewayError.

        ``opened`` raises Unreadable. ``Unreachable``, from here or from ``read``, is tried again; every other error is
        final.
        """
        deadline = time.monotonic() + self._account.connect_timeout + self._account.read_timeout
        number = 1
        while True:
            try:
                return self._attempt(call, opened, read, number, deadline)
            except Unreachable:
                pause = FIRST_PAUSE * 2 ** (number - 1) * random.uniform(0.5, 1)  # noqa: S311
                if number >= call.attempts or time.monotonic() + pause + SHORTEST_ATTEMPT > deadline:
                    raise
            (self._sleep or time.sleep)(pause)
            number += 1

    def _attempt(
        self,
        call: Call,
        opened: Callable[[str], A],
        read: Callable[[A, Any], T],
        number: int,
        deadline: float,
    ) -> T:
        seen = _Attempt(number)
        started = time.monotonic()
        try:
            seen.response = self._send(call, seen, deadline)
            try:
                answer = opened(seen.response)
            except Unreadable as error:
                raise self._unreachable(call, f"the answer is unreadable ({error})") from None
            seen.verdict = answer.verdict(self._account.keys)
            result = read(answer, seen.verdict)
            seen.error = ""
            return result  # noqa: TRY300 - the report in ``finally`` needs the error cleared first
        except GatewayError as error:
            seen.error = f"{error.code}: {error}"
            raise
        finally:
            self._report(call, seen, int((time.monotonic() - started) * 1000))

    def _send(self, call: Call, seen: _Attempt, deadline: float) -> str:
        left = max(deadline - time.monotonic(), 0.001)
        asks = call.method == "GET"
        try:
            with self._session.request(
                call.method,
                f"{call.url}?{call.text}" if asks and call.text else call.url,
                data=None if asks else call.text.encode(),
                headers={
                    "Content-Type": call.content_type,
                    "Accept": JSON,
                    "Accept-Encoding": "identity",
                    **call.headers,
                },
                timeout=(min(self._account.connect_timeout, left), min(self._account.read_timeout, left)),
                allow_redirects=False,
                verify=True,
                stream=True,
            ) as response:
                seen.http_status = response.status_code
                raw = self._read(call, response, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._unreachable(call, reason(error)) from error
        if not 200 <= seen.http_status < 300 and seen.http_status not in call.believed:
            seen.response = raw.decode("utf-8", "replace")
            refused = call.refusal(seen.http_status, seen.response) if call.refusal else None
            raise refused or self._unreachable(call, f"HTTP status {seen.http_status}")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self._unreachable(call, "the answer is not UTF-8") from None

    def _read(self, call: Call, response: requests.Response, deadline: float) -> bytes:
        """The answer's bytes, up to the size and the deadline."""
        parts: list[bytes] = []
        size = 0
        for part in arriving(response):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise self._unreachable(call, "the answer is too long")
            if time.monotonic() > deadline:
                raise self._unreachable(call, "the answer took too long")
        return b"".join(parts)

    def _report(self, call: Call, seen: _Attempt, elapsed_ms: int) -> None:
        log.write(
            logging.WARNING if seen.error else logging.INFO,
            "gateway.call.failed" if seen.error else "gateway.call.answered",
            gateway=self._account.gateway,
            order_id=call.order_id,
            operation=call.operation,
            attempt=seen.number,
            http_status=seen.http_status or 0,
            elapsed_ms=elapsed_ms,
            error=seen.error,
        )
        if self._observer is None:
            return
        exchange = Exchange(
            operation=call.operation,
            order_id=call.order_id,
            url=call.url,
            request_body=call.text,
            response_body="" if call.confidential else seen.response,
            http_status=seen.http_status,
            verdict=seen.verdict,
            error=seen.error,
            elapsed_ms=elapsed_ms,
            attempt=seen.number,
            content_type=call.content_type,
        )
        try:
            self._observer(exchange)
        except Exception as error:  # noqa: BLE001 - whoever watches must not break a payment
            log.error("gateway.observer.failed", order_id=call.order_id, error=type(error).__name__)

    def _unreachable(self, call: Call, why: str) -> Unreachable:
        return Unreachable(
            f"{self._who} gave no usable answer to {call.operation} for order {call.order_id}: {why}. "
            "The outcome is unknown; ask again with the same order id."
            if call.order_id
            else f"{self._who} gave no usable answer to {call.operation}: {why}. Ask again.",
            order_id=call.order_id,
        )


def _new_session(account: Account) -> requests.Session:
    session = requests.Session()
    # A simulator on this machine is never behind the proxy that the environment names.
    session.trust_env = not hosts.is_loopback(account)
    session.auth = as_it_is  # else a .netrc would replace the Authorization of our own
    return session


def as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """For ``auth``: adds nothing, and keeps requests from adding what a .netrc says about the host."""
    return request


def arriving(response: requests.Response, *, decode: bool = True) -> Iterator[bytes]:
    """The answer's bytes as they come, so that a dripping answer is noticed. (Old versions of urllib3 lack read1.)"""
    read: Any = getattr(response.raw, "read1", response.raw.read)
    while part := read(16 * 1024, decode_content=decode):
        yield part


def reason(error: Exception) -> str:
    """A word for a network error; its own text may hold addresses and tokens."""
    if isinstance(error, requests.exceptions.SSLError):
        return "no trusted TLS connection"
    if isinstance(error, (requests.Timeout, PoolTimeout, TimeoutError)):
        return "time-out"
    return f"no connection ({type(error).__name__})"
