"""A gateway's lists and settlement reports, line by line: reasons to ask, and what was paid out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from paytm_kit.gateways.base.payments import State


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
