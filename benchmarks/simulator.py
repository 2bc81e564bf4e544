"""What the simulator costs and bears: python -m benchmarks.simulator [--orders 10000] [--seed 1]

Three parts, all in this process and on one core, with a client, a shop that hears callbacks and webhooks, and the
simulator between them over real HTTP:

1. a whole order (initiate, pay by the control plane with callback and webhook delivered, status): median of 300
2. the same seed twice, 500 orders with faults each: the outcomes, byte by byte
3. many orders in one run, 5 % of them with a fault: errors that no fault asked for, speed, memory

An error of its own is a traceback in the log, an HTTP 5xx or a broken connection that no fault asked for, a missing
webhook or callback, and an order that the books tell otherwise than the client paid it. The exit status is 1 then.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import random
import resource
import statistics
import sys
import threading
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from paytm_kit import checksum
from paytm_kit.testing.simulator import Simulator, running

MEASURED, WARMING, TWICE = 300, 50, 500
EARLY = 1000  # orders after which memory is looked at for the first time
SHARE = 0.05  # of the orders that meet a fault
WITHIN = 10.0  # seconds for callback and webhook
TARGET_MS, TARGET_MB = 60.0, 250.0
OUTCOMES = ("success",) * 7 + ("failure", "pending", "cancel")
# Faults of every place that an order of this run passes; those that wait do so briefly, so that the sum can be read.
FAULTS: dict[str, dict[str, Any]] = {
    "callback.lost": {}, "callback.duplicated": {"copies": 2}, "callback.two-statuses": {}, "callback.unsigned": {},
    "callback.wrong-signature": {}, "callback.null-values": {}, "callback.respcode-1": {},
    "callback.amount-changed": {}, "webhook.duplicated": {"copies": 5}, "webhook.never": {}, "webhook.json": {},
    "status.error": {}, "status.html": {}, "status.truncated": {}, "status.stale": {}, "status.other-order": {},
    "initiate.unknown": {}, "connection.reset": {},
}  # fmt: skip
ASKED_FOR = {"status.error", "connection.reset"}  # these look like errors of the simulator's own
NO_WEBHOOK = {"webhook.never"}
NO_CALLBACK = {"callback.lost"}


class Shop(ThreadingHTTPServer):
    """Counts what comes for each order."""

    def __init__(self) -> None:
        self.heard: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.came = threading.Condition()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                kind = self.path.strip("/")
                with shop.came:
                    shop.heard[kind, order_in(text)] += 1
                    shop.came.notify_all()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def wait(self, kind: str, order_id: str) -> bool:
        """Whether it came in time; it is forgotten then."""
        with self.came:
            came = self.came.wait_for(lambda: self.heard[kind, order_id] > 0, WITHIN)
            del self.heard[kind, order_id]
            return came


def order_in(text: str) -> str:
    if text.startswith("{"):
        found = json.loads(text)
        return str(found.get("ORDERID") or found.get("body", found).get("orderId", ""))
    return parse_qs(text).get("ORDERID", [""])[0]


class Errors(logging.Handler):
    """Everything that the simulator itself found worth an error, and everything that the client did."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # Django logs every 5xx; those of a fault are asked for and are judged by the client.
        if record.exc_info or record.name != "django.request":
            self.found.append(self.format(record))


class Client:
    """One merchant's server: signs, keeps its connection, buys."""

    def __init__(self, simulator: Simulator, shop: Shop, errors: Errors, seed: int) -> None:
        self.simulator, self.shop, self.errors = simulator, shop, errors
        self.plan: dict[str, list[dict[str, Any]]] = {}  # faults by order
        self.drawn = random.Random(seed)
        where = urlsplit(simulator.url)
        self.http = HTTPConnection(str(where.hostname), where.port or 80, timeout=30)

    def ask(self, path: str, body: str, method: str = "POST") -> tuple[int, bytes]:
        """Status 0 for a connection that broke."""
        try:
            self.http.request(method, path, body, {"Content-Type": "application/json"})
            answer = self.http.getresponse()
            return answer.status, answer.read()
        except (HTTPException, OSError):
            self.http.close()
            return 0, b""

    def signed(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        text = json.dumps(body)
        head = json.dumps({"version": "v1", "signature": checksum.sign(text, self.simulator.key)})
        return self.ask(path, f'{{"head":{head},"body":{text}}}')

    def buy(self, number: int, amount: str, outcome: str) -> tuple[list[tuple[int, bytes]], dict[str, Any]]:
        """The whole way of one order: its two signed answers, and what the control plane said of the payment."""
        order_id, mid = f"BENCH-{number}", self.simulator.mid
        wish = {
            "requestType": "Payment", "mid": mid, "websiteName": self.simulator.website, "orderId": order_id,
            "callbackUrl": f"{self.shop.url}/callback", "txnAmount": {"value": amount, "currency": "INR"},
            "userInfo": {"custId": f"C{number % 97}"},
        }  # fmt: skip
        begun = self.signed(f"/theia/api/v1/initiateTransaction?mid={mid}&orderId={order_id}", wish)
        status, raw = self.ask(f"/_sim/orders/{order_id}/pay", json.dumps({"outcome": outcome}))
        if outcome == "pending":
            self.ask(f"/_sim/orders/{order_id}/settle", json.dumps({"outcome": "success"}))
        self._arrived(order_id)
        answers = [begun, self.signed("/v3/order/status", {"mid": mid, "orderId": order_id})]
        self._judge(order_id, answers, status)
        return answers, json.loads(raw) if status == 200 else {}

    def outcome(self, number: int) -> list[Any]:
        """Buys once and tells what became of it, as far as the merchant sees it and the books say."""
        order_id = f"BENCH-{number}"
        amount, outcome = f"{self.drawn.randrange(100, 100_000) / 100:.2f}", self.drawn.choice(OUTCOMES)
        answers, paid = self.buy(number, amount, outcome)
        captured = self._captured(order_id, amount if outcome in ("success", "pending") else "0.00")
        said = [_result(raw) if code == 200 else f"HTTP {code}" for code, raw in answers]
        rows = [[row["txn_id"][8:], row["status"], row["respcode"]] for row in paid.get("transactions", [])]
        return [order_id, amount, outcome, captured, sorted(self.faults(order_id)), said, rows]

    def faults(self, order_id: str) -> set[str]:
        return {rule["fault"] for rule in self.plan.get(order_id, [])}

    def _arrived(self, order_id: str) -> None:
        struck = self.faults(order_id)
        if not struck & NO_CALLBACK and not self.shop.wait("callback", order_id):
            self.errors.found.append(f"{order_id}: no callback ({sorted(struck)})")
        if not struck & NO_WEBHOOK and not self.shop.wait("webhook", order_id):
            self.errors.found.append(f"{order_id}: no webhook ({sorted(struck)})")

    def _judge(self, order_id: str, answers: list[tuple[int, bytes]], paid: int) -> None:
        struck = self.faults(order_id)
        bad = [code for code, _ in answers if code == 0 or code >= 500]
        if paid != 200 or (bad and not struck & ASKED_FOR):
            self.errors.found.append(f"{order_id}: HTTP {bad or paid} ({sorted(struck)})")

    def _captured(self, order_id: str, wanted: str) -> str:
        code, raw = self.ask(f"/_sim/orders/{order_id}", "", "GET")
        captured = str(json.loads(raw)["captured_amount"]) if code == 200 else f"HTTP {code}"
        if captured != wanted:
            self.errors.found.append(f"{order_id}: the books say {captured}, paid were {wanted}")
        return captured


def _result(raw: bytes) -> str:
    try:
        info = json.loads(raw)["body"]["resultInfo"]
    except (ValueError, KeyError):
        return "unreadable"
    return f"{info['resultStatus']} {info['resultCode']}"


def planned(orders: int, seed: int) -> dict[str, list[dict[str, Any]]]:
    """One fault for each order of the share, drawn with the seed."""
    drawn = random.Random(f"faults {seed}")
    plan = {}
    for number in sorted(drawn.sample(range(orders), round(orders * SHARE))):
        name = drawn.choice(sorted(FAULTS))
        plan[f"BENCH-{number}"] = [{"fault": name, "order_id": f"BENCH-{number}", **FAULTS[name]}]
    return plan


@contextmanager
def market(seed: int) -> Iterator[Client]:
    errors = Errors()
    root = logging.getLogger()
    root.addHandler(errors)
    threading.excepthook = lambda args: errors.found.append(
        "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
    )
    with Shop() as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        with running(seed=seed, webhook_url=f"{shop.url}/webhook", settle_after=0) as simulator:
            yield Client(simulator, shop, errors, seed)
        shop.shutdown()
    root.removeHandler(errors)


def resident() -> float:
    """MB of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def one_order(seed: int) -> tuple[list[float], float]:
    """Milliseconds of each order, and milliseconds of processor time an order: what a busy machine does not change."""
    taken = []
    with market(seed) as client:
        for number in range(WARMING):
            client.buy(number, "249.50", "success")
        spent = process_time()
        for number in range(WARMING, WARMING + MEASURED):
            began = perf_counter()
            client.buy(number, "249.50", "success")
            taken.append((perf_counter() - began) * 1000)
        spent = (process_time() - spent) * 1000 / MEASURED
        told(client.errors.found)
    return taken, spent


@dataclass
class Run:
    """What one run came to. The outcomes are hashed as they come: kept, they would be the memory that is measured."""

    errors: list[str]
    outcomes: Any = field(default_factory=hashlib.sha256)
    planned: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)  # MB, after every EARLY orders
    seconds: float = 0.0


def many(orders: int, seed: int, *, say: bool) -> Run:
    with market(seed) as client:
        client.plan = planned(orders, seed)
        run = Run(client.errors.found)
        began = last = perf_counter()
        for number in range(orders):
            if rules := client.plan.get(f"BENCH-{number}"):
                client.simulator.faults(*rules)
                run.planned.update(rule["fault"] for rule in rules)
            run.outcomes.update(json.dumps(client.outcome(number)).encode() + b"\n")
            if rules:
                client.simulator.faults()
            if (number + 1) % EARLY == 0:
                run.memory.append(resident())
                if say:
                    speed = EARLY / (perf_counter() - last)
                    print(f"  {number + 1:>6} orders, {run.memory[-1]:.0f} MB, {speed:.1f} a second", flush=True)
                last = perf_counter()
        run.seconds = perf_counter() - began
        return run


def told(errors: list[str]) -> None:
    for error in errors[:5]:
        print(f"ERROR {error}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--twice", type=int, default=TWICE, help="orders of each of the two runs that are compared")
    chosen = parser.parse_args()
    logging.getLogger("paytm_kit.simulator").setLevel(logging.WARNING)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"Python {sys.version.split()[0]}, one core, seed {chosen.seed}\n")

    taken, spent = one_order(chosen.seed)
    median, quick = statistics.median(taken), statistics.quantiles(taken, n=10)[0]
    print(f"a whole order, median of {MEASURED}:  {median:.1f} ms (target {TARGET_MS:.0f})")
    print(f"  the quickest tenth {quick:.1f} ms or less; processor time {spent:.1f} ms an order", flush=True)

    same = [many(chosen.twice, chosen.seed, say=False).outcomes.hexdigest() for _ in range(2)]
    print(f"{chosen.twice} orders twice, same seed:     {same[0][:16]}… {same[1][:16]}…", flush=True)

    run = many(chosen.orders, chosen.seed, say=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{chosen.orders} orders, {run.planned.total()} of them with a fault ({len(run.planned)} kinds)")
    print(f"  errors of its own:  {len(run.errors)}")
    print(f"  orders per second:  {chosen.orders / run.seconds:.1f}")
    if run.memory:
        way = f"{run.memory[0]:.0f} MB after {EARLY}, {run.memory[-1]:.0f} MB at the end"
        print(f"  memory:             {way}, {peak:.0f} MB at the most")
    print(f"  outcomes:           {run.outcomes.hexdigest()}")
    told(run.errors)
    fine = not run.errors and same[0] == same[1] and median < TARGET_MS and peak < TARGET_MB
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
