"""The short form of the crash drills, and chaos on a few seeds. ``make drill`` and ``make chaos`` run the long ones."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.brokers.site import ROOT
from tests.run import POSTGRESQL, REDIS, answers

pytestmark = pytest.mark.drills

MISSING = [url for url in (POSTGRESQL, REDIS) if not answers(url)]
WITHIN = 300  # seconds; on a calm machine with two cores each takes less than a minute
CHAOS = ("--orders", os.environ.get("TEST_CHAOS_ORDERS", "30"), "--seed", "1", "2", "3")


@pytest.fixture(autouse=True)
def _services() -> None:
    if MISSING and os.environ.get("CI") != "true":
        pytest.skip("start PostgreSQL and Redis, or set TEST_POSTGRESQL_URL, TEST_REDIS_URL")


def program(*words: str) -> tuple[int, str]:
    """A program of its own, which ends its processes itself: its exit status and what it printed."""
    with subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        try:
            said, _ = started.communicate(timeout=WITHIN)
        except subprocess.TimeoutExpired:
            started.terminate()  # it cleans up behind itself then
            said, _ = started.communicate(timeout=60)
            pytest.fail(f"{words} takes longer than {WITHIN} seconds:\n{said}")
    return started.returncode, said


def test_whoever_is_killed_wherever_nothing_is_lost() -> None:
    status, said = program("tests.drills", "--short")
    assert status == 0, said
    assert "agrees" in said
    assert "WRONG" not in said


def test_with_every_fault_at_once_both_books_agree_to_the_paisa() -> None:
    status, said = program("benchmarks.chaos", *CHAOS)
    assert status == 0, said
    assert said.count("differences: 0") == 3
    assert "DIFFERENT" not in said
