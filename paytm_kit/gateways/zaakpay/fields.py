"""What Zaakpay takes in a field, checked before anything is signed. Amounts are whole paise there, rupees here.

Source: developer.zaakpay.com, Redirect Flow (V8): the limits of each field.
"""

from __future__ import annotations

import re
from decimal import Decimal

from paytm_kit.gateways.base import ConfigurationError, Refused, StartRequest

CURRENCY = "INR"
ORDER_ID = re.compile(r"[A-Za-z0-9]{1,20}")
MERCHANT = re.compile(r"[A-Za-z0-9]{1,64}")
SMALLEST, LARGEST = Decimal("1.00"), Decimal("100000.00")  # rupees; the dashboard may set other limits

# Nothing escapes these where the signed text is put together, so a value with one could move a boundary.
_AMBIGUOUS = re.compile(r"[&=\x00-\x1f\x7f]")
_EMAIL = re.compile(r"[^\s@&=]{1,64}@[^\s@&=]{1,190}")
_REASON = re.compile(r"[^A-Za-z0-9 ]+")


def paise(amount: Decimal, order_id: str) -> str:
    """``499.00`` → ``49900``. Raises Refused for what is no whole number of paise."""
    exact = amount * 100
    if exact != exact.to_integral_value() or amount <= 0:
        raise Refused(f"{amount} is not a positive amount of whole paise.", order_id=order_id)
    return str(int(exact))


def rupees(paise_text: object) -> Decimal | None:
    """``"49900"`` → ``499.00``; ``None`` for anything but digits. Non-real-time notices write a number."""
    text = paise_text if isinstance(paise_text, str) else str(paise_text) if type(paise_text) is int else ""
    return Decimal(text).scaleb(-2).quantize(Decimal("0.01")) if re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) else None


def unfit(amount: Decimal, currency: str) -> str:
    """Why Zaakpay cannot collect that in one payment; empty: it can."""
    if currency != CURRENCY:
        return f"Zaakpay takes {CURRENCY} only, not {currency!r}."
    if not SMALLEST <= amount <= LARGEST:
        return f"Zaakpay takes {SMALLEST} to {LARGEST} rupees in one payment, not {amount}."
    return ""


def check(request: StartRequest) -> dict[str, str]:
    """The form's fields without its checksum. Raises Refused, which names the field and what it may hold."""
    order_id = request.order_id
    if not ORDER_ID.fullmatch(order_id):
        raise Refused(f"Zaakpay takes order ids of 1 to 20 letters and digits, not {order_id!r}.", order_id=order_id)
    if why := unfit(request.amount, request.currency):
        raise Refused(why, order_id=order_id)
    if not _EMAIL.fullmatch(request.customer.email):
        raise Refused(
            "Zaakpay needs the shopper's e-mail address: let payment_customer() of the order give one.",
            order_id=order_id,
        )
    if _AMBIGUOUS.search(request.callback_url):
        raise ConfigurationError(
            "Zaakpay's return URL must have no query string: its & and = would be part of what is signed.",
            order_id=order_id,
        )
    return {
        "orderId": order_id,
        "amount": paise(request.amount, order_id),
        "currency": CURRENCY,
        "buyerEmail": request.customer.email,
        "returnUrl": request.callback_url,
    }


def reason(text: str) -> str:
    """Why money goes back, as Zaakpay takes it: 5 to 30 letters, digits and spaces."""
    plain = " ".join(_REASON.sub(" ", text).split())[:30].strip()
    return plain if len(plain) >= 5 else "Refund by the shop"
