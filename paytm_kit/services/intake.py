"""What a callback or webhook sets in motion: store, verify, ask the gateway, apply, announce.

Where webhooks are processed in the background, the request ends before the gateway is asked: see ``replay.take_up``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.http import HttpRequest
from django.utils import timezone

from paytm_kit import conf, signals
from paytm_kit.gateways import inbound
from paytm_kit.gateways.base import GatewayError, InboundMessage, Notice, Outcome, RefundOutcome, Verdict
from paytm_kit.logs import EventLog, correlate
from paytm_kit.models import Payment, RejectedSender, WireMessage
from paytm_kit.services import confirm, disputes, floods, journal, refunds

log = EventLog("paytm_kit.intake")

CALLBACK, WEBHOOK, RETURN = "callback", "webhook", "return"

# Gives a stored message, by its primary key, to somebody who calls replay.take_up; False: nobody took it.
HandOver = Callable[[int], bool]


class Result(StrEnum):
    """How a message ended; the views turn it into an HTTP answer."""

    ACCEPTED = "accepted"
    QUEUED = "queued"  # stored and handed over to a worker
    UNKNOWN_ORDER = "unknown_order"  # stored; nothing of ours to change
    REJECTED = "rejected"  # signature bad or missing
    UNCHECKED = "unchecked"  # stored, but its signature cannot be checked now: let it send again
    MALFORMED = "malformed"
    UNCONFIRMED = "unconfirmed"  # stored, but the gateway could not be asked: let it send again


ANSWERS = {
    Result.ACCEPTED: 200,
    Result.QUEUED: 200,
    Result.UNKNOWN_ORDER: 200,
    Result.REJECTED: 400,
    Result.MALFORMED: 400,
    Result.UNCHECKED: 503,
    Result.UNCONFIRMED: 503,
}


# How a message that proves nothing ends; the others are rejected.
UNPROVEN = {Verdict.MALFORMED: Result.MALFORMED, Verdict.UNCHECKED: Result.UNCHECKED}
UNPROVEN_VERDICTS = tuple(verdict.value for verdict in Verdict if verdict is not Verdict.VERIFIED)

# Reconcile takes these up again: the payment may be committed, or the gateway answer, only later.
LEFT_OVER = frozenset({Result.UNCONFIRMED, Result.UNKNOWN_ORDER})


@dataclass(frozen=True, slots=True)
class Receipt:
    result: Result
    payment: Payment | None
    message: WireMessage | None  # none: one invalid message too many, which was only counted
    acknowledgement: str = ""  # the text that the gateway wants to read


def receive(
    request: HttpRequest, message: InboundMessage, *, account: str, channel: str, hand_over: HandOver | None = None
) -> Receipt:
    """Takes in one message. Whatever it raises, the message is to be sent again: it may not even have been stored.

    With WEBHOOKS_IN_BACKGROUND a signed message that needs the gateway goes to ``hand_over`` once it is stored. Where
    that fails it is processed at once, as without the setting.
    """
    began = time.monotonic()
    correlate()
    noise = floods.noise(request)
    if noise is not None and (receipt := _only_counted(noise, message, account, channel)) is not None:
        return receipt
    stored = journal.record_inbound(request, message, account=account, channel=channel)
    settled = conf.account(account)
    gateway = journal.gateway_for(settled)
    notice = gateway.read_notice(message)
    payment = _payment_of(notice, account)
    journal.judge(stored, notice, payment)
    if notice.verdict is not Verdict.VERIFIED:
        floods.count_stored(request)
    journal.seen(
        settled,
        payment,
        channel=channel,
        url=request.path,
        content_type=message.content_type,
        request=message.body.decode("utf-8", "replace"),
        stored=stored,
    )
    result = _process(stored, notice, payment, channel, hand_over if conf.kit().webhooks_in_background else None)
    if result is not Result.QUEUED:  # a worker may be done with that one already
        status = 303 if channel == CALLBACK and result is not Result.MALFORMED else ANSWERS[result]
        journal.close(stored, http_status=status, processed=result not in LEFT_OVER)
    log.info(
        f"inbound.{channel}",
        order_id=stored.gateway_order_id,
        verdict=stored.verdict,
        result=result.value,
        remote_ip=stored.remote_ip,
        elapsed_ms=int((time.monotonic() - began) * 1000),
    )
    return Receipt(result, payment, stored, gateway.acknowledgement)


def came_back(request: HttpRequest, payment: Payment) -> None:
    """The shopper is back, by a link that only their browser and the gateway know. It claims nothing: we ask.

    Never raises for a gateway that cannot be asked: the result page shows what is known, reconcile goes on.
    """
    correlate()
    message = InboundMessage(request.META.get("QUERY_STRING", "").encode(), inbound.FORM)
    notice = Notice(Verdict.UNSIGNED, None, detail="the shopper's browser came back")
    stored = journal.record_inbound(request, message, account=payment.account, channel=RETURN)
    journal.judge(stored, notice, payment)
    if payment.is_open and _may_still_ask(payment):
        _ask(payment, RETURN)
    journal.close(stored, http_status=303)


def _only_counted(noise: RejectedSender, message: InboundMessage, account: str, channel: str) -> Receipt | None:
    """An invalid message from an address that has just sent many; ``None``: it is signed, and goes its usual way."""
    notice = journal.gateway_for(conf.account(account)).read_notice(message)
    if notice.verdict is Verdict.VERIFIED:
        return None
    floods.count_only(noise)
    result = UNPROVEN.get(notice.verdict, Result.REJECTED)
    payment = _payment_of(notice, account) if channel == CALLBACK else None  # whose result page the browser is led to
    return Receipt(result, payment, None)


def _payment_of(notice: Notice, account: str) -> Payment | None:
    ours = Payment.objects.filter(account__in=conf.namesakes(account))
    if notice.order_id:
        return ours.filter(gateway_order_id=notice.order_id).first()
    # A refund or dispute made at the gateway may name its transaction alone.
    return ours.filter(transaction_id=notice.transaction_id).first() if notice.transaction_id else None


def _process(
    stored: WireMessage, notice: Notice, payment: Payment | None, channel: str, hand_over: HandOver | None
) -> Result:
    if notice.verdict is not Verdict.VERIFIED:
        return _unproven(stored, notice, payment, channel)
    if notice.also:
        return _several(stored, notice, channel, hand_over if payment is not None else None)
    if payment is not None and notice.dispute is not None:
        disputes.heard(payment, notice.dispute, source=channel)
        if payment.is_paid:
            return Result.ACCEPTED  # of a dispute nobody can be asked; of money that we do not know of, the gateway is
    elif payment is None or (notice.claim is None and notice.refund is None):
        return Result.UNKNOWN_ORDER
    if notice.claim is not None and not confirm.worth_asking(payment, notice.claim):
        return Result.ACCEPTED
    if _handed_over(stored, hand_over):
        return Result.QUEUED
    if notice.refund is not None:
        return _refund(payment, notice.refund, channel)
    return _ask(payment, channel, hint=notice.claim)


def _handed_over(stored: WireMessage, hand_over: HandOver | None) -> bool:
    if hand_over is None:
        return False
    journal.close(stored, http_status=ANSWERS[Result.QUEUED], processed=False)
    return hand_over(stored.pk)


def _several(stored: WireMessage, notice: Notice, channel: str, hand_over: HandOver | None) -> Result:
    """One message about several payments: each is asked about; if one cannot be, the gateway is to send them again."""
    named = confirm.named(notice, stored.account)
    open_questions = [(payment, claim) for payment, claim in named if confirm.worth_asking(payment, claim)]
    if open_questions and _handed_over(stored, hand_over):
        return Result.QUEUED
    results = {_ask(payment, channel, hint=claim) for payment, claim in open_questions}
    if Result.UNCONFIRMED in results:
        return Result.UNCONFIRMED
    return Result.ACCEPTED if named else Result.UNKNOWN_ORDER


def _refund(payment: Payment, said: RefundOutcome, channel: str) -> Result:
    """A signed word about a refund: what it says is asked for, what it brings beside (RRN, ARN) is kept."""
    try:
        refunds.heard(payment, said, source=channel)
    except GatewayError as error:
        log.warning("inbound.unconfirmed", order_id=payment.gateway_order_id, error=error.code)
        return Result.UNCONFIRMED
    return Result.ACCEPTED


def _unproven(stored: WireMessage, notice: Notice, payment: Payment | None, channel: str) -> Result:
    """A message that proves nothing changes nothing. From a browser it may still be the shopper coming back."""
    result = UNPROVEN.get(notice.verdict, Result.REJECTED)
    if result is not Result.UNCHECKED:  # that one comes again
        signals.callback_rejected.send_robust(sender=Payment, wire_message=stored, payment=payment)
    if channel == CALLBACK and payment is not None and payment.is_open and _may_still_ask(payment):
        _ask(payment, channel)
    return result


def _may_still_ask(payment: Payment) -> bool:
    """Paytm omits checksums in known cases, so we ask; a stranger who knows the order id gets a few tries only."""
    hour_ago = timezone.now() - timedelta(hours=1)
    unproven = payment.wire_messages.filter(
        direction=WireMessage.Direction.IN,
        created_at__gte=hour_ago,
        verdict__in=UNPROVEN_VERDICTS,
    )
    return unproven.count() <= conf.kit().unverified_asks


def _ask(payment: Payment, channel: str, *, hint: Outcome | None = None) -> Result:
    try:
        confirm.ask(payment, source=channel, hint=hint)
    except GatewayError as error:
        log.warning("inbound.unconfirmed", order_id=payment.gateway_order_id, error=error.code)
        return Result.UNCONFIRMED
    return Result.ACCEPTED
