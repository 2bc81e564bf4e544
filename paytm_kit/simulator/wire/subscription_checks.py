"""What Paytm checks in requests about mandates: tables of fields. Pure.

Sources: Paytm docs, Initiate Subscription; Pre-notify; Renew; Cancel; Pause/Resume. Codes that those pages do not
give are 1001 (unconfirmed).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from paytm_kit.simulator import guard
from paytm_kit.simulator.wire.checks import LARGEST, ORDER_ID, Fault, Field, amount_fault, at, texts
from paytm_kit.simulator.wire.refund_checks import day, misshapen, missing

CUST_ID = Field("userInfo.custId", 64, form=r"[A-Za-z0-9@!_$.=]+")
CREATE = (
    Field("requestType", 30, form="NATIVE_SUBSCRIPTION|NATIVE_MF_SIP"),
    Field("mid", 20),
    Field("orderId", 50, form=ORDER_ID.pattern),
    Field("websiteName", 30),
    Field("callbackUrl", 255),
    CUST_ID,
    Field("subscriptionPaymentMode", 15, form="UPI|CC|DC|PPI|BANK_MANDATE|UNKNOWN"),
    Field("subscriptionAmountType", 8, form=""),
    Field("subscriptionFrequency", 3, form=""),
    Field("subscriptionFrequencyUnit", 15, form=""),
    Field("subscriptionStartDate", 10, form=r"\d{4}-\d\d-\d\d"),
    Field("subscriptionExpiryDate", 10, form=r"\d{4}-\d\d-\d\d"),
    Field("subscriptionMaxAmount", 15, needed=False, form=""),
    Field("renewalAmount", 15, needed=False, form=""),
    Field("subscriptionGraceDays", 3, needed=False, form=""),
    Field("subscriptionEnableRetry", 1, needed=False, form="[01]"),
    Field("subscriptionRetryCount", 2, needed=False, form=r"\d+"),
    Field("mandateType", 15, needed=False, form="E_MANDATE|PAPER_MANDATE"),
)
RENEW = (
    Field("mid", 20),
    Field("orderId", 50, form=ORDER_ID.pattern),
    Field("subscriptionId", 64, form=r"\d+"),
    Field("debitDate", 19, needed=False, form=r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
)
SUBS = (Field("mid", 20), Field("subsId", 64, form=r"\d+"))
NOTIFY = (
    *SUBS,
    Field("txnAmount", 15, form=""),
    Field("txnDate", 10, form=r"\d\d-\d\d-\d{4}"),
    Field("txnMessage", 200, form=r"[A-Za-z0-9 ]+"),  # an older page allows 200 characters, a newer one 50
    Field("referenceId", 50, form=r"[A-Za-z0-9_-]+"),
    Field("invoiceDisplayNo", 15, needed=False),
)
MODIFY = (*SUBS, Field("status", 10, form="SUSPENDED|ACTIVE"))

UPI_UNITS = ("WEEK", "MONTH", "YEAR")
LARGEST_GRACE = {"CC": 3, "DC": 3}  # days


def money(value: Any) -> str | None:
    """The text of an amount, given as ``{"value", "currency"}`` or flat: the pages show both."""
    if isinstance(value, Mapping):
        value = value.get("value") if value.get("currency", "INR") == "INR" else None
    return value if isinstance(value, str) else None


def money_fault(value: Any) -> str:
    """Why this is no amount, or ""."""
    text = money(value)
    if text is None or len(text) > 15:
        return "an amount must be text such as 1.00, in INR"
    return amount_fault(text) or ("" if Decimal(text) <= LARGEST else f"above {LARGEST} rupees")


def fault(fields: tuple[Field, ...], body: Mapping[str, Any]) -> Fault | None:
    """What is wrong with the fields of a request by its table, or None."""
    if names := missing(fields, body):
        return Fault("1007", f"missing: {names}")
    if any("|" in text for text in texts(body)):
        return Fault("1008", "a value holds a pipe, which would blur what is signed")
    why = misshapen([field for field in fields if field is not CUST_ID], body)
    return Fault("1001", why) if why else None


def create_fault(
    body: Mapping[str, Any], units: tuple[str, ...], website: str, hosts: tuple[str, ...], today: date
) -> Fault | None:
    """Why an authenticated request for a mandate is refused, or None."""
    if body.get("txnAmount") in (None, ""):
        return Fault("1007", "missing: txnAmount")
    if found := fault(CREATE, body):
        return found
    if misshapen([CUST_ID], body):
        return Fault("4002", "userInfo.custId holds characters that are not allowed")
    given = [body.get(name) for name in ("subscriptionMaxAmount", "renewalAmount") if body.get(name) not in (None, "")]
    for amount in (body["txnAmount"], *given):
        if why := money_fault(amount):
            return Fault("2007", why)
    if why := _rhythm(body, units):
        return Fault("4001", why)
    starts, expires = day(body["subscriptionStartDate"]), day(body["subscriptionExpiryDate"])
    if starts is None or expires is None or expires <= starts:
        return Fault("1001", "the dates must exist, and the expiry lie after the start")
    if starts < today:
        return Fault("5028", f"subscriptionStartDate is before {today}")
    if body["websiteName"] != website:
        return Fault("1001", f"websiteName must be {website}")
    if why := guard.refusal(at(body, "callbackUrl"), hosts):
        return Fault("1001", f"callbackUrl: {why}", f"Request parameters are not valid. callbackUrl: {why}")
    return None


def _rhythm(body: Mapping[str, Any], units: tuple[str, ...]) -> str:
    """What is wrong with amount type, frequency or grace days, or ""."""
    unit, mode = body["subscriptionFrequencyUnit"], body["subscriptionPaymentMode"]
    often, grace = body["subscriptionFrequency"], body.get("subscriptionGraceDays") or "0"
    if body["subscriptionAmountType"] not in ("FIX", "VARIABLE"):
        return "subscriptionAmountType must be FIX or VARIABLE"
    if body["subscriptionAmountType"] == "VARIABLE" and not body.get("subscriptionMaxAmount"):
        return "a VARIABLE mandate needs subscriptionMaxAmount"
    if unit not in (UPI_UNITS if mode == "UPI" else units):
        return f"subscriptionFrequencyUnit {unit} does not fit {mode}"
    if not (often.isascii() and often.isdigit() and 1 <= int(often) <= 366):
        return "subscriptionFrequency must be a number from 1 to 366"
    if not (grace.isascii() and grace.isdigit() and int(grace) <= LARGEST_GRACE.get(mode, 99)):
        return "subscriptionGraceDays is too long"
    return ""
