"""Stripe's lists, page by page: what it has on its books for a time, and the refunds of one payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from paytm_kit.gateways.base import BrokenEntry, ListedOrder, ListedRefund, State, Unreachable
from paytm_kit.gateways.objects import members, text
from paytm_kit.gateways.stripe import answers, codes, fields
from paytm_kit.gateways.stripe.answers import reference

PAGE = 100  # rows; the most that Stripe gives

# Asks for one page with these parameters.
AskPage = Callable[[dict[str, Any]], Mapping[str, Any]]


def rows(ask: AskPage, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every row of every page, as it is consumed. Raises Unreachable when the list does not go on as it should."""
    after: dict[str, Any] = {}
    while True:
        page = ask({**params, "limit": PAGE, **after})
        listed = page.get("data")
        if not isinstance(listed, list):
            raise Unreachable("Stripe's answer holds no list. Ask again.")
        yield from (row if isinstance(row, dict) else {} for row in listed)
        if page.get("has_more") is not True:
            return
        last = reference(listed[-1]) if listed else ""
        if not last or after == {"starting_after": last}:
            raise Unreachable("Stripe's list says that there is more and does not go on. Ask again.")
        after = {"starting_after": last}


def during(since: datetime, until: datetime) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())}}


def orders(found: Iterator[Mapping[str, Any]]) -> Iterator[ListedOrder | BrokenEntry]:
    """The sessions on which somebody paid or tried to; those that name no order were not made here."""
    for number, row in enumerate(found, 1):
        if not answers.identifier(row.get("id")):
            yield BrokenEntry(number, "no Checkout Session")
        elif text(row.get("status")) == "complete" and (order_id := text(row.get("client_reference_id"))):
            intent = members(row, "payment_intent")
            yield ListedOrder(
                order_id=answers.identifier(order_id),
                transaction_id=answers.identifier(intent.get("id")),
                amount=fields.amount(row.get("amount_total"), text(row.get("currency")).upper()),
                state=answers.state_of(row, intent),
                at=answers.moment(row.get("created")),
            )


def refunds(found: Iterator[Mapping[str, Any]]) -> Iterator[ListedRefund | BrokenEntry]:
    """The refunds, those made in the dashboard with their payment's order."""
    for number, row in enumerate(found, 1):
        if not answers.identifier(row.get("id")):
            yield BrokenEntry(number, "no Refund")
            continue
        # The payment's is ours; whoever makes a refund elsewhere may name the order of another system on it.
        named = members(row, "payment_intent", "metadata").get("order_id") or members(row, "metadata").get("order_id")
        if order_id := answers.identifier(named):
            yield ListedRefund(
                order_id=order_id,
                refund_id=answers.refund_name(row),
                gateway_refund_id=answers.identifier(row.get("id")),
                amount=fields.amount(row.get("amount"), text(row.get("currency")).upper()),
                state=codes.REFUND.get(text(row.get("status")), State.UNKNOWN),
                at=answers.moment(row.get("created")),
            )
