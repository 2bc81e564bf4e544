"""A PayPal order read into our Outcome: its one purchase unit must bear our order id, and its capture decides.

Source: PayPal, Orders v2 (order, purchase_unit, payment_collection, capture).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from paytm_kit.gateways import objects, words
from paytm_kit.gateways.base import Account, Outcome, State, UntrustedResponse
from paytm_kit.gateways.paypal import codes, fields
from paytm_kit.gateways.paypal.answers import QUESTION, Answer
from paytm_kit.gateways.paypal.codes import Code
from paytm_kit.masking import one_line, safe_line

NOTHING = Decimal("0.00")
UNKNOWN = Code(State.UNKNOWN, "", "", words.CONFIRMING)
NOT_GIVEN = frozenset({"FAILED", "CANCELLED"})  # refunds that took nothing
TAKEN = (State.SUCCESS, State.PENDING)

Row = Mapping[str, Any]


def outcome(answer: Answer, account: Account, order_id: str, reference: str) -> Outcome:
    """What became of the order. Raises Refused about our question, UntrustedResponse about another order."""
    if answer.error:
        if not answer.lost:
            raise answer.refused(order_id)
        return _plain(order_id, codes.ORDER["RESOURCE_NOT_FOUND"], answer.issue, answer.message)
    return read(answer.body, account, order_id, reference)


def refusal(answer: Answer, order_id: str) -> Outcome:
    """What a refused capture means. Raises Refused about our question; what is not known decides nothing."""
    known = codes.REFUSED.get(answer.issue)
    if known is None and answer.error in QUESTION:
        raise answer.refused(order_id)
    return _plain(order_id, known or UNKNOWN, answer.issue, answer.message)


def _plain(order_id: str, known: Code, code: str, message: str) -> Outcome:
    return Outcome(
        order_id=order_id, state=known.state, code=code, message=message, shopper_text=known.shopper or words.CONFIRMING
    )


def read(order: Row, account: Account, order_id: str, reference: str = "") -> Outcome:
    """``order`` as PayPal shows it, or as its notice does (then without ``reference``)."""
    ours = unit(order, order_id, reference)
    capture = the_capture(ours, order_id)
    word = objects.text((capture or order).get("status"))
    known = (codes.ORDER if capture is None else codes.CAPTURE).get(word, UNKNOWN)
    amount, currency = fields.amount(objects.members(capture or ours, "amount"))
    transaction = objects.identifier(capture.get("id")) if capture else ""
    if known.state is State.SUCCESS and (amount is None or not transaction):
        known = UNKNOWN
    reason = objects.text(objects.members(capture or {}, "status_details").get("reason"))
    paid_with, source = next(iter(objects.members(order, "payment_source").items()), ("", {}))
    network = objects.text(source.get("brand")) if isinstance(source, Mapping) else ""
    return Outcome(
        order_id=order_id,
        state=known.state,
        merchant_id=merchant(ours, account),
        amount=amount,
        currency=currency,
        transaction_id=transaction,
        code=one_line(reason if reason in codes.REASONS and known.state is State.PENDING else word, 64),
        message=safe_line(f"{word} {reason}".strip()),
        shopper_text=known.shopper,
        payment_mode=one_line(str(paid_with).upper(), 30),
        network=one_line(network, 20).upper(),
        transaction_at=fields.moment(capture.get("create_time")) if capture else None,
        given_back=given_back(ours, word, amount) if known.state is State.SUCCESS else NOTHING,
    )


def unit(order: Row, order_id: str, reference: str) -> Row:
    """The one purchase unit. Raises UntrustedResponse when the answer is about another order."""
    units = objects.rows(order, "purchase_units")
    if reference and order.get("id") != reference:
        raise UntrustedResponse("PayPal answered about another order.", order_id=order_id)
    if len(units) != 1 or units[0].get("custom_id") != order_id:
        raise UntrustedResponse("PayPal's order does not bear our order id.", order_id=order_id)
    return units[0]


def merchant(ours: Row, account: Account) -> str:
    """Who is paid. Where it is not said, the app's own account is: we name nobody when we create an order."""
    return objects.identifier(objects.members(ours, "payee").get("merchant_id")) or account.merchant_id


def the_capture(ours: Row, order_id: str) -> Row | None:
    """The capture that took money or may still; else the last that did not; ``None`` when there is none.

    PayPal allows one capture of an order with intent CAPTURE. Two that took money would be a charge too many, which
    no single answer can tell: a person must see it.
    """
    captures = objects.rows(objects.members(ours, "payments"), "captures")
    standing = [row for row in captures if _state(row) not in (State.FAILURE,)]
    if len(standing) > 1:
        raise UntrustedResponse("PayPal lists two captures of one order: look into its dashboard.", order_id=order_id)
    return standing[0] if standing else captures[-1] if captures else None


def _state(capture: Row) -> State:
    return codes.CAPTURE.get(objects.text(capture.get("status")), UNKNOWN).state


def refunds(ours: Row) -> list[Row]:
    return objects.rows(objects.members(ours, "payments"), "refunds")


def given_back(ours: Row, word: str, captured: Decimal | None) -> Decimal:
    """What went back of this capture, or is on its way."""
    if word == "REFUNDED" and captured is not None:
        return captured
    amounts = (
        fields.amount(objects.members(row, "amount"))[0] for row in refunds(ours) if row.get("status") not in NOT_GIVEN
    )
    return sum(filter(None, amounts), NOTHING)
