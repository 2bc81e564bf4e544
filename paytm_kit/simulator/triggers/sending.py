"""Bringing messages to a merchant: one after the other or all at once, timed, never after a redirect or by a proxy."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import NamedTuple

import requests

from paytm_kit.masking import safe_line
from paytm_kit.simulator.triggers.message import Message

TIMEOUT = (5, 60)  # seconds to connect, to wait for the answer
SHOWN = 100  # characters of an answer
MOST_AT_ONCE = 200


class Shot(NamedTuple):
    """One message and where it goes."""

    message: Message
    url: str


class Answer(NamedTuple):
    status: int | None  # None: no answer came
    said: str  # where a redirect leads, else the first line of the body, else why no answer came
    milliseconds: int


def send(shots: Sequence[Shot], *, at_once: bool = False) -> Iterator[Answer]:
    """The answers, in the order of the shots. Raises nothing of HTTP."""
    if not at_once:
        yield from map(_post, shots)
        return
    together = Barrier(len(shots))

    def post(shot: Shot) -> Answer:
        together.wait()
        return _post(shot)

    with ThreadPoolExecutor(len(shots)) as pool:
        yield from pool.map(post, shots)


def _post(shot: Shot) -> Answer:
    began = time.monotonic()
    headers = {"Content-Type": shot.message.content_type, "User-Agent": "paytm-kit trigger"}
    with requests.Session() as session:
        session.trust_env = False  # a proxy from the environment would carry this to another host
        try:
            with session.post(
                shot.url,
                data=shot.message.body(),
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                heard = next(response.iter_content(4096), b"").decode("utf-8", "replace")
                said, status = _told(response, heard), response.status_code
        except (requests.RequestException, OSError, ValueError) as error:
            said, status = f"no answer: {type(error).__name__}", None
    return Answer(status, said, round((time.monotonic() - began) * 1000))


def _told(response: requests.Response, heard: str) -> str:
    if location := response.headers.get("Location"):
        return f"→ {safe_line(location, SHOWN)}"
    lines = [line.strip() for line in heard.splitlines() if line.strip()]
    return safe_line(lines[0], SHOWN) if lines else ""
