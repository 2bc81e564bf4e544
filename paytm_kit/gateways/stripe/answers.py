"""Stripe's objects read into our Outcome, RefundOutcome and errors. They come unsigned: TLS and our key vouch for them.

The secret key belongs to one account, so what it is told is about that account: MERCHANT_ID stands in our outcomes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from paytm_kit.gateways import objects, words
from paytm_kit.gateways.base import (
    Account,
    ConfigurationError,
    Conflict,
    GatewayError,
    Outcome,
    RefundOutcome,
    Refused,
    State,
    UntrustedResponse,
)
from paytm_kit.gateways.http import Unreadable
from paytm_kit.gateways.objects import members, text
from paytm_kit.gateways.stripe import codes, fields
from paytm_kit.masking import one_line, safe_line

NOTHING = Decimal("0.00")
REFUND_ID = re.compile(r"[A-Za-z0-9_-]{1,50}")

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,255}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was a JSON object; nobody signed it."""

    text: str = field(repr=False)

    def verdict(self, keys: tuple[str, ...]) -> None:
        return None


def opened(text: str) -> Answer:
    """Raises Unreadable for what is no JSON object, and for one that names a member twice."""
    objects.read(text)
    return Answer(text)


def refusal(status: int, body: str, order_id: str) -> GatewayError | None:
    """What an HTTP status outside 200 to 299 means. ``None``: nothing is known, ask again (409, 429, 5xx, no JSON).

    Source: docs.stripe.com/api/errors. Of 401 and 403 the message is left out: it repeats a part of the key.
    """
    try:
        error = members(objects.read(body), "error")
    except Unreadable:
        return None
    kind, code = text(error.get("type")), one_line(text(error.get("code") or error.get("type")), 64)
    if not error or status not in (400, 401, 402, 403, 404) or "rate_limit" in (kind, code):
        return None
    if status == 401:
        return ConfigurationError("Stripe does not know the key (401): correct MERCHANT_KEY.", gateway_code=code)
    if status == 403:
        todo = "a restricted key must be allowed to read and write Checkout Sessions, PaymentIntents and Refunds"
        return ConfigurationError(f"Stripe does not let this key do that (403): {todo}.", gateway_code=code)
    said = f"{code} {safe_line(text(error.get('message')))}".strip()
    if kind == "idempotency_error":
        return Conflict(f"Stripe knows this with other contents: {said}", order_id=order_id, gateway_code=code)
    return Refused(f"Stripe refused: {said}", order_id=order_id, gateway_code=code)


def session_of(said: Mapping[str, Any], order_id: str) -> Mapping[str, Any]:
    """The same, once it is known to be about this order. Raises UntrustedResponse."""
    if text(said.get("client_reference_id")) != order_id:
        raise UntrustedResponse("Stripe answered about another order.", order_id=order_id)
    return said


def outcome(page: Mapping[str, Any], account: Account, order_id: str) -> Outcome:
    """What became of the order. Raises UntrustedResponse when it is about another one."""
    session_of(page, order_id)
    intent = members(page, "payment_intent")
    charge = members(intent, "latest_charge")
    state = state_of(page, intent)
    received = state is State.SUCCESS
    source, units = (intent, intent.get("amount_received")) if received else (page, page.get("amount_total"))
    currency = text(source.get("currency")).upper()
    amount = fields.amount(units, currency)
    transaction = identifier(intent.get("id"))
    if received and (amount is None or not transaction):
        state = State.UNKNOWN
    code = _code(page, intent, state)
    return Outcome(
        order_id=order_id,
        state=state,
        merchant_id=account.merchant_id,
        amount=amount,
        currency=currency,
        transaction_id=transaction,
        code=code,
        message=safe_line(text(members(intent, "last_payment_error").get("message"))),
        shopper_text=codes.shopper_text("" if state is State.UNKNOWN else code, words.CONFIRMING),
        over=state is State.NOT_FOUND and text(page.get("status")) == "expired",
        given_back=fields.amount(charge.get("amount_refunded"), text(charge.get("currency")).upper()) or NOTHING,
        **_facts(intent, charge),
    )


def state_of(page: Mapping[str, Any], intent: Mapping[str, Any]) -> State:
    """What the page and its PaymentIntent say together; what is not in the table is UNKNOWN."""
    said = codes.SESSION.get((text(page.get("status")), text(page.get("payment_status"))), {})
    return said.get(text(intent.get("status")), State.UNKNOWN)


def _code(page: Mapping[str, Any], intent: Mapping[str, Any], state: State) -> str:
    """The bank's word where it failed, else the PaymentIntent's status, else the page's."""
    error = members(intent, "last_payment_error") if state is State.FAILURE else {}
    status = text(page.get("status"))
    if state is State.NOT_FOUND:
        return one_line(status, 64)
    words = (error.get("decline_code"), error.get("code"), intent.get("status"), status)
    return one_line(next(filter(None, map(text, words)), ""), 64)


def _facts(intent: Mapping[str, Any], charge: Mapping[str, Any]) -> dict[str, Any]:
    """How it was paid, as far as staff and receipts need it; of the card no digit."""
    details = members(charge, "payment_method_details")
    kind = text(details.get("type"))
    method = members(details, kind)
    return {
        "payment_mode": one_line(kind, 30),
        "bank_name": safe_line(text(method.get("bank_name") or method.get("bank") or method.get("issuer")), 100),
        "network": one_line(text(method.get("network") or method.get("brand")), 20).upper(),
        "bank_transaction_id": identifier(method.get("network_transaction_id"))[:64],
        "transaction_at": moment(charge.get("created") or intent.get("created")),
    }


def refund(row: Mapping[str, Any], account: Account, order_id: str, refund_id: str) -> RefundOutcome:
    """What one Refund object says."""
    currency = text(row.get("currency")).upper()
    state = codes.REFUND.get(text(row.get("status")), State.UNKNOWN)
    amount = fields.amount(row.get("amount"), currency)
    if state is State.SUCCESS and amount is None:
        state = State.UNKNOWN
    code = one_line(text(row.get("failure_reason") or row.get("pending_reason") or row.get("status")), 64)
    card = members(row, "destination_details", "card")
    is_arn = text(card.get("reference_type")) == "acquirer_reference_number"
    return RefundOutcome(
        order_id=order_id,
        refund_id=refund_id,
        state=state,
        merchant_id=account.merchant_id,
        amount=amount,
        transaction_id=reference(row.get("payment_intent")),
        gateway_refund_id=identifier(row.get("id"))[:64],
        code=code,
        shopper_text=codes.shopper_text(
            "" if state is State.UNKNOWN else code,
            codes.NOT_REFUNDED if state is State.FAILURE else words.REFUNDING,
            of_refund=True,
        ),
        arn=identifier(card.get("reference"))[:64] if is_arn else "",
    )


def refund_name(row: Mapping[str, Any]) -> str:
    """How a Refund is asked for: by the id that we gave it, or by Stripe's own where it was made in its dashboard."""
    for name in (text(members(row, "metadata").get("refund_id")), text(row.get("id"))):
        if REFUND_ID.fullmatch(name):
            return name
    return ""


def identifier(value: object) -> str:
    """An id as it may stand in a column and a log; empty for anything else."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""


def reference(value: object) -> str:
    """The id of an object that is named, or that comes expanded."""
    return identifier(value.get("id") if isinstance(value, dict) else value)


def moment(value: object) -> datetime | None:
    """Unix seconds; ``None`` for nothing and for what no payment of ours can be from."""
    seconds = fields.integer(value)
    if not seconds or seconds > 4_102_444_800:  # the year 2100
        return None
    return datetime.fromtimestamp(seconds, UTC)
