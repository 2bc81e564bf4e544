"""PayPal's stand-in: tokens, orders, captures, refunds and notices signed with a certificate that it serves."""

from paytm_kit.standins.paypal.words import WORDING

__all__ = ["WORDING"]
