"""How each kind of row is told in a payment's story: a table of sources, to which a further entry adds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit import gateways
from paytm_kit.models import (
    Announcement,
    AuditEntry,
    Dispute,
    Letter,
    Payment,
    PaymentEvent,
    Refund,
    RiskDecision,
    WireMessage,
)
from paytm_kit.money import shown

BODY = 2000  # characters of a message that the story shows; its own page has the rest

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story. ``state`` is (kind of row, state, its words); empty texts are not shown.

    ``shopper`` is what the shopper was, or would have been, told; ``detail`` is for staff only.
    """

    at: datetime
    source: str
    row: Any
    title: str
    state: tuple[type, str, str]
    by: str = ""
    facts: Facts = ()
    detail: str = ""
    shopper: str = ""
    bodies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where entries come from: ``rows`` of a payment, each with a time in ``when``, and how one is told.

    ``right`` is the permission to see them. ``own_page``: each row has one at the desk.
    """

    name: str
    label: Any
    right: str
    when: str
    rows: Callable[[Payment], QuerySet[Any]]
    tell: Callable[[Any], Entry]
    own_page: bool = False


def moment(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "Y-m-d H:i:s") if at is not None else ""


def facts(*pairs: tuple[Any, object]) -> Facts:
    return tuple((str(label), str(value)) for label, value in pairs if value not in (None, ""))


_STATUS_WORDS = {
    "payment": dict(Payment.Status.choices),
    "refund": dict(Refund.Status.choices),
    "dispute": dict(Dispute.Status.choices),
}


def _event(row: PaymentEvent) -> Entry:
    of = "refund" if row.refund_id else "dispute" if row.dispute_id else "payment"
    words = _STATUS_WORDS[of]
    before, after = words.get(row.status_before, row.status_before), words.get(row.status_after, row.status_after)
    meaning = gateways.meaning(row.payment.gateway, row.code, of_refund=of == "refund") if of != "dispute" else None
    return Entry(
        at=row.created_at,
        source="events",
        row=row,
        title=row.get_flag_display() if row.flag else "",
        state=(PaymentEvent, row.kind, row.get_kind_display()),
        by=row.actor or row.source,
        facts=facts(
            (_("status"), f"{before} → {after}" if row.status_before != row.status_after and before else ""),
            (_("amount"), shown(row.amount, row.currency) if row.amount is not None else ""),
            (_("fee"), shown(row.fee_amount, row.currency) if row.fee_amount is not None else ""),
            (_("transaction"), row.transaction_id),
            (_("refund"), row.refund.refund_id if row.refund else ""),
            (_("dispute"), row.dispute.dispute_id if row.dispute else ""),
            (_("gateway code"), f"{row.code}: {gettext(meaning.what)}" if meaning else row.code),
        ),
        detail=row.message,
        shopper=gettext(meaning.shopper) if meaning and meaning.shopper and not row.flag else "",
    )


def _message(row: Any) -> Entry:
    bodies = ((_("request, redacted"), row.request_head), (_("response, redacted"), row.response_head))
    return Entry(
        at=row.created_at,
        source="wire",
        row=row,
        title=f"{row.get_direction_display()}: {row.channel}",
        state=(WireMessage, row.verdict, row.get_verdict_display()),
        facts=facts(
            (_("HTTP status"), row.http_status),
            (_("milliseconds"), row.elapsed_ms),
            (_("from"), row.remote_ip),
            (_("to"), row.url if row.direction == WireMessage.Direction.OUT else ""),
            (_("correlation id"), row.correlation_id),
        ),
        detail=row.detail,
        bodies=tuple((str(label), text) for label, text in bodies if text),
    )


def _announcement(row: Announcement) -> Entry:
    waiting = row.state == Announcement.State.WAITING
    return Entry(
        at=row.created_at,
        source="announcements",
        row=row,
        title=gettext("your code is told: %(signal)s") % {"signal": row.signal},
        state=(Announcement, row.state, row.get_state_display()),
        facts=facts(
            (_("delivered"), moment(row.delivered_at)),
            (_("attempts"), row.attempts if row.attempts > 1 or waiting else ""),
            (_("next try"), moment(row.next_try_at)),
        )
        if row.attempts or waiting
        else (),
        detail=row.last_error,
    )


def _audit(row: AuditEntry) -> Entry:
    return Entry(
        at=row.created_at,
        source="audit",
        row=row,
        title=row.action,
        state=(AuditEntry, row.result, row.get_result_display()),
        by=row.actor,
        facts=facts((_("from"), row.remote_ip), (_("reason"), row.reason)),
        detail=row.detail,
    )


def _letter(row: Letter) -> Entry:
    return Entry(
        at=row.created_at,
        source="letters",
        row=row,
        title=gettext("e-mail to the %(who)s: %(kind)s")
        % {"who": row.get_audience_display(), "kind": row.get_kind_display()},
        state=(Letter, row.state, row.get_state_display()),
        by=row.actor,
        facts=facts(
            (_("sent to, masked"), row.recipient),
            (_("language"), row.language),
            (_("attempts"), row.attempts if row.attempts > 1 else ""),
            (_("closed"), moment(row.closed_at)),
        ),
        detail=row.note,
    )


def _decision(row: RiskDecision) -> Entry:
    numbers = ((name, value) for name, value in sorted(row.numbers.items())) if isinstance(row.numbers, dict) else ()
    return Entry(
        at=row.created_at,
        source="risk",
        row=row,
        title=row.rule,
        state=(RiskDecision, row.action, row.get_action_display()),
        by=row.actor,
        facts=facts(
            *numbers,
            (_("outcome"), row.get_outcome_display() if row.outcome else ""),
            (_("what was found"), row.settled_reason),
        ),
        detail=gettext(row.reason) if row.reason else "",
        shopper=gettext(row.shopper_text) if row.shopper_text else "",
    )


def _wire_rows(payment: Payment) -> QuerySet[WireMessage]:
    heads = {"request_head": Left("request_body", BODY), "response_head": Left("response_body", BODY)}
    return payment.wire_messages.defer("request_body", "response_body").annotate(**heads)


def _event_rows(payment: Payment) -> QuerySet[PaymentEvent]:
    return payment.events.select_related("refund", "dispute")


# An app of the kit's that is installed adds its own.
SOURCES: list[Source] = [
    Source("wire", _("Messages"), "paytm_kit.view_wiremessage", "created_at", _wire_rows, _message, own_page=True),
    Source("events", _("Events"), "paytm_kit.view_paymentevent", "created_at", _event_rows, _event),
    Source(
        "announcements",
        _("Announcements"),
        "paytm_kit.view_announcement",
        "created_at",
        lambda payment: Announcement.objects.filter(event__payment=payment),
        _announcement,
        own_page=True,
    ),
    Source(
        "letters",
        _("E-mails"),
        "paytm_kit.view_letter",
        "created_at",
        lambda payment: Letter.objects.filter(event__payment=payment),
        _letter,
        own_page=True,
    ),
    Source(
        "risk",
        _("Risk"),
        "paytm_kit.view_riskdecision",
        "created_at",
        lambda payment: payment.risk_decisions.all(),
        _decision,
        own_page=True,
    ),
    Source(
        "audit",
        _("People"),
        "paytm_kit.view_auditentry",
        "created_at",
        lambda payment: payment.audit_entries.all(),
        _audit,
    ),
]
