"""Takes up a stored message again: one that came before its payment, or whose processing was cut off.

What is stored is redacted, so its signature can no longer be checked: it only says which payment or refund to ask
about, and the gateway's own answer decides, as always. Of disputes nobody can be asked: there the signature must have
been found right when the message came.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from django.db import Error as DatabaseError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import GatewayError, InboundMessage, Notice, RefundOutcome, State
from paytm_kit.ledger import refunds as ledger
from paytm_kit.ledger import waiting
from paytm_kit.logs import EventLog, correlate
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import confirm, disputes, journal, refunds

log = EventLog("paytm_kit.replay")

PATIENCE = timedelta(minutes=1)  # it may still be in hand
GIVEN_UP_AFTER = timedelta(hours=72)  # by then the ladder has asked about every payment of ours
ABOUT_US = (WireMessage.Verdict.RECEIVED, WireMessage.Verdict.VERIFIED)
UNPROCESSED = Q(direction=WireMessage.Direction.IN, verdict__in=ABOUT_US, processed_at__isnull=True)


# What asks about a payment: ``confirm.ask``, or whoever stands before it.
Ask = Callable[..., Payment]


class CannotReplay(Exception):
    """The message says nothing that could be asked about. ``str()`` says why."""


def unprocessed() -> QuerySet[WireMessage]:
    """Messages received but never dealt with; forged ones are not among them."""
    return WireMessage.objects.filter(UNPROCESSED)


def due() -> QuerySet[WireMessage]:
    """Those that nobody has in hand any more and whose payment there is now, or that were never judged.

    What is about no payment of ours waits for it without being looked at. In no order: whichever cannot be dealt with
    for days must not stand before the others when a run has a limit.
    """
    now = timezone.now()
    ours = Payment.objects.filter(account=OuterRef("account"), gateway_order_id=OuterRef("gateway_order_id"))
    unjudged = Q(verdict=WireMessage.Verdict.RECEIVED, created_at__gt=now - GIVEN_UP_AFTER)
    return unprocessed().filter(unjudged | Exists(ours), created_at__lte=now - PATIENCE).order_by("?")


def take_up(pk: int) -> Payment | None:
    """For a worker: replays a stored message unless somebody has dealt with it meanwhile. Safe to run twice at once.

    Raises CannotReplay, and GatewayError when the gateway could not be asked: it then stays for a later try.
    """
    message = unprocessed().filter(pk=pk).first()
    if message is None:
        return None
    correlate(message.correlation_id)
    payment = replay(message, source=message.channel)
    log.info("inbound.taken_up", order_id=message.gateway_order_id, status=payment.status if payment else "")
    return payment


def finish(message: WireMessage, *, ask: Ask | None = None) -> Payment | None:
    """``replay`` for reconcile: the last try, after three days, ends the message whatever comes of it.

    By then the ladder has asked about every payment. Of a refund that nobody here knows, a person is told.
    """
    try:
        return replay(message, ask=ask)
    except Exception as error:
        busy = isinstance(error, DatabaseError) and waiting.gave_up(error)  # says nothing about the message
        if busy or timezone.now() < message.created_at + GIVEN_UP_AFTER:
            raise
        return _give_up(message, error)


def _give_up(message: WireMessage, error: Exception) -> Payment | None:
    ours = Payment.objects.filter(account=message.account, gateway_order_id=message.gateway_order_id).first()
    if ours is None:
        return None
    if message.verdict == WireMessage.Verdict.VERIFIED:
        _tell(ours, message, error)
    known = isinstance(error, (CannotReplay, GatewayError))
    why = f"{type(error).__name__}: {error}"
    log.error("inbound.given_up", exception=None if known else error, order_id=ours.gateway_order_id, error=why)
    journal.dealt_with(message, ours)
    return ours


def _tell(payment: Payment, message: WireMessage, error: Exception) -> None:
    """A person learns of the refund or dispute that a signed message spoke of and nobody could record."""
    try:
        notice = _read(message)[1]
    except (CannotReplay, GatewayError):
        return
    said, dispute = notice.refund, notice.dispute
    if said is not None and ledger.find(payment, said.refund_id) is None:
        refunds.doubt(payment, said, source="replay", why=str(error))
    if dispute is not None and not payment.disputes.filter(dispute_id=dispute.dispute_id).exists():
        disputes.doubt(payment, dispute, source="replay", why=str(error))


def replay(message: WireMessage, *, source: str = "replay", ask: Ask | None = None) -> Payment | None:
    """Asks about what the message speaks of. ``None``: we have no such payment (yet); the message stays as it is.

    Raises CannotReplay, and GatewayError when the gateway could not be asked.
    """
    payment, notice = _read(message)
    if payment is None:
        return None
    proven = message.verdict == WireMessage.Verdict.VERIFIED
    if notice.dispute is not None and not proven:
        raise CannotReplay(
            f"Message {message.pk} speaks of a dispute and was never found to be signed by the gateway. Nobody can be "
            "asked about a dispute: look into the gateway's dashboard."
        )
    _take_up(payment, notice, source, ask or confirm.ask, proven=proven)
    if notice.also:
        _take_up_others(message, payment, notice, source, ask or confirm.ask, proven=proven)
    journal.dealt_with(message, payment)
    payment.refresh_from_db()
    return payment


def _read(message: WireMessage) -> tuple[Payment | None, Notice]:
    """What the message says, and the payment that it speaks of if there is one. Raises CannotReplay."""
    if message.direction != WireMessage.Direction.IN:
        raise CannotReplay(f"Message {message.pk} was sent by us, not received.")
    notice = journal.gateway_for(conf.account(message.account)).read_notice(_as_it_came(message))
    # Where it names a transaction alone, intake has found the order.
    order_id = notice.order_id or message.gateway_order_id
    if not order_id:
        raise CannotReplay(f"Message {message.pk} names no order: {notice.detail}.")
    return _ours(message, order_id), notice


def _ours(message: WireMessage, order_id: str) -> Payment | None:
    names = conf.namesakes(message.account)
    return Payment.objects.filter(account__in=names, gateway_order_id=order_id).first()


def _take_up(payment: Payment, notice: Notice, source: str, ask: Ask, *, proven: bool) -> None:
    """What a message says counts only if its signature was right when it came; else no more than what to ask about."""
    if notice.dispute is not None:
        disputes.heard(payment, notice.dispute, source=source)
        if payment.is_paid:
            return
    said = notice.refund
    if said is not None and not proven:
        said = RefundOutcome(said.order_id, said.refund_id, State.UNKNOWN) if said.refund_id else None
    if said is not None:
        refunds.heard(payment, said, source=source)
        return
    claim = notice.claim if proven else None
    if claim is None or confirm.worth_asking(payment, claim):  # an earlier message may have settled it meanwhile
        ask(payment, source=source, hint=claim)


def _take_up_others(
    message: WireMessage, first: Payment, notice: Notice, source: str, ask: Ask, *, proven: bool
) -> None:
    for payment, claim in confirm.named(notice, message.account):
        if payment.pk != first.pk and (not proven or confirm.worth_asking(payment, claim)):
            ask(payment, source=source, hint=claim if proven else None)


def _as_it_came(message: WireMessage) -> InboundMessage:
    """The stored text in the form of its content type; forms are stored as a JSON object of their fields."""
    body = message.request_body
    if "json" not in message.content_type.lower():
        try:
            body = urlencode(json.loads(body))
        except (ValueError, TypeError):
            raise CannotReplay(f"Message {message.pk} was not readable when it came.") from None
    return InboundMessage(body.encode(), message.content_type)
