"""Every switch of the simulator, once: the command line, the environment and the mounted app all read this table."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from paytm_kit.simulator import merchant_fields

PREFIX = "PAYTM_SIM_"
POSTGRESQL = ("postgres://", "postgresql://")
SERVED = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Options:
    """How one simulator runs. A project that mounts the app may set ``PAYTM_SIMULATOR`` to a dict of these."""

    host: str = "127.0.0.1"
    port: int = 8001
    db: str = ":memory:"
    seed: int | None = None
    mid: str = "DEMOMID0000000000001"
    # Invented, and on purpose full of characters that env files and URLs damage.
    key: str = field(default="demo#Key&1@paytm", repr=False)
    website: str = "WEBSTAGING"
    webhook_url: str = ""
    zaakpay_webhook_url: str = ""  # of the stand-ins' merchants
    stripe_webhook_url: str = ""
    paypal_webhook_url: str = ""
    settle_after: float = 20.0  # seconds until a pending payment settles by itself; 0 = never
    allow_host: tuple[str, ...] = ()
    merchants: str = ""  # file
    faults: str = ""  # file
    json_log: bool = False

    def entries(self) -> tuple[merchant_fields.Entry, ...]:
        """Every merchant that exists at the start, that of --mid first. Raises ValueError for a file with mistakes."""
        first = merchant_fields.Entry(self.mid, self.key, self.website, self.webhook_url)
        try:
            more = merchant_fields.read_file(self.merchants, self.allow_host) if self.merchants else ()
        except ValueError as error:
            raise ValueError(f"--merchants: {error}") from error
        if self.mid.lower() in {entry.mid.lower() for entry in more}:  # some databases compare text without case
            raise ValueError(f"--merchants: {self.merchants}: {self.mid} is the merchant of --mid; take it out")
        return (first, *more)

    def fault_rules(self) -> list[Any]:
        """The rules that are switched on at the start, as the file says. Raises ValueError."""
        try:
            return merchant_fields.json_list(self.faults, '[{"fault": "callback.lost"}]') if self.faults else []
        except ValueError as error:
            raise ValueError(f"--faults: {error}") from error

    def served_hosts(self) -> list[str]:
        """The Host headers that are answered. Who listens everywhere has names that only the network knows."""
        everywhere = self.host in ("0.0.0.0", "::")  # noqa: S104 - asked for on the command line
        return ["*"] if everywhere else [*SERVED, self.host, *self.allow_host]


def _matching(pattern: str, meaning: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise argparse.ArgumentTypeError(f"must be {meaning}")
        return text

    return check


def _key(text: str) -> str:
    try:
        return merchant_fields.key(text)
    except merchant_fields.MerchantMistake as error:
        raise argparse.ArgumentTypeError("must be 16, 24 or 32 bytes long (Paytm's keys have 16 characters)") from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535; 0 picks a free port")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds, zero or more, below ten years. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 315_360_000:
        raise argparse.ArgumentTypeError("must be a number of seconds, zero or more")
    return value


def _hosts(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().strip("[]").lower() for name in text.split(",") if name.strip())
    for name in names:
        if not re.fullmatch(r"[a-z0-9._:-]{1,253}", name):
            raise argparse.ArgumentTypeError("must be a host name without scheme, port or path")
    return names


def _db(text: str) -> str:
    if "://" in text and not text.startswith(POSTGRESQL):
        raise argparse.ArgumentTypeError("must be a file name, :memory:, or postgres://user:password@host:port/name")
    return text


def _bool(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError("must be true or false")
    return words[text.lower()]


class Flag(NamedTuple):
    name: str
    type: Callable[[str], Any]
    help: str


FLAGS = (
    Flag("host", _matching(r"[A-Za-z0-9.:_-]{1,253}", "a host name or address"), "address to listen on"),
    Flag("port", _port, "port to listen on; 0 picks a free one"),
    Flag("db", _db, "its books: a SQLite file, postgres://… URL, or :memory: that is forgotten at the end"),
    Flag("seed", int, "same seed, same transaction ids and tokens in the same order"),
    Flag("mid", _matching(r"[A-Za-z0-9]{1,20}", "1 to 20 letters and digits"), "merchant id to serve"),
    Flag("key", _key, "merchant key: 16, 24 or 32 bytes"),
    Flag("website", _matching(r"[A-Za-z0-9]{1,30}", "1 to 30 letters and digits"), "website name to accept"),
    Flag("webhook-url", str, "where to send payment webhooks; empty sends none"),
    Flag("zaakpay-webhook-url", str, "where Zaakpay's stand-in sends webhooks; empty sends none"),
    Flag("stripe-webhook-url", str, "where Stripe's stand-in sends webhooks; empty sends none"),
    Flag("paypal-webhook-url", str, "where PayPal's stand-in sends webhooks; empty sends none"),
    Flag("settle-after", seconds, "seconds until a pending payment settles by itself; 0 = never"),
    Flag("allow-host", _hosts, "host besides this machine that callbacks and webhooks may go to; may be repeated"),
    Flag("merchants", str, 'JSON file with more merchants: [{"mid": "…", "key": "…", "webhook_url": "…"}]'),
    Flag("faults", str, 'JSON file with faults that are on from the start: [{"fault": "callback.lost"}]'),
    Flag("json-log", _bool, "log one JSON object a line"),
)
WEBHOOK_FLAGS = tuple(flag.name for flag in FLAGS if flag.name.endswith("webhook-url"))
ACTIONS: dict[str, dict[str, Any]] = {
    "allow-host": {"action": "append"},
    "json-log": {"nargs": "?", "const": True},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags, each without a default so that the environment can speak where the command line is silent."""
    defaults = Options()
    for flag in FLAGS:
        default = getattr(defaults, flag.name.replace("-", "_"))
        shown = f"{flag.help} (env {env_name(flag.name)}" + (f", default {default})" if default else ")")
        metavar = flag.name.upper().replace("-", "_")
        how = ACTIONS.get(flag.name, {})
        parser.add_argument(f"--{flag.name}", type=flag.type, metavar=metavar, help=shown, **how)


def env_name(flag: str) -> str:
    return PREFIX + flag.upper().replace("-", "_")


def from_environ(environ: Mapping[str, str]) -> Options:
    """The options that PAYTM_SIM_… set, each right by itself. Raises ValueError naming the variable.

    Whether they go together is for ``checked``, after the command line has had its say.
    """
    chosen: dict[str, Any] = {}
    for flag in FLAGS:
        text = environ.get(env_name(flag.name), "")
        if text:
            try:
                chosen[flag.name.replace("-", "_")] = flag.type(text)
            except (ValueError, argparse.ArgumentTypeError) as error:
                raise ValueError(f"{env_name(flag.name)} {error}") from error
    return Options(**chosen)


def with_arguments(options: Options, arguments: Mapping[str, Any]) -> Options:
    """The options with what the command line says laid over them. Raises ValueError."""
    said = {f.name: arguments[f.name] for f in fields(Options) if arguments.get(f.name) is not None}
    if "allow_host" in said:
        said["allow_host"] = options.allow_host + tuple(name for names in said["allow_host"] for name in names)
    merged = {f.name: getattr(options, f.name) for f in fields(Options)} | said
    return checked(Options(**merged))


def to_environ(options: Options) -> dict[str, str]:
    """The same options as environment variables, for a child process."""
    texts: dict[str, str] = {}
    for flag in FLAGS:
        value = getattr(options, flag.name.replace("-", "_"))
        text = ",".join(value) if isinstance(value, tuple) else value
        texts[env_name(flag.name)] = "" if text is None else str(text)
    return texts


def checked(options: Options) -> Options:
    """The options themselves. Raises ValueError for a webhook address that is too long or not allowed."""
    for flag in WEBHOOK_FLAGS:
        try:
            merchant_fields.webhook_url(getattr(options, flag.replace("-", "_")), options.allow_host)
        except merchant_fields.MerchantMistake as error:
            raise ValueError(f"--{flag}: {error}") from error
    return options


def with_files_read(options: Options) -> Options:
    """The options themselves, once their files were found to be what they must be. Raises ValueError."""
    options.entries()
    options.fault_rules()
    return options


_chosen: Options | None = None


def use(options: Options | None) -> None:
    """From now on these are the running simulator's options, whatever the settings say; None ends that."""
    global _chosen
    _chosen = options


def current() -> Options:
    """The running simulator's options: those in use, else from Django's settings, else from the environment."""
    if _chosen:
        return _chosen
    from django.conf import settings  # the table above is used before Django is configured

    said = getattr(settings, "PAYTM_SIMULATOR", None)
    if isinstance(said, Options):
        return said
    return checked(Options(**said) if said else from_environ(os.environ))
