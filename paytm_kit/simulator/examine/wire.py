"""The only way out: requests to known hosts, counted, timed, and never more than the plan allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from paytm_kit.simulator import guard
from paytm_kit.simulator.examine.plan import CannotRun, Plan, absolute, refuse_foreign

LARGEST_ANSWER = 1_048_576  # bytes that are read
MOST_REDIRECTS = 8
REDIRECTS = (301, 302, 303, 307, 308)


class OutOfBounds(CannotRun):
    """The time or the number of requests of this examination is used up."""


@dataclass(frozen=True, slots=True)
class Message:
    """One request to send to a callback or webhook, and what it is, in words."""

    what: str
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"
    method: str = "POST"
    query: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``status`` 0: nothing did, and ``why`` tells."""

    url: str
    status: int = 0
    text: str = ""
    location: str = ""
    seconds: float = 0.0
    why: str = ""

    @property
    def said(self) -> str:
        return str(self.status) if self.status else self.why


class Wire:
    """Contacts the hosts that the plan names, and nobody else."""

    def __init__(self, plan: Plan, simulator: str = "") -> None:
        self.plan = plan
        self._deadline = time.monotonic() + plan.max_seconds
        self._left = plan.max_requests
        self._lock = threading.Lock()
        self._bounded = True
        named = (simulator, plan.base_url, plan.callback_url, plan.webhook_url, plan.status_url)
        steps = (step.url for step in plan.steps)
        self._known = {origin(absolute(plan, address)) for address in (*named, *steps) if address}

    @property
    def sent(self) -> int:
        """How many were sent so far."""
        return self.plan.max_requests - self._left

    def lift_bounds(self) -> None:
        """Room for the few last requests that put things back."""
        self._bounded = False

    def remaining(self) -> float:
        """Seconds until the examination must end."""
        return self._deadline - time.monotonic()

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        session: requests.Session | None = None,
    ) -> Answer:
        """One request, no redirect followed. Without a session no cookie is sent or kept. Raises CannotRun."""
        self._permit(url)
        self._count()
        with requests.Session() as fresh:
            fresh.trust_env = False  # a proxy from the environment would carry this to another host
            return self._exchange(session or fresh, method, url, body, headers)

    def _exchange(
        self, session: requests.Session, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Answer:
        began = time.monotonic()
        try:
            with session.request(
                method, url, data=body, headers=dict(headers or {}), timeout=self.plan.timeout,
                allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                text = next(response.iter_content(LARGEST_ANSWER), b"").decode("utf-8", "replace")
                location = urljoin(url, response.headers.get("Location", "")) if response.is_redirect else ""
                return Answer(url, response.status_code, text, location, time.monotonic() - began)
        except requests.Timeout:
            why = f"no answer within {self.plan.timeout:g} s"
        except (requests.RequestException, OSError, ValueError) as error:
            why = f"the connection failed: {type(error).__name__}"
        return Answer(url, seconds=time.monotonic() - began, why=why)

    def follow(self, answer: Answer, session: requests.Session, until: str = "") -> list[Answer]:
        """The pages that a browser would go on to, the last one last; it stops before the origin ``until``."""
        pages = [answer]
        while pages[-1].location and len(pages) <= MOST_REDIRECTS and origin(pages[-1].location) != until:
            pages.append(self.send("GET", pages[-1].location, session=session))
        return pages

    def _permit(self, url: str) -> None:
        refuse_foreign(self.plan, "address", url)
        if origin(url) not in self._known and (urlsplit(url).hostname or "") not in self.plan.allow_host:
            raise CannotRun(
                f"The site leads to {url[:200]}, which is none of the addresses that you gave. "
                "If it is the site's, name it with --base-url, --callback-url or --allow-host."
            )

    def _count(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left < 0 and self._bounded:
                raise OutOfBounds(f"All {self.plan.max_requests} requests are used up; raise --max-requests.")
        if self.remaining() <= 0 and self._bounded:
            raise OutOfBounds(f"The {self.plan.max_seconds:g} seconds are over; raise --max-seconds.")


def origin(url: str) -> str:
    """Host and port; the names of this machine are one host."""
    parts = urlsplit(url)
    host = "local" if parts.hostname in guard.LOCAL_HOSTS else parts.hostname
    return f"{host}:{parts.port or {'https': 443}.get(parts.scheme, 80)}"
