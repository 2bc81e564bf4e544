"""The shop's orders as it names them: made by their key, brought up to date, never another amount once paid."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from paytm_kit.contrib.flask.orders.models import FlaskOrder
from paytm_kit.money import rupees
from paytm_kit.services import amending

LONGEST_KEY = 64
DETAILS = ("currency", "label", "customer_id", "email", "mobile", "language")
MONEY = ("amount", "currency")


def find(key: str | int) -> FlaskOrder | None:
    """The order with this key. Raises as ``keep`` for what cannot be one."""
    return FlaskOrder.objects.filter(slot=_slot(_key(key))).first()


def keep(key: str | int, *, amount: Decimal | int | str, **details: str | None) -> FlaskOrder:
    """The order with this key as the shop says it is now.

    ``key``       the shop's own, 1 to 64 printable characters; ``17`` and ``"17"`` are the same
    ``amount``    what it costs in all, in rupees: from the shop's database, never from the browser
    ``details``   ``currency`` (INR), ``label`` (what staff read), ``customer_id``, ``email``, ``mobile``, ``language``
                  (of letters, such as hi); those that are left out stay as they were

    Another amount or currency than before is taken on only while no money is on its way (``services/amending.py``).
    Raises AmountFixed and StillAsking, both a ``checkout.PaymentError``; TypeError and ValueError name the field that
    cannot be used.
    """
    key, wanted = _key(key), _wanted(amount, details)
    _check(FlaskOrder(key=key, slot=_slot(key), **wanted))
    order, created = FlaskOrder.objects.get_or_create(slot=_slot(key), defaults={"key": key, **wanted})
    changed = {} if created else {name: value for name, value in wanted.items() if getattr(order, name) != value}
    if not changed:
        return order
    dear = not changed.keys().isdisjoint(MONEY)
    guarded: AbstractContextManager[None] = amending.unpaid(order) if dear else nullcontext()
    with guarded:
        for name, value in changed.items():
            setattr(order, name, value)
        order.save(update_fields=list(changed))
    return order


def _key(given: str | int) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise TypeError(f"An order's key is a text or a whole number, not {type(given).__name__}.")
    key = str(given)
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise ValueError(f"An order's key has 1 to {LONGEST_KEY} printable characters.")
    return key


def _slot(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _wanted(amount: Decimal | int | str, details: dict[str, str | None]) -> dict[str, Any]:
    if unknown := sorted(details.keys() - set(DETAILS)):
        raise TypeError(f"An order has no {', '.join(unknown)}. It has: amount, {', '.join(DETAILS)}.")
    texts = {name: "" if value is None else value for name, value in details.items()}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise TypeError(f"An order's {name} is a text, not {type(value).__name__}.")
        if not value.isprintable():
            raise ValueError(f"An order's {name} is one line of printable characters.")
    return {"amount": rupees(amount), **texts}


def _check(order: FlaskOrder) -> None:
    try:
        order.clean_fields()
    except ValidationError as error:
        name, texts = next(iter(error.message_dict.items()))
        raise ValueError(f"Order {order.key}: {name}: {texts[0]}") from None
