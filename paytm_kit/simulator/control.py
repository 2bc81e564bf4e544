"""The control plane, JSON under ``/_sim/``: complete payments without a browser, read the books, move the clock."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

import paytm_kit
from paytm_kit.simulator import bank, books, checks, clock, guard, instruments, notices, options, webhooks, world
from paytm_kit.simulator import envelope as wire
from paytm_kit.simulator.door import NOTICE, control, refuse_control
from paytm_kit.simulator.instruments import Instrument, Method
from paytm_kit.simulator.machine import Decision, IllegalMove, Outcome, State, codes_for
from paytm_kit.simulator.models import Merchant, Message, Order, Transaction, World

MESSAGES_SHOWN = 1000
FARTHEST = 315_360_000  # seconds that the clock may be ahead: ten years


class Mistake(Exception):
    """The caller's mistake: the field, what is wrong with it, and the HTTP status to answer with."""

    def __init__(self, field: str, message: str, status: int = 400) -> None:
        self.field, self.status = field, status
        super().__init__(message)


def _command(*methods: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A control-plane view: returns data, raises Mistake."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @control(*methods)
        @wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return JsonResponse(view(request, *args, **kwargs), json_dumps_params={"ensure_ascii": False})
            except Mistake as error:
                return refuse_control(request, error.status, str(error), error.field)

        return run

    return wrap


def _sent(request: HttpRequest, known: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object in the body; no body is an empty one. Raises Mistake for a field that does not exist."""
    try:
        sent = wire.read_json(request.body)[0] if request.body.strip() else {}
    except wire.Malformed as error:
        raise Mistake("body", str(error)) from error
    for name in sent:
        if name not in known:
            raise Mistake(name[:50], f"There is no such field. Known: {', '.join(known) or 'none'}.")
    return sent


def _one_of(field: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Mistake(field, f"Must be one of {', '.join(allowed)}.")
    return str(value)


# ---- looking ---------------------------------------------------------------------------------------------------


def _find(order_id: str) -> Order:
    bank.settle_due()
    order = books.orders().filter(order_id=order_id).last()
    if order is None:
        raise Mistake("order_id", "There is no such order here.", 404)
    return order


@_command("GET")
def health(request: HttpRequest) -> dict[str, Any]:
    """Whether it runs, for whom, and what time it thinks it is."""
    bank.settle_due()
    merchant = world.merchant(options.current().mid)
    return {
        "status": "ok",
        "name": "paytm-simulator",
        "notice": NOTICE,
        "version": paytm_kit.__version__,
        "mid": merchant.mid if merchant else "",
        "orders": Order.objects.count(),
        "pending": Transaction.objects.filter(status=State.PENDING).count(),
        "now": clock.now().isoformat(),
        "clock_offset_seconds": clock.offset().total_seconds(),
        "settings": books.settings_json(),
    }


@_command("GET")
def orders(request: HttpRequest) -> dict[str, Any]:
    bank.settle_due()
    return {"orders": [books.order_json(order) for order in books.orders()]}


@_command("GET")
def order(request: HttpRequest, order_id: str) -> dict[str, Any]:
    return books.order_json(_find(order_id))


@_command("GET")
def messages(request: HttpRequest) -> dict[str, Any]:
    """The conversation on the wire in order, redacted; ``?order_id=`` narrows it, the newest 1000 are shown."""
    rows = Message.objects.all()
    if wanted := request.GET.get("order_id"):
        rows = rows.filter(order_id=wanted)
    newest = list(rows.order_by("-at", "-pk")[:MESSAGES_SHOWN])
    return {"messages": [books.message_json(row) for row in reversed(newest)]}


# ---- acting ----------------------------------------------------------------------------------------------------


@_command("POST")
def reset(request: HttpRequest) -> dict[str, Any]:
    """Forgets everything; clock, settings and ids are as at the start."""
    world.reset()
    return {"status": "ok"}


@_command("POST")
def advance_clock(request: HttpRequest) -> dict[str, Any]:
    """Moves the simulated time forward; what becomes due is settled before the answer."""
    seconds = _sent(request, ("advance_seconds",)).get("advance_seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= FARTHEST:
        raise Mistake("advance_seconds", "Must be a number of seconds, zero to ten years.")
    if clock.offset().total_seconds() + seconds > FARTHEST:
        raise Mistake("advance_seconds", "The clock is ten years ahead at most; POST /_sim/reset puts it back.")
    clock.advance(seconds)
    bank.settle_due()
    webhooks.wake()
    return {"now": clock.now().isoformat(), "clock_offset_seconds": clock.offset().total_seconds()}


@_command("GET", "PUT")
def settings(request: HttpRequest) -> dict[str, Any]:
    """webhook_url, webhook_on_pending and settle_after; what is not named stays."""
    if request.method == "PUT":
        sent = _sent(request, ("webhook_url", "webhook_on_pending", "settle_after"))
        merchant: dict[str, Any] = {}
        if "webhook_url" in sent:
            merchant["webhook_url"] = _webhook_url(sent["webhook_url"])
        if "webhook_on_pending" in sent:
            if not isinstance(sent["webhook_on_pending"], bool):
                raise Mistake("webhook_on_pending", "Must be true or false.")
            merchant["webhook_on_pending"] = sent["webhook_on_pending"]
        if "settle_after" in sent:
            World.objects.filter(pk=1).update(settle_after=_settle_after(sent["settle_after"]))
        if merchant:
            Merchant.objects.filter(mid=options.current().mid).update(**merchant)
    return books.settings_json()


def _webhook_url(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 255:
        raise Mistake("webhook_url", "Must be a URL of at most 255 characters, or empty for none.")
    if value and (why := guard.refusal(value, options.current().allow_host)):
        raise Mistake("webhook_url", f"Refused: {why}.")
    return value


def _settle_after(value: Any) -> float:
    try:
        return options.seconds("" if isinstance(value, bool) else str(value))
    except argparse.ArgumentTypeError as error:
        raise Mistake("settle_after", f"It {error}.") from error


PAY_FIELDS = ("method", "outcome", "respcode", "amount", "deliver", "settles_as")


@_command("POST")
def pay(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """Completes a payment as a shopper and their bank would, and answers with the callback that the shop gets."""
    found = _find(order_id)
    sent = _sent(request, PAY_FIELDS)
    method = Method(_one_of("method", sent.get("method", "upi"), tuple(Method)))
    decision = _decision(sent)
    amount = _amount(sent.get("amount"))
    deliver = _deliver(sent.get("deliver", ["callback", "webhook"]))
    instrument = {
        Method.UPI: Instrument(Method.UPI, "success@demo", "", None),
        Method.CARD: instruments.CARDS[0],
        Method.NETBANKING: instruments.BANKS[0],
        Method.WALLET: instruments.WALLETS[0],
    }[method]
    try:
        attempt = bank.begin(found, instrument, amount=amount, webhook="webhook" in deliver, retry_failed=True)
        attempt = bank.finish(attempt, decision)
    except IllegalMove as error:
        raise Mistake("order_id", str(error)) from error
    fields = notices.callback(attempt)
    callback: dict[str, Any] = {"url": found.callback_url, "fields": fields, "delivered": None}
    if "callback" in deliver:
        answer = webhooks.post(found.callback_url, fields)
        callback["delivered"] = {"status": answer.status, "answer": answer.text, "location": answer.location}
    return {**books.order_json(_find(order_id)), "callback": callback}


def _decision(sent: dict[str, Any]) -> Decision:
    outcome = Outcome(_one_of("outcome", sent.get("outcome"), tuple(Outcome)))
    usual = Decision.usual(outcome)
    code = _one_of("respcode", sent.get("respcode", usual.code), codes_for(outcome))
    if "settles_as" not in sent:
        return Decision(outcome, code, usual.settles_as)
    if outcome is not Outcome.PENDING:
        raise Mistake("settles_as", "Only a pending payment settles later.")
    return Decision(outcome, code, Outcome(_one_of("settles_as", sent["settles_as"], ("success", "failure"))))


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 12 or (why := checks.amount_fault(value)):
        raise Mistake("amount", why if isinstance(value, str) and len(value) <= 12 else "Must be text such as 1.00.")
    return Decimal(value)


def _deliver(value: Any) -> list[str]:
    if not isinstance(value, list) or any(item not in ("callback", "webhook") for item in value):
        raise Mistake("deliver", "Must be a list of callback and webhook; an empty one delivers nothing.")
    return value


@_command("POST")
def settle(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """The late answer of the bank to a pending payment."""
    attempt = _find(order_id).decisive()
    sent = _sent(request, ("outcome", "respcode"))
    outcome = Outcome(_one_of("outcome", sent.get("outcome"), ("success", "failure")))
    code = _one_of("respcode", sent.get("respcode", Decision.usual(outcome).code), codes_for(outcome))
    if attempt is None:
        raise Mistake("order_id", "Nobody has tried to pay this order yet.")
    try:
        bank.settle(attempt, outcome, code)
    except IllegalMove as error:
        raise Mistake("order_id", str(error)) from error
    return books.order_json(_find(order_id))
