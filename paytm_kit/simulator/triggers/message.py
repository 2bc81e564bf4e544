"""One message of Paytm's: a template filled with the facts of one payment, signed, and put on the wire. Pure.

Times are the real ones in India: no simulator and no simulated clock need to run where a trigger is sent from.
"""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from paytm_kit import checksum
from paytm_kit.simulator.triggers.registry import Trigger

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
CHECKSUM = "CHECKSUMHASH"
IST = timezone(timedelta(hours=5, minutes=30))
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

# What a template may ask for. ``facts`` has one value for each.
PLACEHOLDERS = {
    "order": "the order id",
    "amount": "the amount, with two decimals",
    "mid": "the merchant id",
    "customer": "a customer id",
    "txn": "Paytm's transaction id: 35 digits that begin with the day",
    "bank_txn": "the bank's transaction id",
    "ref": "the merchant's reference of a refund or notification",
    "refund": "Paytm's refund id",
    "rrn": "a retrieval reference number: 12 digits",
    "arn": "an acquirer reference number: 23 digits",
    "subs": "a subscription id",
    "dispute": "a dispute id: 35 digits that begin with the day",
    "now": "yyyy-MM-dd HH:mm:ss.S, Indian time",
    "minutes": "dd/MM/yyyy HH:mm, Indian time",
    "today": "yyyy-MM-dd",
    "later": "yyyy-MM-dd, in a week",
}


def facts(order_id: str, amount: str, mid: str, draw: random.Random, now: datetime) -> dict[str, str]:
    """One payment's values for every placeholder; whatever Paytm would invent is drawn."""

    def digits(count: int) -> str:
        return "".join(draw.choices(string.digits, k=count))

    local = now.astimezone(IST)
    return {
        "order": order_id,
        "amount": amount,
        "mid": mid,
        "customer": "CUST_TRIGGER",
        "txn": local.strftime("%Y%m%d") + digits(27),
        "bank_txn": digits(12),
        "ref": f"REF_{digits(10)}",
        "refund": local.strftime("%Y%m%d") + digits(27),
        "rrn": digits(12),
        "arn": "7" + digits(22),
        "subs": digits(9),
        "dispute": local.strftime("%Y%m%d") + digits(27),
        "now": local.strftime("%Y-%m-%d %H:%M:%S.0"),
        "minutes": local.strftime("%d/%m/%Y %H:%M"),
        "today": local.strftime("%Y-%m-%d"),
        "later": (local + timedelta(days=7)).strftime("%Y-%m-%d"),
    }


def filled(template: Any, values: dict[str, str]) -> Any:
    """The template with every placeholder replaced. Raises KeyError for one that is not in PLACEHOLDERS."""
    if isinstance(template, str):
        return _PLACEHOLDER.sub(lambda match: values[match[1]], template)
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(item, values) for item in template]
    return template


def placeholders(template: Any) -> set[str]:
    """The names of the placeholders that a template asks for."""
    return set(_PLACEHOLDER.findall(json.dumps(template)))


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. ``signature`` is None when there is none; ``twice`` are form fields that come a second time."""

    trigger: Trigger
    fields: dict[str, Any]
    signature: str | None = None
    twice: tuple[tuple[str, str], ...] = ()
    spaced: bool = False  # JSON: written with other white space than was signed

    @property
    def is_form(self) -> bool:
        return self.trigger.format == "form"

    @property
    def content_type(self) -> str:
        return FORM if self.is_form else JSON

    def pairs(self) -> Iterable[tuple[str, Any]]:
        """The fields in the order in which they are sent, and then the signature, which JSON has in its head."""
        yield from self.fields.items()
        yield from self.twice
        if self.signature is not None:
            yield CHECKSUM if self.is_form else "signature", self.signature

    def text(self) -> str:
        """The JSON text of the body, as it is signed."""
        separators = (", ", ": ") if self.spaced else (",", ":")
        return json.dumps(self.fields, ensure_ascii=False, separators=separators)

    def body(self) -> bytes:
        """The bytes that are sent."""
        if self.is_form:
            return urlencode(list(self.pairs())).encode()
        head = {"version": "v1"} | ({} if self.signature is None else {"signature": self.signature})
        return f'{{"head":{json.dumps(head, separators=(",", ":"))},"body":{self.text()}}}'.encode()


def signed(message: Message, key: str, draw: random.Random) -> str:
    """The signature that belongs to the message as it stands. The same draw gives the same one."""
    salt = "".join(draw.choices(string.ascii_letters + string.digits, k=4))
    return checksum.sign(message.fields if message.is_form else message.text(), key, salt=salt)
