"""Every setting: its name, its environment variable, its form, its default, and what it means.

These tables are the documentation; ``settings.example.env`` repeats them for people who fill it in.
"""

from __future__ import annotations

from paytm_kit.conf.tables.accounts import ACCOUNT_SETTINGS
from paytm_kit.conf.tables.choices import ENVIRONMENTS, MERCHANT_KINDS, OUTGOING_EVENTS, SHOPPER_KINDS
from paytm_kit.conf.tables.endpoints import ENDPOINT_SETTINGS
from paytm_kit.conf.tables.kit import KIT_SETTINGS
from paytm_kit.conf.tables.setting import REQUIRED, Setting

__all__ = [
    "ACCOUNT_SETTINGS",
    "ENDPOINT_SETTINGS",
    "ENVIRONMENTS",
    "KIT_SETTINGS",
    "MERCHANT_KINDS",
    "OUTGOING_EVENTS",
    "REQUIRED",
    "SHOPPER_KINDS",
    "Setting",
]
