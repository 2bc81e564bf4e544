"""One-time codes by e-mail: sent to the order's address before paying, proved once, within ten minutes and five tries.

Kept as a keyed hash over payment, address and code: another address on the order needs another code. Each try is taken
by one statement before anything is compared, so that no number of processes gets a sixth. The letter is sent with no
transaction open; a mail server that fails leaves no code behind, and the next one may be asked for at once.
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare

from paytm_kit import conf, rendering
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.ledger import waiting
from paytm_kit.logs import EventLog
from paytm_kit.models import EmailCode, Payment
from paytm_kit.services import caller, letter_text, limits, risk

log = EventLog("paytm_kit.codes")

DIGITS = 6
MINUTES = 10
LIFE = timedelta(minutes=MINUTES)
TRIES = 5
PAUSE = timedelta(seconds=60)  # between two letters
LONGEST_INPUT = 64  # characters of what somebody typed that are looked at


class Sent(StrEnum):
    """What came of the wish for a code."""

    SENT = "sent"
    TOO_SOON = "too_soon"
    TOO_MANY = "too_many"
    FAILED = "failed"
    NO_ADDRESS = "no_address"


class Answer(StrEnum):
    """What came of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    NO_CODE = "no_code"  # what was typed is not six digits; not counted as a try
    OVER = "over"  # expired, used up, or never sent


def of(payment: Payment) -> EmailCode | None:
    """The payment's code, alive or not; ``None``: none was ever sent."""
    return EmailCode.objects.filter(payment=payment).first()


def is_alive(code: EmailCode | None) -> bool:
    """Whether the shopper may still type it."""
    return (
        code is not None
        and code.sent_at is not None
        and code.used_at is None
        and code.tries < TRIES
        and code.expires_at > timezone.now()
    )


def wait(code: EmailCode | None) -> int:
    """Seconds until the next one may be asked for; 0: now."""
    if code is None or code.sent_at is None:
        return 0
    return max(ceil((code.sent_at + PAUSE - timezone.now()).total_seconds()), 0)


def send(payment: Payment) -> Sent:
    """Makes a new code and sends it; an earlier one is void from then on. Call it outside transactions.

    Whoever asks twice at once gets one letter. Raises DatabaseError.
    """
    address = risk.email_of(payment)
    if not address:
        return Sent.NO_ADDRESS
    if wait(of(payment)):
        return Sent.TOO_SOON
    try:
        limits.take({"codes": caller.key("email", address.strip().lower())})
    except limits.TooMany:
        return Sent.TOO_MANY
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    now = timezone.now()
    if not _claim(payment, _hash(payment, address, code), now):
        return Sent.TOO_SOON
    try:
        _letter(payment, address, code).send()
    except Exception as error:  # noqa: BLE001 - mail backends and templates raise what they like
        # No traceback: its frames hold the code.
        log.error("code.not_sent", order_id=payment.gateway_order_id, error=type(error).__name__, why=error)
        EmailCode.objects.filter(payment=payment, sent_at=now).update(sent_at=None, expires_at=now, code_hash="")
        return Sent.FAILED
    log.info("code.sent", order_id=payment.gateway_order_id)
    return Sent.SENT


def _claim(payment: Payment, code_hash: str, now: datetime) -> bool:
    """Puts the new code in the place of the last one; ``False``: another process has just done so."""
    fresh = {"code_hash": code_hash, "tries": 0, "sent_at": now, "expires_at": now + LIFE, "used_at": None}
    free = Q(sent_at__isnull=True) | Q(sent_at__lte=now - PAUSE)
    with waiting.bounded():
        if EmailCode.objects.filter(free, payment=payment).update(**fresh):
            return True
        if EmailCode.objects.filter(payment=payment).exists():
            return False
        EmailCode.objects.bulk_create([EmailCode(payment=payment, **fresh)], ignore_conflicts=True)
    return EmailCode.objects.filter(payment=payment, code_hash=code_hash).exists()


def check(payment: Payment, typed: str) -> Answer:
    """One try. RIGHT settles what asked for a code, and the code is used up. Raises DatabaseError."""
    code = _digits(typed)
    if not code:
        return Answer.NO_CODE
    now = timezone.now()
    alive = EmailCode.objects.filter(
        payment=payment, sent_at__isnull=False, used_at__isnull=True, expires_at__gt=now, tries__lt=TRIES
    )
    with waiting.bounded():
        if not alive.update(tries=F("tries") + 1):
            return Answer.OVER
    wanted = EmailCode.objects.filter(payment=payment, used_at__isnull=True)
    known = wanted.values_list("code_hash", flat=True).first() or ""
    if not constant_time_compare(known, _hash(payment, risk.email_of(payment), code)):
        log.warning("code.wrong", order_id=payment.gateway_order_id)
        return Answer.WRONG
    if not wanted.filter(code_hash=known).update(used_at=now):
        return Answer.OVER  # the same code at the same moment, from another window
    risk.proved(payment)
    return Answer.RIGHT


def _hash(payment: Payment, address: str, code: str) -> str:
    return caller.key("code", f"{payment.pk}:{address.strip().lower()}:{code}")


def _digits(typed: str) -> str:
    """The six digits of what was typed, in any script, with any spaces or hyphens between them; else empty."""
    if len(typed) > LONGEST_INPUT:
        return ""
    bare = "".join(sign for sign in typed if not (sign.isspace() or sign in "-\u2010\u2011\u200b\ufeff"))
    if len(bare) != DIGITS or not bare.isdecimal():
        return ""
    return "".join(str(unicodedata.decimal(sign)) for sign in bare)


def _letter(payment: Payment, address: str, code: str) -> EmailMessage:
    """In the language of the order; of the page that the shopper is looking at, where the order says none."""
    context = {
        "payment": payment,
        "code": code,
        "minutes": MINUTES,
        "label": letter_text.label(payment),
        "shop": letter_text.shop(),
    }
    with translation.override(_language(payment)):
        subject = " ".join(rendering.text("paytm_kit/email/code_subject.txt", context).split())
        body = rendering.text("paytm_kit/email/code_body.txt", context)
    sender, timeout = _mail()
    connection = get_connection()
    if hasattr(connection, "timeout"):  # Django's SMTP waits for ever by default
        connection.timeout = timeout
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(subject, body.strip() + "\n", sender, [address], headers=headers, connection=connection)


def _language(payment: Payment) -> str | None:
    order: Any = payment.order
    try:
        return translation.get_supported_language_variant(str(order.payment_language() or ""))
    except LookupError:
        return translation.get_language()


def _mail() -> tuple[str | None, float]:
    """From whom, and how many seconds to wait for the mail server; with bad settings as Django and we do by default."""
    try:
        return conf.mail().email_from or None, conf.mail().email_timeout
    except ConfigurationError:
        return None, 5.0
