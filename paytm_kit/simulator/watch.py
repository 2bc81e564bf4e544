"""The page at ``/_sim/`` for people: orders, the conversation on the wire, the test instruments."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from paytm_kit.simulator import bank, books, clock, door, instruments
from paytm_kit.simulator.models import Merchant, Message


@door.page("GET")
def overview(request: HttpRequest) -> HttpResponse:
    """Orders, messages and instruments on one page, for people."""
    bank.settle_due()
    context = {
        "orders": [books.order_json(row) for row in books.orders().order_by("-pk")[:50]],
        "messages": Message.objects.order_by("-at", "-pk")[:100],
        "merchants": Merchant.objects.all(),
        "instruments": instruments.ALL,
        "card_otp": instruments.CARD_OTP,
        "wallet_otp": instruments.WALLET_OTP,
        "now": clock.ist(clock.now(), "%d %b %Y, %H:%M:%S IST"),
        "moved": clock.offset().total_seconds(),
    }
    return render(request, "paytm_simulator/overview.html", context)
