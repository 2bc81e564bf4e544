"""refund/apply and v2/refund/status: sending money back, and asking what became of it.

The refund id is ours and stands for one refund for ever: it is stored before the first call, and the same call with
it may be made again only after Paytm has said that it knows no such refund. An answer that does not prove that the
money stayed is UNKNOWN, never a failure. Sources: Paytm docs, Refund API; Refund Sync API; Refund Status API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from paytm_kit import money
from paytm_kit.gateways.base import (
    Account,
    RefundOutcome,
    RefundRequest,
    Refused,
    State,
    UntrustedResponse,
    Verdict,
)
from paytm_kit.gateways.paytm import answers, codes, fields, trust
from paytm_kit.gateways.paytm.envelope import Envelope
from paytm_kit.logs import EventLog
from paytm_kit.masking import safe_line

log = EventLog("paytm_kit.gateways.paytm")

LONGEST_COMMENT = 50  # characters; a newer page allows 500, every edition allows these
RECORD_NOT_FOUND = "631"
UNPROVEN = "neither signed nor clearly about this refund"

_UNSAFE = re.compile(r"[^A-Za-z0-9 .,:;/_-]+", re.ASCII)


def body(account: Account, request: RefundRequest) -> dict[str, str]:
    """The request's body. Raises Refused naming the field; nothing was sent then."""
    order_id = request.order_id
    try:
        amount = money.rupees(request.amount)
    except ValueError as error:
        raise Refused(f"refundAmount of order {order_id} was not sent: {error}", order_id=order_id) from error
    sent = {
        **_about(account, order_id, request.refund_id, fields.REFUND_ID),
        "txnId": fields.require("txnId", request.transaction_id, fields.TRANSACTION_ID, order_id),
        "txnType": "REFUND",
        "refundAmount": fields.require("refundAmount", f"{amount:.2f}", fields.REFUND_AMOUNT, order_id),
    }
    comment = _UNSAFE.sub(" ", request.reason).strip()[:LONGEST_COMMENT]
    return sent | ({"comments": comment} if comment else {})


def question(account: Account, order_id: str, refund_id: str) -> dict[str, str]:
    """The body that asks what became of a refund, also of one not made here. Raises Refused for ids that cannot be."""
    return _about(account, order_id, refund_id, fields.ANY_REFUND_ID)


def _about(account: Account, order_id: str, refund_id: str, rule: fields.Rule) -> dict[str, str]:
    return {
        "mid": fields.require_setting("MERCHANT_ID", account.merchant_id, fields.MID, account),
        "orderId": fields.require("orderId", order_id, fields.ANY_ORDER_ID, order_id),
        "refId": fields.require("refId", refund_id, rule, order_id),
    }


Read = Callable[[Envelope, Verdict, Account, str], RefundOutcome]


def reader(family: codes.Family, refund_id: str) -> Read:
    """What reads an answer about this refund. It raises UntrustedResponse, also for another refund's answer."""

    def read(answer: Envelope, verdict: Verdict, account: Account, order_id: str) -> RefundOutcome:
        result = trust.check(answer, verdict, account, order_id)
        trust.same("refId", answer.body, refund_id, order_id)
        # The status page of 2023 lists 631 as a failure, its later reading as no record: it is the latter.
        word = "NO_RECORD_FOUND" if result.code == RECORD_NOT_FOUND else result.word
        judgement = codes.judge(word, result.code, family)
        if _proves_nothing(judgement.state, verdict, answer.body, refund_id):
            judgement = replace(judgement, state=State.UNKNOWN, shopper=codes.REFUNDING, doubt=UNPROVEN)
        outcome = _outcome(answer.body, judgement, result, order_id, refund_id)
        if outcome.state is State.SUCCESS and outcome.amount is None:
            raise UntrustedResponse(
                f"Paytm's answer for refund {refund_id} of order {order_id} says success without an amount. "
                "It was ignored; ask again.",
                order_id=order_id,
                gateway_code=outcome.code,
            )
        if judgement.doubt:
            log.warning(
                "paytm.refund.unknown",
                order_id=order_id,
                refund_id=refund_id,
                word=result.word[:40],
                code=outcome.code,
                doubt=judgement.doubt,
                action=judgement.action,
            )
        return outcome

    return read


def _proves_nothing(state: State, verdict: Verdict, said: Mapping[str, Any], refund_id: str) -> bool:
    """Whether a no could be about anything: a failure frees money and "no such refund" sends again, so both must be
    signed or repeat the refund's id.
    """
    says_no = state in (State.FAILURE, State.NOT_FOUND)
    return says_no and verdict is not Verdict.VERIFIED and said.get("refId") != refund_id


def _outcome(
    said: Mapping[str, Any], judgement: codes.Judgement, result: trust.Result, order_id: str, refund_id: str
) -> RefundOutcome:
    def text(name: str) -> str:
        return answers.text(said.get(name))

    part = _first_part(said)
    return RefundOutcome(
        order_id=order_id,
        refund_id=refund_id,
        state=judgement.state,
        merchant_id=answers.identifier(text("mid")),
        amount=answers.amount(text("refundAmount")),
        total_refunded=answers.amount(text("totalRefundAmount")),
        transaction_id=answers.identifier(text("txnId")),
        gateway_refund_id=answers.identifier(text("refundId")),
        code=safe_line(result.code, 64),
        message=safe_line(result.message, 500),
        shopper_text=judgement.shopper,
        rrn=answers.identifier(part.get("rrn", "")),
        credit_expected=_day(part.get("userCreditExpectedDate", "")),
    )


def _first_part(said: Mapping[str, Any]) -> dict[str, str]:
    """The first of the ways by which the money goes back; several are a mixed payment's."""
    parts = said.get("refundDetailInfoList")
    first = parts[0] if isinstance(parts, list) and parts else {}
    return {name: answers.text(value) for name, value in first.items()} if isinstance(first, dict) else {}


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
