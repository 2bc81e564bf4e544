"""What a gateway reports of a payment or refund when everything fits: amount, ids, and the usual code of each state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from paytm_kit.gateways.base import Outcome, RefundOutcome, State
from paytm_kit.gateways.paytm import codes
from paytm_kit.models import Payment, Refund
from paytm_kit.testing import invented

# The code that comes with a state when the test names none.
CODES = {State.SUCCESS: "01", State.FAILURE: "227", State.PENDING: "402", State.NOT_FOUND: "331", State.UNKNOWN: "501"}
REFUND_CODES = {State.SUCCESS: "10", State.FAILURE: "602", State.PENDING: "601", State.NOT_FOUND: "631"}


def outcome(payment: Payment, state: State | str) -> Outcome:
    """What Paytm would report about this payment: everything fits, in the usual code of this state."""
    state = State(state)
    if state in (State.NOT_FOUND, State.UNKNOWN):
        return known(Outcome(payment.gateway_order_id, state), codes.Family.STATUS)
    facts = invented.facts(payment)
    said = Outcome(
        order_id=payment.gateway_order_id,
        state=state,
        merchant_id=payment.merchant_id,
        amount=payment.amount,
        currency=payment.currency,
        transaction_id=facts["txn"],
        payment_mode="UPI",
        gateway_name="PPBLC",
        bank_transaction_id=facts["bank_txn"] if state is State.SUCCESS else "",
    )
    return known(said, codes.Family.STATUS)


def refund_outcome(refund: Refund, state: State | str) -> RefundOutcome:
    """What Paytm would report about this refund."""
    payment, facts = refund.payment, invented.facts(refund.payment)
    said = RefundOutcome(
        order_id=payment.gateway_order_id,
        refund_id=refund.refund_id,
        state=State(state),
        merchant_id=payment.merchant_id,
        amount=refund.amount,
        transaction_id=refund.transaction_id,
        gateway_refund_id=facts["refund"],
        rrn=facts["rrn"] if State(state) is State.SUCCESS else "",
    )
    return known(said, codes.Family.REFUND)


def known(said: Any, family: codes.Family) -> Any:
    """With the code of its state, and what the code tables say about it, unless it has words of its own."""
    refund = isinstance(said, RefundOutcome)
    code = said.code or (REFUND_CODES if refund else CODES).get(said.state, "")
    row = codes.find(code, family, codes.Family.PAYMENT, *sorted(codes.REFUND_FAMILIES))
    if row is None:
        return replace(said, code=code)
    return replace(said, code=code, message=said.message or row.meaning, shopper_text=said.shopper_text or row.shopper)
