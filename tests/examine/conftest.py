"""The examiner against small shops of our own; one simulator for all, because no run may leave anything behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paytm_kit.simulator.examine.cli import main
from tests.examine.weak_shop import KEY, WeakShop
from tests.simulator.conftest import running

QUICKLY = ("--pause", "0", "--patience", "0.1")


@dataclass
class Examined:
    """How one run ended: exit status, what was printed, and the JSON report ({} when there is none)."""

    status: int
    out: str
    err: str
    report: dict[str, Any]
    html: str

    def __post_init__(self) -> None:
        assert KEY not in self.out + self.err + json.dumps(self.report) + self.html

    def verdicts(self, *wanted: str) -> dict[str, str]:
        """Name → verdict, of all or of those with these verdicts."""
        found = {attack["name"]: attack["verdict"] for attack in self.report["attacks"]}
        return {name: verdict for name, verdict in found.items() if not wanted or verdict in wanted}


Examine = Callable[..., Examined]


@pytest.fixture
def examine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Examine:
    """Runs the command as a person would, in this process."""

    def run(*arguments: str) -> Examined:
        files = {name: tmp_path / f"report.{name}" for name in ("json", "html")}
        status = main([*arguments, "--json", str(files["json"]), "--html", str(files["html"])])
        out, err = capsys.readouterr()
        texts = {name: file.read_text() if file.exists() else "" for name, file in files.items()}
        return Examined(status, out, err, json.loads(texts["json"] or "{}"), texts["html"])

    return run


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    with running("--seed", "7") as (_, url):
        yield url


@contextmanager
def opened(kind: type[WeakShop], gateway: str) -> Iterator[WeakShop]:
    shop = kind(gateway)
    try:
        yield shop
    finally:
        shop.close()


def about(shop: WeakShop, **changes: str) -> list[str]:
    """The flags that examine this shop; ``name=""`` leaves one out."""
    flags = {
        "pay-url": f"{shop.url}/pay",
        "webhook-url": f"{shop.url}/webhook",
        "status-url": f"{shop.url}/orders/{{order_id}}",
        "paid-pattern": "Status: PAID",
        "failed-pattern": "Status: FAILED",
        "granted-pattern": r"Shipped (\d+) times",
        "simulator": shop.gateway,
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return [*QUICKLY, *(word for name, value in flags.items() if value for word in (f"--{name}", value))]
