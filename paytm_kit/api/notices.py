"""The plain JSON notice {order_id, status, transaction_id, payment_method}: a hint from a system that knows a secret.

Signed as Standard Webhooks say (the same scheme as of the kit's own webhooks, ``paytm_kit/outgoing/verify.py``), so
that it carries a time and an id. Even a genuine one changes nothing by itself: it makes us ask the gateway.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from paytm_kit import conf, signals
from paytm_kit.api.asked import NoticeIn
from paytm_kit.api.models import Initiation
from paytm_kit.api.problems import FieldError, Problem
from paytm_kit.gateways.base import ConfigurationError, InboundMessage, Notice, Outcome, State, Verdict
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment
from paytm_kit.outgoing import verify
from paytm_kit.services import confirm, floods, journal

log = EventLog("paytm_kit.api.notices")

CHANNEL = "notice"
STATES = {
    "success": State.SUCCESS,
    "paid": State.SUCCESS,
    "failed": State.FAILURE,
    "failure": State.FAILURE,
    "pending": State.PENDING,
}


def is_one(data: Any, headers: Any) -> bool:
    """Whether a body is meant as a plain notice: it bears our kind of signature, or names ``order_id``.

    No gateway's own format has that field at its top; those are JSON of other names, or forms.
    """
    return isinstance(data, dict) and (verify.SIGNATURE in headers or "order_id" in data)


def message_id(request: HttpRequest, body: bytes) -> str:
    """The id of a genuine notice. One that proves nothing is stored and counted as any other; raises Problem then."""
    why = _why_not(request, body)
    if not why:
        return request.headers[verify.ID]
    _reject(request, body, why)
    error = FieldError(verify.SIGNATURE, "invalid", why, "header")
    raise Problem("invalid_signature", f"{why} Nothing was changed.", errors=[error])


def _why_not(request: HttpRequest, body: bytes) -> str:
    settings = conf.api()
    secrets = [each for each in (settings.api_callback_secret, settings.api_previous_callback_secret) if each]
    if not secrets:
        return "Plain notices are not taken here: API_CALLBACK_SECRET is not set."
    try:
        verify.verify(body, request.headers, secrets, tolerance=settings.api_callback_tolerance)
    except verify.NotGenuine as error:
        return str(error)
    except ValueError as error:
        raise ConfigurationError(f"API_CALLBACK_SECRET (or its predecessor) cannot be used: {error}") from None
    return ""


def _reject(request: HttpRequest, body: bytes, why: str) -> None:
    if (noise := floods.noise(request)) is not None:
        floods.count_only(noise)
        return
    signed = verify.SIGNATURE in request.headers
    notice = Notice(Verdict.BAD_SIGNATURE if signed else Verdict.UNSIGNED, None, detail=why)
    stored = journal.record_inbound(request, _message(body), account="", channel=CHANNEL)
    journal.judge(stored, notice, None)
    journal.close(stored, http_status=400)
    floods.count_stored(request)
    signals.callback_rejected.send_robust(sender=Payment, wire_message=stored, payment=None)


def take(request: HttpRequest, body: bytes, data: dict[str, Any]) -> str:
    """Carries a genuine notice out, and says how it ended. Raises ValidationError, Problem and GatewayError."""
    read = NoticeIn(data=data)
    read.is_valid(raise_exception=True)
    given = read.validated_data
    payment = _payment_of(given["order_id"])
    account = payment.account if payment is not None else ""
    stored = journal.record_inbound(request, _message(body), account=account, channel=CHANNEL)
    order_id = payment.gateway_order_id if payment is not None else ""
    claim = Outcome(order_id, STATES[given["status"]], transaction_id=given.get("transaction_id", ""))
    journal.judge(stored, Notice(Verdict.VERIFIED, claim), payment)
    journal.close(stored, http_status=200)  # taken up again by whoever sent it: it is no gateway's, so replay cannot
    if payment is None:
        return "unknown_order"
    if confirm.worth_asking(payment, claim):
        confirm.ask(payment, source=CHANNEL)
    log.info("notice.taken", order_id=payment.gateway_order_id, claim=claim.state)
    return "accepted"


def _message(body: bytes) -> InboundMessage:
    return InboundMessage(body=body, content_type="application/json")


def _payment_of(order_id: str) -> Payment | None:
    """By the payment's own id, or the newest one of the order that was initiated under this name."""
    if found := Payment.objects.filter(gateway_order_id=order_id).first():
        return found
    rows = Initiation.objects.filter(order_id=order_id).select_related("payment").order_by("-payment_id")[:50]
    known = [row.payment for row in rows if row.order_id == order_id]  # MariaDB compares without case
    if len({(payment.content_type_id, payment.object_id) for payment in known}) > 1:
        message = "names several orders: send the payment's id instead"
        raise Problem("invalid_request", errors=[FieldError("order_id", "ambiguous", message)])
    return known[0] if known else None
