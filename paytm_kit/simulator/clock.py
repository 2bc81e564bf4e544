"""The simulator's time: the real one plus an offset that the control plane can advance. Money follows only this."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from django.db.models import F
from django.utils import timezone as django_timezone

from paytm_kit.simulator.models import World

IST = timezone(timedelta(hours=5, minutes=30))
TOKEN_LIFE = timedelta(minutes=15)  # Paytm docs, Initiate Transaction API


def offset() -> timedelta:
    seconds = World.objects.filter(pk=1).values_list("clock_offset", flat=True).first()
    return timedelta(seconds=seconds or 0)


def now() -> datetime:
    """The simulated time, aware, UTC."""
    return django_timezone.now() + offset()


def advance(seconds: float) -> None:
    World.objects.filter(pk=1).update(clock_offset=F("clock_offset") + seconds)


def ist(moment: datetime, form: str = "%Y-%m-%d %H:%M:%S.0") -> str:
    """Indian time as Paytm writes it: ``2031-01-02 10:11:12.0``."""
    return moment.astimezone(IST).strftime(form)
