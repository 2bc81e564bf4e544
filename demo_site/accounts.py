"""Through whom the demo collects beside Paytm: the stand-ins of three other gateways, with their invented credentials.

One server plays all four. Stripe collects two currencies and so has two accounts, of one merchant: its webhooks come to
the first. A gateway whose library is not installed is left out.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from paytm_kit.standins import parties

STRIPE_ACCOUNT = "acct_standin0001"
PAYPAL_MERCHANT = "STANDINMERCHA"  # 13 letters and digits, as PayPal's


def beside_paytm(host: str) -> dict[str, dict[str, Any]]:
    """The accounts by their names, in the order in which shoppers see them; ``host`` is the simulator's."""
    common = {"ENVIRONMENT": "simulator", "HOST": host, "OFFERED": True}
    stripe = {
        **common,
        "GATEWAY": "stripe",
        "MERCHANT_ID": STRIPE_ACCOUNT,
        "MERCHANT_KEY": parties.STRIPE_SECRET_KEY,
        "WEBHOOK_SECRET": parties.STRIPE_WEBHOOK_SECRET,
    }
    accounts: dict[str, dict[str, Any]] = {
        "zaakpay": {
            **common,
            "GATEWAY": "zaakpay",
            "MERCHANT_ID": parties.ZAAKPAY_MERCHANT,
            "MERCHANT_KEY": parties.ZAAKPAY_KEY,
        }
    }
    if find_spec("stripe"):
        accounts |= {"stripe": stripe, "stripe-usd": {**stripe, "CURRENCY": "USD"}}
    if find_spec("cryptography"):
        accounts["paypal"] = {
            **common,
            "GATEWAY": "paypal",
            "CURRENCY": "USD",
            "MERCHANT_ID": PAYPAL_MERCHANT,
            "CLIENT_ID": parties.PAYPAL_CLIENT_ID,
            "MERCHANT_KEY": parties.PAYPAL_SECRET,
            "WEBHOOK_ID": parties.PAYPAL_WEBHOOK_ID,
        }
    return accounts


def webhook_addresses(shop: str) -> dict[str, str]:
    """By gateway, where its stand-in sends webhooks; ``shop`` is ``http://host:port``."""
    return {gateway: f"{shop}/paytm/webhook/{gateway}/" for gateway in parties.GATEWAYS}
