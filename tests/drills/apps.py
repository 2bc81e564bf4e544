"""What the drills add to the shop: death, a receiver whose writes are counted, and a clock that is ahead."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.apps import AppConfig

from paytm_kit import signals
from paytm_kit.gateways import http


class Drills(AppConfig):
    """Read from the environment.

    DRILL_ORDER: the file of mortal.py. DRILL_AHEAD: seconds that the clock is ahead. DRILL_IDS: see ids.py.
    DRILL_PAUSE: seconds before a call to the gateway is repeated, where there are too many to wait as long as in life.
    DRILL_CROWD: nobody looks at single messages, so the demo's walkthrough does not take each one apart.
    """

    name = "tests.drills"

    def ready(self) -> None:
        for signal in signals.BY_NAME.values():
            signal.connect(hear, dispatch_uid="drills.hear")
        if ahead := float(os.environ.get("DRILL_AHEAD", "0")):
            time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()
        if pause := os.environ.get("DRILL_PAUSE"):
            http.FIRST_PAUSE = float(pause)
        if os.environ.get("DRILL_CROWD"):
            signals.wire_seen.disconnect(dispatch_uid="walkthrough.keep")
        if os.environ.get("DRILL_IDS"):
            from tests.drills import ids  # needs the models

            ids.follow_orders()
        if order := os.environ.get("DRILL_ORDER"):
            from tests.drills import mortal  # likewise

            mortal.open_seams(Path(order))


def heard(event_pk: int) -> str:
    """What the receiver writes about one event."""
    return f"heard {event_pk};\n"


def hear(event: Any, order: Any, **_: Any) -> None:
    """The merchant's code: a write that would be seen twice if it happened twice."""
    from django.db.models import F, Value
    from django.db.models.functions import Concat

    remark = Concat(F("staff_remark"), Value(heard(event.pk)))
    type(order).objects.filter(pk=order.pk).update(staff_remark=remark)
