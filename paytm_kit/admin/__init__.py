"""The merchant's desk: read-only views of all that the ledger holds, and what a person with the right can do there."""

from paytm_kit.admin import (  # noqa: F401 - registers
    announcements,
    audit,
    disputes,
    letters,
    payments,
    refunds,
    risk,
    settlements,
    wire,
)
