"""A command that is told to stop (Ctrl-C, or SIGTERM from systemd and others) finishes what it has in hand."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_signal() -> Iterator[Event]:
    """An event that the first signal sets. The second one ends the process as if nobody had listened."""
    stop = Event()
    if current_thread() is not main_thread():  # Python lets no other thread listen
        yield stop
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def heard(number: int, frame: FrameType | None) -> None:
        restore()
        stop.set()

    for number in SIGNALS:
        signal.signal(number, heard)
    try:
        yield stop
    finally:
        restore()
