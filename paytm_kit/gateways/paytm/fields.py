"""What Paytm accepts in each request field: everything is checked here before it is signed and sent.

Refusing early gives an error that names the field; Paytm itself answers 1001, 1008 or an error page that names none.
No rule lets a pipe through: it separates the values in Paytm's signed text (code 1008).
Sources: Paytm docs, Initiate Transaction API (lengths: its 2020 edition) and the legacy form of 2019.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from paytm_kit import money
from paytm_kit.gateways.base import Account, ConfigurationError, Refused, StartRequest

_EMAIL = re.compile(r"[^@\s|]+@[^@\s|]+\.[^@\s|]+", re.ASCII)
_MOBILE = re.compile(r"\+?[0-9]{10,14}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that the whole value must match, and the same in words."""

    pattern: str
    words: str

    def accepts(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value, re.ASCII) is not None


MID = Rule(r"[A-Za-z0-9_-]{1,20}", "1 to 20 letters and digits")
WEBSITE = Rule(r"[!-{}~]{1,30}", "1 to 30 printable characters without spaces or pipes")
LEGACY_WEBSITE = Rule(r"[A-Za-z0-9]{1,30}", "1 to 30 letters and digits (else code 804)")
CHANNEL = Rule(r"[A-Z]{3}", "WEB or WAP")
INDUSTRY = Rule(r"[A-Za-z0-9_-]{1,20}", "1 to 20 letters and digits")
# Paytm's APIs disagree on more than this; it is what all of them take.
ORDER_ID = Rule(r"[A-Za-z0-9_-]{1,32}", "1 to 32 of A-Z, a-z, 0-9, _ and -")
ANY_ORDER_ID = Rule(r"[A-Za-z0-9_@.-]{1,50}", "1 to 50 of A-Z, a-z, 0-9 and _ @ . -")  # also ids that are not ours
REFUND_ID = Rule(r"[A-Za-z0-9_-]{1,50}", "1 to 50 of A-Z, a-z, 0-9, _ and -")
ANY_REFUND_ID = Rule(r"[!-{}~]{1,50}", "1 to 50 printable characters without spaces or pipes")  # also not ours
REFUND_AMOUNT = Rule(r"[0-9.]{4,10}", "at most 9999999.99")  # Paytm docs, Refund API: string(10)
TRANSACTION_ID = Rule(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, _ and -")
CUSTOMER_ID = Rule(r"[A-Za-z0-9_@!$.]{1,64}", "1 to 64 of A-Z, a-z, 0-9 and _ @ ! $ .")
CALLBACK_URL = Rule(
    r"(?=.{1,255}\Z)https?://[A-Za-z0-9.:\[\]-]+([/?#][!-{}~]*)?",
    "an absolute http(s) URL of at most 255 ASCII characters, without a pipe",
)
CURRENCY = Rule(r"INR", "INR")
LEGACY_AMOUNT = Rule(r"[0-9.]{4,10}", "at most 9999999.99")


@dataclass(frozen=True, slots=True)
class Checked:
    """A StartRequest's values in Paytm's formats. ``email`` and ``mobile`` are empty when they are not usable."""

    order_id: str
    amount: str  # rupees, exactly two decimals
    currency: str
    callback_url: str
    customer_id: str
    email: str
    mobile: str


def check(request: StartRequest) -> Checked:
    """The request's values, ready to send. Raises Refused that names the field; nothing was sent then."""
    order_id = require("orderId", request.order_id, ORDER_ID, request.order_id)
    try:
        amount = money.rupees(request.amount)
    except ValueError as error:
        raise Refused(f"txnAmount of order {order_id} was not sent: {error}", order_id=order_id) from error
    email, mobile = request.customer.email, request.customer.mobile
    return Checked(
        order_id=order_id,
        amount=f"{amount:.2f}",
        currency=require("currency", request.currency, CURRENCY, order_id),
        callback_url=require("callbackUrl", request.callback_url, CALLBACK_URL, order_id),
        customer_id=require("custId", request.customer.id, CUSTOMER_ID, order_id),
        email=email if len(email) <= 50 and email.isascii() and _EMAIL.fullmatch(email) else "",
        mobile=mobile if _MOBILE.fullmatch(mobile) else "",
    )


def require(name: str, value: str, rule: Rule, order_id: str) -> str:
    """The value itself. Raises Refused when the rule does not accept it."""
    if not isinstance(value, str) or not rule.accepts(value):
        shown = order_id if ORDER_ID.accepts(str(order_id)) else "(bad id)"
        raise Refused(f"{name} of order {shown} was not sent to Paytm: it must be {rule.words}.", order_id=shown)
    return value


def require_setting(name: str, value: str, rule: Rule, account: Account) -> str:
    """The same for an account's value. Raises ConfigurationError."""
    if not rule.accepts(value):
        raise ConfigurationError(f'{name} of account "{account.name}" must be {rule.words}.')
    return value
