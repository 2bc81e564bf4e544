"""Payments in every state, made by the ledger's own verbs: what stands in the database is what life leaves there.

::

    payment = factories.payment(order, "paid")
    factories.payment(order, "refunding", amount="499.00", ago=timedelta(days=2))
    first, second = factories.paid_twice(order)

``order`` is your own, saved, with ``PayableMixin``. Nothing is asked of any gateway. Your receivers hear of what
happened, as in life, unless ``hear=False``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol
from unittest.mock import patch

from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import Customer, DisputeClaim, DisputeState, Flow, State
from paytm_kit.ledger import book, disputes, ladder, refunds
from paytm_kit.models import Payment
from paytm_kit.models.payments import PAGE_LIFETIME
from paytm_kit.money import exact
from paytm_kit.services import announce
from paytm_kit.testing import invented, outcomes

if TYPE_CHECKING:
    from paytm_kit.payable import PayableMixin

SOURCE = "factory"  # stands in the events where "webhook" or "reconcile" stands in life
TOKEN_DEAD = PAGE_LIFETIME + ladder.GRACE + timedelta(minutes=1)


class _Applied(Protocol):
    @property
    def announcement_ids(self) -> list[int]: ...


Step = Callable[[Payment], Iterable[_Applied]]


def _starts(payment: Payment) -> Iterable[_Applied]:
    book.start(payment.pk, flow=Flow.HOSTED, page_lifetime=PAGE_LIFETIME)
    book.hand_out(payment.pk, reference="", is_new=True)
    return ()


def _says(state: State, **facts: Any) -> Step:
    def step(payment: Payment) -> Iterable[_Applied]:
        said = replace(outcomes.outcome(payment, state), **facts)
        return (book.apply(payment.pk, said, source=SOURCE),)

    return step


def _other_amount(payment: Payment) -> Iterable[_Applied]:
    said = replace(outcomes.outcome(payment, State.SUCCESS), amount=payment.amount + 1)
    return (book.apply(payment.pk, said, source=SOURCE),)


def _refund(state: State, part: Decimal = Decimal(1)) -> Step:
    def step(payment: Payment) -> Iterable[_Applied]:
        refund = refunds.request(
            payment.pk,
            amount=(payment.amount * part).quantize(Decimal("0.01")),
            transaction_id="",
            reason="made by a factory",
            actor=SOURCE,
            wait=False,
            seen_left=None,
        )
        refunds.sending(refund.pk, None)
        return (refunds.apply(refund.pk, outcomes.refund_outcome(refund, state), source=SOURCE),)

    return step


def _dispute(*states: DisputeState) -> Step:
    def step(payment: Payment) -> Iterable[_Applied]:
        facts = invented.facts(payment)
        for state in states:
            claim = DisputeClaim(
                order_id=payment.gateway_order_id,
                dispute_id=facts["dispute"],
                state=state,
                word=state.name,
                merchant_id=payment.merchant_id,
                amount=payment.amount,
                transaction_id=facts["txn"],
                kind="CHARGEBACK",
                reason="Goods not received",
                due_at=timezone.now() + timedelta(days=7) if state is DisputeState.OPEN else None,
            )
            yield disputes.apply(payment.pk, claim, source=SOURCE)

    return step


_PAID = (_starts, _says(State.SUCCESS))

STATES: dict[str, tuple[str, tuple[Step, ...]]] = {
    "created": ("opened; the shopper has not gone to the gateway", ()),
    "processing": ("the shopper is on the gateway's page", (_starts,)),
    "pending": ("the bank has it in hand", (_starts, _says(State.PENDING))),
    "paid": ("captured", _PAID),
    "failed": ("declined by the bank", (_starts, _says(State.FAILURE))),
    "expired": ("nobody tried to pay before the token died", (_starts, _says(State.NOT_FOUND))),
    "held": ("the gateway reports another amount: a person must look", (_starts, _other_amount)),
    "late": ("declined at first, captured after all, flagged", (_starts, _says(State.FAILURE), _says(State.SUCCESS))),
    "refunding": ("captured; all of it is on its way back", (*_PAID, _refund(State.PENDING))),
    "part_refunded": ("captured; half of it went back", (*_PAID, _refund(State.SUCCESS, Decimal("0.5")))),
    "refunded": ("captured; all of it went back", (*_PAID, _refund(State.SUCCESS))),
    "refund_failed": ("captured; a refund was refused, nothing went back", (*_PAID, _refund(State.FAILURE))),
    "disputed": ("captured; the bank wants it back, undecided", (*_PAID, _dispute(DisputeState.OPEN))),
    "dispute_lost": ("captured; the bank took it back", (*_PAID, _dispute(DisputeState.OPEN, DisputeState.LOST))),
    "dispute_won": ("captured; the dispute ended well", (*_PAID, _dispute(DisputeState.OPEN, DisputeState.WON))),
}


def payment(
    order: PayableMixin,
    state: str = "paid",
    *,
    amount: Decimal | int | str | None = None,
    account: str = "default",
    ago: timedelta = timedelta(0),
    hear: bool = True,
) -> Payment:
    """A new payment for ``order`` that has come so far. ``STATES`` names the states.

    ``amount``   in the account's currency; by default what the order still owes
    ``account``  the name in ``PAYTM_KIT["ACCOUNTS"]``
    ``ago``      it was opened so long ago, and what followed came at once; an expired one takes 21 minutes
    ``hear``     whether your receivers run, at once: no commit is waited for

    Raises ValueError for another state and for an order that has an open payment, ConfigurationError, and whatever
    the ledger raises.
    """
    if state not in STATES:
        raise ValueError(f"There is no state {state!r}. There are: {', '.join(STATES)}.")
    moment = timezone.now() - ago - (TOKEN_DEAD if state == "expired" else timedelta(0))
    with _at(moment):
        opened = _open(order, amount, account)
    steps = STATES[state][1]
    for number, step in enumerate(steps):
        if state == "expired" and number == len(steps) - 1:
            moment += TOKEN_DEAD
        with _at(moment):
            _take(step, opened, hear)
    opened.refresh_from_db()
    return opened


def paid_twice(order: PayableMixin, *, account: str = "default", hear: bool = True) -> tuple[Payment, Payment]:
    """Two captured payments of one order: the second is flagged ``duplicate``, and its amount is a surplus."""
    first = payment(order, "processing", account=account, hear=hear)
    book.supersede(first.pk, why="A factory made two.", seen=first)
    second = payment(order, "processing", account=account, hear=hear)
    for each in (first, second):
        _take(_says(State.SUCCESS), each, hear)
        each.refresh_from_db()
    return first, second


def _open(order: PayableMixin, amount: Decimal | int | str | None, account: str) -> Payment:
    opened = book.open_payment(
        order,
        account=conf.account(account),
        amount=exact(order.balance_due if amount is None else amount, conf.account(account).currency),
        chosen=amount is not None,
        customer=order.payment_customer() or Customer(f"order_{order.pk}"),
        label=order.payment_label(),
        return_url="",
    )
    if opened is None:
        raise ValueError(f"Order {order.pk} has an open payment: {order.payments.still_open().first()}.")
    return opened


def _take(step: Step, of: Payment, hear: bool) -> None:
    ids = [pk for applied in step(of) for pk in applied.announcement_ids]
    of.refresh_from_db()
    for pk in ids if hear else ():
        announce.deliver(pk)


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """The ledger's clock stands still at this moment."""
    with patch("django.utils.timezone.now", lambda: moment):
        yield
