"""The shop on a PostgreSQL database of its own, with the simulator, as real processes; at the end nothing is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
import requests

from tests.brokers.site import ENDS_WITHIN, ROOT, Program, free_pair
from tests.run import POSTGRESQL, REDIS

WITHIN = 60.0  # seconds, for anything that is waited for
CSRF = "a" * 32
SHOPPERS = int(IPv4Address("10.0.0.0"))  # the first of their addresses
OURS = ("PAYTM_", "DJANGO_", "CELERY_", "TEST_", "DATABASE_", "PYTEST_", "DRILL_")


@dataclass
class Place:
    """This process is one of the shop's, too: it makes orders and reads the ledger."""

    folder: Path
    name: str  # of the database, and of the queue
    port: int  # of the shop; the simulator has the next one
    programs: list[Program] = field(default_factory=list)
    patience: float = WITHIN
    control: requests.Session = field(default_factory=requests.Session)  # keeps its connections to the simulator

    @property
    def shop(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    def environ(self) -> dict[str, str]:
        """For each of its processes."""
        return {
            "DATABASE_URL": f"{POSTGRESQL.rpartition('/')[0]}/{self.name}",
            "DJANGO_SETTINGS_MODULE": "tests.drills.settings",
            "DEBUG": "false",
            "NO_PROXY": "*",
            "PAYTM_ENVIRONMENT": "simulator",
            "PAYTM_TRUSTED_PROXIES": "1",  # shoppers come from addresses of their own
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }

    # ---- its processes ---------------------------------------------------------------------------------------

    def start(self, *command: str, **environ: str) -> Program:
        """A module of Python with its arguments."""
        log = self.folder / f"{len(self.programs)}-{command[0]}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **environ}, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.programs.append(Program(process, log))
        return self.programs[-1]

    def start_simulator(self) -> Program:
        webhook = f"{self.shop}/paytm/webhook/"
        switches = ("--port", str(self.port + 1), "--seed", "1", "--webhook-url", webhook)
        return self.start("paytm_kit.simulator", *switches, DJANGO_SETTINGS_MODULE="")

    def start_web(self, workers: int, **environ: str) -> Program:
        """``--preload``: a killed worker is replaced by one that need not load the shop again."""
        program = self.start(
            "gunicorn", "--preload", "--workers", str(workers), "--bind", f"127.0.0.1:{self.port}",
            "--graceful-timeout", "3", "tests.drills.wsgi",
            HOME=str(self.folder), **environ,  # newer ones keep a control socket there
        )  # fmt: skip
        program.wait_for("Booting worker")
        return program

    def manage(self, *command: str, **environ: str) -> tuple[int, str]:
        """Runs a command of the shop to its end: its exit status, or minus the signal, and what it said."""
        program = self.start("django", *command, **environ)
        status = program.process.wait(timeout=self.patience)
        return status, program.printed()

    def end(self, programs: list[Program]) -> None:
        for program in programs:
            program.process.terminate()
        ends = time.monotonic() + ENDS_WITHIN
        for program in programs:
            program.end(ends - time.monotonic())
            self.programs.remove(program)

    # ---- its shopper and its bank ----------------------------------------------------------------------------

    def simulator(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the control plane. Raises HTTPError when it is refused."""
        answer = self.control.request(method, f"{self.gateway}/_sim/{path}", json=body, timeout=self.patience)
        answer.raise_for_status()
        return answer.json()

    def check_out(self, order: Any) -> str:
        """The shopper presses "Pay"; the gateway order id, or "" where another page came than the gateway's.

        Raises ConnectionError when the worker dies over it.
        """
        cookies, form = {"csrftoken": CSRF}, {"csrfmiddlewaretoken": CSRF, "way": "default.hosted"}
        headers = {"X-Forwarded-For": str(IPv4Address(SHOPPERS + order.pk))}
        address = f"{self.shop}{order.get_absolute_url()}pay/"
        answer = requests.post(address, form, cookies=cookies, headers=headers, timeout=WITHIN, allow_redirects=False)
        leads = urlsplit(answer.headers.get("Location", ""))
        if "/paytm/pay/" not in leads.path:
            return ""
        address = f"{self.shop}{leads.path}?{leads.query}"
        page = requests.get(address, headers=headers, timeout=WITHIN, allow_redirects=False)
        found = re.search(r'name="orderId" value="([^"]+)"', page.text)
        return found[1] if found else ""

    def pay(self, order_id: str, *deliver: str, outcome: str = "success", **how: Any) -> Any:
        """At the gateway's page; ``deliver``: callback, webhook. Raises HTTPError when it is refused."""
        wish = {"outcome": outcome, "deliver": deliver, **how}
        return self.simulator("POST", f"orders/{order_id}/pay", wish)

    def books(self) -> dict[str, Any]:
        """What the simulator's books say, by gateway order id."""
        return {order["order_id"]: order for order in self.simulator("GET", "orders")["orders"]}


def make_order(amount: Decimal | str, **values: Any) -> Any:
    """An order of the shop, not paid yet."""
    from demo_site.shop.models import Order

    order = Order.objects.create(
        name="Asha Rao", email="asha@example.com", address="4 Lake Road", city="Mysuru", pin_code="570001", **values
    )
    order.lines.create(name="Tea", unit_price=Decimal(amount), quantity=1)
    return order


@contextmanager
def opened(**environ: str) -> Iterator[Place]:
    """Makes the database and sets Django up in this process, which must not have used it for anything else."""
    name = f"drill_{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="paytm-drill-") as folder:
        place = Place(Path(folder), name, free_pair())
        for left in [key for key in os.environ if key.startswith(OURS)]:
            del os.environ[left]
        os.environ.update(place.environ() | environ)
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            simulator = place.start_simulator()
            _sql(f'CREATE DATABASE "{name}"')
            _set_up()
            simulator.wait_for("ready on")
            yield place
        finally:
            place.end(list(place.programs))
            _leave()
            _sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            _empty_queue(name)


def _sql(statement: str) -> None:
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(statement)


def _set_up() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _leave() -> None:
    from django.db import connections

    connections.close_all()


def _empty_queue(name: str) -> None:
    with suppress(redis.ConnectionError):  # nothing was put into it then
        keys = redis.Redis.from_url(REDIS)
        for key in keys.scan_iter(f"{name}:*"):
            keys.delete(key)
        keys.close()
