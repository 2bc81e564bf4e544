"""How a state looks at the desk: its own words with a shape before them, and a colour that says nothing by itself."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from paytm_kit.models import (
    Announcement,
    AuditEntry,
    Dispute,
    Flag,
    Letter,
    Payment,
    PaymentEvent,
    Refund,
    RiskDecision,
    SettlementLine,
    WireMessage,
)

Kind, Verdict = PaymentEvent.Kind, SettlementLine.Verdict
GOOD, WAIT, BAD, QUIET = "good", "wait", "bad", "quiet"  # classes pk-… of desk.css

# (shape, tone) by what kind of row it is and which state that is in.
LOOKS: dict[type, dict[str, tuple[str, str]]] = {
    Payment: {
        Payment.Status.CREATED: ("○", QUIET),
        Payment.Status.PROCESSING: ("◐", WAIT),
        Payment.Status.PAID: ("●", GOOD),
        Payment.Status.FAILED: ("✕", BAD),
        Payment.Status.EXPIRED: ("⌛", QUIET),
    },
    PaymentEvent: {
        **dict.fromkeys((Kind.OPENED, Kind.STARTED, Kind.SUPERSEDED, Kind.EXPIRED), ("○", QUIET)),
        **dict.fromkeys((Kind.PENDING, Kind.REFUND_REQUESTED, Kind.REFUND_PENDING), ("◐", WAIT)),
        **dict.fromkeys((Kind.DISPUTE_OPENED, Kind.DISPUTE_UPDATED), ("◐", WAIT)),
        **dict.fromkeys((Kind.CAPTURED, Kind.REFUND_SUCCEEDED, Kind.SETTLED, Kind.DISPUTE_WON), ("●", GOOD)),
        **dict.fromkeys((Kind.FAILED, Kind.NOT_STARTED, Kind.REFUND_FAILED, Kind.DISPUTE_LOST), ("✕", BAD)),
        **dict.fromkeys((Kind.CLOSED, Kind.FLAG_RESOLVED, Kind.DISPUTE_CLOSED), ("■", QUIET)),
        Kind.FLAGGED: ("⚑", WAIT),
    },
    Refund: {
        Refund.Status.REQUESTED: ("○", WAIT),
        Refund.Status.PENDING: ("◐", WAIT),
        Refund.Status.SUCCEEDED: ("●", GOOD),
        Refund.Status.FAILED: ("✕", BAD),
    },
    Dispute: {
        Dispute.Status.OPEN: ("◐", WAIT),
        Dispute.Status.UNKNOWN: ("?", WAIT),
        Dispute.Status.WON: ("●", GOOD),
        Dispute.Status.LOST: ("✕", BAD),
        Dispute.Status.CLOSED: ("■", QUIET),
    },
    WireMessage: {
        WireMessage.Verdict.RECEIVED: ("○", WAIT),
        WireMessage.Verdict.VERIFIED: ("●", GOOD),
        WireMessage.Verdict.BAD_SIGNATURE: ("✕", BAD),
        WireMessage.Verdict.UNSIGNED: ("?", WAIT),
        WireMessage.Verdict.UNCHECKED: ("?", WAIT),
        WireMessage.Verdict.MALFORMED: ("✕", BAD),
        WireMessage.Verdict.NO_ANSWER: ("⌛", WAIT),
    },
    Announcement: {
        Announcement.State.WAITING: ("◐", WAIT),
        Announcement.State.DELIVERED: ("●", GOOD),
    },
    AuditEntry: {
        AuditEntry.Result.DONE: ("●", GOOD),
        AuditEntry.Result.REFUSED: ("■", WAIT),
        AuditEntry.Result.FAILED: ("✕", BAD),
    },
    Letter: {
        Letter.State.WAITING: ("◐", WAIT),
        Letter.State.SENT: ("●", GOOD),
        Letter.State.SKIPPED: ("○", QUIET),
        Letter.State.GIVEN_UP: ("✕", BAD),
    },
    SettlementLine: {
        **dict.fromkeys(SettlementLine.FINE, ("●", GOOD)),
        **dict.fromkeys((Verdict.MISSING_HERE, Verdict.MISSING_THERE, Verdict.BROKEN), ("?", WAIT)),
        **dict.fromkeys((Verdict.AMOUNT, Verdict.STATUS, Verdict.FEES, Verdict.REPEATED), ("✕", BAD)),
    },
    RiskDecision: {
        RiskDecision.Action.FLAG: ("○", QUIET),
        RiskDecision.Action.VERIFY: ("◐", WAIT),
        RiskDecision.Action.HOLD: ("■", WAIT),
        RiskDecision.Action.REFUSE: ("✕", BAD),
    },
}

# A flag in one or two words, for lists; its sentence is the tip.
FLAGS: dict[str, Any] = {
    Flag.AMOUNT_MISMATCH: _("other amount"),
    Flag.CURRENCY_MISMATCH: _("other currency"),
    Flag.MERCHANT_MISMATCH: _("other merchant"),
    Flag.ORDER_MISMATCH: _("other order"),
    Flag.NOTICE_MISMATCH: _("contradiction"),
    Flag.TRANSACTION_CONFLICT: _("transaction taken"),
    Flag.DUPLICATE: _("paid twice"),
    Flag.LATE_SUCCESS: _("late success"),
    Flag.STUCK: _("stuck"),
    Flag.REFUND_MISMATCH: _("refund differs"),
    Flag.REFUND_LATE: _("late refund"),
    Flag.REFUND_STUCK: _("refund stuck"),
    Flag.OVER_REFUNDED: _("over-refunded"),
    Flag.DISPUTE_UNCLEAR: _("dispute unclear"),
}


def tone(kind: type, state: str) -> str:
    """The class, without ``pk-``, that colours a row of this kind in this state."""
    return LOOKS[kind].get(state, ("?", QUIET))[1]


def badge(kind: type, state: str, label: str) -> SafeString:
    """``● Paid``: the state of a row of this kind, in the words of ``label``."""
    shape, colour = LOOKS[kind].get(state, ("?", QUIET))
    return format_html('<span class="pk-badge pk-{}">{} {}</span>', colour, shape, label)


def flags(payment: Payment) -> SafeString | str:
    """A payment's open flags, each with its sentence as a tip; a dash where there is none."""
    words = [(FLAGS.get(word, word), Flag(word).label if word in Flag else word) for word in payment.flag_list]
    shown = ((tip, word) for word, tip in words)
    return format_html_join(" ", '<span class="pk-badge pk-wait" title="{}">⚑ {}</span>', shown) or "-"
