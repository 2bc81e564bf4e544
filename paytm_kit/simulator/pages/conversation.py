"""One order from beginning to end: what was said on the wire, and what the verdicts mean, as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from paytm_kit.simulator.models import Message

SHOWN = 200  # messages of one order, the newest
SIGNATURES = ("CHECKSUMHASH", "signature")

# What a verdict says of the signature (api/answers, pages/entrances), and how the page says it in two words.
JUDGED = (
    ("signature does not match", "bad", "signature wrong"),
    ("signature verified", "good", "signature right"),
)
# Addresses that a shopper's browser asks for; all others are the shop's server.
BROWSER = (
    "/pay/",
    "/theia/api/v1/showPaymentPage",
    "/order/process",
    "/theia/processTransaction",
    "/merchantpgpui/checkoutjs/",
)


class Mark(NamedTuple):
    tone: str  # "good", "bad" or "odd"
    text: str


class Part(NamedTuple):
    """A request or a response, field by field. ``signed`` says what its signature is about."""

    title: str
    fields: list[tuple[str, str]]
    signed: str


class Said(NamedTuple):
    """One exchange. ``path`` is the address without its query, ``answered`` the HTTP status in words."""

    message: Message
    way: str
    path: str
    answered: str
    marks: list[Mark]
    parts: list[Part]


def about(order_id: str) -> list[Said]:
    """The newest exchanges about this order, oldest first. An order that was refused has some, too."""
    rows = Message.objects.filter(order_id=order_id).order_by("-at", "-pk")[:SHOWN]
    return [said(row) for row in reversed(rows) if row.order_id == order_id]  # MariaDB compares without case


def said(row: Message) -> Said:
    parts = [part for part in (_part("Request", row.request), _part("Response", row.response)) if part]
    answered = f"HTTP {row.http_status}" if row.http_status else "no answer"
    return Said(row, _way(row), row.url.partition("?")[0], answered, list(_marks(row)), parts)


def _way(row: Message) -> str:
    if row.direction == "out":
        return "simulator → shop"
    return "browser → simulator" if any(path in row.url for path in BROWSER) else "shop → simulator"


def _marks(row: Message) -> Iterator[Mark]:
    yield from (Mark(tone, words) for text, tone, words in JUDGED if text in row.verdict)
    for piece in row.verdict.split("; "):
        if piece.startswith("fault "):
            yield Mark("odd", piece)
    if row.http_status is None or row.http_status >= 400:
        yield Mark("bad", "not accepted" if row.http_status else "not answered")


def _part(title: str, text: str) -> Part | None:
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:  # a sentence about what could not be read, or a text that was cut at the limit
        return Part(title, [("", text)], "")
    pairs = [tuple(pair) for pair in value] if _is_pairs(value) else list(_flat(value, ""))
    return Part(title, [(str(name), str(shown)) for name, shown in pairs], _signed(value, pairs))


def _is_pairs(value: Any) -> bool:
    """Whether it is a form in which a name stands twice: masking keeps that as a list of pairs."""
    return isinstance(value, list) and all(isinstance(item, list) and len(item) == 2 for item in value)


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _flat(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _flat(item, f"{path}[{number}]")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def _signed(value: Any, pairs: list[Any]) -> str:
    """What the signature covers (Paytm docs, Checksum): the text of body, or a form's values sorted by name."""
    if isinstance(value, dict) and isinstance(value.get("head"), dict):
        covered = "The signature covers the exact text of body, as it was sent."
        return covered if value["head"].get("signature") else "Not signed."
    names = [str(name) for name, _ in pairs]
    if not any(name in SIGNATURES for name in names):
        return "Not signed." if "ORDERID" in names or "ORDER_ID" in names else ""
    covered = ", ".join(sorted(name for name in names if name not in SIGNATURES))
    return f"The signature covers the values of {covered}, in this order, joined by |."
