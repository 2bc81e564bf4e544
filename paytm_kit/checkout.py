"""The public way to collect: ``open_payment`` and ``redirect``."""

from paytm_kit.gateways.base import Customer, Flow, GatewayError
from paytm_kit.services.checkout import (
    AlreadyPaid,
    NothingToPay,
    PaymentError,
    StillAsking,
    open_payment,
    redirect,
)

__all__ = [
    "AlreadyPaid",
    "Customer",
    "Flow",
    "GatewayError",
    "NothingToPay",
    "PaymentError",
    "StillAsking",
    "open_payment",
    "redirect",
]
