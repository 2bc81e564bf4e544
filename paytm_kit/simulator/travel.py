"""Moving the simulated time as if it had passed: whatever falls into it happens at its own moment, in order."""

from __future__ import annotations

import time
from datetime import datetime

from paytm_kit.simulator import clock, guests
from paytm_kit.simulator.bank import due
from paytm_kit.simulator.webhooks import outbox

PATIENCE = 20.0  # real seconds; whoever answers more slowly hears the rest from the worker, at the time of arrival
GLANCE = 0.005  # real seconds between two looks at what others are sending


def advance(seconds: float) -> None:
    """Lets this much time pass: pending payments settle, webhooks climb their ladder, each at its moment."""
    ends = time.monotonic() + PATIENCE
    left, since = seconds, clock.now()
    _happen(ends)
    while time.monotonic() < ends and (moment := _next(since)):
        step = (moment - clock.now()).total_seconds()
        if step > left:
            break
        clock.advance(max(0.0, step))
        left -= max(0.0, step)
        since = clock.now()  # what a running clock reaches while the rest happens is next
        _happen(ends)
    clock.advance(left)
    _happen(ends)
    outbox.wake()


def _next(after: datetime) -> datetime | None:
    """The next moment at which something happens by itself."""
    moments = [*(tell() for tell in due.CLOCKS), outbox.next_at(after), *guests.moments(after)]
    return min((moment for moment in moments if moment and moment > after), default=None)


def _happen(ends: float) -> None:
    """All that is due, webhooks with their answers included."""
    due.run()
    guests.run_due()
    while time.monotonic() < ends and (outbox.send_next() or guests.send_next() or webhooks_under_way()):
        time.sleep(GLANCE if webhooks_under_way() else 0)


def webhooks_under_way() -> bool:
    """Whether a webhook, the simulator's own or a guest's, is being sent or should be."""
    return outbox.under_way() or guests.under_way()
