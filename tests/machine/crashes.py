"""Where a process can die: each seam of the kit by its name, and a death that only what is stored survives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any, NamedTuple

import pytest
from django.db import connection

from paytm_kit.services import journal


class Crash(BaseException):
    """The process dies here. No Exception, so that nothing in the kit can catch it and go on."""


class Seam(NamedTuple):
    """``name`` is what is called there, by its dotted path; ``after``: it has done its work."""

    name: str
    after: bool = False


BOOK, REFUNDS = "paytm_kit.ledger.book", "paytm_kit.ledger.refunds"
SERVICES = "paytm_kit.services"

# In the order in which a callback or webhook meets them.
MESSAGE = {
    "before store": Seam(f"{SERVICES}.journal.record_inbound"),
    "after store": Seam(f"{SERVICES}.journal.record_inbound", after=True),
    "after the signature was checked": Seam(f"{SERVICES}.journal.judge", after=True),
    "after status, the answer not stored": Seam(f"{SERVICES}.journal._record_exchange"),
    "after status, the answer not applied": Seam(f"{BOOK}.apply"),
    "inside the transaction, under the lock": Seam(f"{BOOK}.lock", after=True),
    "inside the transaction, an event written": Seam("paytm_kit.models.PaymentEvent.save", after=True),
    "inside the transaction, the payment written": Seam("paytm_kit.models.Payment.save", after=True),
    "after commit": Seam(f"{BOOK}.apply", after=True),
    "before announcement": Seam(f"{SERVICES}.announce.deliver"),
    "during announcement, before the receivers": Seam(f"{SERVICES}.announce._send"),
    "during announcement, after the receivers": Seam(f"{SERVICES}.announce._send", after=True),
    "after announcement": Seam(f"{SERVICES}.announce.deliver", after=True),
    "before the answer": Seam(f"{SERVICES}.journal.close"),
}
CHECKOUT = {
    "a payment opened": Seam(f"{BOOK}.open_payment", after=True),
    "a payment started, the gateway not called": Seam(f"{BOOK}.start", after=True),
    "initiated, the token not noted": Seam(f"{BOOK}.hand_out"),
}
REFUND = {
    "a refund written, not sent": Seam(f"{SERVICES}.refunds.send"),
    "a refund marked as sent, not sent": Seam(f"{REFUNDS}.sending", after=True),
    "a refund sent, the answer not stored": Seam(f"{SERVICES}.journal._record_exchange"),
    "a refund sent, the answer not applied": Seam(f"{REFUNDS}.apply"),
    "inside the transaction, a refund's event written": Seam(f"{REFUNDS}.record_refund", after=True),
    "inside the transaction, the refund's sums written": Seam(f"{REFUNDS}._total", after=True),
    "a refund's answer committed": Seam(f"{REFUNDS}.apply", after=True),
}
DISPUTE = {
    "inside the transaction, a dispute written": Seam("paytm_kit.models.Dispute.save", after=True),
    "inside the transaction, a dispute's event written": Seam("paytm_kit.ledger.disputes.record_dispute", after=True),
}
SETTLEMENT = {
    "inside the transaction, a payout booked": Seam("paytm_kit.ledger.settlements._book", after=True),
    "a payout's lines written": Seam("paytm_kit.ledger.settlements.write", after=True),
    "a payout read, its sums not written": Seam("paytm_kit.ledger.settlements.finish"),
}
EVERYWHERE = MESSAGE | CHECKOUT | REFUND | DISPUTE | SETTLEMENT


class Process:
    """The kit's process: it dies once at the seam that is armed, and comes up again with nothing in memory."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._armed: Seam | None = None
        self._running = False
        for seam in set(EVERYWHERE.values()):
            self._break_open(patch, seam)

    def dies(self, where: str) -> None:
        self._armed = EVERYWHERE[where]

    def lives(self) -> None:
        self._armed = None

    @property
    def has_died(self) -> bool:
        """Whether the death that was armed has come."""
        return self._armed is None

    @contextmanager
    def run(self) -> Iterator[None]:
        """Around whatever the kit does. What stands behind it in the block is not done when the process dies."""
        self._running = True
        try:
            yield
        except Crash:
            connection.close()
            journal.gateway_for.cache_clear()
        finally:
            self._running = False

    def _break_open(self, patch: pytest.MonkeyPatch, seam: Seam) -> None:
        original: Callable[..., Any] = resolve_name(seam.name)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not seam.after:
                self._die_at(seam)
            result = original(*args, **kwargs)
            if seam.after:
                self._die_at(seam)
            return result

        patch.setattr(seam.name, guarded)

    def _die_at(self, seam: Seam) -> None:
        if self._running and self._armed == seam:
            self._armed = None
            raise Crash(seam)
