"""Zaakpay's stand-in: signed forms through the browser, status and refunds by signed JSON, form webhooks."""

from paytm_kit.standins.zaakpay.words import WORDING

__all__ = ["WORDING"]
