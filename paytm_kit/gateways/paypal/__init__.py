"""PayPal (Orders v2) behind the kit's gateway interface."""

from paytm_kit.gateways.paypal.gateway import PayPalGateway

__all__ = ["PayPalGateway"]
