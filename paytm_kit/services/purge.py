"""Removes what need not be kept for ever: wire messages, whose a payment was, what was counted. Money's facts stay.

Messages of a payment that is not finished stay. Those that were never dealt with go only when somebody says so (the
kind "unprocessed"). Events, amounts, ids, statuses, reasons and who decided are kept: they are the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.ledger import privacy, waiting
from paytm_kit.logs import EventLog
from paytm_kit.models import AttemptCount, EmailCode, Letter, PaymentVisit, RejectedSender, WireMessage
from paytm_kit.services import replay

log = EventLog("paytm_kit.purge")

BATCH = 500  # rows of one short transaction


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is purged: ``old`` rows, which of them are ``ripe``, and how these are removed.

    ``settings`` reads the group that ``setting`` belongs to.
    """

    setting: str
    what: str
    old: Callable[[datetime], QuerySet[Any]]
    ripe: Callable[[QuerySet[Any]], QuerySet[Any]]
    remove: Callable[[Sequence[int]], int]
    settings: Callable[[], Any] = conf.kit


OF_NONE_OPEN = Q(payment__isnull=True) | privacy.finished("payment__")
DEFAULT = ["messages", "customers", "letters", "attempts", "visits", "codes", "senders"]


def _delete_messages(pks: Sequence[int]) -> int:
    with waiting.bounded():
        return WireMessage.objects.filter(pk__in=pks).delete()[0]


def _forget_addresses(pks: Sequence[int]) -> int:
    return Letter.objects.filter(pk__in=pks).update(recipient="", note="")


KINDS = {
    "messages": Kind(
        setting="wire_retention_days",
        what="wire messages",
        old=lambda before: WireMessage.objects.filter(created_at__lt=before),
        ripe=lambda old: old.filter(OF_NONE_OPEN).exclude(replay.UNPROCESSED),
        remove=_delete_messages,
    ),
    "unprocessed": Kind(
        setting="wire_retention_days",
        what="wire messages that were never dealt with",
        old=lambda before: replay.unprocessed().filter(created_at__lt=before),
        ripe=lambda old: old.filter(OF_NONE_OPEN),
        remove=_delete_messages,
    ),
    "customers": Kind(
        setting="personal_data_retention_days",
        what="payments' personal data",
        old=lambda before: privacy.known().filter(created_at__lt=before),
        ripe=lambda old: old.filter(privacy.finished()),
        remove=privacy.forget,
    ),
    "letters": Kind(
        setting="personal_data_retention_days",
        what="letters' masked addresses",
        old=lambda before: Letter.objects.filter(created_at__lt=before).exclude(recipient="", note=""),
        ripe=lambda old: old.filter(privacy.finished("event__payment__")).exclude(state=Letter.State.WAITING),
        remove=_forget_addresses,
    ),
    "attempts": Kind(
        setting="risk_retention_days",
        what="counted attempts",
        old=lambda before: AttemptCount.objects.filter(until__lt=before),
        ripe=lambda old: old,
        remove=lambda pks: AttemptCount.objects.filter(pk__in=pks).delete()[0],
        settings=conf.risk,
    ),
    "visits": Kind(
        setting="risk_retention_days",
        what="visits (browsers and addresses as hashes)",
        old=lambda before: PaymentVisit.objects.filter(created_at__lt=before),
        ripe=lambda old: old,
        remove=lambda pks: PaymentVisit.objects.filter(pk__in=pks).delete()[0],
        settings=conf.risk,
    ),
    "codes": Kind(
        setting="risk_retention_days",
        what="one-time codes (as hashes)",
        old=lambda before: EmailCode.objects.filter(expires_at__lt=before),
        ripe=lambda old: old,
        remove=lambda pks: EmailCode.objects.filter(pk__in=pks).delete()[0],
        settings=conf.risk,
    ),
    "senders": Kind(
        setting="risk_retention_days",
        what="senders of invalid messages",
        old=lambda before: RejectedSender.objects.filter(last_at__lt=before),
        ripe=lambda old: old,
        remove=lambda pks: RejectedSender.objects.filter(pk__in=pks).delete()[0],
        settings=conf.risk,
    ),
}


def before(kind: str, older_than: timedelta | None = None) -> datetime | None:
    """The moment before which this kind is purged, by default from its setting; ``None``: it is kept for ever.

    Raises ConfigurationError.
    """
    if older_than is None:
        days = getattr(KINDS[kind].settings(), KINDS[kind].setting)
        if not days:
            return None
        older_than = timedelta(days=days)
    return timezone.now() - older_than


def counts(kind: str, moment: datetime) -> tuple[int, int]:
    """How many rows are older than this and may be removed, and how many have to stay for now."""
    old = KINDS[kind].old(moment)
    ripe = KINDS[kind].ripe(old).count()
    return ripe, old.count() - ripe


def run(kind: str, moment: datetime, *, stop: Event | None = None) -> Iterator[int]:
    """Removes what is older, in short transactions; yields how many each removed. Safe to stop and to repeat."""
    chosen = KINDS[kind]
    last, removed = 0, 0
    while stop is None or not stop.is_set():
        ripe = chosen.ripe(chosen.old(moment)).filter(pk__gt=last).order_by("pk")
        pks = list(ripe.values_list("pk", flat=True)[:BATCH])
        if not pks:
            break
        count = chosen.remove(pks)
        last, removed = pks[-1], removed + count
        yield count
    log.info("purge.done", kind=kind, removed=removed, before=moment.isoformat())
