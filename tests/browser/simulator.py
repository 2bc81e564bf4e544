"""A real ``paytm-simulator`` beside the tests: started, asked through its control plane, ended by its own id."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

MERCHANT_ID = "BROWSERMID0000000001"
MERCHANT_KEY = "web#Key&1@paytm "  # a space at its end, too: what .env files and forms like to lose
READY_WITHIN = 30.0  # seconds
QUIET_WITHIN = 15.0  # seconds


def until(condition: Callable[[], bool], what: str, within: float = QUIET_WITHIN) -> None:
    """Looks again until it is so. Raises AssertionError naming ``what`` after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what}: still not so after {within:.0f} s"
        time.sleep(0.02)


class Simulator:
    """``url`` is where it listens. Raises RuntimeError with its last lines if it does not come up."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "paytm_kit.simulator", "--port", "0", "--settle-after", "0"]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PAYTM_", "DJANGO_"))}
        self.url = ""
        self._last_lines: deque[str] = deque(maxlen=40)
        self._ready = threading.Event()
        self._http = requests.Session()
        self._http.trust_env = False
        self._process = subprocess.Popen(
            [*command, "--db", str(folder / "books.sqlite3"), "--mid", MERCHANT_ID, "--key", MERCHANT_KEY],
            cwd=folder,  # no .env of the project's in reach
            env=environ | {"PYTHONPATH": str(settings.BASE_DIR)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(READY_WITHIN)
        if not self.url:
            self.stop()
            raise RuntimeError(f"The simulator did not come up. {self._log()}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._last_lines.append(line.rstrip())
                if found := re.search(r"ready on (http://\S+)", line):
                    self.url = found[1]
                    self._ready.set()
        self._ready.set()

    def _log(self) -> str:
        return "Its last lines:\n" + "\n".join(self._last_lines)

    def stop(self) -> None:
        self._http.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=2)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._http.request(method, f"{self.url}/_sim/{path}", json=body, timeout=20)
        assert answer.ok, f"{method} /_sim/{path}: {answer.status_code} {answer.text}\n{self._log()}"
        return answer.json()

    def reset(self, **settings: object) -> None:
        """Forgets all orders and puts the settings back, save those that are given (``webhook_url`` and others)."""
        self._ask("POST", "reset")
        self.configure(**settings)

    def configure(self, **settings: object) -> None:
        self._ask("PUT", "settings", settings)

    def orders(self) -> list[dict[str, Any]]:
        return self._ask("GET", "orders")["orders"]

    def order(self, order_id: str) -> dict[str, Any]:
        return self._ask("GET", f"orders/{order_id}")

    def pay(self, order_id: str, **what: object) -> dict[str, Any]:
        """Completes a payment as a shopper and their bank would, without a browser."""
        return self._ask("POST", f"orders/{order_id}/pay", what)

    def settle(self, order_id: str, outcome: str) -> dict[str, Any]:
        """The bank's late answer to a pending payment."""
        return self._ask("POST", f"orders/{order_id}/settle", {"outcome": outcome})

    def wait_for_webhooks(self) -> None:
        """Returns once every webhook has had its first answer: whatever the shop does about it has been done."""

        def tried() -> bool:
            hooks = [hook for order in self.orders() for hook in order["webhooks"]]
            return all(hook["attempts"] for hook in hooks)

        until(tried, "every webhook was delivered")
