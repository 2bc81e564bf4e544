"""What every page of the shop shows: the categories, the size of the cart and where payments go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from demo_site.shop.cart import Cart
from demo_site.shop.models import Category

PAYMENT_NOTES = {
    "simulator": _("Payments go to a simulator that is not Paytm, Zaakpay, Stripe or PayPal: no real money moves."),
    "staging": _("Payments go to Paytm's test environment: no real money moves."),
    "production": _("Payments go to Paytm and are real."),
}


def _outage_url() -> str:
    """Where developers let one gateway be down, while all that are on offer are played by the simulator."""
    accounts = settings.PAYTM_KIT["ACCOUNTS"]
    simulated = settings.PAYTM_ENVIRONMENT == "simulator" and len(accounts) > 1
    return f"{accounts['default']['HOST']}/_sim/watch/faults" if simulated else ""


def shop(request: HttpRequest) -> dict[str, Any]:
    """Nothing is looked up until a template asks, so that the kit's own pages need neither session nor database."""
    return {
        "categories": Category.objects.all(),
        # an error page can be asked for before the session exists
        "cart_size": lambda: Cart(request.session).size if hasattr(request, "session") else 0,
        "outage_url": _outage_url,
        "payment_note": PAYMENT_NOTES.get(settings.PAYTM_ENVIRONMENT, ""),
    }
