"""Letters: written once for each event and recipient, sent after the commit, tried again until they are out of date.

A letter is claimed (a lease on ``next_try_at``, one statement), sent with no transaction open, and marked. It goes out
at least once: a process that dies after the mail server took it and before the mark leaves it to be sent again, with
the same Message-ID, by which mail programs can tell the repeat. Nothing that goes wrong here reaches a payment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from paytm_kit import conf
from paytm_kit.conf import MailSettings
from paytm_kit.conf.tables import SHOPPER_KINDS
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.ledger import ladder
from paytm_kit.logs import EventLog
from paytm_kit.masking import safe_line
from paytm_kit.models import Letter, Payment, PaymentEvent
from paytm_kit.services import letter_text
from paytm_kit.services.letter_kinds import RULES

log = EventLog("paytm_kit.letters")
Audience = Letter.Audience
State = Letter.State

# Minutes until the next try, by tries so far; the last one repeats.
RETRY_MINUTES = (1, 5, 15, 60, 180, 360)
LEASE = timedelta(minutes=10)  # longer than one letter takes when each step waits for the longest time-out
REST = timedelta(minutes=1)  # after a mail server could not be talked to, for this process
RESENDS_A_DAY = 5  # of one payment

_rest_until: datetime | None = None


class CannotResend(Exception):
    """The letter is not sent again. ``str()`` says why, for staff, in their language."""


def write(event: PaymentEvent, kind: str) -> None:
    """Writes the letters about this event, each once however often it is called, to be sent after the commit.

    Asks nothing of the merchant's code and sends nothing itself: it runs in the announcement's transaction.
    """
    chosen = _chosen()
    if chosen is None:
        return
    to_shopper = kind in chosen.email_shopper_kinds
    to_merchant = kind in chosen.email_merchant_kinds and chosen.email_merchant
    audiences = (*((Audience.SHOPPER,) if to_shopper else ()), *((Audience.MERCHANT,) if to_merchant else ()))
    now = timezone.now()
    slots = {who: _slot(event, kind, who) for who in audiences}
    taken = set(
        Letter.objects.filter(slot__in=[slot for slot in slots.values() if slot]).values_list("slot", flat=True)
    )
    rows = [
        Letter(event=event, kind=kind, audience=who, slot=slot, created_at=now, next_try_at=now)
        for who, slot in slots.items()
        if slot not in taken
    ]
    Letter.objects.bulk_create(rows, ignore_conflicts=True)
    new = Letter.objects.waiting().filter(event=event, attempts=0).order_by("pk")
    _soon(list(new.values_list("pk", flat=True)), chosen)


def _slot(event: PaymentEvent, kind: str, audience: str) -> str | None:
    """What the one letter of this hour about the event's account is known by; ``None``: each event has its own."""
    if not RULES[kind].hourly:
        return None
    payment = event.payment
    hour = event.created_at.astimezone(UTC).strftime("%Y%m%d%H")
    return hashlib.sha256(f"{kind}|{audience}|{payment.environment}|{payment.account}|{hour}".encode()).hexdigest()


def due() -> QuerySet[Letter]:
    """Letters whose time has come, oldest first; none while e-mail is off."""
    if _chosen() is None:
        return Letter.objects.none()
    return Letter.objects.due(timezone.now()).order_by("next_try_at", "pk")


def unsent() -> QuerySet[Letter]:
    """Letters that were tried in vain, or that nobody tried; not those that are on their way just now."""
    if _chosen() is None:
        return Letter.objects.none()
    left_alone = Q(created_at__lt=timezone.now() - timedelta(minutes=1))
    return Letter.objects.waiting().filter(left_alone | ~Q(note=""))


def waiting_long() -> QuerySet[PaymentEvent]:
    """Payments that the bank has had in hand for EMAIL_PENDING_MINUTES: the event that says so, where unwritten about.

    Only what the gateway called pending: a shopper who left its page without paying waits for nothing. After 72 hours
    it is flagged, and a person's turn.
    """
    chosen = _chosen()
    if chosen is None or not chosen.email_pending_minutes:
        return PaymentEvent.objects.none()
    now = timezone.now()
    started = (now - ladder.RUNGS[-1], now - timedelta(minutes=chosen.email_pending_minutes))
    found = PaymentEvent.objects.filter(
        payment__status=Payment.Status.PROCESSING, payment__flags="", payment__started_at__range=started
    )
    # A payment may have several such events: the gateway said so again, then with its transaction.
    kind = PaymentEvent.Kind.PENDING
    written = Letter.objects.filter(event__payment=OuterRef("payment"), kind=Letter.Kind.PENDING)
    earlier = PaymentEvent.objects.filter(payment=OuterRef("payment"), kind=kind, pk__lt=OuterRef("pk"))
    waiting: QuerySet[PaymentEvent] = found.filter(~Exists(written), ~Exists(earlier), kind=kind)
    wanted = Letter.Kind.PENDING in (*chosen.email_shopper_kinds, *chosen.email_merchant_kinds)
    return waiting.select_related("payment").order_by("pk") if wanted else waiting.none()


def send(pk: int) -> str | None:
    """Sends one letter and returns its state afterwards; ``None`` when it is not to be sent now, or not by this worker.

    Call it outside transactions: it waits for the mail server. Raises DatabaseError when it cannot be marked; then it
    is sent again after the lease.
    """
    chosen = _chosen()
    if chosen is None or _resting():
        return None
    related = ("event__payment", "event__refund", "event__dispute")
    row = Letter.objects.due(timezone.now()).select_related(*related).filter(pk=pk).first()
    if row is None or not _claim(row):
        return None
    if _is_over(row, chosen):
        return _close(row, State.GIVEN_UP, row.note or "Its time was over before anybody could send it.")
    try:
        letter_text.compose(row, chosen).send()
    except letter_text.NotSent as error:
        return _close(row, State.SKIPPED, str(error))
    except Exception as error:  # noqa: BLE001 - mail backends, templates and the order's own code raise what they like
        return _failed(row, error)
    return _close(row, State.SENT)


def resend(payment: Payment, *, kind: str = Letter.Kind.PAID, actor: str) -> Letter:
    """Writes the newest letter of this kind to the shopper once more, and returns it; it is sent after the commit.

    ``actor`` is who asked for it. Raises CannotResend when there is nothing to say, when it is no longer true, when
    e-mail is off, and after five in 24 hours.
    """
    chosen = _chosen()
    if chosen is None:
        raise CannotResend(gettext("E-mail is switched off: see EMAIL in the settings."))
    if kind not in SHOPPER_KINDS:
        raise CannotResend(gettext("Shoppers are not written to about that."))
    event = payment.events.filter(kind__in=RULES[kind].events).select_related("payment", "refund").last()
    if event is None or RULES[kind].overtaken(event):
        raise CannotResend(gettext("There is nothing of that kind to write about, or it is no longer true."))
    now = timezone.now()
    again = Letter.objects.of(payment).filter(copy__gt=0, created_at__gt=now - timedelta(days=1))
    if again.count() >= RESENDS_A_DAY:
        raise CannotResend(gettext("It was sent again five times within 24 hours. Try again tomorrow."))
    copies = Letter.objects.filter(event=event, audience=Audience.SHOPPER).aggregate(most=Max("copy"))["most"] or 0
    letter = Letter(event=event, kind=kind, audience=Audience.SHOPPER, copy=copies + 1, actor=actor[:150])
    letter.created_at = letter.next_try_at = now
    try:
        with transaction.atomic():
            letter.save(force_insert=True)
    except IntegrityError as error:
        raise CannotResend(gettext("Somebody else is sending it again just now.")) from error
    log.info("letter.resend", order_id=payment.gateway_order_id, letter=letter.pk, kind=kind, actor=actor)
    _soon([letter.pk], chosen)
    return letter


def _chosen() -> MailSettings | None:
    """What is set about e-mail; ``None`` while it is off, or set up wrongly: a slip there must stop nothing else."""
    try:
        chosen = conf.mail()
    except ConfigurationError as error:
        log.error("letters.not_configured", error=str(error))
        return None
    return chosen if chosen.email else None


def _soon(pks: Sequence[int], chosen: MailSettings) -> None:
    if pks and chosen.email_at_once:
        transaction.on_commit(partial(_send_each, pks), robust=True)


def _send_each(pks: Sequence[int]) -> None:
    """Whoever waits for this asked for something else: whatever goes wrong is logged, and reconcile goes on."""
    for pk in pks:
        try:
            send(pk)
        except Exception as error:  # noqa: BLE001
            log.error("letter.not_marked", letter=pk, error=f"{type(error).__name__}: {error}")


def _claim(row: Letter) -> bool:
    """Takes the row as it was read: whoever moves its next try first has it, and nobody waits for anybody."""
    now = timezone.now()
    mine = Letter.objects.waiting().filter(pk=row.pk, next_try_at=row.next_try_at)
    row.next_try_at, row.attempts = now + LEASE, row.attempts + 1
    return bool(mine.update(next_try_at=row.next_try_at, attempts=row.attempts))


def _close(row: Letter, state: str, note: str = "") -> str:
    mine = Letter.objects.waiting().filter(pk=row.pk, next_try_at=row.next_try_at)
    values = {"state": state, "note": note, "recipient": row.recipient, "language": row.language}
    mine.update(**values, next_try_at=None, closed_at=timezone.now())
    write_log = log.error if state == State.GIVEN_UP else log.info
    write_log(f"letter.{state}", **_facts(row), why=note)
    return state


def _failed(row: Letter, error: Exception) -> str:
    global _rest_until
    why = safe_line(f"{type(error).__name__}: {error}")
    wait = RETRY_MINUTES[min(row.attempts, len(RETRY_MINUTES)) - 1]
    now = timezone.now()
    mine = Letter.objects.waiting().filter(pk=row.pk, next_try_at=row.next_try_at)
    mine.update(note=why, next_try_at=now + timedelta(minutes=wait))
    log.error("letter.failed", **_facts(row), attempts=row.attempts, error=why, retry_in_minutes=wait)
    if _is_down(error):
        _rest_until = now + REST
    return State.WAITING


def _facts(row: Letter) -> dict[str, Any]:
    return {
        "order_id": row.event.payment.gateway_order_id,
        "letter": row.pk,
        "kind": row.kind,
        "to": row.audience,
        "language": row.language,
    }


def _is_over(row: Letter, chosen: MailSettings) -> bool:
    return timezone.now() > row.created_at + timedelta(days=chosen.email_give_up_days)


def _resting() -> bool:
    """The mail server could not be talked to a moment ago: the next shopper need not wait for that as well."""
    return _rest_until is not None and timezone.now() < _rest_until


def _is_down(error: Exception) -> bool:
    """Whether the server is at fault, and not this one letter. (smtplib's own errors are OSErrors, too.)"""
    return isinstance(error, OSError) and not isinstance(
        error, (SMTPRecipientsRefused, SMTPDataError, SMTPSenderRefused)
    )
