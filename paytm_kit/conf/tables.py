"""Every setting: its name, its environment variable, its form, its default, and what it means.

These two tables are the documentation; ``settings.example.env`` repeats them for people who fill it in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from decouple import strtobool

from paytm_kit.conf import gstin, words
from paytm_kit.gateways.base import Flow
from paytm_kit.money import rupees
from paytm_kit.risk import limits, verdicts

REQUIRED = object()
# What letters are about (models.Letter.Kind says it in words).
SHOPPER_KINDS = ("paid", "failed", "pending", "refund_started", "refund_done")
MERCHANT_KINDS = (*SHOPPER_KINDS, "refund_failed", "flagged", "dispute_opened")
ENVIRONMENTS = ("production", "staging", "simulator")
CHANNELS = ("WEB", "WAP")


class Secret(str):
    """Text that ``repr`` does not show: error pages and trackers print the ``repr`` of every variable."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


def _bool(value: object) -> bool:
    return value if isinstance(value, bool) else bool(strtobool(str(value).strip()))


def _text(value: object) -> str:
    return str(value).strip()


def _verbatim(value: object) -> str:
    """Keys are never trimmed or unquoted here: what the environment holds is what signs."""
    return Secret(value)


def _origin(value: object) -> str:
    return _text(value).rstrip("/")


def _seconds(value: object) -> float:
    seconds = float(str(value))
    if not 0 < seconds <= 300:
        raise ValueError("not from 0 to 300")
    return seconds


def _few_seconds(value: object) -> float:
    if (seconds := _seconds(value)) > 60:
        raise ValueError("over 60")
    return seconds


def _count(value: object) -> int:
    number = int(str(value))
    if number < 0:
        raise ValueError("below zero")
    return number


def _days(value: object) -> int:
    number = _count(value)
    if number > 36500:
        raise ValueError("more than a hundred years")
    return number


def _some_days(value: object) -> int:
    if not (number := _days(value)):
        raise ValueError("none")
    return number


def _rupees(value: Any) -> Decimal:
    return rupees(value.strip() if isinstance(value, str) else value)


def _one_of(*words: str) -> Callable[[object], str]:
    def cast(value: object) -> str:
        if (word := _text(value)) not in words:
            raise ValueError("another word")
        return word

    return cast


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in ``PAYTM_KIT``, the end of its environment variable, its meaning.

    Those of one ``group`` are read together: a wrong one stops what needs the group, and nothing else.
    """

    name: str
    env: str  # after PAYTM_ (or PAYTM_<ACCOUNT>_ for accounts other than "default")
    cast: Callable[[Any], Any]
    default: Any
    help: str
    group: str = ""


ACCOUNT_SETTINGS = (
    Setting("GATEWAY", "GATEWAY", _text, "paytm", "Which gateway this account belongs to: paytm or zaakpay."),
    Setting(
        "ENVIRONMENT",
        "ENVIRONMENT",
        _one_of(*ENVIRONMENTS),
        REQUIRED,
        "production, staging, or simulator (needs HOST). Keys of one environment never work in another.",
    ),
    Setting(
        "MERCHANT_ID",
        "MID",
        _text,
        REQUIRED,
        "The MID from Paytm's dashboard, at most 20 characters; of Zaakpay the merchant identifier.",
    ),
    Setting(
        "MERCHANT_KEY",
        "MERCHANT_KEY",
        _verbatim,
        REQUIRED,
        "The merchant key: 16 characters (24 and 32 work), of Zaakpay the secret key. Quote it in .env if it begins or "
        "ends with a quote.",
    ),
    Setting(
        "PREVIOUS_MERCHANT_KEY",
        "PREVIOUS_MERCHANT_KEY",
        _verbatim,
        "",
        "During a key rotation: the old key, which still verifies what Paytm signs but no longer signs.",
    ),
    Setting("WEBSITE", "WEBSITE", _text, "WEBSTAGING", "Website name: WEBSTAGING on staging; see the dashboard else."),
    Setting("INDUSTRY_TYPE", "INDUSTRY_TYPE", _text, "Retail", "Industry type, used by the legacy flow only."),
    Setting("CHANNEL", "CHANNEL", _one_of(*CHANNELS), "WEB", "WEB or WAP."),
    Setting("HOST", "HOST", _origin, "", "https://host of the gateway, if not the environment's own."),
    Setting(
        "FLOW",
        "FLOW",
        _one_of(*Flow),
        "hosted",
        "hosted (the gateway's page), js (JS Checkout) or legacy (signed form).",
    ),
    Setting("CONNECT_TIMEOUT", "CONNECT_TIMEOUT", _seconds, 5.0, "Seconds to wait for a connection, at most 300."),
    Setting("READ_TIMEOUT", "READ_TIMEOUT", _seconds, 30.0, "Seconds to wait for the gateway's answer, at most 300."),
    Setting(
        "REQUIRE_SIGNED_RESPONSES",
        "REQUIRE_SIGNED_RESPONSES",
        _bool,
        True,
        "true or false: refuse a success from the gateway's API that carries no signature. Leave on.",
    ),
    Setting(
        "SETTLEMENT_SIGNATURE",
        "SETTLEMENT_SIGNATURE",
        _one_of("fields", "text"),
        "fields",
        "fields or text: what of a question for settlements is signed. Paytm does not say which; try the other when it "
        "answers CHECKSUM_VALIDATION_FAILED.",
    ),
)

KIT_SETTINGS = (
    Setting(
        "BASE_URL",
        "BASE_URL",
        _origin,
        REQUIRED,
        "https://your.shop: the callback URL is made from it, never from the request's Host header.",
    ),
    Setting(
        "MINIMUM_AMOUNT",
        "MINIMUM_AMOUNT",
        _rupees,
        Decimal("1.00"),
        "Smallest payment, in rupees: text, int or Decimal.",
    ),
    Setting(
        "TRUSTED_PROXIES",
        "TRUSTED_PROXIES",
        _count,
        0,
        "How many proxies of yours stand before Django: the client's address is read that far from the right.",
    ),
    Setting(
        "UNVERIFIED_ASKS",
        "UNVERIFIED_ASKS",
        _count,
        5,
        "How often callbacks that prove nothing may make us ask the gateway, per payment and hour.",
    ),
    Setting(
        "WIRE_RETENTION_DAYS",
        "WIRE_RETENTION_DAYS",
        _days,
        180,
        "Days after which paytm_purge deletes a stored message of a finished payment; 0 keeps them for ever.",
    ),
    Setting(
        "PERSONAL_DATA_RETENTION_DAYS",
        "PERSONAL_DATA_RETENTION_DAYS",
        _days,
        365,
        "Days after which paytm_purge forgets whose a finished payment was (customer id, order's name, return URL); "
        "0 never. What was paid and refunded stays.",
    ),
    Setting(
        "WEBHOOKS_IN_BACKGROUND",
        "WEBHOOKS_IN_BACKGROUND",
        _bool,
        False,
        "true or false: answer a webhook as soon as it is stored and let a Celery worker ask the gateway. "
        "Needs paytm-kit[celery], a broker and a worker; without a broker each is processed at once.",
    ),
    Setting(
        "SETTLEMENT_GRACE_DAYS",
        "SETTLEMENT_GRACE_DAYS",
        _count,
        1,
        "A payment is due in the settlement report of the day after its capture; how many days later still it is "
        "not yet called missing.",
    ),
    Setting(
        "EMAIL",
        "EMAIL",
        _bool,
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
        _count,
        30,
        "Minutes after which paytm_reconcile writes to a shopper whose bank has still not answered; 0 never.",
        "mail",
    ),
    Setting(
        "EMAIL_AT_ONCE",
        "EMAIL_AT_ONCE",
        _bool,
        True,
        "true or false: send each letter as soon as it is written, where that happened (in a request, the shopper or "
        "the gateway waits for the mail server). false leaves it to paytm_reconcile or a Celery worker.",
        "mail",
    ),
    Setting(
        "EMAIL_TIMEOUT",
        "EMAIL_TIMEOUT",
        _few_seconds,
        5.0,
        "Seconds to wait for each answer of the mail server, at most 60.",
        "mail",
    ),
    Setting(
        "EMAIL_GIVE_UP_DAYS",
        "EMAIL_GIVE_UP_DAYS",
        _some_days,
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
        _days,
        90,
        "Days after which paytm_purge deletes counted attempts, visits, used codes and senders of invalid messages; "
        "0 keeps them for ever. Decisions stay with their payment.",
        "risk",
    ),
    Setting(
        "DEVICE_COOKIE_DAYS",
        "DEVICE_COOKIE_DAYS",
        _days,
        365,
        "Days for which a browser keeps the cookie by which its attempts to pay are counted: a random number, signed, "
        "of use to nobody else. 0 sets none; then each of its attempts counts as a newcomer's.",
        "risk",
    ),
    Setting("SELLER_NAME", "SELLER_NAME", _text, "", "Who sells, for receipts and letters; else the site.", "seller"),
    Setting(
        "SELLER_ADDRESS",
        "SELLER_ADDRESS",
        _text,
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
