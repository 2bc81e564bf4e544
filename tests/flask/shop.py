"""The example shop as people run it: ``flask run`` on a MariaDB database of its own, beside the stand-ins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
import requests
from pymysql.cursors import DictCursor

from tests.brokers.site import free_pair
from tests.browser.simulator import Simulator, until
from tests.flask import quick
from tests.run import MARIADB

ROOT = Path(__file__).parents[2]
APP = ROOT / "examples" / "flask_shop" / "app.py"
STAFF, PASSWORD = "desk", "desk-pass-only-here"


class Shop:
    """``url`` is where it listens. Its own books and what it prints lie in ``folder``."""

    def __init__(self, folder: Path, simulator: Simulator, database: str) -> None:
        self.url = f"http://localhost:{free_pair()}"
        self.folder, self.database = folder, database
        parts = urlsplit(MARIADB)
        ours = ("PAYTM_", "DJANGO_", "FLASK_", "TEST_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environ = clean | {
            "FLASK_APP": str(folder / "app.py"),
            "FLASK_PAYTM_KIT_BASE_URL": self.url,
            "FLASK_PAYTM_KIT_HOST": simulator.url,
            "FLASK_PAYTM_KIT_DATABASE_URL": f"{parts.scheme}://{parts.netloc}/{database}",
            "FLASK_PAYTM_KIT_DJANGO": json.dumps(quick.QUICK),
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "*",
        }
        (folder / "app.py").write_text(APP.read_text("utf-8"), "utf-8")  # its instance folder is here then

    def flask(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", *words], cwd=self.folder, env=self.environ, text=True, capture_output=True,
            timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def started(self) -> Iterator[None]:
        """It needs no tables yet: they are made while it starts."""
        port = str(urlsplit(self.url).port)
        with (self.folder / "log").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "flask", "run", "--host", "localhost", "--port", port], cwd=self.folder,
                env=self.environ, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=10)

    def answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=5).ok
        except requests.ConnectionError:
            return False

    def printed(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """From MariaDB itself, past every model."""
        with closing(_connect(self.database)) as server, server.cursor(DictCursor) as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())


def _connect(database: str | None = None) -> pymysql.Connection[Any]:
    parts = urlsplit(MARIADB)
    return pymysql.connect(
        host=parts.hostname, port=parts.port or 3306, user=unquote(parts.username or ""),
        password=unquote(parts.password or ""), database=database, autocommit=True,
    )  # fmt: skip


@contextmanager
def opened(folder: Path, simulator: Simulator) -> Iterator[Shop]:
    """The shop with its tables and one person at the desk; its database is gone afterwards."""
    database = f"flask_{uuid.uuid4().hex[:8]}"
    with closing(_connect()) as server, server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        try:
            shop = Shop(folder, simulator, database)
            with shop.started():
                shop.flask("paytm", "migrate", "--run-syncdb", "--verbosity", "0")
                shop.flask("paytm", "createsuperuser", "--noinput", "--username", STAFF, "--email", "desk@example.com")
                told = {"webhook_url": f"{shop.url}/paytm/webhook/"}
                requests.put(f"{simulator.url}/_sim/standins/parties/zaakpay", json=told, timeout=20).raise_for_status()
                until(shop.answers, "the shop is there", within=30)
                yield shop
        finally:
            cursor.execute(f"DROP DATABASE {database}")
