"""The settings that are not an account's."""

from __future__ import annotations

from decimal import Decimal

from paytm_kit.conf import endpoints, gstin, throttles, words
from paytm_kit.conf.tables import casts
from paytm_kit.conf.tables.choices import MERCHANT_KINDS, SHOPPER_KINDS
from paytm_kit.conf.tables.setting import REQUIRED, Setting
from paytm_kit.risk import limits, verdicts

KIT_SETTINGS = (
    Setting(
        "BASE_URL",
        "BASE_URL",
        casts.origin,
        REQUIRED,
        "https://your.shop: the callback URL is made from it, never from the request's Host header.",
    ),
    Setting(
        "MINIMUM_AMOUNT",
        "MINIMUM_AMOUNT",
        casts.amount,
        Decimal("1.00"),
        "Smallest payment, in rupees: text, int or Decimal. In other currencies only the gateway sets one.",
    ),
    Setting(
        "TRUSTED_PROXIES",
        "TRUSTED_PROXIES",
        casts.count,
        0,
        "How many proxies of yours stand before Django: the client's address is read that far from the right.",
    ),
    Setting(
        "UNVERIFIED_ASKS",
        "UNVERIFIED_ASKS",
        casts.count,
        5,
        "How often callbacks that prove nothing may make us ask the gateway, per payment and hour.",
    ),
    Setting(
        "WIRE_RETENTION_DAYS",
        "WIRE_RETENTION_DAYS",
        casts.days,
        180,
        "Days after which paytm_purge deletes a stored message of a finished payment; 0 keeps them for ever.",
    ),
    Setting(
        "PERSONAL_DATA_RETENTION_DAYS",
        "PERSONAL_DATA_RETENTION_DAYS",
        casts.days,
        365,
        "Days after which paytm_purge forgets whose a finished payment was (customer id, order's name, return URL); "
        "0 never. What was paid and refunded stays.",
    ),
    Setting(
        "WEBHOOKS_IN_BACKGROUND",
        "WEBHOOKS_IN_BACKGROUND",
        casts.boolean,
        False,
        "true or false: answer a webhook as soon as it is stored and let a Celery worker ask the gateway. "
        "Needs paytm-kit[celery], a broker and a worker; without a broker each is processed at once.",
    ),
    Setting(
        "SETTLEMENT_GRACE_DAYS",
        "SETTLEMENT_GRACE_DAYS",
        casts.count,
        1,
        "A payment is due in the settlement report of the day after its capture; how many days later still it is "
        "not yet called missing.",
    ),
    Setting(
        "EMAIL",
        "EMAIL",
        casts.boolean,
        False,
        "true or false: write to shoppers and to EMAIL_MERCHANT about payments and refunds, through Django's e-mail "
        "settings. Off by default: many shops write letters of their own.",
        "mail",
    ),
    Setting(
        "EMAIL_FROM",
        "EMAIL_FROM",
        words.address,
        "",
        "Whom the letters come from, such as Kadamb <orders@example.com>; by default Django's DEFAULT_FROM_EMAIL.",
        "mail",
    ),
    Setting("EMAIL_REPLY_TO", "EMAIL_REPLY_TO", words.address, "", "Where answers go, if not to EMAIL_FROM.", "mail"),
    Setting(
        "EMAIL_MERCHANT",
        "EMAIL_MERCHANT",
        words.addresses,
        (),
        "Who in the shop is written to: addresses, in the environment separated by commas. By default nobody.",
        "mail",
    ),
    Setting(
        "EMAIL_SHOPPER_KINDS",
        "EMAIL_SHOPPER_KINDS",
        words.some_of(*SHOPPER_KINDS),
        SHOPPER_KINDS,
        f"What shoppers are written about: {', '.join(SHOPPER_KINDS)}. By default all.",
        "mail",
    ),
    Setting(
        "EMAIL_MERCHANT_KINDS",
        "EMAIL_MERCHANT_KINDS",
        words.some_of(*MERCHANT_KINDS),
        MERCHANT_KINDS,
        f"What the shop is written about: {', '.join(MERCHANT_KINDS)}. By default all.",
        "mail",
    ),
    Setting(
        "EMAIL_PENDING_MINUTES",
        "EMAIL_PENDING_MINUTES",
        casts.count,
        30,
        "Minutes after which paytm_reconcile writes to a shopper whose bank has still not answered; 0 never.",
        "mail",
    ),
    Setting(
        "EMAIL_AT_ONCE",
        "EMAIL_AT_ONCE",
        casts.boolean,
        True,
        "true or false: send each letter as soon as it is written, where that happened (in a request, the shopper or "
        "the gateway waits for the mail server). false leaves it to paytm_reconcile or a Celery worker.",
        "mail",
    ),
    Setting(
        "EMAIL_TIMEOUT",
        "EMAIL_TIMEOUT",
        casts.few_seconds,
        5.0,
        "Seconds to wait for each answer of the mail server, at most 60.",
        "mail",
    ),
    Setting(
        "EMAIL_GIVE_UP_DAYS",
        "EMAIL_GIVE_UP_DAYS",
        casts.some_days,
        4,
        "Days, at least one, for which a letter that cannot be sent is tried again; then it is given up, and the "
        "doctor says so.",
        "mail",
    ),
    Setting(
        "LIMITS",
        "LIMITS",
        limits.read,
        limits.DEFAULT,
        "How many are too many: off, or kind=count/time separated by commas; what is not named keeps "
        f"{limits.DEFAULT}. "
        "A shopper over a limit reads how long to wait; what the gateway signed is never limited.",
        "risk",
    ),
    Setting(
        "RISK_RULES",
        "RISK_RULES",
        verdicts.rulebook,
        verdicts.rulebook("default"),
        "Rules that are looked at before a payment starts: default (they only flag), off, names of recipes "
        "(paytm_kit/risk/defaults.py), separated by commas, or a list of these and of rules of your own (in the "
        "environment as JSON).",
        "risk",
    ),
    Setting(
        "RISK_RETENTION_DAYS",
        "RISK_RETENTION_DAYS",
        casts.days,
        90,
        "Days after which paytm_purge deletes counted attempts, visits, used codes and senders of invalid messages; "
        "0 keeps them for ever. Decisions stay with their payment.",
        "risk",
    ),
    Setting(
        "DEVICE_COOKIE_DAYS",
        "DEVICE_COOKIE_DAYS",
        casts.days,
        365,
        "Days for which a browser keeps the cookie by which its attempts to pay are counted: a random number, signed, "
        "of use to nobody else. 0 sets none; then each of its attempts counts as a newcomer's.",
        "risk",
    ),
    Setting(
        "OUTGOING_WEBHOOKS",
        "OUTGOING_WEBHOOKS",
        endpoints.named,
        {},
        "Other systems of yours that are told of payments: a dictionary of names with the settings of each, in the "
        "environment the names separated by commas. Needs paytm_kit.outgoing in INSTALLED_APPS.",
        "outgoing",
    ),
    Setting(
        "OUTGOING_AT_ONCE",
        "OUTGOING_AT_ONCE",
        casts.boolean,
        True,
        "true or false: send each webhook as soon as it is written, where that happened (a request waits for the "
        "endpoint's answer). false leaves it to paytm_reconcile or a Celery worker.",
        "outgoing",
    ),
    Setting(
        "OUTGOING_TIMEOUT",
        "OUTGOING_TIMEOUT",
        casts.few_seconds,
        10.0,
        "Seconds that an endpoint has, from the connection to the end of its answer, at most 60.",
        "outgoing",
    ),
    Setting(
        "OUTGOING_GIVE_UP_DAYS",
        "OUTGOING_GIVE_UP_DAYS",
        casts.some_days,
        4,
        "Days, at least one, for which a webhook that is not taken is tried again; then it is given up, and the doctor "
        "says so.",
        "outgoing",
    ),
    Setting(
        "OUTGOING_RETENTION_DAYS",
        "OUTGOING_RETENTION_DAYS",
        casts.days,
        90,
        "Days after which paytm_purge deletes a webhook that is delivered or given up, with its log; 0 keeps them for "
        "ever.",
        "outgoing",
    ),
    Setting(
        "API_ORDER_RESOLVER",
        "API_ORDER_RESOLVER",
        casts.text,
        "",
        "Dotted path of your function (order_id, request) that gives the order which the caller may pay, or None: such "
        "as shop.api.order_for. The REST API starts no payment without it.",
        "api",
    ),
    Setting(
        "API_CALLBACK_SECRET",
        "API_CALLBACK_SECRET",
        casts.verbatim,
        "",
        "Proves plain JSON notices to the API's callback, by Standard Webhooks: whsec_ and 24 to 64 bytes in base64. "
        "Without it such notices are refused.",
        "api",
    ),
    Setting(
        "API_PREVIOUS_CALLBACK_SECRET",
        "API_PREVIOUS_CALLBACK_SECRET",
        casts.verbatim,
        "",
        "While that secret is changed: the old one, which still verifies.",
        "api",
    ),
    Setting(
        "API_CALLBACK_TOLERANCE",
        "API_CALLBACK_TOLERANCE",
        casts.count,
        300,
        "Seconds by which the time of a signed notice may differ from our clock.",
        "api",
    ),
    Setting(
        "API_IDEMPOTENCY_HOURS",
        "API_IDEMPOTENCY_HOURS",
        casts.some_hours,
        24,
        "Hours, at least one, for which the answer to an Idempotency-Key is remembered; then paytm_api_purge deletes "
        "it.",
        "api",
    ),
    Setting(
        "API_THROTTLES",
        "API_THROTTLES",
        throttles.read,
        throttles.read(""),
        "How many requests the API takes of one caller: off, or pay=30/1m, refund=30/1m, read=300/1m. Counted in "
        "Django's cache: an outer layer only, LIMITS count in the database.",
        "api",
    ),
    Setting(
        "SELLER_NAME", "SELLER_NAME", casts.text, "", "Who sells, for receipts and letters; or the site.", "seller"
    ),
    Setting(
        "SELLER_ADDRESS",
        "SELLER_ADDRESS",
        casts.text,
        "",
        "The seller's address for receipts: lines separated by line breaks, or by | in the environment.",
        "seller",
    ),
    Setting(
        "SELLER_GSTIN",
        "SELLER_GSTIN",
        gstin.checked,
        "",
        "The seller's GST number, 15 characters, for receipts; its last character is checked.",
        "seller",
    ),
)
