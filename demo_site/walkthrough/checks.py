"""Each check that a message meets, and the verdict that the kit gave: read from its rows, judged by nobody else.

The first five are met by the message itself. The others are met by the gateway's own answer to our question, because
a message is only a hint: the kit compares what could pay, not what was claimed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from paytm_kit.models import Flag, Payment, PaymentEvent, WireMessage

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
Verdict = WireMessage.Verdict

NAMES: dict[str, str | Promise] = {
    "stored": _("Stored, before anybody thinks about it"),
    "parsed": _("Readable: one clear form or JSON text"),
    "repeated": _("No field comes twice"),
    "signature": _("Signature"),
    "known": _("An order that we know"),
    "answer": _("An answer that can be trusted"),
    "order": _("The same order id"),
    "mid": _("The same merchant (MID)"),
    "amount": _("The same amount"),
    "currency": _("The same currency"),
    "transaction": _("A transaction of its own"),
}
VERDICTS: dict[str, str | Promise] = {
    PASSED: _("passed"),
    FAILED: _("failed"),
    SKIPPED: _("not reached"),
}
FLAGS = {
    "order": Flag.ORDER_MISMATCH,
    "mid": Flag.MERCHANT_MISMATCH,
    "amount": Flag.AMOUNT_MISMATCH,
    "currency": Flag.CURRENCY_MISMATCH,
    "transaction": Flag.TRANSACTION_CONFLICT,
}


@dataclass(frozen=True, slots=True)
class Check:
    """``detail`` holds values and the kit's own words, in no language of the page's."""

    key: str
    verdict: str
    detail: str = ""

    @property
    def name(self) -> str | Promise:
        return NAMES[self.key]

    @property
    def verdict_name(self) -> str | Promise:
        return VERDICTS[self.verdict]


def of_message(message: WireMessage) -> list[Check]:
    """The checks that a callback or webhook met, in their order."""
    at = timezone.localtime(message.created_at)
    stored = Check("stored", PASSED, f"{message._meta.db_table} {message.pk}, {at:%H:%M:%S.%f}"[:-3])
    if message.verdict == Verdict.RECEIVED:
        return [stored, *_rest("parsed", "repeated", "signature", "known")]
    if message.verdict == Verdict.MALFORMED:
        twice = "comes twice" in message.detail
        parsed = Check("parsed", PASSED) if twice else Check("parsed", FAILED, message.detail)
        repeated = Check("repeated", FAILED, message.detail) if twice else Check("repeated", SKIPPED)
        return [stored, parsed, repeated, *_rest("signature", "known")]
    good = message.verdict == Verdict.VERIFIED
    return [
        stored,
        Check("parsed", PASSED, message.content_type),
        Check("repeated", PASSED),
        Check("signature", PASSED if good else FAILED, message.detail),
        Check("known", PASSED if message.payment_id else FAILED, message.gateway_order_id),
    ]


def of_answer(payment: Payment, message: WireMessage, currency: str = "") -> list[Check]:
    """The checks that the gateway's answer met. ``currency`` is what a signed message said: this answer names none."""
    trusted = message.verdict in (Verdict.VERIFIED, Verdict.UNSIGNED) and message.http_status == 200
    body = body_of(message.response_body)
    words = message.detail or str(message.get_verdict_display())
    answer = Check("answer", PASSED if trusted and not message.detail else FAILED, words)
    if answer.verdict == FAILED:
        return [answer, *_rest(*FLAGS)]
    theirs = {
        "order": (payment.gateway_order_id, body.get("orderId")),
        "mid": (payment.merchant_id, body.get("mid")),
        "amount": (str(payment.amount), body.get("txnAmount")),
        "currency": (payment.currency, currency),
        "transaction": (None, body.get("txnId")),
    }
    judged = _judged(payment, str(body.get("txnId") or ""))
    return [answer, *(_compared(key, ours, said, judged) for key, (ours, said) in theirs.items())]


def _judged(payment: Payment, transaction: str) -> set[str] | None:
    """The words with which the ledger flagged this transaction; ``None`` when it took no decision about it."""
    kinds = (PaymentEvent.Kind.CAPTURED, PaymentEvent.Kind.FLAGGED)
    about = payment.events.filter(transaction_id=transaction, kind__in=kinds) if transaction else ()
    found = [event.flag for event in about]
    return {flag for flag in found if flag} if found else None


def _compared(key: str, ours: str | None, theirs: Any, judged: set[str] | None) -> Check:
    detail = str(theirs or "-") if ours is None else f"{ours} = {theirs or '-'}"
    if judged is None:  # no money was said to have come, so there was nothing to compare
        return Check(key, SKIPPED, str(theirs or ""))
    if FLAGS[key] in judged:
        return Check(key, FAILED, detail.replace(" = ", " ≠ "))
    return Check(key, PASSED, detail)


def _rest(*keys: str) -> list[Check]:
    return [Check(key, SKIPPED) for key in keys]


def failing(checks: Iterable[Check]) -> Check | None:
    """The check that caught it: the first that failed."""
    return next((check for check in checks if check.verdict == FAILED), None)


def as_json(checks: Iterable[Check]) -> list[dict[str, str]]:
    return [asdict(check) for check in checks]


def body_of(text: str) -> dict[str, Any]:
    """The body of a stored answer; empty when there is none."""
    try:
        body = json.loads(text).get("body", {})
    except (ValueError, AttributeError):
        return {}
    return body if isinstance(body, dict) else {}
