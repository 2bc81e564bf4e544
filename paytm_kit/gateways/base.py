"""What the kit asks of any payment gateway, in our own terms: no Django, no models, no gateway's words.

Everything above ``gateways/`` speaks these types only, so that nothing there knows which gateway it talks to.
Amounts are ``Decimal`` rupees with two decimals, times are aware ``datetime``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable


def gettext_noop(text: str) -> str:
    """Marks a shopper's text for translation; it is translated where it is shown, since nothing here knows Django."""
    return text


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
    NOT_FOUND = "not_found"  # the gateway has no such order (yet): the shopper may still be on its page
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Account:
    """One set of credentials at one gateway. ``repr`` never shows a key."""

    name: str
    gateway: str
    environment: str  # "production", "staging" or "simulator"
    merchant_id: str
    keys: tuple[str, ...] = field(repr=False)  # the first signs, every one verifies (rotation)
    website: str = "WEBSTAGING"
    industry_type: str = "Retail"
    channel: str = "WEB"
    host: str = ""  # scheme://host[:port]; empty = the gateway's own host for the environment
    flow: Flow = Flow.HOSTED
    currency: str = "INR"
    connect_timeout: float = 5.0  # seconds
    read_timeout: float = 30.0  # seconds
    require_signed_responses: bool = True

    @property
    def key(self) -> str:
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays. ``id`` goes to the gateway as its customer id; ``email`` and ``mobile`` are optional comforts."""

    id: str
    email: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StartRequest:
    """All that a gateway needs to begin collecting. The same request again must lead to the same payment."""

    order_id: str  # the gateway order id, ours, unique: ^[A-Za-z0-9_-]{1,32}$
    amount: Decimal
    currency: str
    callback_url: str  # absolute; where the gateway sends the shopper back
    customer: Customer
    flow: Flow


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where to send the shopper: a form to post to the gateway, and for Flow.JS what the pop-up needs as well."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"
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
    bank_transaction_id: str = ""
    transaction_at: datetime | None = None


class Verdict(StrEnum):
    """What we found when we checked a message's signature."""

    VERIFIED = "verified"
    BAD_SIGNATURE = "bad_signature"
    UNSIGNED = "unsigned"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A callback or webhook as it came: the raw bytes and the content type, nothing parsed."""

    body: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a callback or webhook claims. Only a VERIFIED one came from the gateway, and even that is a hint."""

    verdict: Verdict
    claim: Outcome | None  # None when nothing could be read
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)  # as it came: redact before storing
    detail: str = ""  # why the verdict is what it is, safe to log


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP call that we made, handed to an observer. Unredacted: redact before storing or logging."""

    operation: str  # "initiate", "status", …
    order_id: str
    url: str
    request_body: str = field(repr=False)
    response_body: str = field(default="", repr=False)
    http_status: int | None = None  # None: no answer came
    verdict: Verdict | None = None  # of the answer's signature; None: no answer came or it was not checked
    error: str = ""
    elapsed_ms: int = 0
    attempt: int = 1


Observer = Callable[[Exchange], None]


class GatewayError(Exception):
    """Something between us and the gateway went wrong. ``str()`` is for logs; shoppers read ``user_message``.

    ``code``          stable short word, for logs and APIs
    ``retryable``     the same call may be made again as it is
    ``user_message``  safe English for the shopper
    """

    code = "gateway_error"
    retryable = False
    user_message = gettext_noop("The payment service is not available just now. Please try again in a few minutes.")

    def __init__(self, message: str, *, order_id: str = "", gateway_code: str = "") -> None:
        self.order_id = order_id
        self.gateway_code = gateway_code
        super().__init__(message)


class ConfigurationError(GatewayError):
    """The account is set up wrongly: key length, host, missing value. Nothing to retry until it is mended."""

    code = "configuration"


class Unreachable(GatewayError):
    """No usable answer: time-out, connection, 5xx, HTML, truncated JSON, or the gateway's own "unknown".

    The call may have taken effect. It is neither a failure nor a success: ask again.
    """

    code = "unreachable"
    retryable = True


class UntrustedResponse(GatewayError):
    """An answer came that we must not believe: unsigned, wrongly signed, doubled keys, another order's."""

    code = "untrusted_response"
    retryable = True


class Refused(GatewayError):
    """The gateway understood and said no."""

    code = "refused"
    user_message = gettext_noop("The payment could not be started. You have not been charged.")


class Conflict(Refused):
    """The gateway knows this order id with other contents. A new payment is needed."""

    code = "conflict"


@runtime_checkable
class Gateway(Protocol):
    """One gateway, for one account. Raises only GatewayError."""

    account: Account

    @property
    def host(self) -> str:
        """``scheme://host[:port]`` that this account speaks to, for diagnosis."""

    def start(self, request: StartRequest) -> Redirect:
        """Make ready to collect and say where the shopper goes. Safe to repeat with the same request."""

    def status(self, order_id: str) -> Outcome:
        """Ask the gateway what became of this order. Read-only, safe to repeat."""

    def read_notice(self, message: InboundMessage) -> Notice:
        """Parse and verify a callback or webhook. Total: garbage gives a MALFORMED notice, never an exception."""
