"""The simulator's time: the real one plus an offset that the control plane can advance. Money follows only this."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from django.db.models import F
from django.utils import timezone as django_timezone

from paytm_kit.simulator import database
from paytm_kit.simulator.models import World

IST = timezone(timedelta(hours=5, minutes=30))
# Written out: it is asked some twenty times for one order, and its making would cost more than its answer.
RUNNING = "SELECT clock_offset FROM paytm_simulator_world WHERE id = 1 AND frozen_at IS NULL"
TOKEN_LIFE = timedelta(minutes=15)  # Paytm docs, Initiate Transaction API


def offset() -> timedelta:
    """How far the simulated time is ahead of the real one."""
    ahead, frozen_at = _hands()
    return frozen_at - django_timezone.now() if frozen_at else timedelta(seconds=ahead)


def now() -> datetime:
    """The simulated time, aware, UTC."""
    ahead, frozen_at = _hands()
    return frozen_at or django_timezone.now() + timedelta(seconds=ahead)


def frozen() -> bool:
    return _hands()[1] is not None


def _hands() -> tuple[float, datetime | None]:
    with database.connection().cursor() as cursor:
        cursor.execute(RUNNING)
        if row := cursor.fetchone():
            return row[0], None
    world = World.objects.filter(pk=1).first()
    return (world.clock_offset, world.frozen_at) if world else (0.0, None)


def advance(seconds: float) -> None:
    """Moves the time forward; ``travel.advance`` does so and lets happen what falls into it."""
    world = World.objects.filter(pk=1)
    if not world.filter(frozen_at__isnull=False).update(frozen_at=F("frozen_at") + timedelta(seconds=seconds)):
        world.update(clock_offset=F("clock_offset") + seconds)


def freeze() -> None:
    """The time stands still until ``thaw``; it can be advanced nevertheless."""
    World.objects.filter(pk=1, frozen_at__isnull=True).update(frozen_at=now())


def thaw() -> None:
    """The time goes on from where it stands."""
    World.objects.filter(pk=1, frozen_at__isnull=False).update(clock_offset=offset().total_seconds(), frozen_at=None)


def ist(moment: datetime, form: str = "%Y-%m-%d %H:%M:%S.0") -> str:
    """Indian time as Paytm writes it: ``2031-01-02 10:11:12.0``."""
    return moment.astimezone(IST).strftime(form)
