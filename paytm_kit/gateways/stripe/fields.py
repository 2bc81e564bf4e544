"""What Stripe takes in a field: amounts in minor units, a page's parameters. Pure; checked before anything is sent.

Sources: docs.stripe.com/currencies (zero-decimal, three-decimal, special cases); Checkout Session, create.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from paytm_kit.gateways.base import Conflict, Refused, StartRequest
from paytm_kit.masking import safe_line

PAISA = Decimal("0.01")
# Without a smaller unit: what is charged is what is written. UGX is in Stripe's list, too, and see below.
WHOLE = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
# Thousandths, whose last digit must be 0: the kit's two decimals fit exactly.
THOUSANDTHS = frozenset("BHD JOD KWD OMR TND".split())
# Written in hundredths for compatibility, but in whole units only.
WHOLE_IN_HUNDREDTHS = frozenset({"ISK"})
# Stripe's page lists it as zero-decimal and, under special cases, in hundredths. A hundredfold error is not risked.
CONTRADICTORY = frozenset({"UGX"})

# A page lives 30 minutes at least, from the moment that Stripe makes it. Ours ends at one moment for every repeat of
# the same request, since a repeated Idempotency-Key must come with the same parameters; what is left over the 30
# minutes is the time in which a lost answer may be asked for again, and what two clocks may differ by.
PAGE_LIFETIME = timedelta(minutes=35)
LATEST_REPEAT = timedelta(minutes=4)

_CURRENCY = re.compile(r"[A-Z]{3}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_MOST_UNITS = 14  # digits


def unfit(amount: Decimal, currency: str) -> str:
    """Why Stripe cannot collect that; empty: it can, as far as its published rules go. Its limits differ by account."""
    if not _CURRENCY.fullmatch(currency):
        return f"Stripe takes currencies of three capital letters (ISO 4217), not {currency!r}."
    if currency in CONTRADICTORY:
        return (
            f"Stripe documents the amounts of {currency} in two ways that contradict each other: it is not collected."
        )
    if amount <= 0:
        return f"Stripe takes positive amounts, not {amount}."
    step = Decimal(1) if currency in WHOLE | WHOLE_IN_HUNDREDTHS else PAISA
    if amount % step:
        return f"{currency} has no smaller unit at Stripe than {step}: {amount} cannot be collected."
    return ""


def units(amount: Decimal, currency: str, order_id: str = "") -> int:
    """``499.00`` INR → ``49900``; ``500`` JPY → ``500``; ``5.12`` KWD → ``5120``. Raises Refused for what is unfit."""
    if why := unfit(amount, currency):
        raise Refused(why, order_id=order_id)
    return int(amount.scaleb(_exponent(currency)))


def amount(units: object, currency: str) -> Decimal | None:
    """``49900`` INR → ``499.00``. ``None`` for anything but digits and for what two decimals cannot hold."""
    number = integer(units)
    if number is None or not _CURRENCY.fullmatch(currency) or currency in CONTRADICTORY:
        return None
    exact = Decimal(number).scaleb(-_exponent(currency))
    return exact.quantize(PAISA) if exact % PAISA == 0 else None


def integer(value: object) -> int | None:
    """A whole number, not below zero. Stored messages have them as text."""
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    return int(text) if re.fullmatch(rf"[0-9]{{1,{_MOST_UNITS}}}", text, re.ASCII) else None


def _exponent(currency: str) -> int:
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def session(request: StartRequest) -> dict[str, Any]:
    """The parameters of a Checkout Session. Raises Refused, and Conflict when it is too late for this very page."""
    if not request.return_url:
        raise Refused("Stripe needs the address that the shopper comes back to.", order_id=request.order_id)
    ours = {"order_id": request.order_id}
    label = f"Order {request.order_id}"
    params: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": request.order_id,
        "line_items": [
            {
                "price_data": {
                    "currency": request.currency.lower(),
                    "unit_amount": units(request.amount, request.currency, request.order_id),
                    "product_data": {"name": label},
                },
                "quantity": 1,
            }
        ],
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "expires_at": _expires_at(request),
        "adaptive_pricing": {"enabled": False},  # what the order costs is what is charged, in its own currency
        "metadata": ours,
        # Stripe India refuses exports without a description.
        "payment_intent_data": {"metadata": ours, "description": label},
    }
    if _EMAIL.fullmatch(request.customer.email):  # one that Stripe refuses must keep nobody from paying
        params["customer_email"] = request.customer.email
    return params


def _expires_at(request: StartRequest) -> int:
    now = datetime.now(UTC)
    begun = request.begun_at or now
    if now - begun > LATEST_REPEAT:
        raise Conflict(
            f"Order {request.order_id} began at {begun:%H:%M} and was never handed out; its page would live too short "
            "for Stripe. A new payment is needed.",
            order_id=request.order_id,
        )
    return int((begun + PAGE_LIFETIME).timestamp())


def reason(text: str) -> str:
    """Why money goes back, for the refund's metadata: at most 500 characters (Stripe, Metadata)."""
    return safe_line(text, 500)
