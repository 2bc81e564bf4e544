"""Opening, resetting and configuring the simulator: what exists before the first order."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable

from django.apps import apps
from django.db.models import Model

from paytm_kit.simulator import database, guests, ids, options
from paytm_kit.simulator.bank import merchants
from paytm_kit.simulator.models import Delivery, Merchant, World, new_secret
from paytm_kit.simulator.webhooks.ladder import USUAL

_opening = threading.Lock()
_open = False


def ensure_open() -> None:
    """Once in each process: the merchants of the options exist, what a stopped process was sending is sent again."""
    global _open
    if _open:
        return
    with _opening:
        if not _open:
            chosen = options.current()
            with database.atomic():
                first = {"settle_after": chosen.settle_after, "secret": _secret(chosen.seed)}
                World.objects.get_or_create(pk=1, defaults=first)
                merchants.install_again(chosen.entries())
                if database.connection().vendor == "sqlite":  # a server's other processes may be sending right now
                    Delivery.objects.filter(status=Delivery.SENDING).update(status=Delivery.QUEUED)
                guests.open_all()
            ids.reseed(chosen.seed)
            if chosen.faults:
                _switch_faults(chosen)
            _open = True


def _secret(seed: int | None) -> str:
    """With a seed customers' accounts have the same names in every run; who knows it can try card numbers out."""
    return new_secret() if seed is None else hashlib.sha256(f"paytm-simulator {seed}".encode()).hexdigest()


def close() -> None:
    """The next use opens the books anew: they may be others."""
    global _open
    _open = False


def reset() -> None:
    """Forgets every order and message, puts time and settings back as the options say, starts the ids again."""
    chosen = options.current()
    with database.alone():
        world = World(pk=1, secret=get().secret, settle_after=chosen.settle_after, webhook_ladder=USUAL)
        labels = (database.APP_LABEL, *guests.labels())
        _empty(model for label in labels for model in apps.all_models[label].values() if model is not World)
        world.save()
        merchants.install(chosen.entries())
        guests.open_all()
    ids.reseed(chosen.seed)
    _switch_faults(chosen)


def _empty(models: Iterable[type[Model]]) -> None:
    """One statement a table, whatever lies in it; foreign keys are checked at the end of the transaction."""
    here = database.connection()
    with here.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {here.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - our own names


def _switch_faults(chosen: options.Options) -> None:
    from paytm_kit.simulator.faults import rules  # it reads the options, which may be read by now

    rules.replace_all(chosen.fault_rules())


def get() -> World:
    return World.objects.get(pk=1)


def merchant(mid: object) -> Merchant | None:
    """The merchant with this MID; MIDs are case-sensitive."""
    return merchants.find(mid)
