"""The shop of docs/scale.md on this machine: its own database and ports, its programs as processes of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kombu
import psycopg
import redis
import requests

from tests.brokers.page import Block
from tests.run import POSTGRESQL, RABBITMQ, REDIS, answers

ROOT = Path(__file__).parents[2]
WITHIN = 40.0  # seconds, for anything that is waited for
ENDS_WITHIN = 5.0  # seconds, for all programs together once they are told to stop


@dataclass(eq=False)
class Program:
    """One that goes on running, in a process group of its own; what it prints is kept in a file."""

    process: subprocess.Popen[bytes]
    log: Path

    def printed(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def wait_for(self, pattern: str) -> re.Match[str]:
        end = time.monotonic() + WITHIN
        while not (found := re.search(pattern, self.printed())):
            assert self.process.poll() is None, f"ended by itself:\n{self.printed()}"
            assert time.monotonic() < end, f"{pattern} does not come:\n{self.printed()}"
            time.sleep(0.05)
        return found

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def wait_until_nobody_is_left(self) -> None:
        """The processes that it made end when it has been killed."""
        end = time.monotonic() + WITHIN
        while self._signal_all(0):
            assert time.monotonic() < end, "its children live on"
            time.sleep(0.05)

    def end(self, within: float) -> None:
        """Whoever is left of its group after that time is killed."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(within, 0))
        self._signal_all(signal.SIGKILL)
        self.process.wait()

    def _signal_all(self, number: int) -> bool:
        """To the process and its children; ``False``: there is none any more."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return False
        return True


@dataclass
class Site:
    folder: Path
    database: str
    queue: str
    port: int  # of the shop; the simulator has the next one
    programs: list[Program] = field(default_factory=list)

    @property
    def other_queue(self) -> str:
        """On RabbitMQ."""
        return f"{self.queue}_other"

    def here(self, text: str) -> str:
        """A text of the page with this site's names and addresses."""
        told = {
            "postgres://postgres@127.0.0.1:5432": POSTGRESQL.rpartition("/")[0],
            "redis://127.0.0.1:6379/0": REDIS,
            "CELERY_QUEUE=kadamb": f"CELERY_QUEUE={self.queue}",
            "/kadamb": f"/{self.database}",
            "DATABASE kadamb": f"DATABASE {self.database}",
            "demo_site/.run/": f"{self.folder}/",
            "8000": str(self.port),
            "8001": str(self.port + 1),
        }
        pattern = "|".join(map(re.escape, told))
        return re.sub(pattern, lambda match: told[match[0]], text)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        # Without compiled modules each of the dozen processes would compile everything anew.
        ours = ("PAYTM_", "DJANGO_", "CELERY_", "TEST_", "DATABASE_", "PYTEST_", "PYTHONDONTWRITEBYTECODE")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return clean | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "*",
            "PAYTM_ENVIRONMENT": "simulator",
            **more,
        }

    def save(self, block: Block) -> None:
        Path(self.here(block.file)).write_text(self.here(block.text), "utf-8")

    def start(self, text: str, **environ: str) -> Program:
        log = self.folder / f"{len(self.programs)}.log"
        *before, last = text.strip().splitlines()
        lines = "\n".join([*before, f"exec {last}"])  # so that the process is the program's, not the shell's
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["sh", "-e", "-c", self.here(lines)], cwd=ROOT, env=self.environment(environ), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.programs.append(Program(process, log))
        return self.programs[-1]

    def run(self, text: str, **environ: str) -> str:
        done = subprocess.run(
            ["sh", "-e", "-c", self.here(text)], cwd=ROOT, env=self.environment(environ), timeout=2 * WITHIN, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ends every program that is started inside."""
        before = len(self.programs)
        try:
            yield
        finally:
            for program in self.programs[before:]:
                program.process.terminate()
            end = time.monotonic() + ENDS_WITHIN
            for program in self.programs[before:]:
                program.end(end - time.monotonic())

    def simulator(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"http://127.0.0.1:{self.port + 1}/_sim/{path}", json=body, timeout=WITHIN)
        answer.raise_for_status()
        return answer.json()

    def wait_for(self, port: int) -> None:
        end = time.monotonic() + WITHIN
        while not answers(f"tcp://127.0.0.1:{port}"):
            assert time.monotonic() < end, f"nobody listens at {port}"
            time.sleep(0.05)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"{POSTGRESQL.rpartition('/')[0]}/{self.database}") as connection:
            return connection.execute(query).fetchall()


def free_pair() -> int:
    """The first of two neighbouring free ports; of programs that begin at once each looks at another pair first."""
    for port in range(20000 + 2 * (os.getpid() % 10000), 60000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no free pair of ports")


@contextmanager
def made(folder: Path) -> Iterator[Site]:
    """Everything that the page sets up; the database and the queues are gone afterwards."""
    name = f"kadamb_{uuid.uuid4().hex[:8]}"
    site = Site(folder, name, name, free_pair())
    try:
        with site.running():
            yield site
    finally:
        with psycopg.connect(POSTGRESQL, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        with closing(redis.Redis.from_url(REDIS)) as keys:
            for key in keys.scan_iter(f"{name}:*"):
                keys.delete(key)
        with kombu.Connection(RABBITMQ) as connection:
            connection.default_channel.queue_delete(site.other_queue)
            connection.default_channel.exchange_delete(site.other_queue)
