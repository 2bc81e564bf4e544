"""What goes wrong with an API's answer: late, broken, about something else, or never."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from paytm_kit.simulator import clock, database
from paytm_kit.simulator.bank.machine import State
from paytm_kit.simulator.faults.rules import strike
from paytm_kit.simulator.models import Order, Transaction

APIS = (
    ("refund", re.compile(r"(^|/)refund/")),
    ("initiate", re.compile(r"/(initiateTransaction|order/initiate)$")),
    ("status", re.compile(r"/(order/status|merchant-status/getTxnStatus)$")),
)
SORRY = "<!DOCTYPE html><html><head><title>503</title></head><body><h1>We will be back soon</h1></body></html>"


def api_of(path: str) -> str:
    """Which API a path belongs to, "" for any other."""
    return next((name for name, pattern in APIS if pattern.search(path)), "")


def spoiled(path: str, order_id: str, response: HttpResponseBase) -> tuple[HttpResponseBase, list[str]]:
    """The answer as it leaves, and the names of the faults that struck it. ``cut`` on it: it never arrives."""
    api, struck = api_of(path), []
    if not api or not order_id or not isinstance(response, HttpResponse):
        return response, []
    for name, spoil in SPOILS.items() if api == "status" else ():
        values = strike(name, order_id)
        if values is not None:
            response = spoil(response, values)
            struck.append(name)
    if strike("connection.reset", order_id, when=lambda values: values["api"] == api) is not None:
        response.cut = True  # type: ignore[attr-defined]
        struck.append("connection.reset")
    return response, struck


def _slow(response: HttpResponse, values: dict[str, Any]) -> HttpResponse:
    database.rest()
    time.sleep(values["seconds"])
    return response


def _error(response: HttpResponse, values: dict[str, Any]) -> HttpResponse:
    return HttpResponse("Service Unavailable", status=values["status"], content_type="text/plain; charset=utf-8")


def _html(response: HttpResponse, values: dict[str, Any]) -> HttpResponse:
    return HttpResponse(SORRY, content_type="text/html; charset=utf-8")


def _truncated(response: HttpResponse, values: dict[str, Any]) -> HttpResponse:
    response.content = response.content[: len(response.content) // 2]
    return response


SPOILS = {"status.slow": _slow, "status.error": _error, "status.html": _html, "status.truncated": _truncated}


def told(order: Order, transaction: Transaction) -> tuple[Order, Transaction]:
    """Whom the status API speaks about and what it knows: usually what was asked for and all of it."""
    if strike("status.other-order", order.order_id) is not None:
        order, transaction = _another(order, transaction)
    done, now = transaction.finished_at, clock.now()
    if done and strike("status.stale", order.order_id, when=lambda v: now < done + timedelta(seconds=v["seconds"])):
        # changed in place: these objects are the answer's alone and are never saved
        transaction.status, transaction.respcode, transaction.bank_txn_id = State.PENDING, "402", ""
    return order, transaction


def _another(order: Order, transaction: Transaction) -> tuple[Order, Transaction]:
    """The merchant's newest other order that somebody tried to pay; where there is none, one is invented."""
    others = Transaction.objects.filter(order__merchant=order.merchant_id).exclude(order=order.pk)
    newest = others.select_related("order__merchant").order_by("-pk").first()
    if newest:
        return newest.order, newest
    order.order_id = f"{order.order_id[:44]}-OTHER"
    transaction.order = order
    return order, transaction
