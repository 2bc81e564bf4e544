"""The ways to pay that an order's page shows: every account on offer, and of Paytm's each of its three entrances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from demo_site.shop.models import Order
from paytm_kit import checkout

# What a shopper reads, by the way to the gateway's page: its name and what happens then.
WORDS: dict[str, tuple[Any, Any]] = {
    "hosted": (_("%(name)s page"), _("You go to the payment page and come back here.")),
    "js": (
        _("%(name)s pop-up on this page (JS Checkout)"),
        _("The payment opens over this shop. Needs JavaScript."),
    ),
    "legacy": (_("%(name)s classic form"), _("The older way, for merchants that still have it.")),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One of them; ``str()`` is what the shopper reads."""

    account: str
    flow: str
    name: str

    @property
    def value(self) -> str:
        """As the form sends it: ``default.hosted``."""
        return f"{self.account}.{self.flow}"

    @property
    def help(self) -> Any:
        return WORDS[self.flow][1]

    def __str__(self) -> str:
        return str(WORDS[self.flow][0]) % {"name": self.name}


def of(order: Order) -> list[Way]:
    """In the order of the settings; none when no account collects the order's currency."""
    offers = checkout.offers(order, order.balance_due or order.total)
    return [Way(offer.account, flow, offer.label) for offer in offers for flow in offer.flows]
