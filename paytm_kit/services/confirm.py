"""Asks the gateway what became of a payment and brings the answer into the ledger: the one way to paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import Gateway, GatewayError, Notice, Outcome, Refused, State
from paytm_kit.ledger import book
from paytm_kit.logs import EventLog
from paytm_kit.models import Flag, Payment
from paytm_kit.services import announce, journal

log = EventLog("paytm_kit.confirm")


def ask(payment: Payment, *, source: str, actor: str = "", hint: Outcome | None = None) -> Payment:
    """One question to the gateway, no lock held meanwhile. Returns the payment as it stands afterwards.

    ``hint`` is what a verified message claimed. The gateway's own answer decides; the hint fills in a currency that
    the answer does not state. A signed success that the answer does not confirm closes nothing: the gateway's own
    books may lag behind its messages, so it is flagged and asked about again soon.
    Raises GatewayError when no trustworthy answer came: the payment then stands as it did.
    """
    try:
        gateway = journal.gateway_for(journal.account_of(payment))
        outcome = gateway.status(payment.gateway_order_id, payment.gateway_reference)
        if outcome.state is State.APPROVED:
            outcome = _collected(gateway, payment, outcome, source)
    except GatewayError as error:
        book.asked(payment.pk)
        log.warning("status.no_answer", order_id=payment.gateway_order_id, error=error.code, source=source)
        raise
    if hint is not None and not outcome.currency and hint.currency:
        outcome = replace(outcome, currency=hint.currency)
    if hint is not None and hint.state is State.SUCCESS and outcome.state in (State.FAILURE, State.NOT_FOUND):
        message = f"A signed message says success, the gateway's own answer {outcome.state} ({outcome.code})."
        applied = book.flag(payment.pk, Flag.NOTICE_MISMATCH, source=source, message=message, outcome=hint)
    else:
        applied = book.apply(payment.pk, outcome, source=source, actor=actor)
    announce.after_commit(applied.announcement_ids)
    words = {event.flag for event in applied.events}
    over = hint is not None and hint.state in (State.SUCCESS, State.FAILURE) and not applied.payment.is_held
    after = book.asked(payment.pk, soon=over or Flag.NOTICE_MISMATCH in words)
    if hint is not None:
        _flag_contradiction(after, hint, source)
    return after


def _collected(gateway: Gateway, payment: Payment, approved: Outcome, source: str) -> Outcome:
    """The shopper agreed and the gateway waits for us. What we are about to do is written down first.

    From then on the payment counts as with the bank, so that no other takes its place; whoever dies here leaves it to
    the next question. What may not be taken any more (a newer payment has its place) is left where it is.
    """
    applied = book.apply(payment.pk, approved, source=source)
    announce.after_commit(applied.announcement_ids)
    if not book.may_collect(payment.pk):
        return approved
    return gateway.collect(payment.gateway_order_id, payment.gateway_reference)


def withdraw(payment: Payment, *, source: str) -> tuple[Payment, bool]:
    """Sees to it, where the gateway can, that nobody pays this open payment any more.

    Returns it as it stands then, and whether its page is over; ``False``: the gateway cannot call a page back.
    Raises GatewayError when the gateway cannot say: it may still be paid.
    """
    gateway = journal.gateway_for(journal.account_of(payment))
    try:
        return payment, gateway.withdraw(payment.gateway_order_id, payment.gateway_reference)
    except Refused:  # too late: it was paid, or is over
        return ask(payment, source=source), True


def named(notice: Notice, account: str) -> list[tuple[Payment, Outcome]]:
    """The payments of this account's merchant that a message makes claims about, each with its claim."""
    claims = [claim for claim in (notice.claim, *notice.also) if claim is not None]
    ours = Payment.objects.filter(
        account__in=conf.namesakes(account), gateway_order_id__in=[claim.order_id for claim in claims]
    )
    known = {payment.gateway_order_id: payment for payment in ours}
    return [(known[claim.order_id], claim) for claim in claims if claim.order_id in known]


def worth_asking(payment: Payment, claim: Outcome) -> bool:
    """Of a signed claim: a settled payment is asked about again only when it claims money that we do not know of.

    A repeated "pending" brings nothing new within a minute of the last question.
    """
    if payment.is_open:
        recently = payment.asked_at is not None and timezone.now() - payment.asked_at < timedelta(minutes=1)
        return not (claim.state is State.PENDING and recently)
    if claim.state is not State.SUCCESS:
        return False
    return not (payment.is_paid and payment.transaction_id == claim.transaction_id)


def _flag_contradiction(payment: Payment, claim: Outcome, source: str) -> None:
    """A signed claim that differs from the ledger after we asked: the gateway's answer stands, a person should know."""
    if claim.state is State.SUCCESS and payment.is_paid and claim.transaction_id not in ("", payment.transaction_id):
        word, message = Flag.DUPLICATE, "A signed message names a second transaction for this payment."
    elif (claim.merchant_id and claim.merchant_id != payment.merchant_id) or (
        claim.amount is not None and claim.amount != payment.amount
    ):
        word, message = Flag.NOTICE_MISMATCH, "A signed message names another amount or merchant."
    else:
        return
    if word not in payment.flag_list and not set(payment.flag_list) & {Flag.AMOUNT_MISMATCH, Flag.MERCHANT_MISMATCH}:
        applied = book.flag(payment.pk, word, source=source, message=message, outcome=claim)
        announce.after_commit(applied.announcement_ids)
