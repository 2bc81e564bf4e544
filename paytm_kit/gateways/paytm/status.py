"""v3/order/status: asks Paytm what became of an order. Its answer is the only one that may make a payment paid.

Source: Paytm docs, Transaction Status API.
"""

from __future__ import annotations

from dataclasses import replace

from paytm_kit.gateways.base import Account, Outcome, State, UntrustedResponse, Verdict
from paytm_kit.gateways.paytm import answers, codes, fields, trust
from paytm_kit.gateways.paytm.envelope import Envelope
from paytm_kit.logs import EventLog
from paytm_kit.masking import safe_line

log = EventLog("paytm_kit.gateways.paytm")


def body(account: Account, order_id: str) -> dict[str, str]:
    """The request's body. Raises Refused for an order id that cannot be one of ours."""
    return {
        "mid": fields.require_setting("MERCHANT_ID", account.merchant_id, fields.MID, account),
        "orderId": fields.require("orderId", order_id, fields.ORDER_ID, order_id),
    }


def read(answer: Envelope, verdict: Verdict, account: Account, order_id: str) -> Outcome:
    """The outcome. Raises UntrustedResponse; words and codes that we do not know give State.UNKNOWN and a warning.

    The currency stays empty: this API does not state it.
    """
    result = trust.check(answer, verdict, account, order_id)
    known = answers.flat(answer.body, answers.CAMEL)
    known |= {"word": result.word, "code": result.code, "message": result.message}
    reading = answers.read(known, codes.Family.STATUS, codes.Family.PAYMENT)
    outcome = reading.outcome
    if outcome.state is State.SUCCESS and reading.missing:
        raise UntrustedResponse(
            f"Paytm's answer for order {order_id} says success without a usable {', '.join(reading.missing)}. "
            "It was ignored; ask again.",
            order_id=order_id,
            gateway_code=outcome.code,
        )
    if outcome.state is State.UNKNOWN:
        log.warning(
            "paytm.status.unknown",
            order_id=order_id,
            word=reading.word,
            code=outcome.code,
            doubt=reading.doubt,
            action=reading.action,
        )
    network = safe_line(answers.text(answer.body.get("cardScheme")), 20)
    given_back = answers.amount(answers.text(answer.body.get("refundAmt"))) or outcome.given_back
    return replace(outcome, order_id=order_id, network=network, given_back=given_back)
