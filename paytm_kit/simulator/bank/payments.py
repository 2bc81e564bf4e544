"""The verbs that move money in the simulator's books: open an order, begin an attempt, finish it, settle it.

Every verb is one short transaction. What the merchant must hear is written in the same transaction and sent after it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Min

from paytm_kit.simulator import clock, database, ids, world
from paytm_kit.simulator.bank import accounts, answers, cards, emi, hops, instruments, postings, risk, talk
from paytm_kit.simulator.bank.instruments import Instrument, Method
from paytm_kit.simulator.bank.machine import Decision, IllegalMove, Outcome, State, move
from paytm_kit.simulator.models import Merchant, Order, Transaction
from paytm_kit.simulator.webhooks import outbox
from paytm_kit.simulator.wire import notices

PENDING_LIFE = timedelta(hours=72)  # then Paytm gives up asking the bank (Paytm docs, Late Notification)
COLLAPSED = Decision(Outcome.FAILURE, "810")  # the code is unconfirmed


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
    modes: tuple[str, ...] = ()  # the payment modes that are allowed; none: all


class Finished(IllegalMove):
    """The order has an outcome already, its 15 minutes are over, or a reset forgot it: nothing can be begun."""


class MerchantGone(Exception):
    """The merchant was forgotten, with all its orders, since the request came in."""


def open_order(merchant: Merchant, facts: OrderFacts) -> tuple[Order, bool]:
    """The order with these facts' id, and whether it is new. The caller compares fingerprints. Raises MerchantGone."""
    with database.atomic():
        # Two equal requests at two processes: the second waits here and finds the first's order.
        if Merchant.objects.select_for_update(no_key=True).filter(pk=merchant.pk).first() is None:
            raise MerchantGone("the merchant was forgotten by a reset or by hand while this request came in")
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
            modes=list(facts.modes),
            token=token,
            token_at=clock.now(),
        ), True


def expired(order: Order, now: datetime) -> bool:
    """Whether the token's 15 minutes are over."""
    return now >= order.token_at + clock.TOKEN_LIFE


def begin(
    order: Order, instrument: Instrument | None, *, amount: Decimal | None = None, webhook: bool = True,
    retry_failed: bool = False, plan: emi.Offer | None = None, device: str = "", risky: bool = False,
) -> Transaction:  # fmt: skip
    """A new attempt with this instrument (None: no method was chosen). Raises Finished.

    An attempt that was left at its OTP or approval step is given up for the new one. ``amount`` is what the bank will
    really take, rupees; usually the order's. With ``risky`` the gateway's rules look at it first: an attempt that they
    refuse has failed when it comes back, and ``risk`` says why.
    """
    with database.atomic():
        now = clock.now()
        last = _locked(order).decisive()
        reopened = retry_failed and last is not None and last.status == State.FAILURE
        if last and last.status != State.STARTED and not reopened:
            raise Finished(f"Order {order.order_id} has the outcome {last.status} already.")
        if expired(order, now):
            raise Finished(f"The 15 minutes of order {order.order_id} are over.")
        if last and last.status == State.STARTED:
            _close(last, Decision.usual(Outcome.CANCEL), now)
        row = _new_transaction(order, instrument, amount or order.amount, webhook, now)
        row.device = device
        row.emi = plan.facts() if plan else None
        row.mode = "EMI" if plan else row.mode
        row.save()
        hops.tell_all(row, talk.begun(row), now)
        if risky and (refusal := risk.refusal(row, world.get().risk_rules, now)):
            row.risk = refusal.why
            _close(row, Decision(Outcome.FAILURE, refusal.respcode), now)
            _announce(row)
        return row


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
        _with_instrument(row, instrument, now)
    return row


def _with_instrument(row: Transaction, instrument: Instrument, now: datetime) -> None:
    row.method = instrument.method
    row.mode = instrument.mode or instruments.WIRE_MODE[instrument.method]
    row.instrument = instruments.mask(instrument)
    row.bank_name = instrument.bank
    row.gateway_name = instrument.gateway or instruments.GATEWAY[instrument.method]
    row.card_scheme = instrument.scheme
    row.card_last_four = instrument.value[-4:] if instrument.method is Method.CARD else ""
    row.issuer, row.acquirer = instrument.issuer, instrument.acquirer
    row.planned = accounts.plan(instrument, row.amount)
    if instrument.method is not Method.NETBANKING:
        row.card_token = cards.token(world.get().secret, instrument.method, instrument.value)
    if instrument.method in (Method.CARD, Method.WALLET):
        row.otp_at = now
    answer_by = now + instruments.COLLECT_LIFE
    if instrument.method is Method.UPI and row.planned is None and answer_by < row.order.token_at + clock.TOKEN_LIFE:
        row.settle_at = answer_by
        row.settles_as, row.settles_code = Outcome.FAILURE, answers.given("upi", "U69").respcode


def finish(attempt: Transaction, decision: Decision | None = None, *, comes_back: bool = True) -> Transaction:
    """The bank's answer to a started attempt; without a decision the bank makes up its mind by its accounts.

    Raises IllegalMove when the attempt has an answer already.
    """
    with database.atomic():
        row = fresh(attempt)
        row.comes_back = comes_back
        if row.status != State.STARTED:
            raise IllegalMove(f"The transaction is {row.status} already.")
        _close(row, decision or accounts.decide(row), clock.now())
        _announce(row)
        return row


def settle(attempt: Transaction, outcome: Outcome, code: str = "") -> Transaction:
    """The late answer to a pending transaction. Raises IllegalMove when it is not pending."""
    with database.atomic():
        row = fresh(attempt)
        if row.status != State.PENDING:
            raise IllegalMove(f"The transaction is {row.status}, not pending.")
        _close(row, Decision(outcome, code or Decision.usual(outcome).code), clock.now())
        _announce(row)
        return row


def decline(row: Transaction, code: str) -> None:
    """The bank says no, in the caller's database transaction, to a row from ``fresh``."""
    _close(row, Decision(Outcome.FAILURE, code), clock.now())
    _announce(row)


def settle_due(now: datetime) -> None:
    """Settles every pending payment whose time has come, and gives up attempts that outlived their token.

    Called before every answer about money and by the webhook worker, so that status and webhook agree.
    """
    for row in Transaction.objects.filter(settle_at__lte=now).select_related("order"):
        with suppress(Finished), database.atomic():
            row = fresh(row)
            if row.settle_at and row.settle_at <= now:  # nobody was quicker
                usual = Decision.usual(Outcome(row.settles_as))
                _close(row, usual._replace(code=row.settles_code or usual.code), now)
                _announce(row)


def next_due() -> datetime | None:
    """When the next pending payment settles or the next attempt is given up."""
    return Transaction.objects.aggregate(at=Min("settle_at"))["at"]


def _locked(order: Order) -> Order:
    """The order as it is now, locked against everybody else until the transaction ends. Raises Finished."""
    found = Order.objects.select_for_update(of=("self",)).select_related("merchant").filter(pk=order.pk).first()
    if found is None:
        raise Finished(f"Order {order.order_id} was forgotten by a reset.")
    return found


def fresh(attempt: Transaction) -> Transaction:
    """The transaction as it is now, under its order's lock, in the caller's database transaction. Raises Finished."""
    return _locked(attempt.order).transactions.get(pk=attempt.pk)


def _close(row: Transaction, decision: Decision, now: datetime) -> None:
    """The one place where a transaction gets its state, its references and its money."""
    before = State(row.status)
    row.status = move(before, decision.outcome)
    row.respcode = decision.code
    row.settle_at, row.settles_as, row.settles_code = None, "", ""
    if row.status == State.PENDING:
        _await(row, decision.settles_as, now)
    else:
        row.finished_at = now
    if row.status == State.SUCCESS:
        _references(row, now)
        postings.move(postings.way(row), row.amount, row.txn_id)
    row.save()
    said = talk.refused(row) if row.risk else (talk.settled if before is State.PENDING else talk.ended)(row, decision)
    hops.tell_all(row, said, now)


def _await(row: Transaction, settles_as: Outcome | None, now: datetime) -> None:
    """A pending payment ends as its instrument says, or as a failure when nobody has answered for 72 hours."""
    wait = world.get().settle_after
    row.settle_at = row.started_at + PENDING_LIFE
    row.settles_as, row.settles_code = COLLAPSED.outcome, COLLAPSED.code
    if wait and settles_as and now + timedelta(seconds=wait) <= row.settle_at:
        row.settle_at = now + timedelta(seconds=wait)
        row.settles_as, row.settles_code = settles_as, ""


def _references(row: Transaction, now: datetime) -> None:
    """What the parties call a payment that was made: a card has an authorisation code and an acquirer's reference."""
    if row.method == Method.CARD:
        row.auth_code, row.arn = ids.auth_code(), ids.arn(now)
    if row.method in (Method.CARD, Method.UPI):
        row.rrn = ids.rrn(now)
    row.bank_txn_id = row.rrn or ids.bank_txn_id()


def _announce(row: Transaction) -> None:
    merchant = row.order.merchant
    if row.webhook and merchant.webhook_url and (row.status != State.PENDING or merchant.webhook_on_pending):
        outbox.enqueue(row.order, "payment", notices.webhook(row))
    elif row.settle_at:
        database.on_commit(outbox.wake)
