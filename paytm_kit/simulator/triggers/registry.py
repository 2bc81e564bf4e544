"""Which triggers there are and what each file says. A file that is not named here does not exist; a test compares both.

A file holds ``about`` (a sentence), ``to`` ("callback" or "webhook"), ``format`` ("form" or "json"), ``signed``,
``source`` (where the fields come from) and ``fields``: the form or the JSON body, with ``{placeholders}``.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

NAMES = (
    "success", "upi-success", "card-success", "netbanking-success", "wallet-success", "failure", "pending", "cancelled",
    "early-failure", "early-failure-website",
    "webhook-success", "webhook-failure", "webhook-pending",
    "webhook-success-json", "webhook-failure-json", "webhook-pending-json",
    "refund-accepted", "refund-rejected", "refund-success", "refund-arn",
    "subscription-active", "subscription-suspended", "subscription-cancelled", "subscription-debit", "pre-notify",
    "link-payment", "dispute", "downtime",
)  # fmt: skip


class UnknownName(LookupError):
    """No trigger or tamper has this name. ``str()`` suggests the nearest."""


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    about: str
    to: str  # "callback": what a shopper's browser brings; "webhook": what Paytm's server sends
    format: str  # "form" or "json"
    signed: bool
    source: str
    fields: dict[str, Any]


@cache
def load(name: str) -> Trigger:
    """The trigger of this name. Raises UnknownName."""
    known(name, NAMES, "trigger")
    text = resources.files(__package__).joinpath(f"{name}.json").read_text("utf-8")
    return Trigger(name, **json.loads(text))


def known(name: str, names: Iterable[str], kind: str) -> str:
    """The name itself. Raises UnknownName."""
    names = list(names)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else "--list shows them all."
    raise UnknownName(f"There is no {kind} {name[:60]!r}. {hint}")
