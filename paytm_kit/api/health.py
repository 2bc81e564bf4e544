"""Whether the shop can take money: its database, its accounts, and whether work is left lying. Asks no gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import GatewayError
from paytm_kit.logs import EventLog
from paytm_kit.models import Announcement, Payment, Refund
from paytm_kit.services import doctor, journal, replay, runs

log = EventLog("paytm_kit.api")

OK, DEGRADED, DOWN = "ok", "degraded", "down"
WORST_LAST = (OK, DEGRADED, DOWN)
OVERDUE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Check:
    """``details`` are sentences for staff: counts and names, no ids and no secrets."""

    level: str
    details: tuple[str, ...] = ()


def examine() -> dict[str, Check]:
    """Every check by its name. Without the database the others cannot be asked."""
    try:
        return {name: check() for name, check in CHECKS.items()}
    except DatabaseError as error:
        log.error("health.database", error=type(error).__name__)
        return {"database": Check(DOWN, (f"The database cannot be asked ({type(error).__name__}).",))}


def worst(checks: dict[str, Check]) -> str:
    return max((check.level for check in checks.values()), key=WORST_LAST.index)


def _database() -> Check:
    if doctor.to_migrate():
        return Check(DOWN, ("The kit's tables are not up to date: run manage.py migrate.",))
    return Check(OK)


def _accounts() -> Check:
    """One that is set up wrongly takes no money, the others do."""
    broken, names = [], []
    try:
        names = list(conf.raw_accounts())
        for name in names:
            if not _works(name):
                broken.append(f'Account "{name}" is set up wrongly: run manage.py check.')
    except GatewayError as error:
        return Check(DOWN, (f"PAYTM_KIT cannot be read ({error.code}).",))
    level = OK if not broken else DOWN if len(broken) == len(names) else DEGRADED
    return Check(level, tuple(broken))


def _works(name: str) -> bool:
    try:
        journal.gateway_for(conf.account(name))
    except GatewayError:
        return False
    return True


def _due_work() -> Check:
    now = timezone.now()
    late = now - OVERDUE
    counts = {
        "payments overdue a question": Payment.objects.due(late).count(),
        "refunds overdue a question": Refund.objects.due(late).count(),
        "announcements that keep failing": Announcement.objects.filter(
            state=Announcement.State.WAITING, attempts__gt=0
        ).count(),
        "messages never dealt with": replay.due().filter(created_at__lt=late).count(),
    }
    details = [f"{what}: {count}" for what, count in counts.items() if count]
    last = runs.last()
    if last is None or last.finished_at < late:
        details.append("paytm_reconcile has not come to its end within the last hour")
    return Check(DEGRADED if details else OK, tuple(details))


CHECKS: dict[str, Callable[[], Check]] = {"database": _database, "accounts": _accounts, "due_work": _due_work}
