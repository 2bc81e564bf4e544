"""Paytm's short words for ways to pay, as shoppers say them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

# Paytm docs, Transaction Status API: paymentMode.
MODES = {
    "UPI": _("UPI"),
    "CC": _("Credit card"),
    "DC": _("Debit card"),
    "NB": _("Net banking"),
    "PPI": _("Paytm wallet"),
}


@register.filter
def way_to_pay(mode: str) -> str:
    """``CC`` → "Credit card"; a word that we do not know stays as it is."""
    return str(MODES.get(mode, mode))
