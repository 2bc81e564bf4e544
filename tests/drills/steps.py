"""Where a real process dies: the seams of tests/machine, and those that only a worker or reconcile passes."""

from __future__ import annotations

from tests.machine.crashes import CHECKOUT, MESSAGE, REFUND, Seam

# Only who takes a message in passes these.
INBOUND = {name for name, seam in MESSAGE.items() if seam.name.endswith(("record_inbound", "judge", "close"))}
HEARD = tuple(name for name in MESSAGE if name not in INBOUND)

TAKEN, LEFT_OPEN = "a due row taken", "before the message is closed"
OF_RECONCILE = {TAKEN: Seam("paytm_kit.ledger.claims.take", after=True)}
OF_A_WORKER = {LEFT_OPEN: Seam("paytm_kit.services.journal.dealt_with")}

ALL = OF_RECONCILE | MESSAGE | OF_A_WORKER | CHECKOUT | REFUND

# One for each part of the way: the short form of the drills.
FEW = (
    "before store",
    "after store",
    "after status, the answer not applied",
    "inside the transaction, the payment written",
    "after commit",
    "during announcement, after the receivers",
)
