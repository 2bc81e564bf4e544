"""What a merchant's entry holds, whoever sends it: ``--merchants FILE`` and the control plane read the same table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paytm_kit.simulator import guard

KEY_LENGTHS = (16, 24, 32)  # bytes; Paytm's own have 16
FORMATS = ("form", "json")
LONGEST_URL = 255


class MerchantMistake(ValueError):
    """What is wrong with an entry; ``field`` names the part. No value is repeated: it may be a key."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Entry:
    """One merchant as somebody asked for it."""

    mid: str
    key: str = field(repr=False)
    website: str = "WEBSTAGING"
    webhook_url: str = ""  # empty: no webhooks
    webhook_format: str = "form"


def mid(value: Any) -> str:
    return _matching("mid", value, r"[A-Za-z0-9]{1,20}", "1 to 20 letters and digits")


def key(value: Any) -> str:
    if (
        not isinstance(value, str)
        or len(value.encode("utf-8", "replace")) not in KEY_LENGTHS
        or not value.isprintable()
    ):
        raise MerchantMistake("key", "Must be text of 16, 24 or 32 bytes (Paytm's keys have 16 characters).")
    return value


def website(value: Any) -> str:
    return _matching("website", value, r"[A-Za-z0-9]{1,30}", "1 to 30 letters and digits")


def webhook_format(value: Any) -> str:
    if value not in FORMATS:
        raise MerchantMistake("webhook_format", f"Must be {' or '.join(FORMATS)}.")
    return str(value)


def webhook_url(value: Any, allowed_hosts: Iterable[str]) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_URL:
        raise MerchantMistake("webhook_url", f"Must be a URL of at most {LONGEST_URL} characters, or empty for none.")
    if value and (why := guard.refusal(value, allowed_hosts)):
        raise MerchantMistake("webhook_url", f"Refused: {why}.")
    return value


def _matching(name: str, value: Any, pattern: str, meaning: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise MerchantMistake(name, f"Must be {meaning}.")
    return value


CHECKS: dict[str, Callable[[Any], str]] = {"mid": mid, "key": key, "website": website, "webhook_format": webhook_format}
FIELDS = (*CHECKS, "webhook_url")


def checked(given: Mapping[str, Any], allowed_hosts: Iterable[str]) -> dict[str, str]:
    """The given fields, each checked; those not given stay away. Raises MerchantMistake."""
    for name in given:
        if name not in FIELDS:
            raise MerchantMistake(str(name)[:50], f"There is no such field. Known: {', '.join(FIELDS)}.")
    values = {name: check(given[name]) for name, check in CHECKS.items() if name in given}
    if "webhook_url" in given:
        values["webhook_url"] = webhook_url(given["webhook_url"], allowed_hosts)
    return values


def entry(given: Mapping[str, Any], allowed_hosts: Iterable[str]) -> Entry:
    """A whole merchant; mid and key are needed. Raises MerchantMistake."""
    for name in ("mid", "key"):
        if name not in given:
            raise MerchantMistake(name, "Is missing.")
    return Entry(**checked(given, allowed_hosts))


def read_file(path: str, allowed_hosts: Iterable[str]) -> tuple[Entry, ...]:
    """The merchants of a JSON file: a list of objects with the fields above. Raises ValueError, never with a key."""
    found: dict[str, Entry] = {}
    for number, row in enumerate(json_list(path, '[{"mid": "…", "key": "…"}]'), 1):
        if not isinstance(row, dict):
            raise ValueError(f"{path}, entry {number}: must be an object with mid and key")  # noqa: TRY004 - of the user
        try:
            one = entry(row, allowed_hosts)
        except MerchantMistake as error:
            raise ValueError(f"{path}, entry {number}, {error.field}: {error}") from error
        if one.mid.lower() in found:  # some databases compare text without case
            raise ValueError(f"{path}, entry {number}, mid: stands twice in the file")
        found[one.mid.lower()] = one
    return tuple(found.values())


def json_list(path: str, example: str) -> list[Any]:
    """The list in a JSON file. Raises ValueError."""
    try:
        rows = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON in UTF-8, or too deeply nested") from error
    if not isinstance(rows, list):
        raise ValueError(f"{path} must hold a list such as {example}")  # noqa: TRY004 - the user's mistake, not ours
    return rows
