"""``paytm_trigger``: what is to be sent, to whom, broken how; then one line for each answer, and an exit code.

0: everything was answered below 500. 1: an answer of 500 or more, or none. 2: wrong usage; nothing was sent.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from paytm_kit import checksum
from paytm_kit.masking import CONTACTS, SHORTENED, redact_value, safe_line
from paytm_kit.simulator import guard, options
from paytm_kit.simulator.triggers import message, registry, sending, tampers
from paytm_kit.simulator.triggers.message import Message
from paytm_kit.simulator.triggers.sending import Shot

PURPOSE = "Sends a callback or webhook as Paytm would, or broken on purpose. This is not Paytm; no money moves."
MOST = 10_000  # messages in one run
UNKNOWN_AMOUNT = "1.00"  # of an order that the caller does not know
AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?", re.ASCII)

Write = Callable[[str], Any]


class UsageError(Exception):
    """Wrong usage or configuration. ``str()`` says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who is written to, as far as the caller knows without being told."""

    mid: str
    key: str = field(repr=False)
    urls: Mapping[str, str] = field(default_factory=dict)  # for "callback" and "webhook"
    amount: str = ""  # of the order, if that is known


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The switches that ``manage.py paytm_trigger`` and ``paytm-simulator trigger`` have in common."""
    parser.add_argument("triggers", nargs="*", metavar="TRIGGER", help="what to send; --list shows the names")
    parser.add_argument("--list", action="store_true", help="show every trigger and every way to tamper, and end")
    parser.add_argument("--order", metavar="ORDERID", help="the order id that the messages are about")
    parser.add_argument(
        "--amount",
        help=f"in rupees, such as 249.50 (default: what the project knows of the order, else {UNKNOWN_AMOUNT})",
    )
    parser.add_argument("--url", help="where to send everything")
    parser.add_argument("--mid", help="merchant id to send as")
    parser.add_argument("--key", help="merchant key to sign with")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a field, before signing")
    parser.add_argument("--tamper", action="append", default=[], metavar="HOW", help="break it; may be repeated")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="send each one N times")
    parser.add_argument("--shuffle", action="store_true", help="in random order")
    parser.add_argument("--seed", type=int, help="same seed, same invented ids and same order")
    parser.add_argument("--at-once", action="store_true", help="all at the same time instead of one after the other")
    parser.add_argument("--allow-host", action="append", default=[], metavar="HOST", help="send to this host, too")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be sent, masked")


def main(argv: Sequence[str] | None = None) -> int:
    """``paytm-simulator trigger …``: knows no project, so --url is needed. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="paytm-simulator trigger", description=PURPOSE)
    add_arguments(parser)
    arguments = vars(parser.parse_args(argv))
    try:
        chosen = options.from_environ(os.environ)
        return run(arguments, lambda: Merchant(chosen.mid, chosen.key), sys.stdout.write)
    except (UsageError, ValueError) as error:
        sys.stderr.write(f"paytm-simulator trigger: {error}\n")
        return 2


def run(arguments: Mapping[str, Any], merchant: Callable[[], Merchant], write: Write) -> int:
    """Does what the switches say and writes lines. Returns 0 or 1. Raises UsageError before anything is sent."""
    if arguments["list"]:
        write("".join(f"{line}\n" for line in listing()))
        return 0
    if reason := guard.production():
        raise UsageError(reason)
    shots = plan(arguments, merchant)
    if arguments["dry_run"]:
        write("".join(f"{line}\n" for shot in shots for line in shown(shot)))
        return 0
    worst = 0
    for number, (shot, answer) in enumerate(
        zip(shots, sending.send(shots, at_once=arguments["at_once"]), strict=True), 1
    ):
        worst = max(worst, 599 if answer.status is None else answer.status)
        status = answer.status or "—"
        name = shot.message.trigger.name
        write(f"{number}/{len(shots)}  {name}  {shot.url}  {status}  {answer.said}  {answer.milliseconds} ms\n")
    return 1 if worst >= 500 else 0


def listing() -> Iterator[str]:
    """Every trigger and every tamper with a sentence."""
    yield "Triggers:"
    for name in registry.NAMES:
        trigger = registry.load(name)
        yield f"  {name:<24}{trigger.to:<9}{trigger.format:<5} {trigger.about}"
    yield "Tampers:"
    for tamper in tampers.ALL:
        yield f"  {tamper.name:<24}{tamper.does}"


# ---- what is sent ----------------------------------------------------------------------------------------------


def plan(arguments: Mapping[str, Any], merchant: Callable[[], Merchant]) -> list[Shot]:
    """Every message in the order in which it is sent. Raises UsageError.

    All are about one payment: the same transaction id, as when a pending payment becomes a paid one.
    """
    try:
        triggers = [registry.load(name) for name in arguments["triggers"]]
        chosen = [tampers.BY_NAME[registry.known(name, tampers.BY_NAME, "tamper")] for name in arguments["tamper"]]
    except registry.UnknownName as error:
        raise UsageError(str(error)) from error
    _check(arguments, len(triggers))
    who = merchant()
    draw: random.Random = random.SystemRandom()
    if arguments["seed"] is not None:
        draw = random.Random(arguments["seed"])  # noqa: S311 - repeatable on purpose
    mid, key = arguments["mid"] or who.mid, arguments["key"] or who.key
    amount = f"{Decimal(arguments['amount'] or who.amount or UNKNOWN_AMOUNT):.2f}"
    values = message.facts(arguments["order"], amount, mid, draw, datetime.now(UTC))
    changes = dict(_pair(text) for text in arguments["set"])
    shots = [
        Shot(compose(trigger, values, changes, chosen, key, draw), _url(arguments, who, trigger))
        for trigger in triggers
    ]
    shots = [shot for shot in shots for _ in range(arguments["repeat"])]
    if arguments["shuffle"]:
        draw.shuffle(shots)
    return shots


def compose(
    trigger: registry.Trigger,
    values: dict[str, str],
    changes: Mapping[str, str],
    chosen: Sequence[tampers.Tamper],
    key: str,
    draw: random.Random,
) -> Message:
    """The message: filled, changed by --set, tampered with before and after it is signed. Raises UsageError."""
    built = Message(trigger, message.filled(trigger.fields, values) | changes)
    try:
        for tamper in chosen:
            built = _tampered(built, tamper) if tamper.before else built
        if trigger.signed:
            built = Message(trigger, built.fields, message.signed(built, key, draw))
        for tamper in chosen:
            built = built if tamper.before else _tampered(built, tamper)
    except tampers.CannotApply as error:
        raise UsageError(f"--tamper {tamper.name} does not fit: {error}.") from error
    except checksum.MerchantKeyError as error:
        raise UsageError(f"The merchant key cannot sign: {error}") from error
    return built


def _tampered(built: Message, tamper: tampers.Tamper) -> Message:
    after = tamper.change(built)
    if after == built:
        raise tampers.CannotApply(f"{built.trigger.name} would stay as it is")
    return after


def _check(arguments: Mapping[str, Any], triggers: int) -> None:
    if not triggers:
        raise UsageError("Name what to send, such as success; --list shows the names.")
    if not arguments["order"]:
        raise UsageError("--order ORDERID is needed: which order the message is about.")
    if arguments["amount"] and not AMOUNT.fullmatch(arguments["amount"]):
        raise UsageError(f"--amount {arguments['amount'][:30]!r} is not digits with up to two decimals.")
    if arguments["amount"] and not Decimal(arguments["amount"]):
        raise UsageError("--amount 0 is no payment; to send a zero on purpose, --set the field: TXNAMOUNT=0.00.")
    total = triggers * arguments["repeat"]
    if not 1 <= total <= MOST:
        raise UsageError(f"--repeat makes {total} messages of it; from 1 to {MOST} can be sent.")
    if arguments["at_once"] and total > sending.MOST_AT_ONCE:
        raise UsageError(f"--at-once sends at most {sending.MOST_AT_ONCE} messages, not {total}.")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set takes NAME=VALUE, not {safe_line(text, 40)!r}.")
    return name, value


def _url(arguments: Mapping[str, Any], who: Merchant, trigger: registry.Trigger) -> str:
    url = arguments["url"] or who.urls.get(trigger.to, "")
    if not url:
        raise UsageError(f"--url is needed: where the {trigger.to} goes.")
    if why := guard.refusal(url, arguments["allow_host"]):
        raise UsageError(f"Nothing is sent to {safe_line(url, 100)}: {why}.")
    return str(url)


# ---- what is shown ---------------------------------------------------------------------------------------------


def shown(shot: Shot) -> Iterator[str]:
    """What would be sent, without signature and contacts."""
    yield f"POST {shot.url}"
    yield f"  {shot.message.trigger.name}: {shot.message.content_type}"
    for name, value in shot.message.pairs():
        yield f"  {name}={_masked(name, value if isinstance(value, str) else json.dumps(value))}"


def _masked(name: str, value: str) -> str:
    hidden = name.replace("_", "").lower() in SHORTENED | CONTACTS
    return redact_value(name, value) if hidden else safe_line(value, 200)
