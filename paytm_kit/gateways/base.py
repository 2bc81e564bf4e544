"""What the kit asks of any payment gateway, in our own terms: no Django, no models, no gateway's words.

Everything above ``gateways/`` speaks these types only, so that nothing there knows which gateway it talks to.
Amounts are ``Decimal`` rupees with two decimals, times are aware ``datetime``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO, Protocol, runtime_checkable


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
class Meaning:
    """What a gateway's result code means: English texts marked for translation, translated where they are shown."""

    what: str  # happened, for the merchant
    todo: str  # by the merchant
    shopper: str  # plain and safe; empty when the shopper is told nothing


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
    settlement_signature: str = "fields"  # what signs a question for settlements: its "fields", or its JSON "text"

    @property
    def key(self) -> str:
        return self.keys[0]


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
    network: str = ""  # of the card, such as RUPAY
    bank_transaction_id: str = ""
    transaction_at: datetime | None = None
    given_back: Decimal = Decimal("0.00")  # rupees of this very money that went back already, or are on their way


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One refund. ``refund_id`` is ours and is used for nothing else, ever; ``amount`` is in rupees."""

    order_id: str  # the payment's gateway order id
    transaction_id: str  # the captured transaction that is given back
    refund_id: str  # ^[A-Za-z0-9_-]{1,50}$
    amount: Decimal
    reason: str = ""  # for the gateway's own record; cut to what it takes
    wait: bool = False  # let the gateway ask the bank before it answers, where it can
    whole: bool = False  # all that was captured goes back: some gateways ask for that in other words


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """What the gateway reports about one refund. Empty text or ``None`` means that it did not say.

    FAILURE is said only where it proves that no money moved and none will; everything doubtful is UNKNOWN.
    NOT_FOUND: the gateway knows no such refund, so the request may be made again with the same id.
    """

    order_id: str
    refund_id: str
    state: State
    merchant_id: str = ""
    amount: Decimal | None = None
    total_refunded: Decimal | None = None  # of the whole transaction, where the gateway says it
    transaction_id: str = ""
    gateway_refund_id: str = ""
    code: str = ""
    message: str = ""  # the gateway's text, for logs and staff
    shopper_text: str = ""  # safe, translatable English
    rrn: str = ""  # the bank's reference that the shopper can ask the bank for
    arn: str = ""  # the card network's
    credit_expected: date | None = None


class DisputeState(StrEnum):
    """What a gateway says of a dispute. Words that we do not know are UNKNOWN: they close nothing."""

    OPEN = "open"
    WON = "won"  # the money stays with the merchant
    LOST = "lost"  # the customer has it back
    CLOSED = "closed"  # over, without saying for whom
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DisputeClaim:
    """What a message says about one dispute. Empty text or ``None`` means that it did not say, or not readably."""

    order_id: str
    dispute_id: str
    state: DisputeState
    word: str = ""  # the gateway's own
    merchant_id: str = ""
    amount: Decimal | None = None
    transaction_id: str = ""
    kind: str = ""
    reason: str = ""  # for staff
    due_at: datetime | None = None  # until when the merchant can answer


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """One transaction in the gateway's list of orders: a reason to ask, never to be believed by itself."""

    order_id: str
    transaction_id: str
    amount: Decimal | None
    state: State
    at: datetime | None = None  # when the gateway first knew of it


@dataclass(frozen=True, slots=True)
class ListedRefund:
    """One refund in the gateway's list of refunds, wherever it was made: a reason to ask as well."""

    order_id: str
    refund_id: str  # the merchant's reference, such as RefundRequest.refund_id; empty: it has none
    gateway_refund_id: str
    amount: Decimal | None
    state: State  # of its acceptance: SUCCESS does not say that the money has arrived
    at: datetime | None = None


class EntryKind(StrEnum):
    """What a line of a settlement report is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    OTHER = "other"  # what no ledger of payments holds: loans, transfers, adjustments


@dataclass(frozen=True, slots=True)
class SettlementEntry:
    """One line of a gateway's settlement report. Rupees, signed as the merchant's bank account sees them.

    A refund of 100 that the gateway charges 2 for has gross -100, fee 2, net -102. Empty text or ``None``: not said.
    """

    number: int  # where it stands: the line of the file, counted from 1, or the place in the fetched list
    kind: EntryKind
    order_id: str
    transaction_id: str  # of the transaction, or the gateway's own id of the refund or chargeback
    gross: Decimal
    fee: Decimal
    tax: Decimal  # on the fee
    net: Decimal  # what was paid out for it
    merchant_id: str = ""
    word: str = ""  # the gateway's own word for its kind
    unsettled: str = ""  # the gateway's own word for its status, when that does not say that it was paid out
    utr: str = ""  # the bank's reference of the payout
    payout_id: str = ""
    transaction_at: datetime | None = None
    settled_on: date | None = None


@dataclass(frozen=True, slots=True)
class BrokenEntry:
    """A line that cannot be read. ``why`` is for staff and holds nothing of the line that could be personal."""

    number: int
    why: str


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
    claim: Outcome | None  # None when nothing could be read, and when it is about no payment
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)  # as it came: redact before storing
    detail: str = ""  # why the verdict is what it is, safe to log
    refund: RefundOutcome | None = None  # when it is about a refund: which one; its state is UNKNOWN, since we ask
    dispute: DisputeClaim | None = None  # when it is about a dispute; nobody can be asked about it
    also: tuple[Outcome, ...] = ()  # claims about further payments: some gateways send several at once

    @property
    def order_id(self) -> str:
        """The gateway order id that it speaks of, or nothing."""
        about = self.claim or self.refund or self.dispute
        return about.order_id if about else ""


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
    content_type: str = "application/json"  # of the request; answers are JSON


Observer = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What looks wrong about an account's settings before anything was sent: ``id`` such as E006 is for good."""

    id: str
    serious: bool  # it cannot work; otherwise it only looks wrong
    what: str
    todo: str


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


class UnreadableReport(GatewayError):
    """A file is no settlement report that we know, as a whole: no known header, not text. ``str()`` says what to do."""

    code = "unreadable_report"


class Unsupported(GatewayError):
    """This gateway cannot do that, or the kit does not know how to ask it. ``str()`` says which."""

    code = "unsupported"


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
    acknowledgement: str  # the text that its webhook must be answered with once taken in; empty: any will do

    @property
    def host(self) -> str:
        """``scheme://host[:port]`` that this account speaks to, for diagnosis."""

    def start(self, request: StartRequest) -> Redirect:
        """Make ready to collect and say where the shopper goes. Safe to repeat with the same request."""

    def status(self, order_id: str) -> Outcome:
        """Ask the gateway what became of this order. Read-only, safe to repeat."""

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Send money back. One attempt only: after GatewayError it is unknown whether it began; ask refund_status."""

    def refund_status(self, order_id: str, refund_id: str) -> RefundOutcome:
        """Ask the gateway what became of a refund. Read-only, safe to repeat."""

    def list_orders(self, since: datetime, until: datetime) -> Iterator[ListedOrder | BrokenEntry]:
        """Every transaction that the gateway has on its books for this time, as it is consumed. Read-only.

        One on an edge may come twice. A GatewayError may come after rows: the list is incomplete then.
        """

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[ListedRefund | BrokenEntry]:
        """Every refund that the gateway has on its books for this time; otherwise as ``list_orders``."""

    def settlement(self, day: date) -> Iterator[SettlementEntry | BrokenEntry]:
        """Ask the gateway what it paid out on this day (in its own time zone), line by line. Read-only.

        Nothing when nothing was paid out. A GatewayError may come after lines: the list is incomplete then.
        """

    def read_settlement(self, file: BinaryIO) -> Iterator[SettlementEntry | BrokenEntry]:
        """The lines of a settlement file, read as it is consumed. Raises UnreadableReport when it is none."""

    def read_notice(self, message: InboundMessage) -> Notice:
        """Parse and verify a callback or webhook. Total: garbage gives a MALFORMED notice, never an exception."""
