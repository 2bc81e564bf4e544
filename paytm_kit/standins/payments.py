"""The verbs that change orders and captures: open, press a button, capture, decide, expire. Each in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from paytm_kit.simulator import clock, database, world
from paytm_kit.standins import ids, outbox, wording
from paytm_kit.standins.books import (
    ANSWERS,
    OPEN,
    STATES,
    TOLD,
    TOLD_LATE,
    Bank,
    Button,
    Happened,
    NotAllowed,
    State,
    check_move,
)
from paytm_kit.standins.models import Capture, Order, Party
from paytm_kit.standins.wording import Told


class Wanted(NamedTuple):
    """What a merchant asked for. ``amount`` is in minor units; ``facts`` are words of the request."""

    public_id: str
    reference: str
    amount: int
    currency: str
    return_url: str
    cancel_url: str
    base_url: str
    facts: Mapping[str, Any]
    expires_at: datetime | None = None


def open_order(party: Party, wanted: Wanted) -> Order:
    return Order.objects.create(
        party=party, token=ids.page_token(), created_at=clock.now(), **wanted._asdict(),
    )  # fmt: skip


def locked(order: Order) -> Order:
    """The order as it is now, in the caller's transaction; captures and refunds of it wait behind the same lock."""
    Order.objects.select_for_update().get(pk=order.pk)
    return read(order)


def read(order: Order) -> Order:
    """The order as the books have it now."""
    return Order.objects.select_related("party").prefetch_related("captures__refunds").get(pk=order.pk)


def later() -> datetime | None:
    """When the clock decides what is pending now; None leaves it to a person."""
    seconds = world.get().settle_after
    return clock.now() + timedelta(seconds=seconds) if seconds else None


def press(order: Order, button: Button) -> Order:
    """What the shopper did on the hosted page. An order that is not open stays as it is."""
    with database.atomic():
        order = locked(order)
        said = wording.of(order)
        if order.state not in OPEN:
            return order
        order.button = button
        if button is Button.CANCEL:
            _cancel(order, ends=said.cancel_ends)
        elif said.captures_itself:
            _take(order, button)
        else:
            if order.state != State.APPROVED:
                _move(order, State.APPROVED)
            order.save()
            outbox.tell(Told(Happened.APPROVED, order))
        return read(order)


def _cancel(order: Order, *, ends: bool) -> None:
    if ends:
        _move(order, State.CANCELLED)
    elif order.state == State.APPROVED:
        _move(order, State.CREATED)
    order.save()
    if ends:
        outbox.tell(Told(Happened.CANCELLED, order))


def _take(order: Order, button: Button) -> Capture:
    """One attempt at the bank, as the button says."""
    said = wording.of(order)
    bank, afterwards = ANSWERS[button]
    now = clock.now()
    order.payment_id = order.payment_id or said.payment_id()
    capture = Capture.objects.create(
        order=order, public_id=said.capture_id(), state=bank, amount=order.amount, at=now,
        decided_at=None if bank is Bank.PENDING else now,
        decide_at=later() if bank is Bank.PENDING else None, decides_as=afterwards or "",
    )  # fmt: skip
    if not (bank is Bank.FAILED and said.tries_again):
        _move(order, STATES[bank])
    order.save()
    outbox.tell(Told(TOLD[bank], order, capture))
    return capture


def capture(order: Order) -> Capture | None:
    """The merchant's own capture of an approved order. None: the bank declined, the shopper may approve again.

    Raises NotAllowed for an order that is not approved.
    """
    with database.atomic():
        order = locked(order)
        if order.state != State.APPROVED:
            raise NotAllowed(f"The order is {order.state}.")
        if Button(order.button) is Button.DECLINE:
            _move(order, State.CREATED)
            order.save()
            return None
        return _take(order, Button(order.button))


def decide(row: Capture, bank: Bank) -> Capture:
    """The bank's late answer to a pending capture. Raises NotAllowed for one that is decided."""
    with database.atomic():
        order = locked(row.order)
        row = next(mine for mine in order.captures.all() if mine.pk == row.pk)
        if row.state != Bank.PENDING:
            raise NotAllowed(f"This payment is {row.state} already.")
        row.state, row.decided_at, row.decide_at = bank, clock.now(), None
        row.save()
        _move(order, STATES[bank])
        order.save()
        outbox.tell(Told(TOLD_LATE[bank], order, row))
        return row


def expire(order: Order) -> Order:
    """Ends an order that nobody paid. Raises NotAllowed for one that is not open."""
    with database.atomic():
        order = locked(order)
        if order.state not in OPEN:
            raise NotAllowed(f"The order is {order.state}.")
        _move(order, State.EXPIRED)
        order.save()
        outbox.tell(Told(Happened.EXPIRED, order))
        return order


def _move(order: Order, state: State) -> None:
    check_move(order.state, state)
    order.state = state
