"""Signs, verifies or explains a checksum from the command line; prints nothing secret.

    manage.py paytm_checksum sign --form MID=TESTMID0001 --form ORDERID=ORD-1
    manage.py paytm_checksum verify --json body.json --signature 'q2V…='
    manage.py paytm_checksum explain --form … --form CHECKSUMHASH='q2V…=' --key-env OLD_KEY

Ends with 0 (signed, or matches), 1 (does not match) or 2 (wrong usage or configuration).
"""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS
from pathlib import Path
from typing import Any

from decouple import AutoConfig, UndefinedValueError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from paytm_kit import conf
from paytm_kit.checksum import MerchantKeyError, explain, sign, verify
from paytm_kit.checksum.scheme import CHECKSUM_FIELD, Payload, shown
from paytm_kit.gateways.base import ConfigurationError


class UsageError(CommandError):
    """Wrong usage or configuration: exit code 2, so that scripts can tell it from "does not match"."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=2)


class Command(BaseCommand):
    help = "Sign a payload, verify its signature, or explain why the signature does not match."
    requires_system_checks: list[str] = []  # has to work while the settings are still being mended

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("sign", "verify", "explain"))
        payload = parser.add_mutually_exclusive_group(required=True)
        payload.add_argument("--form", action="append", metavar="NAME=VALUE", help="a form field; repeat per field")
        payload.add_argument("--json", metavar="FILE", help="file with the exact JSON text; - reads standard input")
        payload.add_argument("--json-text", metavar="TEXT", help="the exact JSON text")
        parser.add_argument("--signature", help=f"to verify or explain; a form may carry it as {CHECKSUM_FIELD}")
        parser.add_argument("--account", default="default", help="whose key or keys to use (default: %(default)s)")
        parser.add_argument(
            "--key-env",
            action="append",
            metavar="NAME",
            help="environment (or .env) variable that holds a key to use instead; repeat for a rotation, current key "
            "first. Keys are not taken as arguments: the shell's history would keep them.",
        )
        parser.add_argument("--key", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["key"] is not None:
            raise UsageError("A key on the command line stays in the shell's history: use --key-env NAME.")
        payload = self._payload(options)
        named = options["key_env"]
        keys = [_key(name) for name in named] if named else _account_keys(options["account"])
        if options["action"] == "sign" and named and len(named) > 1:
            raise UsageError("Only one key signs: give --key-env once.")
        try:
            matches = self._act(options["action"], payload, options["signature"], keys)
        except MerchantKeyError as error:
            whose = ", ".join(named) if named else f'account "{options["account"]}"'
            raise UsageError(f"{whose}: {error}") from error
        except ValueError as error:
            raise UsageError(str(error)) from error
        if not matches:
            raise SystemExit(1)

    def _act(self, action: str, payload: Payload, signature: str | None, keys: list[str]) -> bool:
        if action == "sign":
            self.stdout.write(sign(payload, keys[0]))
            return True
        if signature is None and isinstance(payload, dict):
            signature = payload.get(CHECKSUM_FIELD)
        if signature is None:
            raise UsageError(f"{action} needs the signature: --signature TEXT, or --form {CHECKSUM_FIELD}=TEXT.")
        if action == "verify":
            matches = verify(payload, signature, keys)
            self.stdout.write("The signature matches." if matches else "The signature does not match; try explain.")
            return matches
        explanation = explain(payload, signature, keys)
        self.stdout.write(f"{explanation.reason}: {explanation.text}")
        return explanation.matches

    def _payload(self, options: dict[str, Any]) -> Payload:
        if options["form"] is not None:
            return _form(options["form"])
        if options["json_text"] is not None:
            return str(options["json_text"])
        text = _read(options["json"])
        if text.endswith(b"\n"):
            self.stderr.write("Note: the text ends with a newline, which counts as part of it.")
        return text


def _form(pairs: list[str]) -> dict[str, str | None]:
    form: dict[str, str | None] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--form takes NAME=VALUE; {shown(name)} has no {'name' if equals else 'equals sign'}.")
        if name in form:
            raise UsageError(f"Field {shown(name)} is given twice; a signed field has exactly one value.")
        form[name] = value
    return form


def _read(source: str) -> bytes:
    try:
        text = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        text.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{source} is not UTF-8: byte {error.start} cannot be read.") from None
    return text


def _account_keys(name: str) -> list[str]:
    """The account's keys, the signing one first."""
    try:
        return list(conf.account(name).keys)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error


def _key(variable: str) -> str:
    """The key as the environment or .env holds it. The errors that lie beneath may quote it, so they are cut off."""
    config = AutoConfig(search_path=str(getattr(settings, "BASE_DIR", os.getcwd())))
    try:
        return str(config(variable))
    except UndefinedValueError:
        raise UsageError(f"{variable} is set neither in the environment nor in .env.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{variable}: the .env file cannot be read ({type(error).__name__}).") from None
