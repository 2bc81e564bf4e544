"""How the kit writes to the log: a stable event name, facts in the line and in ``extra``, never a secret, one line.

``payment.captured order_id=261121-x7… status=paid correlation_id=9f0c…``. Callers pass codes, counts, ids and our own
sentences; keys, tokens, signatures and contacts have no business here.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from paytm_kit.masking import safe_line

_correlation: ContextVar[str] = ContextVar("paytm_kit_correlation", default="")


def correlate(value: str = "") -> str:
    """Begins a correlation id: 16 hex digits that tie a request to every question and event that it causes.

    ``value`` goes on with the id of what was begun elsewhere.
    """
    value = value or secrets.token_hex(8)
    _correlation.set(value)
    return value


def correlation_id() -> str:
    """The current one; a new one where none was begun."""
    return _correlation.get() or correlate()


@contextmanager
def goes_on(value: str) -> Iterator[None]:
    """Inside, the correlation id is that of what was begun earlier: what its receivers log belongs to it."""
    before = _correlation.set(value or correlation_id())
    try:
        yield
    finally:
        _correlation.reset(before)


class EventLog:
    """A logger that writes events. ``error`` with an exception keeps its traceback."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **facts: object) -> None:
        self.write(logging.INFO, event, exception=None, **facts)

    def warning(self, event: str, **facts: object) -> None:
        self.write(logging.WARNING, event, exception=None, **facts)

    def error(self, event: str, *, exception: BaseException | None = None, **facts: object) -> None:
        self.write(logging.ERROR, event, exception=exception, **facts)

    def write(self, level: int, event: str, *, exception: BaseException | None = None, **facts: object) -> None:
        """One line, ``event name=value …``, and the same facts as attributes of the record; empty ones are left out."""
        given = {**facts, "correlation_id": _correlation.get()}
        safe = {name: _safe(value) for name, value in given.items() if value not in ("", None)}
        line = " ".join(f"{name}={value}" for name, value in safe.items())
        self._logger.log(level, "%s %s", event, line, extra={"event": event, **safe}, exc_info=exception)


def _safe(value: object) -> str | int:
    return value if isinstance(value, int) else safe_line(str(value))
