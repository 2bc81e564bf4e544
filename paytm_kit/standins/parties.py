"""Who the stand-ins know from the start: one invented merchant at each gateway. Nobody real knows these credentials."""

from __future__ import annotations

from typing import NamedTuple

ZAAKPAY_MERCHANT = "standinMerchantIdentifier0000001"  # merchantIdentifier
ZAAKPAY_KEY = "standin0zaakpay0key0standin0key0"  # 32 characters, as Zaakpay's

STRIPE_SECRET_KEY = "sk_test_standin_0123456789abcdef"  # noqa: S105 - invented
STRIPE_WEBHOOK_SECRET = "whsec_standin_0123456789abcdef"  # noqa: S105 - invented

PAYPAL_CLIENT_ID = "standin-paypal-client-id-0001"
PAYPAL_SECRET = "standin-paypal-secret-0001"  # noqa: S105 - invented
PAYPAL_WEBHOOK_ID = "5WHSTANDIN0000001"  # the id of the configured webhook, which PayPal signs with every notice


class Start(NamedTuple):
    """What one gateway's merchant has at the start."""

    gateway: str
    identifier: str  # Zaakpay's merchantIdentifier, PayPal's client id; Stripe has none beside its key
    key: str  # Zaakpay's key, Stripe's secret key, PayPal's secret
    webhook_secret: str  # Stripe's signing secret, PayPal's webhook id; Zaakpay signs with its key
    title: str


ZAAKPAY, STRIPE, PAYPAL = "zaakpay", "stripe", "paypal"

STARTS = {
    row.gateway: row
    for row in (
        Start(ZAAKPAY, ZAAKPAY_MERCHANT, ZAAKPAY_KEY, "", "Zaakpay"),
        Start(STRIPE, "", STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, "Stripe"),
        Start(PAYPAL, PAYPAL_CLIENT_ID, PAYPAL_SECRET, PAYPAL_WEBHOOK_ID, "PayPal"),
    )
}
GATEWAYS = tuple(STARTS)
