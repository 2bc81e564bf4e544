"""How many are too many in how long: one limit for each thing that is counted. Pure.

The defaults are far above what a family, a class or an office behind one address does, and below what a program does
that tries stolen cards. Mobile networks put thousands of people behind one IPv4 address: hence the room there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from paytm_kit.risk import spans

OFF = "off"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` in ``window``, which begins with the first."""

    count: int
    window: timedelta

    def __str__(self) -> str:
        return f"{self.count}/{spans.write(self.window)}"


# What is counted → (its limit by default, what it means).
KINDS: Mapping[str, tuple[str, str]] = {
    "customer": ("10/10m", "payments that one customer starts or retries"),
    "device": ("20/10m", "payments that one browser (by the kit's cookie) starts or retries"),
    "newcomers": ("60/10m", "payments that browsers without that cookie start, for each address"),
    "address": ("200/10m", "payments that one address (IPv6: one /64) starts or retries"),
    "payment": ("30/10m", "visits of one payment's pay address, each of which asks the gateway for its page"),
    "codes": ("5/1h", "one-time codes sent to one e-mail address"),
    "invalid": ("30/1m", "messages with a bad signature or none that are stored whole, for each address"),
    "invalid_all": ("600/1m", "the same, for all addresses together"),
}


class Limits(dict[str, Limit]):
    """Kind → limit. A kind that is switched off is not in it; ``problems`` says what could not be read."""

    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join(f"{kind}={self.get(kind, OFF)}" for kind in KINDS)


def read(value: object) -> Limits:
    """Limits as somebody wrote them. Total: what is not named, or cannot be read, keeps its default.

    ``off`` switches all off. Text is ``customer=5/10m, address=off``; a dictionary is ``{"customer": "5/10m"}``.
    """
    if isinstance(value, Limits):
        return value
    if isinstance(value, str) and value.strip().lower() == OFF:
        return Limits()
    found = Limits({kind: _limit(default) for kind, (default, _) in KINDS.items()})
    problems = []
    for kind, text in _pairs(value):
        try:
            _put(found, kind, text)
        except ValueError as error:
            problems.append(f"{kind[:60]}: {error}")
    found.problems = tuple(problems)
    return found


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from ((str(kind).strip(), OFF if limit is None else str(limit).strip()) for kind, limit in value.items())
        return
    for part in str(value).split(","):
        kind, _, text = part.partition("=")
        if part.strip():
            yield kind.strip(), text.strip()


def _put(limits: Limits, kind: str, text: str) -> None:
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(KINDS)}"
        raise ValueError(f"is not counted; {hint}")
    if text.lower() == OFF:
        limits.pop(kind, None)
    else:
        limits[kind] = _limit(text)


def _limit(text: str) -> Limit:
    count, _, window = text.partition("/")
    if not (count.isascii() and count.isdigit() and 0 < int(count) <= 1_000_000):
        raise ValueError(f"{text[:40]!r} is not count/time, such as 10/10m, nor off")
    return Limit(int(count), spans.read(window))


DEFAULT = read("")
