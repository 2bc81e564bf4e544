"""Deliveries: written once for each event and endpoint, sent after the commit, tried again on a ladder, logged.

As with letters: a row is written in the announcement's own transaction, then claimed (one statement that moves
``attempts``), sent with no transaction open, and marked. It goes out at least once: a process that dies after the
endpoint took it and before the mark leaves it to be sent again, with the same ``webhook-id`` and the same bytes.
Nothing that goes wrong here reaches a payment.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from paytm_kit import conf
from paytm_kit.conf.endpoints import Endpoint, OutgoingSettings
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.logs import EventLog
from paytm_kit.models import PaymentEvent
from paytm_kit.outgoing import addresses, bodies, wire
from paytm_kit.outgoing.models import Attempt, Delivery

log = EventLog("paytm_kit.outgoing")
State = Delivery.State

# Minutes until the next try, by tries that failed so far; the last one repeats. The first is at once.
RETRY_MINUTES = (1, 5, 30, 120, 480, 1440)
LATER = 0.1  # up to so much more of each wait, by chance, so that not all come back in the same second
LONGEST_WAIT = timedelta(days=1)  # that an endpoint's Retry-After can bring about
LEASE = timedelta(minutes=5)  # longer than one attempt takes with the longest time-out
REST = 60  # seconds without a try, for this process, after an endpoint gave no answer or had too much to do
GONE = 410
BUSY = (429, 502, 503, 504)

_rest_until: dict[str, float] = {}


class CannotDeliver(Exception):
    """It is not sent. ``str()`` says why, for staff, in their language."""


def write(event: PaymentEvent, signal: str) -> None:
    """Writes what the endpoints are told of this event, each once however often it is called, to go out after the
    commit.

    Asks nobody: it runs in the announcement's transaction. An endpoint whose settings are wrong is written for, too: it
    hears of it when they are mended.
    """
    chosen, kind = settings(), bodies.kind_of(signal)
    names = [name for name in chosen.outgoing_webhooks if _wants(name, kind)] if chosen else []
    if chosen is None or not names:
        return
    now, body = timezone.now(), bodies.of(event, kind)
    same = {"kind": kind, "message_id": bodies.message_id(event), "body": body}
    times = {"created_at": now, "opened_at": now, "next_try_at": now}
    rows = [Delivery(event=event, endpoint=name[:40], **same, **times) for name in names]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    new = Delivery.objects.waiting().filter(event=event, attempts=0).order_by("pk")
    if chosen.outgoing_at_once:
        transaction.on_commit(partial(_deliver_each, list(new.values_list("pk", "endpoint"))), robust=True)


def due() -> QuerySet[Delivery]:
    """Deliveries whose time has come, oldest first; of endpoints that cannot be sent to, only what is given up now."""
    chosen = settings()
    if chosen is None:
        return Delivery.objects.none()
    usable = [name for name in chosen.outgoing_webhooks if usable_endpoint(name)]
    now = timezone.now()
    takes = Q(endpoint__in=usable) | Q(opened_at__lt=now - _patience(chosen))
    return Delivery.objects.due(now).filter(takes).order_by("next_try_at", "pk")


def undelivered() -> QuerySet[Delivery]:
    """Deliveries that were tried in vain, or that nobody tried; not those that are on their way just now."""
    left_alone = Q(created_at__lt=timezone.now() - timedelta(minutes=1))
    return Delivery.objects.waiting().filter(left_alone | Q(rung__gt=0))


def deliver(pk: int) -> str | None:
    """Sends one delivery that is due and returns its state afterwards; ``None``: not now, or not by this worker.

    Call it outside transactions: it waits for the endpoint. Raises DatabaseError when it cannot be marked; then it is
    sent again after the lease.
    """
    chosen = settings()
    row = Delivery.objects.due(timezone.now()).select_related("event__payment").filter(pk=pk).first()
    if chosen is None or row is None:
        return None
    if timezone.now() > row.opened_at + _patience(chosen):
        return _close(row, State.GIVEN_UP, row.note or "Its time was over before anybody could send it.")
    endpoint = usable_endpoint(row.endpoint)
    if endpoint is None or _rests(row.endpoint):
        return None
    if row.kind not in endpoint.events:
        return _close(row, State.SKIPPED, "It is not among EVENTS of its endpoint any more.")
    attempt = _claim(row)
    return _attempt(row, attempt, endpoint, chosen) if attempt else None


def redeliver(row: Delivery, *, actor: str) -> Attempt:
    """Sends one now, whatever became of it before, and returns what came of that. If it fails, the ladder begins anew.

    ``actor`` is who asked for it. Raises CannotDeliver, and DatabaseError. Call it outside transactions.
    """
    chosen, endpoint = settings(), _asked_for(row.endpoint)
    if chosen is None:
        raise CannotDeliver(gettext("OUTGOING_WEBHOOKS cannot be read: manage.py check says why."))
    attempt = _claim(row, by_hand=True, actor=actor)
    if attempt is None:
        raise CannotDeliver(gettext("It is being sent just now. Look again in a minute."))
    log.info("outgoing.by_hand", **_facts(row), actor=actor)
    _attempt(row, attempt, endpoint, chosen)
    return attempt


def ping(name: str) -> wire.Answer:
    """Sends one endpoint a message of type ``ping``, which is not kept, and returns its answer.

    Raises CannotDeliver, and ConfigurationError.
    """
    identity, body = bodies.ping(name, timezone.now())
    return wire.post(_asked_for(name), identity, body.encode(), timeout=conf.outgoing().outgoing_timeout)


def settings() -> OutgoingSettings | None:
    """What is set about webhooks of ours; ``None`` where it cannot be read: a slip there must stop nothing else."""
    try:
        return conf.outgoing()
    except ConfigurationError as error:
        log.error("outgoing.not_configured", error=str(error))
        return None


def usable_endpoint(name: str) -> Endpoint | None:
    """The endpoint, if it is there, switched on, and nothing is wrong with its settings."""
    try:
        endpoint = conf.endpoint(name)
    except ConfigurationError:
        return None  # the checks say so
    return endpoint if endpoint.enabled and not any(addresses.faults(endpoint)) else None


def _asked_for(name: str) -> Endpoint:
    """The endpoint, for somebody who named it. Raises CannotDeliver."""
    try:
        endpoint = conf.endpoint(name)
    except ConfigurationError as error:
        raise CannotDeliver(str(error)) from None
    for fault in addresses.faults(endpoint):
        raise CannotDeliver(f"{fault.what} {fault.todo}")
    if not endpoint.enabled:
        raise CannotDeliver(gettext('Endpoint "%(name)s" is switched off (ENABLED).') % {"name": name})
    return endpoint


def _wants(name: str, kind: str) -> bool:
    try:
        endpoint = conf.endpoint(name)
    except ConfigurationError:
        return True  # what it wants is known when it is mended
    return endpoint.enabled and kind in endpoint.events


def _patience(chosen: OutgoingSettings) -> timedelta:
    return timedelta(days=chosen.outgoing_give_up_days)


def _deliver_each(rows: Sequence[tuple[int, str]]) -> None:
    """Whoever waits for this asked for something else: an endpoint in trouble is left to reconcile, and whatever goes
    wrong is logged.
    """
    for pk, endpoint in rows:
        try:
            if not Delivery.objects.waiting().filter(endpoint=endpoint, rung__gt=0).exists():
                deliver(pk)
        except Exception as error:  # noqa: BLE001
            log.error("outgoing.not_marked", delivery=pk, error=f"{type(error).__name__}: {error}")


def _claim(row: Delivery, *, by_hand: bool = False, actor: str = "") -> Attempt | None:
    """Takes the row as it was read: whoever moves ``attempts`` first has it, and nobody waits for anybody."""
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    mine = Delivery.objects.filter(free, pk=row.pk, attempts=row.attempts, state=row.state)
    changes = {"attempts": row.attempts + 1, "leased_until": now + LEASE, "next_try_at": now + LEASE}
    if by_hand:
        changes |= {"state": State.WAITING, "opened_at": now, "rung": 0, "closed_at": None, "note": ""}
    with transaction.atomic():
        if not mine.update(**changes):
            return None
        for name, value in changes.items():
            setattr(row, name, value)
        return Attempt.objects.create(delivery=row, number=row.attempts, actor=actor[:150], begun_at=now)


def _attempt(row: Delivery, attempt: Attempt, endpoint: Endpoint, chosen: OutgoingSettings) -> str:
    answer = wire.post(endpoint, row.message_id, row.body.encode(), timeout=chosen.outgoing_timeout)
    attempt.http_status, attempt.elapsed_ms = answer.http_status, answer.elapsed_ms
    attempt.error, attempt.answer = answer.error, answer.text
    if answer.http_status is None or answer.http_status in BUSY:
        _rest_until[row.endpoint] = time.monotonic() + REST
    else:
        _rest_until.pop(row.endpoint, None)
    with transaction.atomic():
        attempt.save()
        return _settle(row, answer)


def _settle(row: Delivery, answer: wire.Answer) -> str:
    """What becomes of the delivery by this answer."""
    if not answer.error:
        return _close(row, State.DELIVERED, elapsed_ms=answer.elapsed_ms, http_status=answer.http_status)
    if answer.http_status == GONE:
        return _close(row, State.REFUSED, answer.error)
    wait = _wait(row.rung, answer.retry_after)
    changes = {"note": answer.error, "rung": row.rung + 1, "leased_until": None, "next_try_at": timezone.now() + wait}
    _mine(row).update(**changes)
    seconds = int(wait.total_seconds())
    log.warning("outgoing.failed", **_facts(row), attempt=row.attempts, error=answer.error, retry_in_seconds=seconds)
    return State.WAITING


def _wait(rung: int, retry_after: float | None) -> timedelta:
    """The ladder's wait, or as long as the endpoint asks for, if that is longer and not more than a day."""
    minutes = RETRY_MINUTES[min(rung, len(RETRY_MINUTES) - 1)]
    ladder = timedelta(minutes=minutes * random.uniform(1, 1 + LATER))  # noqa: S311 - chance, not a secret
    return max(ladder, min(timedelta(seconds=retry_after or 0), LONGEST_WAIT))


def _close(row: Delivery, state: str, note: str = "", **facts: Any) -> str:
    changes = {"state": state, "note": note, "leased_until": None, "next_try_at": None, "closed_at": timezone.now()}
    if not _mine(row).update(**changes):
        return State.WAITING  # another worker has taken it up
    write_log = log.error if state in (State.GIVEN_UP, State.REFUSED) else log.info
    write_log(f"outgoing.{state}", **_facts(row), attempt=row.attempts, why=note, **facts)
    return state


def _mine(row: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.waiting().filter(pk=row.pk, attempts=row.attempts)


def _rests(name: str) -> bool:
    """It could not be reached a moment ago: the others need not wait for that as well."""
    return time.monotonic() < _rest_until.get(name, 0)


def _facts(row: Delivery) -> dict[str, Any]:
    return {
        "order_id": row.event.payment.gateway_order_id,
        "delivery": row.pk,
        "endpoint": row.endpoint,
        "type": row.kind,
        "webhook_id": row.message_id,
    }
