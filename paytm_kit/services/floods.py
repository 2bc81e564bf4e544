"""Messages that prove nothing, counted by sender; from whom too many come within a minute, the rest are only counted.

Of those nothing is stored but the count, and the gateway is asked nothing: neither the table nor our questions can be
flooded. They are answered as any other of their kind. What the gateway signed is never in question here: from a noisy
address the signature is checked first, which costs neither a query nor a call, and what bears one goes its usual way.

The limits (``LIMITS``: invalid, invalid_all) may be passed by as many messages as processes look at the same moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, F, PositiveIntegerField, Q, Value, When
from django.http import HttpRequest
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.logs import EventLog
from paytm_kit.models import RejectedSender
from paytm_kit.risk.limits import DEFAULT, Limit, Limits
from paytm_kit.services import caller, limits

log = EventLog("paytm_kit.floods")

EVERYBODY, EACH = RejectedSender.EVERYBODY, "each"
NUMBER, MOMENT = PositiveIntegerField(), DateTimeField()
TELL_EVERY = timedelta(minutes=1)  # of each address, to the log


def noise(request: HttpRequest) -> RejectedSender | None:
    """Why the next invalid message is only counted: too many came just now from this address, or from all together.

    ``None``: it is stored as any other.
    """
    known, now = _limits(), timezone.now()
    if not known:
        return None
    rows = RejectedSender.objects.filter(day=now.date(), address__in=(caller.network_of(request), EVERYBODY))
    return next((row for row in rows.order_by("-address") if _is_over(row, known, now)), None)


def _is_over(row: RejectedSender, known: dict[str, Limit], now: datetime) -> bool:
    limit = known.get(EVERYBODY if row.address == EVERYBODY else EACH)
    return limit is not None and row.until > now and row.recent >= limit.count


def count_stored(request: HttpRequest) -> None:
    """An invalid message came and was stored whole: one more of its address, and of all together."""
    now, known = timezone.now(), _limits()
    for address, limit in ((caller.network_of(request), known.get(EACH)), (EVERYBODY, known.get(EVERYBODY))):
        _add(address, now, limit)


def _add(address: str, now: datetime, limit: Limit | None) -> None:
    over = Q(until__lte=now)
    window = limit.window if limit is not None else TELL_EVERY
    rows = RejectedSender.objects.filter(day=now.date(), address=address)
    # "recent" before "until": MySQL works from left to right with what it has just written.
    change = {
        "recent": Case(When(over, then=Value(1)), default=F("recent") + 1, output_field=NUMBER),
        "until": Case(When(over, then=Value(now + window)), default=F("until"), output_field=MOMENT),
        "messages": F("messages") + 1,
        "last_at": now,
    }
    if not rows.update(**change):
        row = RejectedSender(address=address, day=now.date(), until=limits.LONG_AGO, last_at=now)
        RejectedSender.objects.bulk_create([row], ignore_conflicts=True)
        rows.update(**change)


def count_only(row: RejectedSender) -> None:
    """One message too many: counted where ``noise`` was heard, and nowhere else. The log hears of it once a minute.

    It does not count towards the limit of all together: one attacker must not take their room from everybody.
    """
    now = timezone.now()
    own = RejectedSender.objects.filter(pk=row.pk)
    own.update(messages=F("messages") + 1, only_counted=F("only_counted") + 1, last_at=now)
    if row.told_at is not None and row.told_at > now - TELL_EVERY:
        return
    if own.filter(Q(told_at__isnull=True) | Q(told_at__lte=now - TELL_EVERY)).update(told_at=now):
        today, unstored = row.messages + 1, row.only_counted + 1
        log.warning("inbound.flood", remote_ip=row.address, today=today, only_counted=unstored, day=row.day)


def _limits() -> dict[str, Limit]:
    """Of all addresses together, and of each one. Bad settings leave the defaults."""
    try:
        chosen: Limits = conf.risk().limits
    except ConfigurationError:
        chosen = DEFAULT
    named = {EVERYBODY: chosen.get("invalid_all"), EACH: chosen.get("invalid")}
    return {whose: limit for whose, limit in named.items() if limit is not None}
