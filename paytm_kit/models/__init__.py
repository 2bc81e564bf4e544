"""What the kit remembers: fields, constraints and indexes. The verbs that change money live in ``ledger``.

Constraints hold on SQLite, PostgreSQL and MariaDB alike: no conditional ones (MariaDB has none), and unique texts are
lower-case or digits (MariaDB compares without case). "Unique unless empty" is a nullable column: NULLs never collide.
"""

from paytm_kit.models.audit import AppendOnly, AuditEntry
from paytm_kit.models.disputes import Dispute, DisputeQuerySet
from paytm_kit.models.events import Announcement, PaymentEvent
from paytm_kit.models.guard import LedgerOnly, ledger_writes
from paytm_kit.models.letters import Letter, LetterQuerySet
from paytm_kit.models.payments import MONEY_FLAGS, Flag, Payment, PaymentQuerySet
from paytm_kit.models.refunds import Refund, RefundQuerySet
from paytm_kit.models.risk import AttemptCount, EmailCode, PaymentVisit, RejectedSender, RiskDecision
from paytm_kit.models.runs import ReconcileRun
from paytm_kit.models.settlements import Settlement, SettlementLine
from paytm_kit.models.wire import WireMessage

__all__ = [
    "MONEY_FLAGS",
    "Announcement",
    "AppendOnly",
    "AttemptCount",
    "AuditEntry",
    "Dispute",
    "DisputeQuerySet",
    "EmailCode",
    "Flag",
    "LedgerOnly",
    "Letter",
    "LetterQuerySet",
    "Payment",
    "PaymentEvent",
    "PaymentQuerySet",
    "PaymentVisit",
    "ReconcileRun",
    "Refund",
    "RefundQuerySet",
    "RejectedSender",
    "RiskDecision",
    "Settlement",
    "SettlementLine",
    "WireMessage",
    "ledger_writes",
]
