"""Money back: request a refund, send it once, find out what became of it.

The refund is written before it is sent, under an id of its own that every question and every repeat uses. A sending
without a clear answer is never repeated on trust: the gateway is asked first, and only when it has never heard of the
refund is the same request sent again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from paytm_kit.gateways.base import (
    GatewayError,
    RefundOutcome,
    RefundRequest,
    Refused,
    State,
    Unreachable,
)
from paytm_kit.ledger import book as payments
from paytm_kit.ledger import refund_rules
from paytm_kit.ledger import refunds as ledger
from paytm_kit.ledger.refundable import left_of
from paytm_kit.ledger.refunds import NotRefundable
from paytm_kit.logs import EventLog
from paytm_kit.models import Flag, Payment, Refund
from paytm_kit.money import LARGEST, exact, plain
from paytm_kit.services import announce, confirm, journal

__all__ = ["NotRefundable", "ask", "follow", "heard", "held", "left", "request", "send"]

log = EventLog("paytm_kit.refunds")

KNOWN = (State.SUCCESS, State.PENDING, State.FAILURE)


class Unconfirmed(Unreachable):
    """The gateway's message speaks of a refund that its own answer does not know: its books may lag, so ask again."""

    code = "unconfirmed"


def request(
    payment: Payment,
    amount: Decimal | int | str | None = None,
    *,
    reason: str,
    actor: str = "",
    transaction_id: str = "",
    wait: bool = False,
    seen_left: Decimal | None = None,
) -> Refund:
    """Gives money of a payment back and returns the refund as it stands after the gateway's first answer.

    ``amount``          in the payment's currency, with no more decimals than it has, two at most; ``None``: all that
                        is left of the transaction
    ``reason``          why, for the books (needed); ``actor``: who asked
    ``transaction_id``  which capture, where there are several (the surplus of a double payment); else the payment's own
    ``seen_left``       what was left when a person decided: with another sum left now, nothing is done (double clicks)
    ``wait``            let the gateway ask the bank before it answers (Paytm's sync API)

    Inside a transaction it is written now and sent after the commit. An answer that does not come leaves it open:
    ``paytm_reconcile`` finds out. Raises NotRefundable when it cannot be; nothing was written or sent then.
    """
    if not reason.strip():
        raise NotRefundable(f"Payment {payment.gateway_order_id}: say why it is refunded.")
    refund = ledger.request(
        payment.pk,
        amount=None if amount is None else _amount(payment, amount),
        transaction_id=transaction_id,
        reason=reason.strip(),
        actor=actor,
        wait=wait,
        seen_left=seen_left,
    )
    transaction.on_commit(partial(_send_first, refund.pk))
    try:
        return Refund.objects.select_related("payment").get(pk=refund.pk)
    except DatabaseError as error:  # it is written, and may be sent
        log.error("refund.not_read", refund=refund.pk, error=f"{type(error).__name__}: {error}")
        return refund


def _send_first(refund_pk: int) -> None:
    """The refund is written: an error here would tell the caller that it is not, and make them ask for another."""
    try:
        send(refund_pk)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, reconcile goes on with what is written
        log.error("refund.not_noted", refund=refund_pk, exception=error, error=f"{type(error).__name__}: {error}")


def left(payment: Payment) -> dict[str, Decimal]:
    """What can still be refunded, in the payment's currency, by captured transaction."""
    return left_of(payment)


def held(payment: Payment) -> str:
    """Why no refund of this payment can begin now: its undecided disputes, in words for staff. Empty: none."""
    return ledger.undecided(payment)


def send(refund_pk: int, *, last_sent_at: datetime | None = None, source: str = "request") -> Refund:
    """Sends a refund whose request was never sent or never heard of. What the gateway leaves unsaid stays open.

    ``last_sent_at`` is the sending that the caller knows of (``None``: none): if there was another meanwhile, this is
    not sent. A no to a repeat fails nothing, since the first may be under way: only ``ask`` tells.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_pk)
    try:
        if not ledger.sending(refund.pk, last_sent_at):
            return refund
    except NotRefundable as error:
        return _unsendable(refund, error, source)
    payment = refund.payment
    wanted = RefundRequest(
        order_id=payment.gateway_order_id,
        transaction_id=refund.transaction_id,
        refund_id=refund.refund_id,
        amount=refund.amount,
        reason=refund.reason,
        wait=refund.wait,
        whole=refund.amount == payment.captured_amount,
        reference=payment.gateway_reference,
        currency=payment.currency,
    )
    try:
        outcome = journal.gateway_for(journal.account_of(payment)).refund(wanted)
    except Refused as error:  # it never left: a field that the gateway's own rules do not allow
        outcome = _refused(refund, str(error))
    except GatewayError as error:
        log.warning("refund.unknown", order_id=payment.gateway_order_id, refund_id=refund.refund_id, error=error.code)
        return _after(ledger.asked(refund.pk, source=source))
    if last_sent_at is not None and outcome.state is State.FAILURE:
        _after(ledger.repeat_refused(refund.pk, outcome, source=source))
        return _after(ledger.asked(refund.pk, source=source))
    return _overtaken(refund, outcome, source) or _applied(refund, outcome, source=source)


def _overtaken(refund: Refund, outcome: RefundOutcome, source: str) -> Refund | None:
    """A webhook may bring the refusal before "taken on" has arrived here: which of the two is later, only asking tells.

    Where that cannot be asked, "taken on" stands, which keeps the amount.
    """
    failed = Refund.objects.filter(pk=refund.pk, status=Refund.Status.FAILED)
    if outcome.state is not State.PENDING or not failed.exists():
        return None
    try:
        return ask(refund, source=source)
    except GatewayError:
        return None


def ask(refund: Refund, *, source: str, actor: str = "") -> Refund:
    """Asks the gateway what became of a refund; sends nothing. Raises GatewayError when no trustworthy answer came."""
    return _ask(refund, source=source, actor=actor)[0]


def _ask(refund: Refund, *, source: str, actor: str = "") -> tuple[Refund, State]:
    payment = refund.payment
    try:
        outcome = journal.gateway_for(journal.account_of(payment)).refund_status(
            payment.gateway_order_id, refund.refund_id, payment.gateway_reference
        )
    except GatewayError:
        _after(ledger.asked(refund.pk, source=source))
        raise
    return _applied(refund, outcome, source=source, actor=actor), outcome.state


def follow(refund: Refund, *, source: str) -> Refund:
    """What an open refund needs next: to be sent, if the gateway has never heard of it, else to be asked about."""
    if refund.sent_at is None:
        return send(refund.pk, source=source)
    after, state = _ask(refund, source=source)
    unheard = state is State.NOT_FOUND and not after.external
    if unheard and refund_rules.may_send_again(after.status, refund.sent_at, timezone.now()):
        return send(after.pk, last_sent_at=refund.sent_at, source=source)
    return after


def heard(payment: Payment, said: RefundOutcome, *, source: str) -> Refund | None:
    """A signed message speaks of a refund of this payment: the gateway is asked, and one not made here is recorded.

    ``None``: nothing was recorded, and a person has been told, since it cannot be asked about. Raises GatewayError
    when the gateway could not be asked, of these Unconfirmed when it does not know (yet) what the message speaks of.
    """
    refund = ledger.find(payment, said.refund_id)
    if refund is None:
        refund = _outside(payment, said, source)
        if refund is None:
            return None
    elif refund.status != Refund.Status.SUCCEEDED or said.state is State.FAILURE:  # Stripe, Failed refunds: weeks later
        refund = ask(refund, source=source)
    if said.rrn or said.arn:
        refund = _after(ledger.apply(refund.pk, replace(said, state=State.UNKNOWN), source=source))
    return refund


def _outside(payment: Payment, said: RefundOutcome, source: str) -> Refund | None:
    """A refund that was not made here, from the gateway's own answer."""
    why = "it has no reference by which it can be asked for"
    if said.refund_id:
        gateway = journal.gateway_for(journal.account_of(payment))
        try:
            outcome = gateway.refund_status(payment.gateway_order_id, said.refund_id, payment.gateway_reference)
        except Refused as error:
            why = str(error)
        else:
            if outcome.state not in KNOWN or outcome.amount is None:
                raise _unconfirmed(payment, outcome)
            if 0 < outcome.amount <= LARGEST:
                return _after(ledger.external(payment.pk, outcome, source=source))
            why = f"the gateway says that it is over {plain(outcome.amount, payment.currency)}"
    doubt(payment, said, source=source, why=why)
    return None


def _unconfirmed(payment: Payment, outcome: RefundOutcome) -> Unconfirmed:
    return Unconfirmed(
        f"A message speaks of refund {outcome.refund_id} of order {payment.gateway_order_id}; the gateway's own answer "
        f"({outcome.code}) does not, or not of how much. Ask again later.",
        order_id=payment.gateway_order_id,
        gateway_code=outcome.code,
    )


def doubt(payment: Payment, said: RefundOutcome, *, source: str, why: str) -> None:
    """Tells a person of a refund that was not made here and cannot be recorded, once for each.

    A payment that we think open has to be asked about before: what was given back had been taken.
    """
    if payment.is_open and confirm.ask(payment, source=source).is_open:
        log.warning("refund.of_open_payment", order_id=payment.gateway_order_id, source=source)
        return
    name = said.refund_id or said.gateway_refund_id
    message = f"The gateway speaks of refund {name}, which was not recorded: {why}. Look into its dashboard."
    flagged = payments.flag(payment.pk, Flag.REFUND_MISMATCH, source=source, message=message, about=f"refund {name}")
    announce.after_commit(flagged.announcement_ids)


def _applied(refund: Refund, outcome: RefundOutcome, *, source: str, actor: str = "") -> Refund:
    _after(ledger.apply(refund.pk, outcome, source=source, actor=actor))
    return _after(ledger.asked(refund.pk, source=source))


def _after(applied: ledger.Applied) -> Refund:
    announce.after_commit(applied.announcement_ids)
    return applied.refund


def _unsendable(refund: Refund, error: NotRefundable, source: str) -> Refund:
    """A dispute came between request and sending. Undecided, the refund waits; lost, one never sent is over."""
    log.warning("refund.held", order_id=refund.payment.gateway_order_id, refund_id=refund.refund_id, error=str(error))
    if refund.sent_at is None and not isinstance(error, ledger.Held):
        return _applied(refund, _refused(refund, str(error)), source=source)
    return _after(ledger.asked(refund.pk, source=source))


def _amount(payment: Payment, amount: Decimal | int | str) -> Decimal:
    try:
        return exact(amount, payment.currency)
    except ValueError as error:
        raise NotRefundable(f"Payment {payment.gateway_order_id}: the amount cannot be refunded: {error}") from error


def _refused(refund: Refund, why: str) -> RefundOutcome:
    return RefundOutcome(
        order_id=refund.payment.gateway_order_id, refund_id=refund.refund_id, state=State.FAILURE, message=why
    )
