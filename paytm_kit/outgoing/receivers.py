"""Hears every announcement and writes what other systems are told. Its rows stand or fall with the announcement."""

from __future__ import annotations

from typing import Any

from paytm_kit import signals
from paytm_kit.models import Announcement, PaymentEvent
from paytm_kit.outgoing import deliveries


def write_deliveries(event: PaymentEvent, announcement: Announcement, **_: Any) -> None:
    deliveries.write(event, announcement.signal)


for name, signal in signals.BY_NAME.items():
    signal.connect(write_deliveries, dispatch_uid=f"paytm_kit.outgoing.{name}")
