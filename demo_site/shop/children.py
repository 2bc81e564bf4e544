"""Child processes of the demo: start them, pass on what they print, notice when one dies, stop them all."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import requests

READY_WITHIN = 30.0  # seconds
STOP_WITHIN = 5.0  # seconds, then it is killed
LAST_LINES = 15


class ChildFailed(Exception):
    """A child ended by itself or never answered. ``str()`` tells which, and its last lines."""


@dataclass
class Child:
    """One process. It has a session of its own: Ctrl-C reaches the parent alone, which stops the children in order."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(repr=False)
    health_url: str
    relay: threading.Event  # set: its lines are printed; before that they are only remembered

    def __post_init__(self) -> None:
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            self.command,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name=f"log of {self.name}", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for text in filter(None, map(str.rstrip, lines)):
                self.last_lines.append(text)
                if self.relay.is_set():
                    print(f"{self.name:<9} | {text}", flush=True)  # noqa: T201 - the demo's own output

    def check(self) -> None:
        """Raises ChildFailed if it has ended."""
        code = self._process.poll()
        if code is not None:
            self._reader.join(timeout=1)
            raise ChildFailed(self._tell(f"The {self.name} ended by itself (exit code {code})."))

    def wait_until_it_answers(self, stop: threading.Event) -> None:
        """Returns when it answers over HTTP, or early when ``stop`` is set.

        Raises ChildFailed if it ends first, or does not answer within READY_WITHIN seconds.
        """
        deadline = time.monotonic() + READY_WITHIN
        while not stop.wait(0.1):
            self.check()
            if time.monotonic() > deadline:
                raise ChildFailed(self._tell(f"The {self.name} does not answer at {self.health_url}."))
            with suppress(requests.RequestException):  # it is not listening yet
                if requests.get(self.health_url, timeout=2).ok:
                    return

    def stop(self) -> None:
        """Asks it to end, and kills it if it does not."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(timeout=1)

    def _tell(self, what: str) -> str:
        last = "\n".join(f"    {line}" for line in self.last_lines) or "    (it printed nothing)"
        return f"{what} Its last lines:\n{last}"
