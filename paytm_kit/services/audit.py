"""Writes down who did what: each act at the desk, each download, each command that changes something.

An entry is written after the act with what came of it, in a commit of its own where no transaction is open. What the
act itself wrote (events, refunds) names its actor too: a process killed in between leaves no act without a name.
"""

from __future__ import annotations

from urllib.parse import unquote

from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from paytm_kit.ledger import waiting
from paytm_kit.logs import EventLog, correlation_id
from paytm_kit.masking import one_line, safe_line
from paytm_kit.models import AuditEntry, Payment
from paytm_kit.services import journal

log = EventLog("paytm_kit.audit")

Result = AuditEntry.Result
DESK, COMMAND, API = "desk", "command", "api"


def record(
    request: HttpRequest,
    action: str,
    about: models.Model | None = None,
    *,
    count: int = 1,
    reason: str = "",
    result: str = Result.DONE,
    detail: str = "",
    channel: str = DESK,
) -> AuditEntry:
    """What the signed-in person of this request did.

    ``action``  a stable name: the object's word, a dot, a verb, such as ``payment.refund`` or ``payment.export``
    ``about``   the row that it was done to; none for an act on many at once
    ``count``   how many rows it was about
    ``detail``  what came of it, or for a download the filters in force; masked and cut to 1000 characters
    ``channel`` the desk, or the API
    Raises DatabaseError: a download should then not begin; of an act that was done, its doer must still hear.
    """
    entry = AuditEntry(
        actor=request.user.get_username()[:150],
        channel=channel,
        remote_ip=journal.client_address(request),
        action=action,
        count=count,
    )
    return _write(entry, about, reason=reason, result=result, detail=detail)


def by_command(
    actor: str,
    action: str,
    about: models.Model | None = None,
    *,
    count: int = 1,
    reason: str = "",
    result: str = Result.DONE,
    detail: str = "",
) -> AuditEntry:
    """What somebody did with a management command; ``actor`` is the operating system's name of them. As ``record``."""
    entry = AuditEntry(actor=actor[:150], channel=COMMAND, action=action, count=count)
    return _write(entry, about, reason=reason, result=result, detail=detail)


def _write(entry: AuditEntry, about: models.Model | None, *, reason: str, result: str, detail: str) -> AuditEntry:
    entry.payment = payment_of(about)
    if about is not None:
        entry.object_type = about._meta.model_name or ""
        entry.object_id = str(about.pk)[:64]
        entry.object_label = one_line(label_of(about), 200)
    entry.reason, entry.result = safe_line(reason), result
    entry.detail = safe_line(unquote(detail), 1000)  # what was searched for may be a contact, as an address spells it
    entry.correlation_id, entry.created_at = correlation_id(), timezone.now()
    facts = {"actor": entry.actor, "on": entry.object_label, "rows": entry.count, "result": entry.result}
    log.info(entry.action, **facts, ip=entry.remote_ip, reason=entry.reason)  # also where the database fails us next
    with waiting.bounded():
        entry.save()
    return entry


def of(about: models.Model, limit: int = 200) -> list[AuditEntry]:
    """What was done to one row, newest first."""
    name = about._meta.model_name or ""
    found = AuditEntry.objects.filter(object_label=label_of(about)[:200], object_type=name, object_id=str(about.pk))
    return list(found[:limit])


def payment_of(about: models.Model | None) -> Payment | None:
    """The payment that a row belongs to, if it belongs to one: its own, or its event's."""
    if about is None or isinstance(about, Payment):
        return about
    event = getattr(about, "event", None)
    return getattr(about, "payment", None) or getattr(event, "payment", None)


def label_of(about: models.Model) -> str:
    """What people call a row: the id that the gateway knows it by, where it has one."""
    for name in ("gateway_order_id", "refund_id", "dispute_id", "name"):
        if value := getattr(about, name, ""):
            return str(value)
    payment = payment_of(about)
    return payment.gateway_order_id if payment is not None else str(about)
