"""What is asked and answered about one payment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Flow(StrEnum):
    """How the shopper reaches the gateway's page."""

    HOSTED = "hosted"  # a token first, then a form to the gateway's own page
    JS = "js"  # the gateway's pop-up on our page; falls back to HOSTED
    LEGACY = "legacy"  # one signed form, no token


class State(StrEnum):
    """What a gateway says of a payment. Words that we do not know are UNKNOWN, which changes nothing."""

    SUCCESS = "success"
    FAILURE = "failure"
    PENDING = "pending"
    NOT_FOUND = "not_found"  # nobody has paid there (yet): the shopper may still be on its page
    APPROVED = "approved"  # the shopper agreed, and the gateway waits for us: no money moves before Gateway.collect
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a gateway's result code means: English texts marked for translation, translated where they are shown."""

    what: str  # happened, for the merchant
    todo: str  # by the merchant
    shopper: str  # plain and safe; empty when the shopper is told nothing


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays. ``id`` goes to the gateway as its customer id; ``email`` and ``mobile`` are optional comforts."""

    id: str
    email: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """A shop's empty column may be ``None``: that must not keep anybody from paying."""
        for name in ("email", "mobile"):
            object.__setattr__(self, name, getattr(self, name) or "")


@dataclass(frozen=True, slots=True)
class StartRequest:
    """All that a gateway needs to begin collecting. The same request again must lead to the same payment."""

    order_id: str  # the gateway order id, ours, unique: ^[A-Za-z0-9_-]{1,32}$
    amount: Decimal
    currency: str
    callback_url: str  # absolute; where the gateway's page posts what came of it, with the shopper's browser
    customer: Customer
    flow: Flow
    return_url: str = ""  # absolute, this payment's own: where gateways that send nothing lead the shopper back to
    reference: str = ""  # Redirect.reference, if this payment was handed out before
    begun_at: datetime | None = None  # the same at each repeat, as long as nothing was handed out


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where to send the shopper: an address to GET, or a form to POST; for Flow.JS what the pop-up needs as well."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)  # of a POST
    method: str = "POST"
    reference: str = ""  # the gateway's own name for what it made; at most 255 characters, kept with the payment
    script_url: str = ""  # Flow.JS: the gateway's loader
    is_new: bool = True  # False: the gateway knew this very request already, and its time runs since then
    script_config: Mapping[str, str] = field(default_factory=dict, repr=False)  # Flow.JS: order id, token, amount, mid


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gateway reports about one payment. Empty text or ``None`` means that it did not say."""

    order_id: str
    state: State
    merchant_id: str = ""
    amount: Decimal | None = None
    currency: str = ""
    transaction_id: str = ""
    code: str = ""
    message: str = ""  # the gateway's text: for logs and staff; shoppers read shopper_text
    shopper_text: str = ""  # safe, translatable English
    payment_mode: str = ""
    bank_name: str = ""
    gateway_name: str = ""
    network: str = ""  # of the card, such as RUPAY
    bank_transaction_id: str = ""
    transaction_at: datetime | None = None
    over: bool = False  # nobody can pay it any more, also if it was PENDING before
    given_back: Decimal = Decimal("0.00")  # rupees of this very money that went back already, or are on their way
