"""The verbs that every gateway has: what the kit asks of each, in the kit's own words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import BinaryIO, Protocol, runtime_checkable

from paytm_kit.gateways.base.accounts import Account
from paytm_kit.gateways.base.messages import InboundMessage, Notice
from paytm_kit.gateways.base.payments import Outcome, Redirect, StartRequest
from paytm_kit.gateways.base.refunds import RefundOutcome, RefundRequest
from paytm_kit.gateways.base.reports import BrokenEntry, ListedOrder, ListedRefund, SettlementEntry


@runtime_checkable
class Gateway(Protocol):
    """One gateway, for one account. Raises only GatewayError.

    ``reference`` is what ``start`` gave as ``Redirect.reference``; empty while the shopper was never sent there.
    """

    account: Account
    acknowledgement: str  # the text that its webhook must be answered with once taken in; empty: any will do
    page_lifetime: timedelta  # how long a shopper can pay with what ``start`` gave

    @property
    def host(self) -> str:
        """``scheme://host[:port]`` that this account speaks to, for diagnosis."""

    def unfit(self, amount: Decimal, currency: str) -> str:
        """Why this account cannot collect that, by the gateway's own rules; empty: it can. English, for logs."""

    def start(self, request: StartRequest) -> Redirect:
        """Make ready to collect and say where the shopper goes. Safe to repeat with the same request."""

    def status(self, order_id: str, reference: str = "") -> Outcome:
        """Ask the gateway what became of this order. Read-only, safe to repeat."""

    def collect(self, order_id: str, reference: str = "") -> Outcome:
        """Take the money that the shopper agreed to, after ``status`` said APPROVED. Safe to repeat: taken once."""

    def withdraw(self, order_id: str, reference: str = "") -> bool:
        """See to it that nobody can pay this any more. False: the gateway knows no such thing, it may still be paid.

        Raises Refused when it is too late: ask.
        """

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Send money back. One attempt only: after GatewayError it is unknown whether it began; ask refund_status."""

    def refund_status(self, order_id: str, refund_id: str, reference: str = "") -> RefundOutcome:
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
