"""What Stripe's webhooks claim, and whether one of the account's secrets signed them. Total: no data makes it raise.

A claim is a hint, the API decides; of a dispute the signed words are kept. A stored message that is taken up again has
lost its header: it can be read, and is UNSIGNED. Source: docs.stripe.com, Webhooks and Types of events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from paytm_kit.gateways import inbound, objects, order_ids, words
from paytm_kit.gateways.base import (
    Account,
    DisputeClaim,
    InboundMessage,
    Notice,
    Outcome,
    RefundOutcome,
    State,
    Verdict,
)
from paytm_kit.gateways.http import Unreadable
from paytm_kit.gateways.objects import members, text
from paytm_kit.gateways.stripe import answers, codes, fields
from paytm_kit.gateways.stripe.answers import reference
from paytm_kit.masking import one_line, safe_line

HEADER = "stripe-signature"

Claim = Outcome | RefundOutcome | DisputeClaim | None
IsSigned = Callable[[str, str, tuple[str, ...]], bool]

_WHY = {
    Verdict.VERIFIED: "signed by Stripe",
    Verdict.UNSIGNED: "no Stripe-Signature header",
    Verdict.BAD_SIGNATURE: "the signature does not match (another secret, a changed body) or is older than 5 minutes",
}


def read_notice(message: InboundMessage, account: Account, is_signed: IsSigned) -> Notice:
    """What a webhook claims, and whether it is signed."""
    try:
        body = _json(message)
        event = objects.read(body)
    except Unreadable as error:
        return Notice(Verdict.MALFORMED, None, detail=str(error))
    verdict = _verdict(body, message.headers.get(HEADER, ""), account, is_signed)
    said = {name: text(event.get(name)) for name in ("id", "type")}
    claim, detail = None, _misfit(event, account)
    if not detail:
        claim = _claim(text(event.get("type")), members(event, "data", "object"), account)
        detail = "" if claim is not None else f"nothing of ours: {safe_line(said['type'], 60) or 'no event'}"
    detail = f"{_WHY[verdict]}; {detail}".removesuffix("; ")
    if isinstance(claim, RefundOutcome):
        return Notice(verdict, None, said, detail, refund=claim)
    if isinstance(claim, DisputeClaim):
        return Notice(verdict, None, said, detail, dispute=claim)
    return Notice(verdict, claim, said, detail)


def _json(message: InboundMessage) -> str:
    kind, body = inbound.opened(message)
    if kind != inbound.JSON:
        raise Unreadable("the content type is not JSON")
    return body


def _verdict(body: str, header: str, account: Account, is_signed: IsSigned) -> Verdict:
    if not header:
        return Verdict.UNSIGNED
    return Verdict.VERIFIED if is_signed(body, header, account.webhook_secrets) else Verdict.BAD_SIGNATURE


def _misfit(event: Mapping[str, Any], account: Account) -> str:
    """Why an event, though signed, is not about this account's money; empty: it is."""
    whose = text(event.get("account"))  # of a Connect platform's webhook alone
    if whose.startswith("acct_") and whose != account.merchant_id:
        return "about another account"
    if event.get("livemode") in (True, False) and event["livemode"] != (account.environment == "production"):
        return "test and live mode are mixed"
    return ""


def _claim(kind: str, said: Mapping[str, Any], account: Account) -> Claim:
    read = READERS.get(kind) or READERS.get(kind.rpartition(".")[0] + ".*")
    return read(kind, said, account) if read else None


def _session(kind: str, said: Mapping[str, Any], account: Account) -> Claim:
    paid = text(said.get("payment_status")) == "paid"
    state = State.SUCCESS if paid else SESSION_STATES.get(kind, State.UNKNOWN)
    return _payment(
        account,
        order_id=text(said.get("client_reference_id")),
        state=state,
        units=said.get("amount_total"),
        currency=said.get("currency"),
        transaction=said.get("payment_intent"),
    )


# What an unpaid page's event says: a method that pays later is under way, or has failed for good.
SESSION_STATES = {
    "checkout.session.completed": State.PENDING,
    "checkout.session.async_payment_failed": State.FAILURE,
}


def _intent(kind: str, said: Mapping[str, Any], account: Account) -> Claim:
    # A failed attempt is no failure: the shopper may try again on the same page. Then we ask.
    state = {"succeeded": State.SUCCESS, "processing": State.PENDING}.get(text(said.get("status")), State.UNKNOWN)
    return _payment(
        account,
        order_id=text(members(said, "metadata").get("order_id")),
        state=state,
        units=said.get("amount_received" if state is State.SUCCESS else "amount"),
        currency=said.get("currency"),
        transaction=said.get("id"),
    )


def _charge(kind: str, said: Mapping[str, Any], account: Account) -> Claim:
    """Money went back. Endpoints of before 2022-11-15 name the refunds, newest first; else refund.… events do."""
    rows = members(said, "refunds").get("data")
    newest = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else None
    order_id = text(members(said, "metadata").get("order_id"))
    if newest is not None:
        return _refund_of(newest, order_id, said.get("payment_intent"), account)
    return _payment(
        account, order_id, State.UNKNOWN, said.get("amount"), said.get("currency"), said.get("payment_intent")
    )


def _refund(kind: str, said: Mapping[str, Any], account: Account) -> Claim:
    # On one that was made elsewhere the order is, if any, that of another system: its PaymentIntent tells whose it is.
    ours = order_ids.is_refund(answers.refund_name(said))
    order_id = text(members(said, "metadata").get("order_id")) if ours else ""
    return _refund_of(said, order_id, said.get("payment_intent"), account)


def _refund_of(row: Mapping[str, Any], order_id: str, intent: object, account: Account) -> Claim:
    """Which refund it is about, and the bank's reference; what became of it is asked, even of one that was made."""
    found = answers.refund(row, account, answers.identifier(order_id), answers.refund_name(row))
    transaction = reference(intent)
    if not (found.order_id or transaction) or not found.refund_id:
        return None
    return RefundOutcome(
        order_id=found.order_id,
        refund_id=found.refund_id,
        state=State.FAILURE if found.state is State.FAILURE else State.UNKNOWN,
        merchant_id=account.merchant_id,
        amount=found.amount,
        transaction_id=transaction,
        gateway_refund_id=found.gateway_refund_id,
        arn=found.arn,
    )


def _dispute(kind: str, said: Mapping[str, Any], account: Account) -> Claim:
    word = text(said.get("status"))
    currency = text(said.get("currency")).upper()
    transaction = reference(said.get("payment_intent"))
    if not transaction:
        return None
    return DisputeClaim(
        order_id=answers.identifier(members(said, "metadata").get("order_id")),
        dispute_id=answers.identifier(said.get("id"))[:64],
        state=codes.DISPUTE.get(word, codes.DisputeState.UNKNOWN),
        word=safe_line(word, 60),
        merchant_id=account.merchant_id,
        amount=(fields.amount(said.get("amount"), currency) or None) if currency == account.currency else None,
        transaction_id=transaction,
        kind=safe_line(text(members(said, "payment_method_details", "card").get("case_type")), 200),
        reason=safe_line(text(said.get("reason")), 500),
        due_at=answers.moment(members(said, "evidence_details").get("due_by")),
    )


def _payment(
    account: Account, order_id: str, state: State, units: object, currency: object, transaction: object
) -> Outcome | None:
    """A claim about a payment; ``None`` without an order id. A success without an amount is only a reason to ask."""
    order_id = answers.identifier(order_id)
    if not order_id:
        return None
    currency = text(currency).upper()
    amount = fields.amount(units, currency)
    if state is State.SUCCESS and (amount is None or not reference(transaction)):
        state = State.UNKNOWN
    return Outcome(
        order_id=order_id,
        state=state,
        merchant_id=account.merchant_id,
        amount=amount,
        currency=one_line(currency, 3),
        transaction_id=reference(transaction),
        shopper_text=words.RECEIVED if state is State.SUCCESS else words.CONFIRMING,
    )


# By the event's type; ``name.*``: every event of that name. What is not here is taken in and does nothing.
READERS: dict[str, Callable[[str, Mapping[str, Any], Account], Claim]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _intent,
    "payment_intent.processing": _intent,
    "payment_intent.payment_failed": _intent,
    "payment_intent.canceled": _intent,
    "charge.refunded": _charge,
    "charge.refund.*": _refund,
    "refund.*": _refund,
    "charge.dispute.*": _dispute,
}
