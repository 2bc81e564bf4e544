"""Runs the suite group by group, and says which groups this machine cannot run and how to turn them on.

With CI=true a group that cannot run is a failure.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.clients import provision

APART = ("browser", "package", "clients", "brokers", "drills")  # groups of their own
# Measured only when asked for (make coverage), where nearly everything runs: it adds two thirds to Python's time.
COVER = ("--cov", "--cov-report=term:skip-covered", "--cov-fail-under=92")
# One more than CI has cores: many tests wait, for locks, clocks and other processes.
WORKERS = os.environ.get("TEST_WORKERS", "3")
# On MariaDB the money is proved; the desk's lists, charts and files and the gateways' wires on PostgreSQL.
DESK = ("admin", "contract", "export", "overview", "scale")
BROWSERS = os.environ.get("TEST_WORKERS", "2")
POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
MARIADB = os.environ.get("TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306/test")


def chromium() -> bool:
    return bool(os.environ.get("CHROMIUM") or shutil.which("chromium"))


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Group:
    name: str
    arguments: tuple[str, ...]
    possible: bool = True
    turn_on: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    installing: Future[str] | None = None  # what it needs; says in the end what is missing
    waits: bool = False  # mostly for other programs: runs beside others that do

    def missing(self) -> str:
        """How to make it possible; empty: it can run."""
        if self.installing is not None:
            return self.installing.result()
        return "" if self.possible else self.turn_on


def suite() -> tuple[str, ...]:
    """All that runs without a service, a browser or another environment."""
    return ("-n", WORKERS, "-m", f"not ({' or '.join(APART)})")


def groups(clients: Future[str]) -> list[Group]:
    return [
        Group("suite on SQLite", suite()),
        Group(
            "ledger and intake on PostgreSQL",
            ("-n", WORKERS, "-m", "databases"),
            answers(POSTGRESQL),
            "start PostgreSQL, or set TEST_POSTGRESQL_URL=postgres://user:password@host:port/database",
            {"TEST_DATABASE_URL": POSTGRESQL},
        ),
        Group(
            "ledger and intake on MariaDB",
            ("-n", WORKERS, "-m", "databases", *(f"--ignore=tests/{name}" for name in DESK)),
            answers(MARIADB),
            "start MariaDB, or set TEST_MARIADB_URL=mysql://user:password@host:port/database",
            {"TEST_DATABASE_URL": MARIADB},
        ),
        Group(
            "browser",
            ("-n", BROWSERS, "-m", "browser"),
            chromium(),
            "apt-get install chromium, or set CHROMIUM=/path/to/chromium",
        ),
        Group(
            "Celery workers on Redis and RabbitMQ",
            ("tests/brokers",),
            answers(POSTGRESQL) and answers(REDIS) and answers(RABBITMQ),
            "start PostgreSQL, Redis and RabbitMQ, or set TEST_POSTGRESQL_URL, TEST_REDIS_URL, TEST_RABBITMQ_URL",
            waits=True,
        ),
        Group(
            "crash drills and chaos on PostgreSQL",
            ("-m", "drills"),
            answers(POSTGRESQL) and answers(REDIS),
            "start PostgreSQL and Redis, or set TEST_POSTGRESQL_URL, TEST_REDIS_URL",
        ),
        Group("other people's clients", ("-m", "clients"), installing=clients, waits=True),
        Group("package", ("-m", "package"), waits=True),
    ]


def run(group: Group, environ: Mapping[str, str]) -> bool:
    """Whether it passed. Of a group that runs beside others, what it prints comes in one piece."""
    command = [sys.executable, "-m", "pytest", "-q", *group.arguments, *sys.argv[1:]]
    heading = f"\n=== {group.name}"
    if not group.waits:
        print(heading, flush=True)
    began = time.monotonic()
    beside: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if group.waits else {}
    done = subprocess.run(command, env={**environ, **group.environment}, check=False, text=True, **beside)
    said = f"{heading}\n{done.stdout}" if group.waits else ""
    print(f"{said}=== {group.name}: {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


def main() -> int:
    ci = os.environ.get("CI") == "true"
    # Started in the background by a shell, this ignores Ctrl-C, and so would every program that a test stops with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Some hundred processes import the same modules: compiled once, not by each.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if sys.argv[1:2] == ["--coverage"]:
        command = [sys.executable, "-m", "pytest", "-q", *suite(), *COVER, *sys.argv[2:]]
        return subprocess.run(command, env=environ, check=False).returncode
    failed, skipped = [], {}
    beside: dict[str, Future[bool]] = {}
    with ThreadPoolExecutor() as threads:
        clients = threads.submit(provision.prepare)  # waits for the network while the first groups run
        for group in sorted(groups(clients), key=lambda group: group.waits):
            if why := group.missing():
                skipped[group.name] = why
            elif group.waits:
                beside[group.name] = threads.submit(run, group, environ)
            elif not run(group, environ):
                failed.append(group.name)
    failed += [name for name, passed in beside.items() if not passed.result()]
    for name, why in skipped.items():
        print(f"SKIPPED {name}: {why}")
    if ci:
        failed += [f"{name} (not possible on this machine)" for name in skipped]
    for name in failed:
        print(f"FAILED  {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
