"""The public way to collect: ``offers`` says through which accounts, ``open_payment`` and ``redirect`` do it."""

from paytm_kit.gateways.base import Customer, Flow, GatewayError
from paytm_kit.services.checkout import redirect
from paytm_kit.services.offers import Offer
from paytm_kit.services.offers import for_order as offers
from paytm_kit.services.opening import AlreadyPaid, NothingToPay, PaymentError, StillAsking, open_payment

__all__ = [
    "AlreadyPaid",
    "Customer",
    "Flow",
    "GatewayError",
    "NothingToPay",
    "Offer",
    "PaymentError",
    "StillAsking",
    "offers",
    "open_payment",
    "redirect",
]
