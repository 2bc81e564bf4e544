"""What the shared core asks of each gateway: its words for what happened, its signature, the browser's way back."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, Protocol

from paytm_kit.simulator.webhooks.sending import Answer
from paytm_kit.standins.books import Happened
from paytm_kit.standins.models import Capture, Order, Refund, Webhook


class Told(NamedTuple):
    """What a notice is about."""

    happened: Happened
    order: Order
    capture: Capture | None = None
    refund: Refund | None = None


class Notice(NamedTuple):
    event: str  # the gateway's word, at most 60 characters
    body: str  # JSON, exactly as it is signed


class Sealed(NamedTuple):
    """A notice as it leaves."""

    body: str
    content_type: str
    headers: dict[str, str]


class Way(NamedTuple):
    """Back to the shop: with GET, or with a form where there are fields."""

    url: str
    fields: dict[str, str] | None = None


class Wording(Protocol):
    """One gateway. The flags say how its flow differs; nothing else may ask which gateway it is."""

    gateway: str
    title: str
    captures_itself: bool  # False: the shopper only approves, and the merchant captures
    tries_again: bool  # a decline leaves the order open for another try
    cancel_ends: bool  # the shopper's "cancel" ends the order
    refunds_at_once: bool  # False: a refund is accepted first, and paid by the clock

    def payment_id(self) -> str:
        """Of what stands for all attempts of an order; "" where the gateway has no such thing."""

    def capture_id(self) -> str: ...

    def refund_id(self) -> str: ...

    def decimals(self, currency: str) -> int:
        """Places behind the point of an amount in this currency, as this gateway counts."""

    def notices(self, told: Told) -> list[Notice]:
        """What leaves for this, in order; nothing where the gateway keeps silent."""

    def seal(self, webhook: Webhook, address: str) -> Sealed:
        """The signed request, made anew for each attempt. ``address`` is where this server is found."""

    def accepts(self, answer: Answer) -> bool:
        """Whether the merchant's answer ends the attempts."""

    def way_back(self, order: Order) -> Way:
        """Where the browser goes from the hosted page."""


@cache
def all_wordings() -> dict[str, Wording]:
    from paytm_kit.standins import paypal, stripe, zaakpay  # each uses the core, which uses this module

    found: tuple[Wording, ...] = (zaakpay.WORDING, stripe.WORDING, paypal.WORDING)
    return {wording.gateway: wording for wording in found}


def of(order: Order) -> Wording:
    return all_wordings()[order.party.gateway]
