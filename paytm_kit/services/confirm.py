"""Asks the gateway what became of a payment and brings the answer into the ledger: the one way to paid."""

from __future__ import annotations

from dataclasses import replace

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError, GatewayError, Outcome, State
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
    account = conf.account(payment.account)
    if (account.environment, account.merchant_id) != (payment.environment, payment.merchant_id):
        raise ConfigurationError(
            f"Payment {payment.gateway_order_id} was started as {payment.environment} {payment.merchant_id}, "
            f'but account "{account.name}" is now {account.environment} {account.merchant_id}. An answer from another '
            "environment proves nothing: restore the account or give the new credentials a new name.",
            order_id=payment.gateway_order_id,
        )
    try:
        outcome = journal.gateway_for(account).status(payment.gateway_order_id)
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
    return book.asked(payment.pk, soon=over or Flag.NOTICE_MISMATCH in words)
