"""The chargeback webhook: what Paytm says of a dispute. It comes as signed JSON and cannot be asked for.

The path of the Dispute Status API is not published, so the signed message is the only word there is. It is therefore
read from JSON alone, whose signature covers names as well as values: in a form, a shopper who holds a signed callback
could rename its fields. Source: Paytm docs, Chargeback webhook (sample of 2021) and Disputes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from paytm_kit.gateways.base import DisputeClaim, DisputeState
from paytm_kit.gateways.paytm import answers
from paytm_kit.masking import safe_line

# Only NEW is published. The others are our reading of plain words and unconfirmed; what is not here is UNKNOWN, which
# closes nothing. One merchant's code knows "Accept", the merchant's own answer: it decides nothing by itself.
WORDS = {
    "NEW": DisputeState.OPEN,
    "WON": DisputeState.WON,
    "LOST": DisputeState.LOST,
    "CLOSED": DisputeState.CLOSED,
}

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read(fields: Mapping[str, str]) -> DisputeClaim:
    """What the message says, from the body's own members. Total: what cannot be read is empty or ``None``."""

    def text(name: str) -> str:
        return answers.text(fields.get(name, ""))

    word = text("disputeStatus")
    dispute_id, due = text("disputeId"), text("disputeDueDate")
    return DisputeClaim(
        order_id=answers.identifier(text("orderId")),
        dispute_id=dispute_id if _ID.fullmatch(dispute_id) else "",
        state=WORDS.get(word, DisputeState.UNKNOWN),
        word=safe_line(word, 60),
        merchant_id=answers.identifier(text("mid")),
        amount=answers.amount(text("disputeAmount")) or None,  # zero rupees are no amount
        transaction_id=answers.identifier(text("transactionId")),
        kind=safe_line(text("disputeType"), 200),
        reason=safe_line(text("message"), 500),
        # The published sample says the last second of a day; a bare day is read so, too.
        due_at=answers.moment(due) or answers.moment(f"{due} 23:59:59"),
    )
