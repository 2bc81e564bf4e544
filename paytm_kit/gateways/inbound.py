"""The outside of a message that a gateway sends: its size, its text, and a form's fields, each named once.

Whatever is not clear is Unreadable; what the fields mean is each gateway's own affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from paytm_kit.gateways.base import InboundMessage
from paytm_kit.gateways.http import Unreadable

LARGEST = 64 * 1024  # bytes
MOST_FIELDS = 100
FORM, JSON = "application/x-www-form-urlencoded", "application/json"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def opened(message: InboundMessage) -> tuple[str, str]:
    """The content type in lower case, without parameters, and the text. Raises Unreadable."""
    if len(message.body) > LARGEST:
        raise Unreadable("the body is too large")
    kind, _, parameters = message.content_type.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise Unreadable("the charset is not UTF-8")
    try:
        return kind.strip().lower(), message.body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None


def form(text: str) -> dict[str, str]:
    """The fields of a form. Raises Unreadable for none, too many, one that comes twice, and what is not UTF-8."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise Unreadable("a field is not UTF-8") from None
    except ValueError:
        raise Unreadable("too many fields") from None
    if not pairs:
        raise Unreadable("the form is empty")
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise Unreadable(f"{ascii(name)[:60]} comes twice")
        fields[name] = value
    return fields


def no_control_characters(fields: Mapping[str, str]) -> None:
    """Raises Unreadable for a field with one: no gateway sends any, and they forge lines and end strings."""
    if any(_CONTROL.search(name + value) for name, value in fields.items()):
        raise Unreadable("a control character in a field")
