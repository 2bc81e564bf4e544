"""Which account collects an order: the one that the caller names, or the first on offer."""

from __future__ import annotations

from paytm_kit.api.methods import WORDS
from paytm_kit.api.problems import FieldError, Problem
from paytm_kit.payable import PayableMixin
from paytm_kit.services import offers
from paytm_kit.services.offers import Offer


def choose(order: PayableMixin, *, gateway: str, method: str) -> Offer:
    """``method`` is an instrument, or names a gateway as ``gateway`` does. Raises Problem ``not_offered``."""
    on_offer = offers.for_order(order)
    named = [("gateway", gateway), ("payment_method", "" if method in WORDS else method)]
    fitting = on_offer
    for field, name in named:
        if name and not (fitting := [offer for offer in fitting if name in (offer.gateway, offer.account)]):
            raise _not_offered(field, on_offer, words=field == "payment_method")
    if not fitting:
        raise _not_offered("order_id", [])
    return fitting[0]


def _not_offered(field: str, on_offer: list[Offer], *, words: bool = False) -> Problem:
    known = dict.fromkeys([*(WORDS if words else ()), *(name for o in on_offer for name in (o.gateway, o.account))])
    message = f"must be one of: {', '.join(known)}" if known else "No gateway that is set up can collect this order."
    return Problem("not_offered", message, errors=[FieldError(field, "not_offered", message)])


def named(offer: Offer) -> dict[str, str]:
    """An offer as a caller reads it."""
    return {
        "account": offer.account,
        "gateway": offer.gateway,
        "label": offer.label,
        "currency": offer.currency,
        "flow": offer.flow,
    }
