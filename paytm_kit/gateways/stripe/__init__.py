"""Stripe behind the kit's gateway interface. Its own library, an extra, is imported when a gateway is built."""

from paytm_kit.gateways.stripe.gateway import StripeGateway

__all__ = ["StripeGateway"]
