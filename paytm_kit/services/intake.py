"""What a callback or webhook sets in motion: store, verify, ask the gateway, apply, announce."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.http import HttpRequest
from django.utils import timezone

from paytm_kit import conf, signals
from paytm_kit.gateways.base import GatewayError, InboundMessage, Notice, Outcome, State, Verdict
from paytm_kit.ledger import book
from paytm_kit.logs import EventLog, correlate
from paytm_kit.models import Flag, Payment, WireMessage
from paytm_kit.services import announce, confirm, journal

log = EventLog("paytm_kit.intake")

CALLBACK, WEBHOOK = "callback", "webhook"


class Result(StrEnum):
    """How a message ended; the views turn it into an HTTP answer."""

    ACCEPTED = "accepted"
    UNKNOWN_ORDER = "unknown_order"  # stored; nothing of ours to change
    REJECTED = "rejected"  # signature bad or missing
    MALFORMED = "malformed"
    UNCONFIRMED = "unconfirmed"  # stored, but the gateway could not be asked: let it send again


ANSWERS = {
    Result.ACCEPTED: 200,
    Result.UNKNOWN_ORDER: 200,
    Result.REJECTED: 400,
    Result.MALFORMED: 400,
    Result.UNCONFIRMED: 503,
}


@dataclass(frozen=True, slots=True)
class Receipt:
    result: Result
    payment: Payment | None
    message: WireMessage


def receive(request: HttpRequest, message: InboundMessage, *, account: str, channel: str) -> Receipt:
    """Takes in one message. Raises DatabaseError only when it could not be stored."""
    began = time.monotonic()
    correlate()
    stored = journal.record_inbound(request, message, account=account, channel=channel)
    notice = journal.gateway_for(conf.account(account)).read_notice(message)
    payment = _payment_of(notice, account)
    journal.judge(stored, notice, payment)
    result = _process(stored, notice, payment, channel)
    status = 303 if channel == CALLBACK and result is not Result.MALFORMED else ANSWERS[result]
    journal.close(stored, http_status=status, processed=result is not Result.UNCONFIRMED)
    log.info(
        f"inbound.{channel}",
        order_id=stored.gateway_order_id,
        verdict=stored.verdict,
        result=result.value,
        remote_ip=stored.remote_ip,
        elapsed_ms=int((time.monotonic() - began) * 1000),
    )
    return Receipt(result, payment, stored)


def _payment_of(notice: Notice, account: str) -> Payment | None:
    if notice.claim is None:
        return None
    return Payment.objects.filter(account=account, gateway_order_id=notice.claim.order_id).first()


def _process(stored: WireMessage, notice: Notice, payment: Payment | None, channel: str) -> Result:
    if notice.verdict is not Verdict.VERIFIED:
        return _unproven(stored, notice, payment, channel)
    if payment is None or notice.claim is None:
        return Result.UNKNOWN_ORDER
    if not _worth_asking(payment, notice.claim):
        return Result.ACCEPTED
    return _ask(payment, channel, hint=notice.claim)


def _unproven(stored: WireMessage, notice: Notice, payment: Payment | None, channel: str) -> Result:
    """A message that proves nothing changes nothing. From a browser it may still be the shopper coming back."""
    signals.callback_rejected.send_robust(sender=Payment, wire_message=stored, payment=payment)
    if channel == CALLBACK and payment is not None and payment.is_open and _may_still_ask(payment):
        _ask(payment, channel)
    return Result.MALFORMED if notice.verdict is Verdict.MALFORMED else Result.REJECTED


def _may_still_ask(payment: Payment) -> bool:
    """Paytm omits checksums in known cases, so we ask; a stranger who knows the order id gets a few tries only."""
    hour_ago = timezone.now() - timedelta(hours=1)
    unproven = payment.wire_messages.filter(
        direction=WireMessage.Direction.IN,
        created_at__gte=hour_ago,
        verdict__in=(WireMessage.Verdict.BAD_SIGNATURE, WireMessage.Verdict.UNSIGNED, WireMessage.Verdict.MALFORMED),
    )
    return unproven.count() <= conf.kit().unverified_asks


def _worth_asking(payment: Payment, claim: Outcome) -> bool:
    """A settled payment is asked about again only when the message claims money that we do not know of.

    A repeated "pending" brings nothing new within a minute of the last question.
    """
    if payment.is_open:
        recently = payment.asked_at is not None and timezone.now() - payment.asked_at < timedelta(minutes=1)
        return not (claim.state is State.PENDING and recently)
    if claim.state is not State.SUCCESS:
        return False
    return not (payment.is_paid and payment.transaction_id == claim.transaction_id)


def _ask(payment: Payment, channel: str, *, hint: Outcome | None = None) -> Result:
    try:
        after = confirm.ask(payment, source=channel, hint=hint)
    except GatewayError as error:
        log.warning("inbound.unconfirmed", order_id=payment.gateway_order_id, error=error.code)
        return Result.UNCONFIRMED
    if hint is not None:
        _flag_contradiction(after, hint, channel)
    return Result.ACCEPTED


def _flag_contradiction(payment: Payment, claim: Outcome, channel: str) -> None:
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
        applied = book.flag(payment.pk, word, source=channel, message=message, outcome=claim)
        announce.after_commit(applied.announcement_ids)
