"""Paytm's words for one payment, from the status API, a callback or a webhook, read into our Outcome.

Only the names in ``FIELDS`` are read: Paytm's form signature covers values but not names, so an unknown or renamed
field must never decide anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from paytm_kit.gateways.base import Outcome
from paytm_kit.gateways.paytm import codes
from paytm_kit.gateways.paytm.envelope import Unreadable
from paytm_kit.masking import one_line, safe_line

CAMEL, UPPER = 0, 1  # how the status API and JSON webhooks spell a field; how callbacks and form webhooks do
INDIA = timezone(timedelta(hours=5, minutes=30), "IST")
YEARS = range(2000, 2101)  # what is dated outside is no date of a payment, and no database need be able to keep it

# What we call it: (name in JSON, name in forms).
# Sources: Paytm docs, Transaction Status API and Payment Status; paytm-agent-skills 0.0.5 for JSON webhooks.
FIELDS = {
    "order_id": ("orderId", "ORDERID"),
    "merchant_id": ("mid", "MID"),
    "amount": ("txnAmount", "TXNAMOUNT"),
    "currency": ("currency", "CURRENCY"),
    "transaction_id": ("txnId", "TXNID"),
    "word": ("status", "STATUS"),
    "code": ("respCode", "RESPCODE"),
    "message": ("respMsg", "RESPMSG"),
    "payment_mode": ("paymentMode", "PAYMENTMODE"),
    "bank_name": ("bankName", "BANKNAME"),
    "gateway_name": ("gatewayName", "GATEWAYNAME"),
    "bank_transaction_id": ("bankTxnId", "BANKTXNID"),
    "date": ("txnDate", "TXNDATE"),
    "date_time": ("TXNDATETIME", "TXNDATETIME"),  # form webhooks, where TXNDATE has no time
}

_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
_IDENTIFIER = re.compile(r"[!-{}~]{1,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Reading:
    """An Outcome with what made us sure or unsure of it."""

    outcome: Outcome
    word: str
    doubt: str  # why the state is UNKNOWN, else empty
    action: str  # for the merchant
    missing: tuple[str, ...]  # facts without which a success cannot be believed


def text(value: Any) -> str:
    """A field as text. Paytm also writes an absent value as ``null`` or as the text "null", in any case."""
    return value if isinstance(value, str) and value.lower() != "null" else ""


def flat(fields: Mapping[str, Any], *spellings: int) -> dict[str, str]:
    """The known fields under our own names, in the given spellings: ``CAMEL``, ``UPPER`` or both.

    Raises Unreadable when two spellings of one field are there and differ.
    """
    found: dict[str, str] = {}
    for name, spelt in FIELDS.items():
        values = {text(fields[spelt[which]]) for which in spellings if spelt[which] in fields}
        if len(values) > 1:
            raise Unreadable(f"{spelt[CAMEL]} and {spelt[UPPER]} differ")
        found[name] = values.pop() if values else ""
    return found


def read(known: Mapping[str, str], *families: codes.Family) -> Reading:
    """One payment, from fields under our own names; codes are looked up in these families in turn."""
    judgement = codes.judge(known["word"], known["code"], *families)
    outcome = Outcome(
        order_id=identifier(known["order_id"]),
        state=judgement.state,
        merchant_id=identifier(known["merchant_id"]),
        amount=amount(known["amount"]),
        currency=currency(known["currency"]),
        transaction_id=identifier(known["transaction_id"]),
        code=_line(codes.normal(known["code"]), 64),
        message=_line(known["message"], 500),
        shopper_text=judgement.shopper,
        payment_mode=_line(known["payment_mode"], 30),
        bank_name=_line(known["bank_name"], 100),
        gateway_name=_line(known["gateway_name"], 30),
        bank_transaction_id=one_line(known["bank_transaction_id"], 64),
        transaction_at=moment(known["date_time"]) or moment(known["date"]),
    )
    needed = ("order_id", "merchant_id", "amount", "transaction_id")
    missing = tuple(name for name in needed if getattr(outcome, name) in ("", None))
    return Reading(
        outcome, word=_line(known["word"], 40), doubt=judgement.doubt, action=judgement.action, missing=missing
    )


def identifier(value: str) -> str:
    """An id as it came, or nothing: an id that was shortened or cleaned would be another id."""
    return value if _IDENTIFIER.fullmatch(value) else ""


def amount(value: str) -> Decimal | None:
    """Rupees with two decimals. ``1e2``, ``NaN``, ``-1``, ``1,000``, three decimals, other scripts' digits: None.

    One decimal or none is fine: Paytm's staging has sent ``5.0``.
    """
    return Decimal(value).quantize(Decimal("0.01")) if len(value) <= 16 and _AMOUNT.fullmatch(value) else None


def currency(value: str) -> str:
    """Three capitals, nothing when nothing is stated, and ``?`` for whatever is no currency, which never matches."""
    return value if _CURRENCY.fullmatch(value) else ("?" if value else "")


def moment(value: str) -> datetime | None:
    """``2031-01-02 10:11:12.0``, Indian time; anything else, such as a bare date or the year 1, is None."""
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    try:
        found = datetime.fromisoformat(match[1]).replace(tzinfo=INDIA)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _line(value: str, limit: int) -> str:
    return safe_line(value, limit)
