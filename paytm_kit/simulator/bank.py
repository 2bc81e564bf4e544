"""The verbs that move money in the simulator's books: open an order, begin an attempt, finish it, settle it.

Every verb is one short transaction. What the merchant must hear is written in the same transaction and sent after it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from paytm_kit.simulator import clock, ids, instruments, webhooks, world
from paytm_kit.simulator.instruments import Instrument, Method
from paytm_kit.simulator.machine import Decision, IllegalMove, Outcome, State, move
from paytm_kit.simulator.models import Merchant, Order, Transaction


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a merchant asks for; the same facts again are the same order."""

    order_id: str
    amount: Decimal
    currency: str
    callback_url: str
    cust_id: str
    merc_unq_ref: str
    fingerprint: str


class Finished(IllegalMove):
    """The order has an outcome already, its 15 minutes are over, or a reset forgot it: nothing can be begun."""


def open_order(merchant: Merchant, facts: OrderFacts) -> tuple[Order, bool]:
    """The order with these facts' id, and whether it is new. The caller compares fingerprints."""
    with transaction.atomic():
        found = Order.objects.filter(merchant=merchant, order_id=facts.order_id).first()
        if found:
            return found, False
        token = ids.token()
        while Order.objects.filter(token=token).exists():  # a seeded sequence meets a kept database
            token = ids.token()
        return Order.objects.create(
            merchant=merchant,
            order_id=facts.order_id,
            amount=facts.amount,
            currency=facts.currency,
            callback_url=facts.callback_url,
            cust_id=facts.cust_id,
            merc_unq_ref=facts.merc_unq_ref,
            fingerprint=facts.fingerprint,
            token=token,
            token_at=clock.now(),
        ), True


def expired(order: Order, now: datetime) -> bool:
    """Whether the token's 15 minutes are over."""
    return now >= order.token_at + clock.TOKEN_LIFE


def begin(
    order: Order, instrument: Instrument | None, *, amount: Decimal | None = None, webhook: bool = True,
    retry_failed: bool = False,
) -> Transaction:  # fmt: skip
    """A new attempt with this instrument (None: no method was chosen). Raises Finished.

    An attempt that was left at its OTP or approval step is given up for the new one. ``amount`` is what the bank will
    really take, rupees; usually the order's.
    """
    with transaction.atomic():
        now = clock.now()
        last = _locked(order).decisive()
        reopened = retry_failed and last is not None and last.status == State.FAILURE
        if last and last.status != State.STARTED and not reopened:
            raise Finished(f"Order {order.order_id} has the outcome {last.status} already.")
        if expired(order, now):
            raise Finished(f"The 15 minutes of order {order.order_id} are over.")
        if last and last.status == State.STARTED:
            _close(last, Decision.usual(Outcome.CANCEL), now)
        return _new_transaction(order, instrument, amount or order.amount, webhook, now)


def _new_transaction(
    order: Order, instrument: Instrument | None, amount: Decimal, webhook: bool, now: datetime
) -> Transaction:
    txn_id = ids.txn_id(now)
    while Transaction.objects.filter(txn_id=txn_id).exists():
        txn_id = ids.txn_id(now)
    row = Transaction(
        order=order, txn_id=txn_id, amount=amount, webhook=webhook, started_at=now,
        settle_at=order.token_at + clock.TOKEN_LIFE, settles_as=Outcome.CANCEL,
    )  # fmt: skip
    if instrument:
        row.method = instrument.method
        row.mode = instrument.mode or instruments.WIRE_MODE[instrument.method]
        row.instrument = instruments.mask(instrument)
        row.bank_name = instrument.bank
        row.gateway_name = instrument.gateway or instruments.GATEWAY[instrument.method]
        row.card_scheme = instrument.scheme
        row.card_last_four = instrument.value[-4:] if instrument.method is Method.CARD else ""
        row.planned = list(instrument.decision) if instrument.decision else None
    row.save()
    return row


def finish(attempt: Transaction, decision: Decision, *, comes_back: bool = True) -> Transaction:
    """The bank's answer to a started attempt. Raises IllegalMove when it has one already."""
    with transaction.atomic():
        row = _fresh(attempt)
        row.comes_back = comes_back
        _close(row, decision, clock.now())
        _announce(row)
        return row


def planned(attempt: Transaction) -> Decision:
    """What the bank will answer to this attempt once the shopper has proved to be there."""
    if not attempt.planned:
        return Decision.usual(Outcome.SUCCESS)
    outcome, code, settles_as = attempt.planned
    return Decision(Outcome(outcome), code, Outcome(settles_as) if settles_as else None)


def wrong_otp(attempt: Transaction) -> int:
    """Counts a wrong OTP and returns the tries that are left; the last one fails the attempt. Raises IllegalMove."""
    with transaction.atomic():
        row = _fresh(attempt)
        if row.status != State.STARTED:
            raise IllegalMove("This payment has its outcome already.")
        row.otp_failures += 1
        row.save(update_fields=["otp_failures"])
        left = instruments.OTP_TRIES - row.otp_failures
        if left <= 0:
            _close(row, Decision.usual(Outcome.FAILURE), clock.now())
            _announce(row)
        return max(left, 0)


def settle(attempt: Transaction, outcome: Outcome, code: str = "") -> Transaction:
    """The late answer to a pending transaction. Raises IllegalMove when it is not pending."""
    with transaction.atomic():
        row = _fresh(attempt)
        if row.status != State.PENDING:
            raise IllegalMove(f"The transaction is {row.status}, not pending.")
        _close(row, Decision(outcome, code or Decision.usual(outcome).code), clock.now())
        _announce(row)
        return row


def settle_due() -> None:
    """Settles every pending payment whose time has come, and gives up attempts that outlived their token.

    Called before every answer about money and by the webhook worker, so that status and webhook agree.
    """
    now = clock.now()
    for row in Transaction.objects.filter(settle_at__lte=now).select_related("order"):
        with suppress(Finished), transaction.atomic():
            row = _fresh(row)
            if row.settle_at and row.settle_at <= now:  # nobody was quicker
                _close(row, Decision.usual(Outcome(row.settles_as)), now)
                _announce(row)


def _locked(order: Order) -> Order:
    """The order as it is now, locked against everybody else until the transaction ends. Raises Finished."""
    found = Order.objects.select_for_update(of=("self",)).select_related("merchant").filter(pk=order.pk).first()
    if found is None:
        raise Finished(f"Order {order.order_id} was forgotten by a reset.")
    return found


def _fresh(attempt: Transaction) -> Transaction:
    """The transaction as it is now, under its order's lock. Raises Finished."""
    return _locked(attempt.order).transactions.get(pk=attempt.pk)


def _close(row: Transaction, decision: Decision, now: datetime) -> None:
    row.status = move(State(row.status), decision.outcome)
    row.respcode = decision.code
    row.settle_at, row.settles_as = None, ""
    if row.status == State.PENDING:
        wait = world.get().settle_after
        row.settle_at = now + timedelta(seconds=wait) if wait and decision.settles_as else None
        row.settles_as = decision.settles_as or ""
    else:
        row.finished_at = now
    if row.status == State.SUCCESS:
        row.bank_txn_id = ids.bank_txn_id()
    row.save()


def _announce(row: Transaction) -> None:
    merchant = row.order.merchant
    if row.webhook and merchant.webhook_url and (row.status != State.PENDING or merchant.webhook_on_pending):
        webhooks.enqueue(row)
    elif row.settle_at:
        transaction.on_commit(webhooks.wake)
