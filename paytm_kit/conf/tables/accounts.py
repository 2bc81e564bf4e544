"""The settings of one account at a gateway."""

from __future__ import annotations

from paytm_kit.conf import words
from paytm_kit.conf.tables import casts
from paytm_kit.conf.tables.choices import CHANNELS, ENVIRONMENTS
from paytm_kit.conf.tables.setting import REQUIRED, Setting
from paytm_kit.gateways.base import Flow

ACCOUNT_SETTINGS = (
    Setting(
        "GATEWAY",
        "GATEWAY",
        casts.text,
        "paytm",
        "Whose account it is: paytm, zaakpay, stripe or paypal.",
    ),
    Setting(
        "ENVIRONMENT",
        "ENVIRONMENT",
        casts.one_of(*ENVIRONMENTS),
        REQUIRED,
        "production, staging, or simulator (needs HOST). Keys of one environment never work in another.",
    ),
    Setting(
        "MERCHANT_ID",
        "MID",
        casts.text,
        REQUIRED,
        "The MID from Paytm's dashboard, at most 20 characters; of Zaakpay the merchant identifier, of Stripe the "
        "account (acct_…), of PayPal the merchant id.",
    ),
    Setting(
        "MERCHANT_KEY",
        "MERCHANT_KEY",
        casts.verbatim,
        REQUIRED,
        "The merchant key: 16 characters (24 and 32 work), of Zaakpay and Stripe the secret key, of PayPal the secret "
        "of the app. Quote it in .env if it begins or ends with a quote.",
    ),
    Setting(
        "PREVIOUS_MERCHANT_KEY",
        "PREVIOUS_MERCHANT_KEY",
        casts.verbatim,
        "",
        "During a key rotation: the old key, which still verifies what Paytm signs but no longer signs.",
    ),
    Setting("CLIENT_ID", "CLIENT_ID", casts.text, "", "PayPal only: the client id of the app."),
    Setting(
        "WEBHOOK_SECRET",
        "WEBHOOK_SECRET",
        casts.verbatim,
        "",
        "Stripe only: the signing secret of the webhook endpoint (whsec_…).",
    ),
    Setting(
        "PREVIOUS_WEBHOOK_SECRET",
        "PREVIOUS_WEBHOOK_SECRET",
        casts.verbatim,
        "",
        "While that secret is changed: the old one, which still verifies.",
    ),
    Setting(
        "WEBHOOK_ID",
        "WEBHOOK_ID",
        casts.text,
        "",
        "PayPal only: the id of the webhook, a part of what it signs.",
    ),
    Setting(
        "CURRENCY",
        "CURRENCY",
        words.currency,
        "INR",
        "What this account collects: three letters (ISO 4217). An order names its own in payment_currency().",
    ),
    Setting(
        "PAGE_VERSION",
        "PAGE_VERSION",
        casts.text,
        "",
        "Zaakpay only: V8 or V13, the version of its payment page. By default V8.",
    ),
    Setting(
        "OFFERED",
        "OFFERED",
        casts.boolean,
        False,
        "true or false: shoppers may choose this account, and are led to it when another one's gateway cannot begin.",
    ),
    Setting("LABEL", "LABEL", casts.text, "", "What a shopper who chooses reads, such as UPI; else the gateway."),
    Setting(
        "WEBSITE", "WEBSITE", casts.text, "WEBSTAGING", "Website name: WEBSTAGING on staging, else see the dashboard."
    ),
    Setting("INDUSTRY_TYPE", "INDUSTRY_TYPE", casts.text, "Retail", "Industry type, used by the legacy flow only."),
    Setting("CHANNEL", "CHANNEL", casts.one_of(*CHANNELS), "WEB", "WEB or WAP."),
    Setting("HOST", "HOST", casts.origin, "", "https://host of the gateway, if not the environment's own."),
    Setting(
        "FLOW",
        "FLOW",
        casts.one_of(*Flow),
        "hosted",
        "hosted (the gateway's page), js (JS Checkout) or legacy (signed form).",
    ),
    Setting("CONNECT_TIMEOUT", "CONNECT_TIMEOUT", casts.seconds, 5.0, "Seconds to wait for a connection, at most 300."),
    Setting("READ_TIMEOUT", "READ_TIMEOUT", casts.seconds, 30.0, "Seconds to wait for an answer, at most 300."),
    Setting(
        "REQUIRE_SIGNED_RESPONSES",
        "REQUIRE_SIGNED_RESPONSES",
        casts.boolean,
        True,
        "true or false: refuse a success from the gateway's API that carries no signature. Leave on.",
    ),
    Setting(
        "SETTLEMENT_SIGNATURE",
        "SETTLEMENT_SIGNATURE",
        casts.one_of("fields", "text"),
        "fields",
        "fields or text: what of a question for settlements is signed. Paytm does not say which; try the other when it "
        "answers CHECKSUM_VALIDATION_FAILED.",
    ),
)
