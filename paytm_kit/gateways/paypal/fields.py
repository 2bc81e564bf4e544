"""What PayPal takes in a field, and its amounts: texts in major units, with as many decimals as the currency has.

Sources: PayPal, REST API currency codes; Orders v2 (lengths and patterns of its OpenAPI description).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from paytm_kit.gateways import objects
from paytm_kit.gateways.base import Account, ConfigurationError, Refused, StartRequest

# developer.paypal.com/api/rest/reference/currency-codes; BRL, CNY and MYR for accounts of these countries only.
CURRENCIES = frozenset(
    "AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP SGD SEK CHF THB USD".split()
)
WHOLE = frozenset({"HUF", "JPY", "TWD"})  # no decimals at PayPal
RUPEE = "INR"
NO_RUPEES = (
    "PayPal takes no Indian rupees (INR): it pays Indian merchants from abroad only. Collect in another currency, such "
    "as USD: CURRENCY of the account and payment_currency() of the order."
)
LARGEST = Decimal("9999999.99")  # what our own columns hold; PayPal's own limits are the payer's and the account's

MERCHANT = re.compile(r"[A-Z0-9]{13}")  # account_id in the OpenAPI description; PayPal uses fewer letters
CLIENT = re.compile(r"[!-9;-~]{1,255}")  # a colon would end the user of HTTP Basic
SECRET = re.compile(r"[!-~]{16,255}")
WEBHOOKS = re.compile(r"[A-Za-z0-9-]{1,50}(?:\s*,\s*[A-Za-z0-9-]{1,50})*")  # one, or several while it moves
OURS = re.compile(r"[A-Za-z0-9_-]{1,64}")
THEIRS = re.compile(r"[A-Z0-9]{1,36}")

_MONEY = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")


def check_account(account: Account) -> None:
    """Raises ConfigurationError for an account that cannot work; names the setting and never shows a secret."""
    where = f'of account "{account.name}"'
    rules = (
        (MERCHANT.fullmatch(account.merchant_id), "MERCHANT_ID", "PayPal's merchant id, 13 letters and digits"),
        (CLIENT.fullmatch(account.client_id), "CLIENT_ID", "the client id of the REST app in PayPal's dashboard"),
        (account.keys and all(map(SECRET.fullmatch, account.keys)), "MERCHANT_KEY", "the secret of that REST app"),
        (WEBHOOKS.fullmatch(account.webhook_id or "0"), "WEBHOOK_ID", "the id of the webhook, letters and digits"),
    )
    for fits, name, what in rules:
        if not fits:
            raise ConfigurationError(f"{name} {where} is missing or has the wrong form: it is {what}.")
    if account.currency == RUPEE:
        raise ConfigurationError(f"CURRENCY {where} is INR. {NO_RUPEES}")
    if account.currency not in CURRENCIES:
        raise ConfigurationError(f"CURRENCY {where} is {account.currency}, which PayPal does not take.")


def unfit(amount: Decimal, currency: str, account: Account) -> str:
    """Why this account cannot collect that; empty: it can."""
    if currency == RUPEE:
        return NO_RUPEES
    if currency != account.currency:
        return f'Account "{account.name}" collects {account.currency}, not {currency!r}.'
    if not 0 < amount <= LARGEST:
        return f"{amount} is no amount that can be collected."
    if amount != amount.quantize(_step(currency)):
        return f"{amount} {currency} is not exact: PayPal takes {_decimals(currency)} decimals of it."
    return ""


def check(request: StartRequest, account: Account) -> None:
    """Raises Refused, which names what cannot be asked for."""
    if not OURS.fullmatch(request.order_id):
        raise Refused(f"{request.order_id!r} is no order id of ours.", order_id=request.order_id)
    if why := unfit(request.amount, request.currency, account):
        raise Refused(why, order_id=request.order_id)
    if not request.return_url:
        raise Refused("PayPal needs an address to lead the shopper back to.", order_id=request.order_id)


def theirs(value: str, order_id: str) -> str:
    """An id that PayPal gave, as it may stand in a path. Raises Refused."""
    if not THEIRS.fullmatch(value):
        raise Refused(f"{value!r} is no id of PayPal's.", order_id=order_id)
    return value


def money(amount: Decimal, currency: str, order_id: str) -> dict[str, str]:
    """``{"currency_code": "USD", "value": "499.00"}``. Raises Refused for more decimals than the currency has."""
    exact = amount.quantize(_step(currency))
    if exact != amount or amount <= 0:
        raise Refused(f"{amount} {currency} is no exact amount at PayPal.", order_id=order_id)
    return {"currency_code": currency, "value": str(exact)}


def amount(said: Mapping[str, Any]) -> tuple[Decimal | None, str]:
    """The amount with two decimals and its currency; ``None`` and nothing for what is no money."""
    value, currency = objects.text(said.get("value")), objects.text(said.get("currency_code"))
    if not _MONEY.fullmatch(value) or not re.fullmatch(r"[A-Z]{3}", currency):
        return None, ""
    return Decimal(value).quantize(Decimal("0.01")), currency


def moment(written: object) -> datetime | None:
    """``2026-11-22T10:11:12Z``, with or without fractions of a second (RFC 3339)."""
    try:
        found = datetime.fromisoformat(objects.text(written))
    except ValueError:
        return None
    return found if found.tzinfo is not None and 2000 <= found.year <= 2100 else None


def _decimals(currency: str) -> int:
    return 0 if currency in WHOLE else 2


def _step(currency: str) -> Decimal:
    return Decimal(1).scaleb(-_decimals(currency))
