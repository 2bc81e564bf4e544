"""What comes in and goes out over HTTP: notices with their verdict, disputes, and our own calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from paytm_kit.gateways.base.payments import Outcome
from paytm_kit.gateways.base.refunds import RefundOutcome


class DisputeState(StrEnum):
    """What a gateway says of a dispute. Words that we do not know are UNKNOWN: they close nothing."""

    OPEN = "open"
    WON = "won"  # the money stays with the merchant
    LOST = "lost"  # the customer has it back
    CLOSED = "closed"  # over, without saying for whom
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DisputeClaim:
    """What a message says about one dispute. Empty text or ``None`` means that it did not say, or not readably."""

    order_id: str
    dispute_id: str
    state: DisputeState
    word: str = ""  # the gateway's own
    merchant_id: str = ""
    amount: Decimal | None = None
    transaction_id: str = ""
    kind: str = ""
    reason: str = ""  # for staff
    due_at: datetime | None = None  # until when the merchant can answer


class Verdict(StrEnum):
    """What we found when we checked a message's signature."""

    VERIFIED = "verified"
    BAD_SIGNATURE = "bad_signature"
    UNSIGNED = "unsigned"
    UNCHECKED = "unchecked"  # signed, but what it is checked with is out of reach now: neither forged nor proven
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A callback or webhook as it came: the raw bytes, the content type, the headers; nothing parsed.

    ``headers`` have lower-case names. They are not stored: one that is taken up again later comes without them.
    """

    body: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a callback or webhook claims. Only a VERIFIED one came from the gateway, and even that is a hint."""

    verdict: Verdict
    claim: Outcome | None  # None when nothing could be read, and when it is about no payment
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)  # as it came: redact before storing
    detail: str = ""  # why the verdict is what it is, safe to log
    refund: RefundOutcome | None = None  # when it is about a refund; its state is a hint at most: we ask
    dispute: DisputeClaim | None = None  # when it is about a dispute; nobody can be asked about it
    also: tuple[Outcome, ...] = ()  # claims about further payments: some gateways send several at once

    @property
    def order_id(self) -> str:
        """The gateway order id that it speaks of, or nothing."""
        about = self._about
        return about.order_id if about else ""

    @property
    def transaction_id(self) -> str:
        """The transaction that it speaks of, or nothing: what is not about an order of ours may still be about that."""
        about = self._about
        return about.transaction_id if about else ""

    @property
    def _about(self) -> Outcome | RefundOutcome | DisputeClaim | None:
        return self.claim or self.refund or self.dispute


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP call that we made, handed to an observer. Unredacted: redact before storing or logging."""

    operation: str  # "initiate", "status", …
    order_id: str
    url: str
    request_body: str = field(repr=False)
    response_body: str = field(default="", repr=False)
    http_status: int | None = None  # None: no answer came
    verdict: Verdict | None = None  # of the answer's signature; None: no answer came or it was not checked
    error: str = ""
    elapsed_ms: int = 0
    attempt: int = 1
    content_type: str = "application/json"  # of the request; answers are JSON


Observer = Callable[[Exchange], None]
