"""Which status of a refund may follow which, what an answer does to it, and when to ask again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from paytm_kit.currencies import INR
from paytm_kit.gateways.base import RefundOutcome, State
from paytm_kit.ledger.transitions import IllegalTransition
from paytm_kit.models import Dispute, Flag, PaymentEvent, Refund
from paytm_kit.money import plain

Status = Refund.Status
Kind = PaymentEvent.Kind

# A failure frees the amount for another refund. What the gateway says after it is real money all the same: a success,
# or that it is under way, which takes the amount again.
TRANSITIONS: dict[str, frozenset[str]] = {
    Status.REQUESTED: frozenset({Status.PENDING, Status.SUCCEEDED, Status.FAILED}),
    Status.PENDING: frozenset({Status.SUCCEEDED, Status.FAILED}),
    Status.FAILED: frozenset({Status.PENDING, Status.SUCCEEDED}),
    Status.SUCCEEDED: frozenset(),
}

RUNGS = tuple(timedelta(minutes=minutes) for minutes in (1, 15, 60, 360, 720, 1440))
AFTERWARDS = timedelta(days=1)
# Credit times are up to 14 days (Paytm's support pages): only then is it a person's turn.
STUCK_AFTER = timedelta(days=14)
TAKEN_ON_WITHIN = timedelta(days=1)
# "No such refund" is believed when the request cannot still be on its way. Paytm refuses the same request within ten
# minutes (code 617), so the repeat comes after that as well.
SEND_AGAIN_AFTER = timedelta(minutes=15)
# Paytm docs, Refund FAQ: RuPay allows six partial refunds; Refund API, code 635: no part below one rupee. Of other
# currencies no such limit is known here: their gateways refuse what they do not take.
RUPAY, RUPAY_PARTS = "RUPAY", 6
SMALLEST_PART = Decimal("1.00")


@dataclass(frozen=True, slots=True)
class Decision:
    """The status afterwards, the event to write if any, and flags for the payment."""

    status: str
    kind: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a refund is asked for, read under the payment's lock; amounts in the payment's currency."""

    transaction_id: str
    wanted: Decimal
    captured: Decimal
    left: Decimal
    disputed_away: Decimal = Decimal("0.00")
    held: str = ""  # why disputes forbid any refund now
    network: str = ""  # of the card; empty unless the gateway has told it
    parts: int = 0  # refunds of this transaction that did not fail
    currency: str = INR

    @property
    def still(self) -> str:
        return plain(self.left, self.currency)


# The first that fits refuses. Whether the payable balance bears a refund after the payout is known to the gateway alone
# (code 620): such a refund fails later and frees its amount.
RULES: tuple[tuple[Callable[[Facts], bool], str], ...] = (
    (lambda f: bool(f.held), "{f.held}"),
    (
        lambda f: not 0 < f.wanted <= f.left and f.disputed_away > 0,
        "{f.wanted} cannot be refunded; {f.still} of transaction {f.transaction_id} are left to refund. Its "
        "disputes took {f.disputed_away}, which the customer has back already, or may have.",
    ),
    (
        lambda f: not 0 < f.wanted <= f.left,
        "{f.wanted} cannot be refunded; {f.still} of transaction {f.transaction_id} are left to refund.",
    ),
    (
        lambda f: f.currency == INR and f.wanted < min(SMALLEST_PART, f.captured),
        "{f.wanted} cannot be refunded: the gateway takes no part below one rupee. Refund it with another part.",
    ),
    (
        lambda f: f.network.upper() == RUPAY and f.parts >= RUPAY_PARTS,
        "it was paid by RuPay, which allows six partial refunds, and {f.parts} were made or are under way. Nothing was "
        "sent; give back what is left in another way.",
    ),
)


def forbidden(facts: Facts) -> str:
    """Why this refund cannot begin, for staff; empty when it can."""
    return next((text.format(f=facts) for applies, text in RULES if applies(facts)), "")


def held_by(disputes: Iterable[Dispute]) -> str:
    """Why these undecided disputes forbid any refund, for staff; empty when there are none.

    Source: Paytm docs, Disputes. A refund beside a dispute that is lost later would pay the customer twice.
    """
    names = [
        row.dispute_id + (f" (answer due {row.due_at:%Y-%m-%d %H:%M %Z})" if row.due_at else "") for row in disputes
    ]
    if not names:
        return ""
    return (
        f"it is disputed, and until that is decided nothing can be refunded. Dispute {', '.join(names)}: accept or "
        "defend it in the gateway's dashboard. When it is won, the refund can be made; when it is lost, the customer "
        "has the money."
    )


def check(before: str, after: str) -> None:
    """Raises IllegalTransition unless ``after`` may follow ``before``."""
    if after != before and after not in TRANSITIONS[before]:
        raise IllegalTransition(f"A refund that is {before} cannot become {after}.")


def decide(status: str, amount: Decimal, outcome: RefundOutcome) -> Decision:
    """What this answer means for this refund. What we do not understand, or cannot find, changes nothing."""
    if outcome.state is State.SUCCESS:
        return _success(status, amount, outcome)
    if outcome.state is State.FAILURE:
        if status in Refund.OPEN:
            return Decision(Status.FAILED, Kind.REFUND_FAILED)
        return Decision(status, flags=(Flag.REFUND_MISMATCH,) if status == Status.SUCCEEDED else ())
    if outcome.state is State.PENDING and status != Status.SUCCEEDED:
        return _pending(status, amount, outcome)
    return Decision(status)


def _pending(status: str, amount: Decimal, outcome: RefundOutcome) -> Decision:
    flags = (Flag.REFUND_MISMATCH,) if outcome.amount not in (None, amount) else ()
    if status == Status.PENDING:
        return Decision(status, flags=flags)
    late = (Flag.REFUND_LATE,) if status == Status.FAILED else ()
    return Decision(Status.PENDING, Kind.REFUND_PENDING, (*flags, *late))


def _success(status: str, amount: Decimal, outcome: RefundOutcome) -> Decision:
    if outcome.amount != amount:
        return Decision(status, flags=(Flag.REFUND_MISMATCH,))
    if status == Status.SUCCEEDED:
        return Decision(status)
    return Decision(Status.SUCCEEDED, Kind.REFUND_SUCCEEDED, (Flag.REFUND_LATE,) if status == Status.FAILED else ())


def next_ask(requested_at: datetime, now: datetime) -> datetime:
    """The next time to ask what became of an open refund."""
    return next((requested_at + rung for rung in RUNGS if requested_at + rung > now), now + AFTERWARDS)


def is_stuck(requested_at: datetime, now: datetime) -> bool:
    return now > requested_at + STUCK_AFTER


def is_unheard(status: str, requested_at: datetime, now: datetime) -> bool:
    """Whether a person should hear that the gateway has not taken the refund on for so long."""
    return status == Status.REQUESTED and now > requested_at + TAKEN_ON_WITHIN


def may_send_again(status: str, sent_at: datetime | None, now: datetime) -> bool:
    """Whether a refund that the gateway does not know may be sent, with the same id. Never one that it had taken on."""
    return status == Status.REQUESTED and (sent_at is None or now >= sent_at + SEND_AGAIN_AFTER)
