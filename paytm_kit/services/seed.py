"""Fills a ledger with invented payments, so that pages, exports and reports can be tried at their real size.

Their environment is "simulator" and their merchant id belongs to no account, so that no gateway is ever asked about
them; none is due on any ladder, and nobody hears of them. They stay for ever: the ledger deletes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError
from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.ledger import seeding
from paytm_kit.models import Payment
from paytm_kit.services.invented_rows import rows_of
from paytm_kit.services.invention import World, prefix, story

BATCH = 1000  # payments in one transaction


class CannotSeed(Exception):
    """Nothing, or nothing more, was invented. ``str()`` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be invented: payments ``there`` to ``total`` of this seed."""

    seed: int
    total: int
    days: int
    account: str
    there: int

    @property
    def batches(self) -> range:
        return range(self.there, self.total, BATCH)


def objections() -> list[str]:
    """Why this site does not look like one to play with."""
    found = []
    if not settings.DEBUG:
        found.append("DEBUG is off")
    try:
        names = list(conf.raw_accounts())
    except ConfigurationError as error:
        return [*found, str(error)]
    for name in names:
        try:
            environment = conf.account(name).environment
        except ConfigurationError as error:
            found.append(str(error))
        else:
            if environment == "production":
                found.append(f'account "{name}" is in production')
    return found


def plan(*, payments: int, seed: int, days: int, account: str) -> Plan:
    """Goes on where an earlier run of the same seed stopped."""
    there = Payment.objects.filter(gateway_order_id__startswith=prefix(seed)).count()
    return Plan(seed, payments, days, account, there)


def run(planned: Plan) -> Iterator[int]:
    """Writes batch by batch, each in a transaction of its own, and yields how many of this seed there are then.

    Raises CannotSeed when another run of the same seed came in between.
    """
    world = World.of(planned.seed, planned.total, timezone.now(), planned.days)
    # Their order is a content type without an admin page, under a key that none has.
    kind = ContentType.objects.get_for_model(ContentType)
    for begin in planned.batches:
        end = min(begin + BATCH, planned.total)
        told = [story(world, number) for number in range(begin, end)]
        try:
            seeding.write(rows_of(told, account=planned.account, content_type_id=kind.pk))
        except IntegrityError as error:
            raise CannotSeed(
                f"Some of the payments {prefix(planned.seed)}{begin:07d} to {end - 1:07d} are there already: another "
                "run with the same --seed is at work, or was. Let it end and run this again, or choose another --seed."
            ) from error
        yield end
