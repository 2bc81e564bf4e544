"""Orders through the control plane: read them, pay them, settle them, without a browser."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator.bank import books, due, emi, entries, instruments, modes, parties, payments
from paytm_kit.simulator.bank.instruments import Instrument, Method
from paytm_kit.simulator.bank.machine import Decision, IllegalMove, Outcome, State, codes_for
from paytm_kit.simulator.control.command import Mistake, command, one_of, sent
from paytm_kit.simulator.models import Hop, Order
from paytm_kit.simulator.webhooks import carrier
from paytm_kit.simulator.wire import checks


def _find(order_id: str) -> Order:
    due.run()
    order = Order.objects.select_related("merchant").filter(order_id=order_id).order_by("pk").last()
    if order is None:
        raise Mistake("order_id", "There is no such order here.", 404)
    return order


def _told(order: Order) -> dict[str, Any]:
    """The order as the books have it now."""
    return books.order_json(books.orders().get(pk=order.pk))


@command("GET")
def orders(request: HttpRequest) -> dict[str, Any]:
    due.run()
    return {"orders": [books.order_json(order) for order in books.orders()]}


@command("GET")
def order(request: HttpRequest, order_id: str) -> dict[str, Any]:
    return _told(_find(order_id))


@command("GET")
def hops(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """Who said what to whom about this order, in order: customer, merchant, gateway, acquirer, network, bank."""
    rows = Hop.objects.filter(transaction__order=_find(order_id)).select_related("transaction")
    return {
        "hops": [
            {
                "at": row.at.isoformat(), "txn_id": row.transaction.txn_id, "from": row.source, "to": row.target,
                "from_name": parties.name(row.source), "to_name": parties.name(row.target),
                "said": row.said, "answer": row.answer,
            }
            for row in rows
        ]
    }  # fmt: skip


PAY_FIELDS = (
    "method", "instrument", "emi", "outcome", "respcode", "amount", "deliver", "settles_as", "risk",
)  # fmt: skip
USUAL = {
    Method.UPI: instruments.VPAS[0],
    Method.CARD: instruments.CARDS[0],
    Method.NETBANKING: instruments.BANKS[0],
    Method.WALLET: instruments.WALLETS[0],
}


@command("POST")
def pay(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """Completes a payment as a shopper and their bank would, and answers with the callback that the shop gets.

    An ``instrument`` decides by itself when no ``outcome`` is given. The gateway's risk rules look on with ``risk``.
    """
    found = _find(order_id)
    given = sent(request, PAY_FIELDS)
    instrument = _instrument(given)
    plan = _plan(given, instrument, found)
    if why := modes.refusal(found.modes, instrument, emi=plan is not None):
        raise Mistake("method", why)
    decision = None if "instrument" in given and "outcome" not in given else _decision(given)
    amount = _amount(given.get("amount"))
    deliver = _deliver(given.get("deliver", ["callback", "webhook"]))
    risky = given.get("risk", False)
    if not isinstance(risky, bool):
        raise Mistake("risk", "Must be true or false.")
    try:
        attempt = payments.begin(
            found, instrument, amount=amount, webhook="webhook" in deliver, retry_failed=True, plan=plan,
            device="control plane", risky=risky,
        )  # fmt: skip
        if attempt.status == State.STARTED:  # the gateway's own rules let it pass
            attempt = payments.finish(attempt, decision)
    except IllegalMove as error:
        raise Mistake("order_id", str(error)) from error
    callback = carrier.carry(attempt) if "callback" in deliver else carrier.uncarried(attempt)
    return {**_told(found), "callback": callback}


def _instrument(given: dict[str, Any]) -> Instrument:
    """What is paid with: the method's usual one, or the one that is named."""
    method = Method(one_of("method", given["method"], tuple(Method))) if "method" in given else None
    if "instrument" not in given:
        return USUAL[method or Method.UPI]
    value = given["instrument"]
    if not isinstance(value, str):
        raise Mistake("instrument", "Must be text: a UPI ID, a card number, the code of a bank or a wallet's number.")
    try:
        found = entries.anything(value)
    except entries.Unusable as error:
        raise Mistake("instrument", str(error)) from error
    if method not in (None, found.method):
        raise Mistake("method", f"This instrument pays by {found.method}.")
    return found


def _plan(given: dict[str, Any], instrument: Instrument, order: Order) -> emi.Offer | None:
    if "emi" not in given:
        return None
    try:
        return entries.plan(given["emi"], instrument, emi.offers(order.amount))
    except entries.Unusable as error:
        raise Mistake("emi", str(error)) from error


def _decision(given: dict[str, Any]) -> Decision:
    outcome = Outcome(one_of("outcome", given.get("outcome"), tuple(Outcome)))
    usual = Decision.usual(outcome)
    code = one_of("respcode", given.get("respcode", usual.code), codes_for(outcome))
    if "settles_as" not in given:
        return Decision(outcome, code, usual.settles_as)
    if outcome is not Outcome.PENDING:
        raise Mistake("settles_as", "Only a pending payment settles later.")
    return Decision(outcome, code, Outcome(one_of("settles_as", given["settles_as"], ("success", "failure"))))


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


@command("POST")
def settle(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """The late answer of the bank to a pending payment."""
    found = _find(order_id)
    attempt = found.decisive()
    given = sent(request, ("outcome", "respcode"))
    outcome = Outcome(one_of("outcome", given.get("outcome"), ("success", "failure")))
    code = one_of("respcode", given.get("respcode", Decision.usual(outcome).code), codes_for(outcome))
    if attempt is None:
        raise Mistake("order_id", "Nobody has tried to pay this order yet.")
    try:
        payments.settle(attempt, outcome, code)
    except IllegalMove as error:
        raise Mistake("order_id", str(error)) from error
    return _told(found)
