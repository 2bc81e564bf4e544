"""How the simulator's pages write money, moments, parties and the address of an order. Every template knows these."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from paytm_kit.simulator import clock
from paytm_kit.simulator.bank import parties

register = template.Library()

MINUS, NO_BREAK = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


@register.filter
def rupees(value: Decimal | str) -> str:
    """``₹ 1,23,456.00``: the last three digits, then pairs, as India groups them."""
    amount = Decimal(value)
    whole, paise = f"{abs(amount):.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    grouped = ",".join([*reversed(pairs), tail])
    return f"{MINUS if amount < 0 else ''}₹{NO_BREAK}{grouped}.{paise}"


@register.filter
def ist(moment: datetime | str, form: str = "%d %b %Y, %H:%M:%S") -> str:
    """Indian time, from a moment or its ISO text."""
    return clock.ist(datetime.fromisoformat(moment) if isinstance(moment, str) else moment, form)


@register.filter
def party(code: str) -> str:
    """A party's name, with a capital first letter."""
    name = parties.name(code)
    return name[:1].upper() + name[1:]


@register.simple_tag
def order_url(order_id: str, mid: str = "") -> str:
    """The address of an order's page. The id stands in the query, because ``.`` and ``..`` cannot stand in a path."""
    query = urlencode({"id": order_id} | ({"mid": mid} if mid else {}))
    return f"{reverse('paytm_simulator:watch-order')}?{query}"


def span(seconds: float) -> str:
    """A length of time in its two largest units: ``3 days 2 h``, ``1 min 30 s``."""
    left, parts = int(seconds), []
    for size, word in ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {word}{'s' if word == 'day' and count > 1 else ''}")
    return " ".join(parts[:2]) or "0 s"
