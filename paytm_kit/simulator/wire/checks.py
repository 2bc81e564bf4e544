"""What Paytm checks in a request that begins a payment, in its order and with its codes. Pure; tables of fields.

Sources: Paytm docs, Initiate Transaction API; the deprecated-flow integration page for the legacy form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from paytm_kit.simulator import guard
from paytm_kit.simulator.bank import modes

LARGEST = Decimal(1_000_000)  # rupees; Paytm's own limits are set per merchant
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?", re.ASCII)
ORDER_ID = re.compile(r"[A-Za-z0-9@_.-]{1,50}", re.ASCII)


class Fault(NamedTuple):
    """Why a request is refused: Paytm's code, our explanation for the log, and a longer text where Paytm's is bare."""

    code: str
    why: str
    text: str = ""


class Field(NamedTuple):
    path: str
    longest: int
    needed: bool = True
    form: str = r"[^\x00-\x1f\x7f]*"


INITIATE = (
    Field("requestType", 30, form="Payment"),
    Field("mid", 20),
    Field("orderId", 50, form=ORDER_ID.pattern),
    Field("websiteName", 30),
    Field("callbackUrl", 255),
    Field("txnAmount.value", 15, form=""),
    Field("txnAmount.currency", 3, form="INR"),
    Field("userInfo.custId", 64, form=r"[A-Za-z0-9@!_$.=]+"),
    Field("userInfo.mobile", 15, needed=False, form=r"[0-9+ -]*"),
    Field("userInfo.email", 50, needed=False),
    Field("userInfo.firstName", 50, needed=False),
    Field("userInfo.lastName", 50, needed=False),
    Field("extendInfo.mercUnqRef", 255, needed=False),
)

LEGACY = (
    Field("MID", 20),
    Field("ORDER_ID", 50, form=ORDER_ID.pattern),
    Field("CUST_ID", 64, form=r"[A-Za-z0-9@!_$.=]+"),
    Field("TXN_AMOUNT", 10, form=""),
    Field("CHANNEL_ID", 3, form="WEB|WAP"),
    Field("WEBSITE", 30),
    Field("INDUSTRY_TYPE_ID", 20),
    Field("CALLBACK_URL", 255),
    Field("CHECKSUMHASH", 108),
    Field("MOBILE_NO", 15, needed=False),
    Field("EMAIL", 50, needed=False),
    Field("MERC_UNQ_REF", 255, needed=False),
)


def at(body: Mapping[str, Any], path: str) -> Any:
    """The member that a dotted path names, or None."""
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def texts(value: Any) -> Iterator[str]:
    """Every text in a parsed JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def amount_fault(text: str) -> str:
    """Why a text is no amount, or "". Paytm takes ASCII digits with up to two decimals, above zero."""
    if not _AMOUNT.fullmatch(text):
        return f"{text[:20]!r} is not digits with up to two decimals"
    return "" if Decimal(text) > 0 else "the amount is zero"


def query_fault(body: Mapping[str, Any], query: Mapping[str, str]) -> Fault | None:
    """Whether the address names the same merchant and order as the body."""
    for name, code in (("mid", "2013"), ("orderId", "2014")):
        if at(body, name) is None:
            return Fault("1007", f"{name} is missing")
        if query.get(name, "") != at(body, name):
            return Fault(code, f"{name} is not the same in query and body")
    return None


def initiate_fault(body: Mapping[str, Any], website: str, allowed_hosts: tuple[str, ...]) -> Fault | None:
    """Why an authenticated initiate request is refused, or None."""
    missing = [field.path for field in INITIATE if field.needed and at(body, field.path) in (None, "")]
    if missing:
        return Fault("1007", f"missing: {', '.join(missing)}")
    if any("|" in text for text in texts(body)):
        return Fault("1008", "a value holds a pipe, which would blur what is signed")
    value = at(body, "txnAmount.value")
    if not isinstance(value, str) or (why := amount_fault(value)):
        return Fault("2007", why if isinstance(value, str) else "txnAmount.value must be text")
    for field in INITIATE:
        if why := shape_fault(field, at(body, field.path)):
            return Fault("1001", why)
    if Decimal(value) > LARGEST:
        return Fault("196", f"above {LARGEST} rupees")
    if at(body, "websiteName") != website:
        return Fault("501", f"websiteName must be {website}: a wrong one is the usual cause of System Error")
    if why := guard.refusal(at(body, "callbackUrl"), allowed_hosts):
        return Fault("1001", f"callbackUrl: {why}", f"Request parameters are not valid. callbackUrl: {why}")
    if why := modes_fault(body):
        return Fault("1001", why)
    return None


def modes_fault(body: Mapping[str, Any]) -> str:
    """Why the lists of payment modes cannot be used, or ""."""
    for name in ("enablePaymentMode", "disablePaymentMode"):
        listed = body.get(name)
        if listed is None:
            continue
        if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
            return f"{name} must be a list of objects with mode and channels"
        for entry in listed:
            if not isinstance(entry.get("mode"), str) or entry["mode"] not in modes.WORDS:
                return f"{name}: {str(entry.get('mode'))[:30]!r} is no payment mode"
            if not isinstance(entry.get("channels") or [], list):
                return f"{name}: channels must be a list"
    if (body.get("enablePaymentMode") or body.get("disablePaymentMode")) and not payment_modes(body):
        return "enablePaymentMode and disablePaymentMode leave no way to pay that the simulator has"
    return ""


def payment_modes(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The modes that a request without ``modes_fault`` leaves open, in the words of bank/modes; none: all of them."""
    enabled, disabled = (
        {word for entry in body.get(name) or [] for word in modes.chosen(entry["mode"], entry.get("channels") or [])}
        for name in ("enablePaymentMode", "disablePaymentMode")
    )
    if not body.get("enablePaymentMode") and not body.get("disablePaymentMode"):
        return ()
    allowed = enabled if body.get("enablePaymentMode") else set(modes.OFFERED)
    return tuple(word for word in modes.OFFERED if word in allowed - disabled)


def shape_fault(field: Field, value: Any) -> str:
    """What is wrong with the value of a field, or ""."""
    if value is None and not field.needed:
        return ""
    if not isinstance(value, str):
        return f"{field.path} must be text"
    if len(value) > field.longest:
        return f"{field.path} has {len(value)} characters, at most {field.longest} are allowed"
    if field.form and not re.fullmatch(field.form, value, re.ASCII):
        return f"{field.path} holds characters that are not allowed"
    return ""


def legacy_form_fault(form: Mapping[str, str], website: str) -> Fault | None:
    """Why an authenticated legacy form is refused, or None."""
    for field in LEGACY:
        value = form.get(field.path, "")
        why = f"{field.path} is missing" if field.needed and not value else shape_fault(field, value)
        if why:
            return Fault({"ORDER_ID": "309", "TXN_AMOUNT": "240"}.get(field.path, "00"), why)
    if why := amount_fault(form["TXN_AMOUNT"]):
        return Fault("240", why)
    if form["WEBSITE"] != website:
        return Fault("00", f"WEBSITE must be {website}")
    return None
