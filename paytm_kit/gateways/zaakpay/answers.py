"""Zaakpay's JSON answers read into our Outcome and RefundOutcome. They come unsigned: TLS vouches for them.

Source: developer.zaakpay.com, Check Transaction Status API (v5) and Refunding a Transaction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from paytm_kit.gateways import objects, words
from paytm_kit.gateways.base import Account, Outcome, RefundOutcome, Refused, State, Unreachable, UntrustedResponse
from paytm_kit.gateways.objects import members, text
from paytm_kit.gateways.zaakpay import codes, fields
from paytm_kit.masking import one_line, safe_line

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")
MOST_ORDERS = 100
NOTHING = Decimal("0.00")

# What txnStatus may say beside a code, where it says anything: 0 success, 1 failure, 2 pending, 3 and 4 given back,
# 5 to 8 about chargebacks.
ANY = frozenset(("", *"012345678"))
FITTING = {State.SUCCESS: ANY - {"1", "2"}, State.FAILURE: frozenset(("", "1")), State.NOT_FOUND: frozenset(("", "1"))}

_IDENTIFIER = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was JSON; nobody signed it."""

    body: Mapping[str, Any] = field(repr=False)

    def verdict(self, keys: tuple[str, ...]) -> None:
        return None


def opened(text: str) -> Answer:
    """Raises Unreadable for what is no JSON object, and for one that names a member twice."""
    return Answer(objects.read(text))


def outcome(answer: Answer, account: Account, order_id: str) -> Outcome:
    """What became of the order. Raises UntrustedResponse when it is about another one, Refused about our question."""
    order = _order(answer, account, order_id)
    if order is None:
        return Outcome(order_id=order_id, state=State.NOT_FOUND, code="205", shopper_text=words.NOT_HEARD)
    code = text(order.get("responseCode"))
    known = codes.ORDER.get(code)
    said, instrument = members(order, "orderDetail"), members(order, "paymentInstrument")
    card = members(instrument, "card")
    transaction = identifier(said.get("txnId"))
    amount = fields.rupees(said.get("amount"))
    state = known.state if known else State.UNKNOWN
    if state is State.SUCCESS and (amount is None or not transaction):
        state = State.UNKNOWN
    denied = state is State.SUCCESS and answer.body.get("success") is False
    if denied or text(order.get("txnStatus")) not in FITTING.get(state, ANY):
        state = State.UNKNOWN  # two words contradict each other
    return Outcome(
        order_id=order_id,
        state=state,
        merchant_id=account.merchant_id,
        amount=amount,
        currency=fields.CURRENCY,
        transaction_id=transaction,
        code=one_line(code, 64),
        message=safe_line(text(order.get("responseDescription"))),
        shopper_text=known.shopper if known and state is not State.UNKNOWN else words.CONFIRMING,
        payment_mode=one_line(text(instrument.get("paymentMode")), 30),
        bank_name=one_line(said_text(card.get("bank")), 100),
        network=one_line(said_text(card.get("cardScheme")), 20).upper(),
        transaction_at=moment(text(order.get("txnDate"))),
        given_back=amount if amount is not None and code in codes.GIVEN_BACK else NOTHING,
    )


def accepted(answer: Answer, order_id: str, refund_id: str) -> RefundOutcome:
    """What Zaakpay says to a request for a refund. Raises Refused when it did not take the question."""
    code = text(answer.body.get("responseCode") or answer.body.get("responsecode"))
    message = safe_line(text(answer.body.get("responseDescription") or answer.body.get("responsedescription")))
    _our_question(code, message, order_id)
    known = codes.REFUND.get(code)
    return RefundOutcome(
        order_id=order_id,
        refund_id=refund_id,
        state=known.state if known else State.UNKNOWN,
        code=one_line(code, 64),
        message=message,
        shopper_text=known.shopper if known else words.REFUNDING,
    )


def refund(answer: Answer, account: Account, order_id: str, refund_id: str) -> RefundOutcome:
    """What became of a refund, from the list that comes with its order's status.

    Listed with the card network's reference it was paid; listed without, it is under way. (What a refund to UPI or a
    wallet shows when it is paid is not documented: it stays pending until the order's own code says completed.)
    NOT_FOUND has it sent again, so it is said only of a captured order whose list leaves no doubt.
    """
    order = _order(answer, account, order_id)
    if order is None:  # of an order whose money we have taken: that says nothing about its refunds
        return RefundOutcome(order_id=order_id, refund_id=refund_id, state=State.UNKNOWN, code="205")
    rows, whole = _refunds(order)
    ours = [row for row in rows if text(row.get("merchantRefId")) == refund_id]
    if len(ours) > 1:
        raise UntrustedResponse(f"Zaakpay lists refund {refund_id} twice.", order_id=order_id)
    if not ours:
        state = State.NOT_FOUND if whole else State.UNKNOWN
        return RefundOutcome(order_id=order_id, refund_id=refund_id, state=state)
    arn = said_text(ours[0].get("arn"))
    over = bool(arn) or text(order.get("responseCode")) in PAID_BACK
    return RefundOutcome(
        order_id=order_id,
        refund_id=refund_id,
        state=State.SUCCESS if over else State.PENDING,
        merchant_id=account.merchant_id,
        amount=fields.rupees(ours[0].get("amount")),
        transaction_id=identifier(members(order, "orderDetail").get("txnId")),
        code=one_line(text(order.get("responseCode")), 64),
        message=safe_line(text(order.get("responseDescription"))),
        shopper_text=words.REFUNDED if over else words.REFUNDING,
        arn=one_line(arn, 64),
    )


# "Refund completed", "paid", and their forms before the payout: of the whole order.
PAID_BACK = frozenset({"231", "236", "256"})


def _refunds(order: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], bool]:
    """The refunds that come with an order, and whether these are all: a refund that is not there was never made."""
    listed = order.get("refundDetails")
    found = listed if isinstance(listed, list) else []
    rows: list[Mapping[str, Any]] = [row for row in found if isinstance(row, dict)]
    named = len(rows) == len(found) and all(text(row.get("merchantRefId")) for row in rows)
    code = text(order.get("responseCode"))
    silent = code in codes.GIVEN_BACK or (code in codes.PARTLY_GIVEN_BACK and not rows)  # something went back unlisted
    return rows, named and not silent and (listed is None or isinstance(listed, list))


def _order(answer: Answer, account: Account, order_id: str) -> Mapping[str, Any] | None:
    """The one order of the answer that was asked about; ``None`` when Zaakpay knows none."""
    body = answer.body
    merchant = text(body.get("merchantIdentifier"))
    if merchant and merchant != account.merchant_id:
        raise UntrustedResponse("Zaakpay answered about another merchant.", order_id=order_id)
    listed = body.get("orders")
    orders = [row for row in listed[:MOST_ORDERS] if isinstance(row, dict)] if isinstance(listed, list) else []
    ours = [row for row in orders if text(members(row, "orderDetail").get("orderId")) == order_id]
    if len(ours) == 1:
        return ours[0]
    if ours:
        raise UntrustedResponse("Zaakpay names the order twice.", order_id=order_id)
    alone = orders[0] if orders else body
    if len(orders) > 1 or text(members(alone, "orderDetail").get("orderId")) not in ("", order_id):
        raise UntrustedResponse("Zaakpay answered about another order.", order_id=order_id)
    code, message = text(alone.get("responseCode")), safe_line(text(alone.get("responseDescription")))
    if code == "205":
        return None
    _our_question(code, message, order_id)
    raise Unreachable(f"Zaakpay's answer names no order (code {code or 'none'}). Ask again.", order_id=order_id)


def _our_question(code: str, message: str, order_id: str) -> None:
    if code in codes.QUESTION:
        raise Refused(f"Zaakpay did not take the question: {code} {message}", order_id=order_id, gateway_code=code)


def said_text(value: Any) -> str:
    """As ``text``; missing ones are written ``NA``."""
    found = text(value)
    return "" if found.upper() in ("NA", "NULL") else found


def identifier(value: Any) -> str:
    """An id as it may stand in a column and a log; empty for anything else."""
    found = said_text(value)
    return found if _IDENTIFIER.fullmatch(found) else ""


def moment(written: str) -> datetime | None:
    """``2026-01-15 10:11:13.36`` (status, webhooks) or ``01/15/2026 10:11:12`` (return), in India's time."""
    for form in ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
        try:
            found = datetime.strptime(written, form).replace(tzinfo=INDIA)
        except ValueError:
            continue
        return found if 2000 <= found.year <= 2100 else None
    return None
