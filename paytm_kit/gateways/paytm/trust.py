"""Which answers of Paytm's API are believed.

A signature that does not fit is never believed. A success or a pending must be signed. Failures may come unsigned:
Paytm's own SDKs expect no signature on them, and TLS has authenticated the host. An unsigned failure can at most mark
a payment as failed, which a later success undoes; it can never grant anything. (A refund's failure frees money:
``refunds`` believes an unsigned one only when it repeats the refund's id.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paytm_kit.gateways.base import Account, Unreachable, UntrustedResponse, Verdict
from paytm_kit.gateways.paytm import answers
from paytm_kit.gateways.paytm.envelope import Envelope
from paytm_kit.logs import EventLog

log = EventLog("paytm_kit.gateways.paytm")

SIGNED_WORDS = frozenset({"S", "TXN_SUCCESS", "PENDING"})  # as in Paytm's SDKs for Python, PHP and Java


@dataclass(frozen=True, slots=True)
class Result:
    """The ``resultInfo`` of an answer that passed."""

    word: str
    code: str
    message: str


def check(answer: Envelope, verdict: Verdict, account: Account, order_id: str) -> Result:
    """The answer's result. Raises UntrustedResponse, or Unreachable when the answer has no result at all."""
    if verdict is not Verdict.VERIFIED and verdict is not Verdict.UNSIGNED:
        raise UntrustedResponse(
            f"Paytm's answer for order {order_id} is signed with another key or was changed on its way. "
            "It was ignored; check the merchant key and ask again.",
            order_id=order_id,
        )
    info = answer.body.get("resultInfo")
    if not isinstance(info, dict):
        raise Unreachable(f"Paytm's answer for order {order_id} has no resultInfo. Ask again.", order_id=order_id)
    result = Result(*(answers.text(info.get(name)) for name in ("resultStatus", "resultCode", "resultMsg")))
    if verdict is Verdict.UNSIGNED and result.word in SIGNED_WORDS:
        _unsigned(account, order_id)
    same("orderId", answer.body, order_id, order_id)
    same("mid", answer.body, account.merchant_id, order_id)
    return result


def _unsigned(account: Account, order_id: str) -> None:
    if account.require_signed_responses:
        raise UntrustedResponse(
            f"Paytm's answer for order {order_id} is no failure but carries no signature. It was ignored. If Paytm "
            f'confirms that it does not sign for this MID, set REQUIRE_SIGNED_RESPONSES of account "{account.name}" '
            "to False.",
            order_id=order_id,
        )
    log.warning("paytm.unsigned.accepted", order_id=order_id, setting="REQUIRE_SIGNED_RESPONSES")


def same(name: str, body: Mapping[str, Any], ours: str, order_id: str) -> None:
    """Passes when the answer repeats our value or is silent about it. Raises UntrustedResponse."""
    theirs = body.get(name)
    if theirs not in (None, "") and str(theirs).lower() != "null" and theirs != ours:
        raise UntrustedResponse(
            f"Paytm's answer for order {order_id} speaks of another {name}. It was ignored; ask again.",
            order_id=order_id,
        )
