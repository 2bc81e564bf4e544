"""The simulator as the examiner uses it: one that runs already, or one of its own, ended by its process id."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import quote, urlencode

from paytm_kit import checksum
from paytm_kit.simulator.examine.plan import KEY_VARIABLE, CannotRun, Plan
from paytm_kit.simulator.examine.wire import Answer, Wire

READY = "paytm-simulator ready on "
READY_WITHIN = 30.0  # seconds
STOP_WITHIN = 10.0
JSON = {"Content-Type": "application/json"}


@contextmanager
def simulator(plan: Plan) -> Iterator[str]:
    """The address of the simulator to use. Raises CannotRun when none can be started."""
    if plan.simulator:
        yield plan.simulator.rstrip("/")
        return
    process = subprocess.Popen(  # noqa: S603 - our own command, no shell
        [sys.executable, "-m", "paytm_kit.simulator", "--port", str(plan.simulator_port)],
        env=_environ(plan),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    try:
        yield _address(process, process.stdout)
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _environ(plan: Plan) -> dict[str, str]:
    """Without the settings of whatever shell this is; the key goes this way so that ps does not show it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PAYTM_SIM_")}
    return clean | {
        "PYTHONUNBUFFERED": "1",
        "PAYTM_SIM_MID": plan.mid,
        KEY_VARIABLE: plan.key,
        "PAYTM_SIM_ALLOW_HOST": ",".join(plan.allow_host),
        "PAYTM_SIM_SETTLE_AFTER": "0",
    }


def _address(process: subprocess.Popen[str], printed: IO[str]) -> str:
    """Where it says that it is ready. What it prints afterwards is read away, so that it never waits for us."""
    late = threading.Timer(READY_WITHIN, process.kill)
    late.start()
    lines: list[str] = []
    try:
        for line in printed:
            if line.startswith(READY):
                threading.Thread(target=deque, args=(printed, 0), daemon=True).start()
                return line.removeprefix(READY).strip()
            lines.append(line)
    finally:
        late.cancel()
    why = "".join(lines).strip()[-500:] or f"It was not ready within {READY_WITHIN:g} s."
    raise CannotRun(f"No simulator could be started. {why} Name one that runs already with --simulator.")


class Control:
    """The control plane under ``/_sim/``."""

    def __init__(self, url: str, wire: Wire, plan: Plan) -> None:
        self.url = url
        self._wire, self._plan = wire, plan
        self.has_faults = False
        self._settles_after: float | None = None

    def open(self) -> None:
        """Makes sure that it is a simulator, for this merchant. Pending payments then settle only when told to."""
        health = self._ask("GET", "/_sim/health")
        if health.get("name") != "paytm-simulator":
            raise CannotRun(f"What answers at {self.url} is not paytm-simulator. Name one with --simulator.")
        if health.get("mid") != self._plan.mid:
            raise CannotRun(
                f"The simulator at {self.url} serves the MID {health.get('mid')}, not {self._plan.mid}. "
                "Give both, and the site, the same: --mid."
            )
        self._settles_after = health.get("settings", {}).get("settle_after")
        self._ask("PUT", "/_sim/settings", {"settle_after": 0})
        self.has_faults = self._raw("GET", "/_sim/faults").status == 200
        self.clear_faults()

    def close(self) -> None:
        """As it was before, without faults."""
        self.clear_faults()
        if self._settles_after is not None:
            self._ask("PUT", "/_sim/settings", {"settle_after": self._settles_after})

    def order(self, order_id: str) -> dict[str, Any] | None:
        """What the books say of an order; None: it never came here."""
        answer = self._raw("GET", f"/_sim/orders/{quote(order_id, safe='')}")
        return None if answer.status == 404 else _content(answer)

    def pay(self, order_id: str, outcome: str, amount: str | None = None) -> dict[str, str]:
        """The bank's answer to the shopper. Returns the signed callback, which is not delivered. Raises CannotRun."""
        what = {"outcome": outcome, "deliver": []} | ({"amount": amount} if amount else {})
        fields = self._ask("POST", f"/_sim/orders/{order_id}/pay", what)["callback"]["fields"]
        unsigned = {name: value for name, value in fields.items() if name != "CHECKSUMHASH"}
        if not checksum.verify(unsigned, fields.get("CHECKSUMHASH", ""), self._plan.key):
            raise CannotRun(
                f"The key given here is not the one of the simulator at {self.url}. "
                f"Give both, and the site, the same: {KEY_VARIABLE} or --key."
            )
        return dict(fields)

    def settle(self, order_id: str, outcome: str) -> None:
        """The bank's late answer to a pending payment."""
        self._ask("POST", f"/_sim/orders/{order_id}/settle", {"outcome": outcome})

    def conversation(self, order_id: str = "") -> list[dict[str, Any]]:
        """What went over the wire about an order, or about all."""
        return list(self._ask("GET", f"/_sim/messages?{urlencode({'order_id': order_id})}")["messages"])

    def last_word(self, order_id: str = "") -> str:
        """The last thing that the simulator had to say, as a sentence; "" when it was not spoken to."""
        said = [message["verdict"] for message in self.conversation(order_id) if message["verdict"]]
        return f' The simulator\'s last word was: "{said[-1][:300]}".' if said else ""

    def set_fault(self, name: str, order_id: str, values: Mapping[str, Any]) -> None:
        """One fault for one order, or with "" for the next; any other is switched off."""
        self._ask("PUT", "/_sim/faults", [{"fault": name, "order_id": order_id, **values}])

    def clear_faults(self) -> None:
        if self.has_faults:
            self._ask("PUT", "/_sim/faults", [])

    def _raw(self, method: str, path: str, what: Any = None) -> Answer:
        body = None if what is None else json.dumps(what).encode()
        answer = self._wire.send(method, self.url + path, body=body, headers=JSON)
        if not answer.status:
            raise CannotRun(
                f"No simulator answers at {self.url}: {answer.why}. "
                "Start one (paytm-simulator), or leave --simulator out."
            )
        return answer

    def _ask(self, method: str, path: str, what: Any = None) -> dict[str, Any]:
        answer = self._raw(method, path, what)
        if answer.status != 200:
            raise CannotRun(f"The simulator answered {answer.status} to {method} {path}: {answer.text[:300]}")
        return _content(answer)


def _content(answer: Answer) -> dict[str, Any]:
    try:
        content = json.loads(answer.text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise CannotRun(f"{answer.url} did not answer as paytm-simulator does. Is another program at that address?")
    return content
