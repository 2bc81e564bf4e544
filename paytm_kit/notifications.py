"""The kit's own receiver of announcements: it writes letters. Its rows stand or fall with the announcement."""

from __future__ import annotations

from typing import Any

from paytm_kit import signals
from paytm_kit.models import Announcement, PaymentEvent
from paytm_kit.services import letters
from paytm_kit.services.letter_kinds import BY_SIGNAL


def write_letters(event: PaymentEvent, announcement: Announcement, **_: Any) -> None:
    letters.write(event, BY_SIGNAL[announcement.signal])


for name in BY_SIGNAL:
    signals.BY_NAME[name].connect(write_letters, dispatch_uid=f"paytm_kit.notifications.{name}")
