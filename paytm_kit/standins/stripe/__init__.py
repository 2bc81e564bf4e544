"""Stripe's stand-in: Checkout Sessions, payment intents, charges, refunds and signed events."""

from paytm_kit.standins.stripe.words import WORDING

__all__ = ["WORDING"]
