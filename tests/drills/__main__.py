"""``make drill``: kills the shop's real processes at each step on PostgreSQL, and proves that nothing is lost.

    python -m tests.drills [--short]

Exit status 1: something does not agree after a restart and one reconcile, or a step was never reached.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

from tests.drills.place import opened

if TYPE_CHECKING:
    from tests.drills.drills import Drill

AT_MOST = 900  # seconds; the machine may be busy
NEVER = "-"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a few steps of each victim, as CI does")
    chosen = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(AT_MOST)
    began = time.monotonic()
    with opened() as place:
        from tests.drills import drills  # the models are there now

        done = drills.run(place, short=chosen.short, say=lambda line: print(line, file=sys.stderr, flush=True))
        signal.alarm(0)
        print(table(done))
    spent = sum(os.times()[:4])
    print(f"{len(done.wrong)} drills in {time.monotonic() - began:.0f} s, {spent:.0f} s of processor time")
    for (victim, step), whys in done.wrong.items():
        for why in dict.fromkeys(whys):
            print(f"WRONG  {victim}, {step}: {why}")
    for why in dict.fromkeys(done.beside):
        print(f"WRONG  {why}")
    return 0 if done.fine else 1


def table(done: Drill) -> str:
    """Steps in the order of the way, victims beside each other."""
    from tests.drills import steps

    victims = list(dict.fromkeys(victim for victim, _ in done.wrong))
    rows = [["step", *victims]]
    for step in steps.ALL:
        cells = [done.wrong.get((victim, step)) for victim in victims]
        if any(cell is not None for cell in cells):
            rows.append([step, *(NEVER if cell is None else "WRONG" if cell else "agrees" for cell in cells)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"The drills take longer than {AT_MOST} seconds.")


if __name__ == "__main__":
    sys.exit(main())
