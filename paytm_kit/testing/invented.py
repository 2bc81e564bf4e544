"""What Paytm and a bank would invent for a payment: the same ids for the same order, wherever a test meets them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from paytm_kit import conf
from paytm_kit.gateways.base import Account, ConfigurationError
from paytm_kit.models import Payment
from paytm_kit.simulator.triggers import message


def facts(payment: Payment) -> dict[str, str]:
    """Every value that a message about this payment may hold, by the names of ``triggers.message.PLACEHOLDERS``.

    A payment that knows its transaction id keeps it; otherwise the id follows from the gateway order id, so that the
    callback, the fake gateway's answer and a factory speak of one transaction.
    """
    values = of_order(payment.gateway_order_id, str(payment.amount), payment.merchant_id)
    known = {"txn": payment.transaction_id, "bank_txn": payment.bank_transaction_id}
    return values | {name: value for name, value in known.items() if value}


def of_order(order_id: str, amount: str, mid: str) -> dict[str, str]:
    """The same for a gateway order id; ``amount`` is rupees with two decimals."""
    draw = random.Random(order_id)  # noqa: S311 - ids of a test, no secret
    values = message.facts(order_id, amount, mid, draw, timezone.now())
    day = "20" + order_id[:6] if order_id[:6].isdigit() else values["txn"][:8]  # not today's: midnight may come
    return values | {name: day + values[name][8:] for name in ("txn", "refund", "dispute")}


def account_of(payment: Payment) -> Account:
    """The account whose key signs for this payment. Raises ConfigurationError for production."""
    account = conf.account(payment.account)
    if account.environment == "production":
        raise ConfigurationError(
            f'Account "{account.name}" is set to production, and its key must not sign what a test invents. '
            "Give your tests an account of their own: settings.PAYTM_KIT = paytm_gateway.settings()."
        )
    return account


def given(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields that a test names, as text; ``None`` stands for a field that is to be left out."""
    return {name: str(value) for name, value in fields.items() if value is not None}
