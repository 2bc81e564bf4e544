"""Template filters of the kit."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def rupees(amount: Decimal) -> str:
    """``123456.5`` → ``₹1,23,456.50``: Indian digit grouping, always two decimals."""
    sign = "-" if amount < 0 else ""
    whole, _, paise = f"{abs(amount):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    while head:
        tail, head = f"{head[-2:]},{tail}", head[:-2]
    return f"{sign}₹{tail}.{paise}"
