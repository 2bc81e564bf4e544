"""Which status may follow which, and what an outcome does to a payment. Pure: facts in, decision out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paytm_kit.gateways.base import Outcome, State
from paytm_kit.models import Flag, Payment, PaymentEvent

Status = Payment.Status
Kind = PaymentEvent.Kind

# A late success is real money: failed and expired may still become paid. Paid never goes back.
TRANSITIONS: dict[str, frozenset[str]] = {
    Status.CREATED: frozenset({Status.PROCESSING}),
    Status.PROCESSING: frozenset({Status.PAID, Status.FAILED, Status.EXPIRED}),
    Status.FAILED: frozenset({Status.PAID}),
    Status.EXPIRED: frozenset({Status.PAID}),
    Status.PAID: frozenset(),
}


class IllegalTransition(RuntimeError):
    """A status change that is not in the table: a defect in the kit, never an answer to a gateway."""


def check(before: str, after: str) -> None:
    """Raises IllegalTransition unless ``after`` may follow ``before``."""
    if after != before and after not in TRANSITIONS[before]:
        raise IllegalTransition(f"A payment that is {before} cannot become {after}.")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a payment at the moment of decision, read under its lock."""

    status: str
    order_id: str
    merchant_id: str
    amount: Decimal
    currency: str
    transaction_id: str  # of the capture, if there was one
    flags: frozenset[str]
    may_expire: bool  # nobody can still be paying on this payment's page, and the bank never had it in hand
    captured_beside: Decimal  # by other payments of the same order since this one was opened, in the same currency
    transaction_taken: bool  # the outcome's transaction belongs to another payment
    given_back: Decimal = Decimal("0.00")  # of the outcome's transaction, by refunds heard of before the capture
    current: bool = True  # it holds its order's slot: no newer payment took its place
    captured_otherwise: bool = False  # another payment of the order captured in another currency since then

    @property
    def beside(self) -> bool:
        """Whether another payment of the order took money, in whatever currency."""
        return self.captured_beside > 0 or self.captured_otherwise


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write: at most one event of its own kind, and one more per flag.

    ``silent``: the event is not announced, since the merchant's code would act on it wrongly (ship twice, or believe
    that a paid order may be paid again).
    """

    status: str
    kind: str | None = None
    flags: tuple[str, ...] = ()
    captured: Decimal = Decimal("0.00")
    silent: bool = False


def decide(facts: Facts, outcome: Outcome) -> Decision:
    """What this outcome means for this payment. Unknown words change nothing."""
    if outcome.order_id != facts.order_id:
        return Decision(facts.status, flags=(Flag.ORDER_MISMATCH,))
    return _DECIDERS[outcome.state](facts, outcome)


def _success(facts: Facts, outcome: Outcome) -> Decision:
    if wrong := _mismatches(facts, outcome):
        return Decision(facts.status, flags=wrong)
    if facts.status == Status.PAID:
        if outcome.transaction_id == facts.transaction_id:
            return Decision(facts.status)
        return _capture(facts, outcome, Flag.DUPLICATE, silent=True)
    flags = []
    if facts.status in (Status.FAILED, Status.EXPIRED):
        flags.append(Flag.LATE_SUCCESS)
    if facts.beside:
        flags.append(Flag.DUPLICATE)
    # An old payment over a smaller total may have been captured meanwhile: then this one still completes the order.
    # What went back in full before we knew of it buys nothing: a person hears, and nobody fulfils the order for it.
    if gone := max(facts.given_back, outcome.given_back) >= facts.amount:
        flags.append(Flag.REFUND_MISMATCH)
    return _capture(facts, outcome, *flags, silent=gone or facts.captured_beside >= facts.amount)


def _capture(facts: Facts, outcome: Outcome, *flags: str, silent: bool) -> Decision:
    return Decision(Status.PAID, Kind.CAPTURED, flags, outcome.amount or facts.amount, silent)


def _mismatches(facts: Facts, outcome: Outcome, *, untaken: bool = False) -> tuple[str, ...]:
    """``untaken``: no money has moved yet, so that there is no transaction to judge."""
    # A currency that the gateway does not state here stays wrong if a signed message once stated another.
    currency = outcome.currency or ("?" if Flag.CURRENCY_MISMATCH in facts.flags else facts.currency)
    found = {
        Flag.MERCHANT_MISMATCH: outcome.merchant_id != facts.merchant_id,
        # Amounts of two currencies cannot be compared, and a flag with an amount makes that amount refundable.
        Flag.AMOUNT_MISMATCH: outcome.amount != facts.amount and currency == facts.currency,
        Flag.CURRENCY_MISMATCH: currency != facts.currency,
        Flag.TRANSACTION_CONFLICT: not untaken
        and (facts.transaction_taken or not 0 < len(outcome.transaction_id) <= 64),
    }
    return tuple(flag for flag, wrong in found.items() if wrong)


def _failure(facts: Facts, outcome: Outcome) -> Decision:
    if facts.status == Status.PROCESSING:
        return Decision(Status.FAILED, Kind.FAILED, silent=facts.beside)
    return Decision(facts.status)


def _pending(facts: Facts, outcome: Outcome) -> Decision:
    if facts.status == Status.PROCESSING:
        return Decision(facts.status, Kind.PENDING)
    return Decision(facts.status)


def _not_found(facts: Facts, outcome: Outcome) -> Decision:
    if facts.status == Status.PROCESSING and facts.may_expire:
        return Decision(Status.EXPIRED, Kind.EXPIRED, silent=facts.beside)
    return Decision(facts.status)


def _approved(facts: Facts, outcome: Outcome) -> Decision:
    """The shopper agreed; we are about to take it. What no longer may be taken ends like what nobody paid."""
    if wrong := _mismatches(facts, outcome, untaken=True):
        return Decision(facts.status, flags=wrong)
    if not facts.current or facts.beside:
        return _not_found(facts, outcome)
    return _pending(facts, outcome)


def _unknown(facts: Facts, outcome: Outcome) -> Decision:
    return Decision(facts.status)


_DECIDERS = {
    State.SUCCESS: _success,
    State.FAILURE: _failure,
    State.PENDING: _pending,
    State.NOT_FOUND: _not_found,
    State.APPROVED: _approved,
    State.UNKNOWN: _unknown,
}
