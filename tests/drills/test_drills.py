"""The short form of the crash drills, and chaos on a few seeds. ``make drill`` and ``make chaos`` run the long ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.brokers.site import ROOT
from tests.run import POSTGRESQL, REDIS, answers

pytestmark = pytest.mark.drills

MISSING = [url for url in (POSTGRESQL, REDIS) if not answers(url)]
WITHIN = 900  # seconds; on a calm machine with two cores the drills take half a minute and chaos four and a half
ORDERS = os.environ.get("TEST_CHAOS_ORDERS", "500")  # of each seed
SEEDS = ("1", "2", "3")


@pytest.fixture(autouse=True)
def _services() -> None:
    if MISSING and os.environ.get("CI") != "true":
        pytest.skip("start PostgreSQL and Redis, or set TEST_POSTGRESQL_URL, TEST_REDIS_URL")


@contextmanager
def begun(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A program of its own; however the test ends, it is told to end and cleans up behind itself."""
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        try:
            yield program
        finally:
            program.terminate()


def said_by(program: subprocess.Popen[str]) -> str:
    """What it printed, once it is done and was right."""
    try:
        said, _ = program.communicate(timeout=WITHIN)
    except subprocess.TimeoutExpired:
        program.terminate()
        said, _ = program.communicate(timeout=60)
        pytest.fail(f"{program.args} takes longer than {WITHIN} seconds:\n{said}")
    assert program.returncode == 0, said
    return said


def test_whoever_is_killed_wherever_nothing_is_lost() -> None:
    with begun("tests.drills", "--short") as program:
        said = said_by(program)
    assert "agrees" in said
    assert "WRONG" not in said


def test_with_every_fault_at_once_both_books_agree_to_the_paisa() -> None:
    """The seeds side by side, each in a place of its own: one alone leaves a processor idle while it waits."""
    with ExitStack() as stack:
        programs = [
            stack.enter_context(begun("benchmarks.chaos", "--orders", ORDERS, "--seed", seed)) for seed in SEEDS
        ]
        for seed, program in zip(SEEDS, programs, strict=True):
            said = said_by(program)
            assert f"seed {seed}: {ORDERS} orders" in said
            assert said.count("differences: 0") == 1
            assert "DIFFERENT" not in said
