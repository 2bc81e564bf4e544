"""What a person can do at the desk: acts with a right and a question, all carried out and written down in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.utils.translation import gettext

from paytm_kit.gateways.base import GatewayError
from paytm_kit.logs import EventLog
from paytm_kit.masking import safe_line
from paytm_kit.services import audit, busy

log = EventLog("paytm_kit.desk")

MOST = 50  # rows of one act: each may wait half a minute for the gateway, and a browser does not wait for ever
MOST_MESSAGES = 10


class Refused(Exception):
    """The act was not carried out. ``str()`` says why, for staff, in their language."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that people do to rows of one kind.

    ``name``      its part of the address; ``action`` names it in a list's menu
    ``audit``     its stable name in the audit log
    ``right``     the permission that it needs, besides the right to see the row; of another app with its name before
    ``label``     what its button says; ``explains`` what will happen, in a sentence or two
    ``do``        carries it out: called with row, actor and reason, it returns what came of it, in a sentence
    ``why_not``   why it makes no sense for this row; empty when it does
    ``refusals``  exceptions of ``do`` that say "no" in words for staff
    ``at_once``   for so many rows it is done without a second question: it moves nothing
    ``asks``      the gateway is asked: when the database fails after that, only its answer may be missing
    """

    name: str
    action: str
    audit: str
    right: str
    label: Any
    explains: Any
    do: Callable[[Any, str, str], str]
    why_not: Callable[[Any], str] = lambda row: ""
    refusals: tuple[type[Exception], ...] = ()
    at_once: int = 0
    needs_reason: bool = False
    asks: bool = False

    def allowed(self, request: HttpRequest) -> bool:
        right = self.right if "." in self.right else f"paytm_kit.{self.right}"
        return bool(request.user.has_perm(right))


def perform(request: HttpRequest, act: Act, row: Any, reason: str = "") -> tuple[str, str]:
    """Carries it out once and writes it down; the result, and a sentence for whoever asked."""
    refusals: tuple[type[Exception], ...] = (Refused, *act.refusals)
    try:
        why = act.why_not(row)
        result, said = (audit.Result.REFUSED, why) if why else (audit.Result.DONE, _do(request, act, row, reason))
    except refusals as error:
        result, said = audit.Result.REFUSED, str(error)
    except GatewayError as error:
        values = {"id": audit.label_of(row), "error": error}
        result, said = audit.Result.FAILED, gettext("%(id)s: the gateway could not be asked: %(error)s") % values
    except DatabaseError as error:
        result, said = audit.Result.FAILED, busy.told(error, audit.label_of(row), asked=act.asks)
    except Exception as error:  # noqa: BLE001 - one row's defect must not keep the others from being seen to
        log.error("desk.defect", exception=error, act=act.audit, on=audit.label_of(row))
        values = {"id": audit.label_of(row), "error": safe_line(f"{type(error).__name__}: {error}", 200)}
        result, said = audit.Result.FAILED, gettext("%(id)s: %(error)s. This is a defect: the log has more.") % values
    note(request, act.audit, row, reason=reason, result=result, detail=said)
    return result, said


def _do(request: HttpRequest, act: Act, row: Any, reason: str) -> str:
    return act.do(row, request.user.get_username(), reason)


def perform_all(request: HttpRequest, act: Act, rows: list[Any], reason: str = "") -> None:
    """Carries it out for each and says what came of it: row by row for a few, else in numbers."""
    outcomes = [perform(request, act, row, reason) for row in rows]
    went_well = [said for result, said in outcomes if result == audit.Result.DONE]
    if len(went_well) > MOST_MESSAGES:
        values = {"act": act.label, "count": len(went_well)}
        went_well = [gettext("%(act)s: done for %(count)d. The audit log has each of them.") % values]
    for said in went_well:
        messages.success(request, said)
    wrong = [said for result, said in outcomes if result != audit.Result.DONE]
    for said in wrong[:MOST_MESSAGES]:
        messages.error(request, said)
    if len(wrong) > MOST_MESSAGES:
        more = gettext("%(count)d more did not go well: the audit log says why.")
        messages.error(request, more % {"count": len(wrong) - MOST_MESSAGES})


def note(request: HttpRequest, action: str, about: Any, **said: Any) -> None:
    """Writes an act down that was done. When that fails, its doer still hears what came of the act, and that."""
    try:
        audit.record(request, action, about, **said)
    except DatabaseError as error:
        log.error("audit.not_written", action=action, error=f"{type(error).__name__}: {error}")
        text = gettext("What you did could not be written into the audit log: tell who runs the site.")
        messages.warning(request, text)


def deny(request: HttpRequest, action: str, about: Any = None) -> PermissionDenied:
    """For whoever tried what they may not do: raise it. The try is written down."""
    note(request, action, about, result=audit.Result.REFUSED, detail="No permission.")
    return PermissionDenied()
