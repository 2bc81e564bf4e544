"""Every fault by its name: what it does, and the numbers it takes. Pure; docs, page and control plane read it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

REAL, SIMULATED = "real seconds", "simulated seconds"
TEN_YEARS = 315_360_000  # seconds


class Limit(Protocol):
    """What a value may be."""

    def refusal(self, value: Any) -> str:
        """Why the value cannot be used, or ""."""

    def words(self) -> str:
        """The limit in words, to follow "Must be"."""


class Between(NamedTuple):
    """A number, both ends included; ``whole`` takes no fractions."""

    least: float
    most: float
    unit: str
    whole: bool = False

    def refusal(self, value: Any) -> str:
        number = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
        return "" if number and self.least <= value <= self.most else f"Must be {self.words()}."

    def words(self) -> str:
        return f"{'a whole number of' if self.whole else ''} {self.unit}, {self.least:g} to {self.most:g}".strip()


class OneOf(NamedTuple):
    allowed: tuple[str, ...]

    def refusal(self, value: Any) -> str:
        return "" if value in self.allowed else f"Must be {self.words()}."

    def words(self) -> str:
        return f"one of {', '.join(self.allowed)}"


class Rupees(NamedTuple):
    """An amount as text, as it stands on the wire."""

    most: int = 1_000_000

    def refusal(self, value: Any) -> str:
        fits = isinstance(value, str) and re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,2})?", value, re.ASCII)
        return "" if fits and 0 < Decimal(value) <= self.most else f"Must be {self.words()}."

    def words(self) -> str:
        return f"rupees as text such as 1.00, above zero, at most {self.most}"


class Fault(NamedTuple):
    """``values``: each value's name and default; ``limits``: what each may be."""

    name: str
    does: str
    values: dict[str, Any] = {}
    limits: dict[str, Limit] = {}


def _fault(name: str, does: str, **values: tuple[Any, Limit]) -> Fault:
    defaults = {key: default for key, (default, _) in values.items()}
    return Fault(name, does, defaults, {key: limit for key, (_, limit) in values.items()})


ALL = (
    _fault("callback.lost", "the shopper's browser closes before it brings the callback"),
    _fault("callback.delayed", "the browser waits before it brings the callback", seconds=(3, Between(0, 30, REAL))),
    _fault("callback.duplicated", "the same callback comes more than once",
           copies=(2, Between(2, 50, "copies", whole=True))),
    _fault("callback.two-statuses", "a signed TXN_FAILURE comes first, then the true callback"),
    _fault("callback.before-initiate", "the payment is done and its callback comes before initiate has answered"),
    _fault("callback.unsigned", "CHECKSUMHASH is missing"),
    _fault("callback.wrong-signature", "CHECKSUMHASH belongs to other fields"),
    _fault("callback.null-values", 'empty fields hold the text "null"'),
    _fault("callback.respcode-1", "RESPCODE is 1 instead of 01"),
    _fault("callback.amount-changed", "TXNAMOUNT is another, signed anew", amount=("1.00", Rupees())),
    _fault("webhook.delayed", "the webhook leaves late, in simulated time",
           seconds=(60, Between(0, TEN_YEARS, SIMULATED))),
    _fault("webhook.duplicated", "the same webhook comes many times",
           copies=(50, Between(2, 200, "copies", whole=True))),
    _fault("webhook.out-of-order", "a webhook that says PENDING comes after the final one"),
    _fault("webhook.never", "no webhook is sent"),
    _fault("webhook.json", "the payment webhook is a JSON event"),
    _fault("webhook.form", "the payment webhook is a form, whatever the merchant chose"),
    _fault("status.error", "the status API answers with an HTTP error",
           status=(503, Between(500, 599, "HTTP status", whole=True))),
    _fault("status.slow", "the status API answers late, in real seconds", seconds=(5, Between(0, 60, REAL))),
    _fault("status.html", "the status API answers with an HTML page"),
    _fault("status.truncated", "the status API's answer ends in the middle"),
    _fault("status.stale", "the status API says PENDING although the payment is done, for some simulated time",
           seconds=(300, Between(1, TEN_YEARS, SIMULATED))),
    _fault("status.other-order", "the status API answers about another order, signed"),
    _fault("initiate.unknown", "initiate does its work and answers 900/U; repeated, it answers as usual"),
    _fault("initiate.inconsistent", "initiate answers 2023 to a new order id"),
    _fault("initiate.token-expired", "the token is expired when it arrives"),
    _fault("refund.pending-then-success", "a refund answers 601 and ends with 10"),
    _fault("refund.pending-then-failure", "a refund answers 601 and ends with 620"),
    _fault("refund.timeout", "a refund is accepted and the answer never comes"),
    _fault("connection.reset", "an API does its work and closes the connection without an answer",
           api=("status", OneOf(("initiate", "status", "refund")))),
)  # fmt: skip

BY_NAME = {fault.name: fault for fault in ALL}
