"""What goes wrong on purpose at each gateway: the table, and how an answer is spoiled. Rules are the simulator's."""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from paytm_kit.simulator import database
from paytm_kit.simulator.faults.rules import strike
from paytm_kit.simulator.faults.table import REAL, SIMULATED, TEN_YEARS, Between, Fault, Limit, OneOf
from paytm_kit.standins.models import Order
from paytm_kit.standins.parties import GATEWAYS, PAYPAL, STARTS, ZAAKPAY

ANY = "any"
APIS = (ANY, "token", "start", "status", "capture", "refund", "refund-status", "expire")
SORRY = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>"

_API: tuple[Any, Limit] = (ANY, OneOf(APIS))
_LATE: tuple[Any, Limit] = (60, Between(0, TEN_YEARS, SIMULATED))

# What each does at every gateway; {title} is the gateway's name.
COMMON: dict[str, tuple[str, dict[str, tuple[Any, Limit]]]] = {
    "down": ("{title} answers 503 and does nothing; name no order: it is not known yet", {"api": _API}),
    "timeout": ("an API of {title} does its work, waits, and closes the connection without an answer",
                {"api": _API, "seconds": (0, Between(0, 60, REAL))}),
    "error": ("an API of {title} does its work and answers 500", {"api": _API}),
    "gibberish": ("an API of {title} does its work and answers with an HTML page", {"api": _API}),
    "amount": ("{title} tells another amount, in minor units, wherever it speaks of the payment",
               {"amount": (100, Between(1, 10**9, "minor units", whole=True))}),
    "refund-pending": ("a refund at {title} is pending first and done by the clock", {}),
    "refund-failed": ("a refund at {title} is pending first and fails by the clock", {}),
    "return-lost": ("the shopper's browser never comes back from {title}", {}),
    "webhook-lost": ("{title} sends no webhook", {}),
    "webhook-doubled": ("the same webhook of {title} comes more than once",
                        {"copies": (2, Between(2, 50, "copies", whole=True))}),
    "webhook-late": ("a webhook of {title} leaves late, in simulated time; later ones overtake it", {"seconds": _LATE}),
    "webhook-reordered": ("an order's webhooks of one moment leave in reverse, and behind them its one before", {}),
    "webhook-wrong-signature": ("a webhook of {title} has the signature of another text", {}),
}  # fmt: skip
OF_ONE = {
    ZAAKPAY: {"return-wrong-signature": "the form that the browser brings from {title} has another form's checksum"},
    PAYPAL: {"token-expired": "{title} answers 401 to a token that is still good, so that another is fetched"},
}


def _table() -> tuple[Fault, ...]:
    found = []
    for gateway in GATEWAYS:
        rows = COMMON | {name: (does, {}) for name, does in OF_ONE.get(gateway, {}).items()}
        for name, (does, values) in rows.items():
            defaults = {key: default for key, (default, _) in values.items()}
            limits = {key: limit for key, (_, limit) in values.items()}
            found.append(Fault(f"{gateway}.{name}", does.format(title=STARTS[gateway].title), defaults, limits))
    return tuple(found)


ALL = _table()


def name_of(order: Order) -> str:
    """What the rules know an order by: the merchant's own id, the gateway's where there is none."""
    return order.reference or order.public_id


def values(order: Order, fault: str) -> dict[str, Any] | None:
    """The fault's values when it happens to this order now."""
    return strike(f"{order.party.gateway}.{fault}", name_of(order))


def strikes(order: Order, fault: str) -> bool:
    return values(order, fault) is not None


def with_told_amount(order: Order) -> Order:
    """The order as the gateway tells of it. What ``amount`` changes is never saved: these objects are the answer's."""
    struck = values(order, "amount")
    if struck:
        order.amount = struck["amount"]
    return order


def of_api(gateway: str, fault: str, api: str, order_name: str) -> dict[str, Any] | None:
    """A fault of an API: it strikes the one that its rule names, or any."""
    return strike(f"{gateway}.{fault}", order_name, when=lambda said: said["api"] in (ANY, api))


def spoiled(gateway: str, api: str, order_name: str, response: HttpResponseBase) -> tuple[HttpResponseBase, list[str]]:
    """The answer as it leaves after its work was done, and the names of the faults that struck it."""
    for fault, spoil in SPOILS.items():
        struck = of_api(gateway, fault, api, order_name)
        if struck is not None:
            return spoil(response, struck), [f"{gateway}.{fault}"]
    return response, []


def _timeout(response: HttpResponseBase, struck: dict[str, Any]) -> HttpResponseBase:
    if struck["seconds"]:
        database.rest()
        time.sleep(struck["seconds"])
    response.cut = True  # type: ignore[attr-defined]  # the simulator's door closes the connection
    return response


SPOILS = {
    "timeout": _timeout,
    "error": lambda response, struck: HttpResponse("Internal Server Error", status=500, content_type="text/plain"),
    "gibberish": lambda response, struck: HttpResponse(SORRY, content_type="text/html; charset=utf-8"),
}
