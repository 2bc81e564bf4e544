"""What the kit asks of any payment gateway, in our own terms: no Django, no models, no gateway's words.

Everything above ``gateways/`` speaks these types only, so that nothing there knows which gateway it talks to.
Amounts are ``Decimal`` in the payment's currency (rupees, unless said otherwise) with two decimals, times are aware
``datetime``.
"""

from __future__ import annotations

from paytm_kit.gateways.base.accounts import Account, Fault
from paytm_kit.gateways.base.errors import (
    ConfigurationError,
    Conflict,
    GatewayError,
    Refused,
    Unreachable,
    UnreadableReport,
    Unsupported,
    UntrustedResponse,
)
from paytm_kit.gateways.base.messages import (
    DisputeClaim,
    DisputeState,
    Exchange,
    InboundMessage,
    Notice,
    Observer,
    Verdict,
)
from paytm_kit.gateways.base.payments import Customer, Flow, Meaning, Outcome, Redirect, StartRequest, State
from paytm_kit.gateways.base.protocol import Gateway
from paytm_kit.gateways.base.refunds import RefundOutcome, RefundRequest
from paytm_kit.gateways.base.reports import BrokenEntry, EntryKind, ListedOrder, ListedRefund, SettlementEntry
from paytm_kit.gateways.base.texts import gettext_noop

__all__ = [
    "Account",
    "BrokenEntry",
    "ConfigurationError",
    "Conflict",
    "Customer",
    "DisputeClaim",
    "DisputeState",
    "EntryKind",
    "Exchange",
    "Fault",
    "Flow",
    "Gateway",
    "GatewayError",
    "InboundMessage",
    "ListedOrder",
    "ListedRefund",
    "Meaning",
    "Notice",
    "Observer",
    "Outcome",
    "Redirect",
    "RefundOutcome",
    "RefundRequest",
    "Refused",
    "SettlementEntry",
    "StartRequest",
    "State",
    "Unreachable",
    "UnreadableReport",
    "Unsupported",
    "UntrustedResponse",
    "Verdict",
    "gettext_noop",
]
