"""What to examine and within which bounds: one table of settings, read from flags and from a TOML or JSON file."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from paytm_kit.simulator import guard, options

KEY_VARIABLE = "PAYTM_SIM_KEY"
METHODS = ("GET", "POST")


class CannotRun(Exception):
    """The examination cannot begin or go on. ``str()`` says why and what to do next."""


class ProvesNothing(CannotRun):
    """What was played so far means nothing: a setting does not fit the site."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request on the way to the payment. ``{name}`` in its texts stands for what an earlier step extracted."""

    url: str = ""  # relative to base_url; empty: where the chosen form points
    method: str = "GET"
    fields: Mapping[str, str] = field(default_factory=dict)
    form: str = ""  # regex on action or id of a form of the last page: its own fields are sent too
    extract: Mapping[str, str] = field(default_factory=dict)  # name → regex, or css:selector, or css:selector@attribute


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one examination needs to know. Times are seconds."""

    steps: tuple[Step, ...] = ()  # the answer to the last one leads to the payment
    base_url: str = ""
    callback_url: str = ""  # empty: the one that each order was begun with
    webhook_url: str = ""
    status_url: str = ""
    status_command: str = ""
    recheck_command: str = ""
    paid_pattern: str = ""
    failed_pattern: str = ""
    granted_pattern: str = ""
    mid: str = options.Options().mid
    key: str = field(default=options.Options().key, repr=False)
    simulator: str = ""
    simulator_port: int = options.Options().port
    allow_host: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    timeout: float = 20.0
    slow: float = 10.0
    patience: float = 5.0
    pause: float = 0.3
    max_seconds: float = 900.0
    max_requests: int = 5000


class Setting(NamedTuple):
    name: str
    cast: Callable[[Any], Any]
    help: str


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    return value


def _pattern(value: Any) -> str:
    try:
        re.compile(_text(value))
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return str(value)


def _seconds(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not (math.isfinite(number) and 0 <= number <= 86_400):
        raise ValueError("must be a number of seconds, zero to a day")
    return number


def _count(value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or not 1 <= number <= 1_000_000:
        raise ValueError("must be a whole number from 1 to 1000000")
    return number


def _port(value: Any) -> int:
    if not 1 <= (number := _count(value)) <= 65_535:
        raise ValueError("must be a port from 1 to 65535")
    return number


def _key(value: Any) -> str:
    if len(_text(value).encode()) not in (16, 24, 32):
        raise ValueError("must be 16, 24 or 32 bytes long (Paytm's keys have 16 characters)")
    return str(value)


def _several(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in ([value] if isinstance(value, str) else value))


SETTINGS = (
    Setting("base_url", _text, "the site's address; the other addresses may be relative to it"),
    Setting("callback_url", _text, "where the browser brings the result (default: what each order was begun with)"),
    Setting("webhook_url", _text, "where the site hears of payments from server to server"),
    Setting("status_url", _text, "a page that tells what the site believes; {order_id} or any extracted {name} in it"),
    Setting("status_command", _text, "a command that prints what the site believes, instead of a page; no shell"),
    Setting("recheck_command", _text, "a command that makes the site ask about open payments again; no shell"),
    Setting("paid_pattern", _pattern, 'regular expression that means "paid" on the status page'),
    Setting("failed_pattern", _pattern, 'regular expression that means "failed"'),
    Setting(
        "granted_pattern", _pattern, "what stands once for each time the goods were granted; or (\\d+) counts them"
    ),
    Setting("mid", _text, "the merchant id that site and simulator share"),
    Setting("key", _key, f"the test key that both share; better in {KEY_VARIABLE}, where ps does not show it"),
    Setting("simulator", _text, "address of a running simulator (default: one is started, and ended)"),
    Setting("simulator_port", _port, "port of the one that is started: the address that the site is configured with"),
    Setting("allow_host", _several, "host besides this machine that may be contacted; may be repeated"),
    Setting("only", _several, "run only this attack; may be repeated; --list names them"),
    Setting("timeout", _seconds, "seconds to wait for one answer"),
    Setting("slow", _seconds, "an answer that takes longer is reported"),
    Setting("patience", _seconds, "seconds that the site has to learn of a payment it was told of"),
    Setting(
        "pause", _seconds, "seconds to wait before looking whether an attack got through; more for sites with queues"
    ),
    Setting("max_seconds", _seconds, "the whole examination ends after this long"),
    Setting("max_requests", _count, "and after this many requests"),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
REPEATED = ("allow_host", "only")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags, none with a default, so that the file can speak where the command line is silent."""
    parser.add_argument("config", nargs="?", metavar="FILE", help="TOML or JSON file with the same names and [[steps]]")
    parser.add_argument("--pay-url", help="address that begins a payment; after the file's steps, if there are any")
    parser.add_argument("--pay-method", choices=METHODS, default="GET", help="how it is asked (default GET)")
    parser.add_argument("--pay-field", action="append", default=[], metavar="NAME=VALUE", help="a form field of it")
    for setting in SETTINGS:
        parser.add_argument(
            "--" + setting.name.replace("_", "-"),
            action="append" if setting.name in REPEATED else "store",
            metavar=setting.name.upper(),
            help=f"{setting.help}{_default(setting.name)}",
        )


def _default(name: str) -> str:
    value = "" if name == "key" else getattr(Plan(), name)
    return f" (default {value})" if value else ""


def read(arguments: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Plan:
    """The plan: defaults, then the environment's key, then the file, then the flags. Raises CannotRun."""
    told: dict[str, Any] = {"key": environ[KEY_VARIABLE]} if environ.get(KEY_VARIABLE) else {}
    from_file = _file(arguments["config"]) if arguments.get("config") else {}
    steps = _steps(from_file.pop("steps", []))
    if unknown := [name for name in from_file if name not in BY_NAME]:
        raise CannotRun(
            f"{arguments['config']}: there is no setting {unknown[0]!r}. Known: steps, {', '.join(BY_NAME)}."
        )
    told |= from_file | {name: arguments[name] for name in BY_NAME if arguments.get(name) is not None}
    if arguments.get("pay_url"):
        pairs = dict(pair.partition("=")[::2] for pair in arguments["pay_field"])
        steps = (*steps, Step(arguments["pay_url"], arguments["pay_method"], pairs))
    return checked(Plan(steps=steps, **{name: _cast(name, value) for name, value in told.items()}))


def _cast(name: str, value: Any) -> Any:
    try:
        return BY_NAME[name].cast(value)
    except (TypeError, ValueError) as error:
        raise CannotRun(f"{name}: {error}") from error


def _file(path: str) -> dict[str, Any]:
    try:
        text = Path(path).read_text(encoding="utf-8")
        content = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # both parsers' errors, and too many brackets
        raise CannotRun(f"{path} is neither TOML nor JSON: {error}") from error
    if not isinstance(content, dict):
        raise CannotRun(f"{path} must hold names and values.")
    return content


def _steps(rows: Any) -> tuple[Step, ...]:
    if not isinstance(rows, Sequence) or not all(isinstance(row, dict) for row in rows):
        raise CannotRun("steps must be a list of tables: [[steps]] in TOML.")
    return tuple(_step(number, row) for number, row in enumerate(rows, 1))


def _step(number: int, row: dict[str, Any]) -> Step:
    try:
        step = Step(**row)
        maps_are_texts = all(
            isinstance(pairs, dict) and all(isinstance(text, str) for text in pairs.values())
            for pairs in (step.fields, step.extract)
        )
    except TypeError as error:
        raise CannotRun(f"Step {number}: a step has url, method, fields, form and extract; {error}.") from error
    if step.method not in METHODS or not maps_are_texts or not (step.url or step.form):
        raise CannotRun(f"Step {number}: needs a url or a form, method GET or POST, and texts as fields and extract.")
    return step


def checked(plan: Plan) -> Plan:
    """The plan with absolute addresses. Raises CannotRun for what is missing or must not be contacted."""
    if not plan.steps:
        raise CannotRun("Nothing begins a payment: give --pay-url, or [[steps]] in a file.")
    if not plan.paid_pattern:
        raise CannotRun('--paid-pattern is missing: the text that means "paid" where the site shows an order.')
    if bool(plan.status_url) == bool(plan.status_command):
        raise CannotRun("Say how to learn what the site believes: --status-url or --status-command, one of them.")
    for name in ("base_url", "callback_url", "webhook_url", "status_url", "simulator"):
        if address := absolute(plan, getattr(plan, name)):
            refuse_foreign(plan, name, address)
    for step in plan.steps:
        absolute(plan, step.url)
    return plan


def absolute(plan: Plan, address: str) -> str:
    """The address, completed by base_url; "" stays "". Raises CannotRun."""
    try:
        whole = urljoin(plan.base_url, address) if address else ""
        urlsplit(whole)
    except ValueError as error:
        raise CannotRun(f"{address[:200]} is no address: {error}.") from error
    return whole


def refuse_foreign(plan: Plan, name: str, address: str) -> None:
    """Raises CannotRun when the address must not be contacted."""
    if why := guard.refusal(address, plan.allow_host):
        why = why.replace("the simulator contacts", "the examiner contacts").replace("start it with", "use")
        raise CannotRun(f"{name} {address[:200]}: {why}.")
