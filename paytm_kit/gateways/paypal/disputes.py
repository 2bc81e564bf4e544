"""What PayPal's notices say of disputes. Only those words close one that say for whom it ended.

Source: PayPal, Customer Disputes v1 (dispute, status, dispute_outcome, transaction_info).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from paytm_kit.gateways import objects
from paytm_kit.gateways.base import DisputeClaim, DisputeState
from paytm_kit.gateways.paypal import fields
from paytm_kit.masking import safe_line

STATES = {
    "OPEN": DisputeState.OPEN,
    "WAITING_FOR_BUYER_RESPONSE": DisputeState.OPEN,
    "WAITING_FOR_SELLER_RESPONSE": DisputeState.OPEN,
    "UNDER_REVIEW": DisputeState.OPEN,
}
RESOLVED = "RESOLVED"
# Once resolved. RESOLVED_WITH_PAYOUT (PayPal paid one of the two), ACCEPTED, DENIED and NONE do not say who has the
# money: these end it, and a person says for whom.
OUTCOMES = {
    "RESOLVED_SELLER_FAVOUR": DisputeState.WON,
    "CANCELED_BY_BUYER": DisputeState.WON,
    "RESOLVED_BUYER_FAVOUR": DisputeState.LOST,
}

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def read(said: Mapping[str, Any]) -> DisputeClaim:
    """What a dispute says of itself. Total: what cannot be read is empty or ``None``."""
    about = next(iter(objects.rows(said, "disputed_transactions")), {})
    word = objects.text(said.get("status"))
    outcome = objects.text(objects.members(said, "dispute_outcome").get("outcome_code"))
    over = word == RESOLVED
    dispute_id = objects.text(said.get("dispute_id"))
    return DisputeClaim(
        order_id=objects.identifier(about.get("custom")) or objects.identifier(about.get("invoice_number")),
        dispute_id=dispute_id if _ID.fullmatch(dispute_id) else "",
        state=OUTCOMES.get(outcome, DisputeState.CLOSED) if over else STATES.get(word, DisputeState.UNKNOWN),
        word=safe_line(f"{word} {outcome}".strip() if over else word, 60),
        merchant_id=objects.identifier(objects.members(about, "seller").get("merchant_id")),
        amount=fields.amount(objects.members(said, "dispute_amount"))[0] or None,  # nothing is no amount
        transaction_id=objects.identifier(about.get("seller_transaction_id")),
        kind=safe_line(objects.text(said.get("dispute_life_cycle_stage")), 200),
        reason=safe_line(objects.text(said.get("reason")), 500),
        due_at=fields.moment(said.get("seller_response_due_date")),
    )
