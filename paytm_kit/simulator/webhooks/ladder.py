"""When a webhook that was not accepted is tried again: named tables of waits. Pure.

Paytm publishes no schedule (unconfirmed): "paytm" is one of the two that its agent skills name, 1 min, 5 min, 30 min,
2 h, 6 h, 24 h and about 10 attempts over 7 days, 30 s for an answer. "quick" is ours, for a developer who waits.
"""

from __future__ import annotations

from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Ladder(NamedTuple):
    waits: tuple[int, ...]  # simulated seconds after each attempt that failed; then it is given up
    timeout: tuple[float, float]  # real seconds to connect, for the whole answer

    def wait_after(self, attempts: int) -> int | None:
        """Simulated seconds until the next attempt when this many have failed; None: no more."""
        return self.waits[attempts - 1] if attempts <= len(self.waits) else None


LADDERS = {
    "quick": Ladder((1, 5, 30, 120), (3, 10)),
    "paytm": Ladder(
        (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, DAY, DAY, 2 * DAY, 2 * DAY),
        (3, 30),
    ),
}
USUAL = "quick"
