"""The simulator as a whole: its health, time, settings and conversation."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

import paytm_kit
from paytm_kit.simulator import clock, database, merchant_fields, options, travel, world
from paytm_kit.simulator.bank import books, due, risk
from paytm_kit.simulator.bank.machine import State
from paytm_kit.simulator.control.command import Mistake, command, one_of, sent
from paytm_kit.simulator.door import NOTICE
from paytm_kit.simulator.models import Merchant, Message, Order, Transaction, World
from paytm_kit.simulator.webhooks.ladder import LADDERS

MESSAGES_SHOWN = 1000
FARTHEST = 315_360_000  # seconds that the clock may be ahead: ten years


@command("GET")
def health(request: HttpRequest) -> dict[str, Any]:
    """Whether it runs, for whom, and what time it thinks it is."""
    due.run()
    merchant = world.merchant(options.current().mid)
    return {
        "status": "ok",
        "name": "paytm-simulator",
        "notice": NOTICE,
        "version": paytm_kit.__version__,
        "mid": merchant.mid if merchant else "",
        "orders": Order.objects.count(),
        "pending": Transaction.objects.filter(status=State.PENDING).count(),
        "now": clock.now().isoformat(),
        "clock_offset_seconds": clock.offset().total_seconds(),
        "settings": books.settings_json(),
    }


@command("GET")
def messages(request: HttpRequest) -> dict[str, Any]:
    """The conversation on the wire in order, redacted; ``?order_id=`` narrows it, the newest 1000 are shown."""
    rows = Message.objects.all()
    if wanted := request.GET.get("order_id"):
        rows = rows.filter(order_id=wanted)
    newest = list(rows.order_by("-at", "-pk")[:MESSAGES_SHOWN])
    return {"messages": [books.message_json(row) for row in reversed(newest)]}


@command("POST")
def reset(request: HttpRequest) -> dict[str, Any]:
    """Forgets everything; clock, settings and ids are as at the start."""
    world.reset()
    return {"status": "ok"}


@command("POST")
def advance_clock(request: HttpRequest) -> dict[str, Any]:
    """Moves the simulated time forward, ``advance_seconds`` or ``at`` a moment; ``frozen`` stops it or lets it go on.

    What falls into that time happens at its own moment, before the answer.
    """
    given = sent(request, ("advance_seconds", "at", "frozen"))
    if not given or {"advance_seconds", "at"} <= given.keys():
        raise Mistake("advance_seconds", "Send advance_seconds or at, with or without frozen.")
    if not isinstance(given.get("frozen", False), bool):
        raise Mistake("frozen", "Must be true or false.")
    seconds = _until(given["at"]) if "at" in given else _seconds(given.get("advance_seconds", 0))
    if "frozen" in given:
        clock.freeze() if given["frozen"] else clock.thaw()
        # what was measured against a running clock is measured again
        seconds = _until(given["at"]) if "at" in given else seconds
    travel.advance(seconds)
    return {
        "now": clock.now().isoformat(),
        "clock_offset_seconds": clock.offset().total_seconds(),
        "frozen": clock.frozen(),
    }


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= FARTHEST:
        raise Mistake("advance_seconds", "Must be a number of seconds, zero to ten years.")
    if clock.offset().total_seconds() + value > FARTHEST:
        raise Mistake("advance_seconds", "The clock is ten years ahead at most; POST /_sim/reset puts it back.")
    return value


def _until(value: Any) -> float:
    """Seconds from now; below zero only while nothing has happened that would then lie in the future."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Mistake("at", "Must be a moment with its zone, such as 2031-01-02T10:00:00+05:30.") from None
    if moment.tzinfo is None:
        raise Mistake("at", "Name the zone, such as 2031-01-02T10:00:00+05:30.")
    if abs((moment - timezone.now()).total_seconds()) > FARTHEST:
        raise Mistake("at", "The clock is ten years from the real time at most.")
    seconds = (moment - clock.now()).total_seconds()
    if seconds < 0 and Order.objects.exists():
        raise Mistake("at", "The clock goes back only while there are no orders; POST /_sim/reset forgets them.")
    return seconds


def _webhook_url(value: Any) -> str:
    try:
        return merchant_fields.webhook_url(value, options.current().allow_host)
    except merchant_fields.MerchantMistake as error:
        raise Mistake(error.field, str(error)) from error


def _on_pending(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Mistake("webhook_on_pending", "Must be true or false.")
    return value


def _settle_after(value: Any) -> float:
    try:
        return options.seconds("" if isinstance(value, bool) else str(value))
    except argparse.ArgumentTypeError as error:
        raise Mistake("settle_after", f"It {error}.") from error


def _risk_rules(value: Any) -> Any:
    if wrong := risk.fault(value):
        raise Mistake(*wrong)
    return value


# What can be set, and the check that each value passes: with the merchant of --mid, and for the whole simulator.
OF_MERCHANT: dict[str, Callable[[Any], Any]] = {
    "webhook_url": _webhook_url,
    "webhook_on_pending": _on_pending,
    "webhook_format": lambda value: one_of("webhook_format", value, merchant_fields.FORMATS),
}
OF_WORLD: dict[str, Callable[[Any], Any]] = {
    "webhook_ladder": lambda value: one_of("webhook_ladder", value, tuple(LADDERS)),
    "settle_after": _settle_after,
    "risk_rules": _risk_rules,
}


@command("GET", "PUT")
def settings(request: HttpRequest) -> dict[str, Any]:
    """The settings; what is not named in a change stays, and so does everything when one value is mistaken.

    ``risk_rules`` are the changes to the table of bank/risk; {} puts it back.
    """
    if request.method == "PUT":
        given = sent(request, (*OF_MERCHANT, *OF_WORLD))
        of_merchant, of_world = (
            {name: check(given[name]) for name, check in checks.items() if name in given}
            for checks in (OF_MERCHANT, OF_WORLD)
        )
        with database.atomic():
            if of_merchant:
                Merchant.objects.filter(mid=options.current().mid).update(**of_merchant)
            if of_world:
                World.objects.filter(pk=1).update(**of_world)
    return books.settings_json()
