"""The stand-ins as guests of the simulator: one server, port, database, clock and control plane for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TypeVar

from paytm_kit.simulator import database, guests, options
from paytm_kit.simulator.faults import table
from paytm_kit.standins import faults
from paytm_kit.standins.parties import STARTS

LABEL = "paytm_kit_standins"

Result = TypeVar("Result")


def join() -> None:
    """Makes the simulator serve them; once is enough, again does no harm."""
    from paytm_kit.standins import due, outbox  # these need the models

    table.BY_NAME.update({fault.name: fault for fault in faults.ALL})
    guests.join(
        guests.Guest(
            label=LABEL,
            title="Other gateways",
            watch=f"{LABEL}:watch",
            templates=Path(__file__).parent / "templates",
            faults=faults.ALL,
            open=open_books,
            run_due=_with_orders(due.run, None),
            next_at=_with_orders(due.next_at, None),
            send_next=_with_orders(outbox.send_next, False),
            under_way=_with_orders(outbox.under_way, False),
            take_back=_with_orders(outbox.take_back, None),
        )
    )


def _with_orders(act: Callable[..., Result], otherwise: Result) -> Callable[..., Result]:
    """The worker asks all the time: who sells through Paytm alone pays one small query for it."""

    @wraps(act)
    def ask(*args: datetime) -> Result:
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT 1 FROM paytm_kit_standins_order LIMIT 1")
            return act(*args) if cursor.fetchone() else otherwise

    return ask


def open_books() -> None:
    """One merchant at each gateway. Who is there keeps what was changed, but for an address that the options name."""
    from paytm_kit.standins.models import Party

    chosen = options.current()
    urls = {gateway: getattr(chosen, f"{gateway}_webhook_url") for gateway in STARTS}
    kept = {row.gateway: row for row in Party.objects.all()}
    Party.objects.bulk_create(
        Party(
            gateway=gateway, identifier=start.identifier, key=start.key, webhook_secret=start.webhook_secret,
            webhook_url=urls[gateway],
        )
        for gateway, start in STARTS.items() if gateway not in kept
    )  # fmt: skip
    for gateway, row in kept.items():
        if urls[gateway] not in ("", row.webhook_url):
            row.webhook_url = urls[gateway]
            row.save(update_fields=["webhook_url"])
