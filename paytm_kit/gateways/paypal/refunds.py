"""PayPal's refunds read into our RefundOutcome: ours bear our refund id as invoice_id, others their own id alone.

Source: PayPal, Payments v2 (refund, refund_request). Both invoice_id and custom_id come back, in the refund and among
its order's payments; a refund made in the dashboard may show those of the capture. PayPal-Request-Id is kept for 45
days, and an invoice id that was used for a refund is refused for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paytm_kit.gateways import objects, order_ids, words
from paytm_kit.gateways.base import Account, RefundOutcome, RefundRequest, State, UntrustedResponse
from paytm_kit.gateways.paypal import codes, fields, orders
from paytm_kit.gateways.paypal.answers import QUESTION, Answer
from paytm_kit.masking import one_line

Row = Mapping[str, Any]


def body(request: RefundRequest) -> dict[str, Any]:
    """What is asked for. Raises Refused for an amount that is not exact.

    The reason stays here: PayPal would show it to the payer (note_to_payer), and it is written for the books.
    """
    return {
        "amount": fields.money(request.amount, request.currency, request.order_id),
        "invoice_id": request.refund_id,
        "custom_id": request.order_id,
    }


def accepted(answer: Answer, account: Account, order_id: str, refund_id: str) -> RefundOutcome:
    """What PayPal says to a request for a refund. Raises Refused when our question was wrong."""
    if not answer.error:
        return read(answer.body, account, order_id, refund_id)
    if answer.error in QUESTION and answer.issue not in codes.REFUND:
        raise answer.refused(order_id)
    known = codes.REFUND.get(answer.issue)
    return RefundOutcome(
        order_id=order_id,
        refund_id=refund_id,
        state=known.state if known else State.UNKNOWN,
        code=answer.issue,
        message=answer.message,
        shopper_text=known.shopper if known else "",
    )


def among(answer: Answer, account: Account, order_id: str, refund_id: str, reference: str) -> RefundOutcome:
    """What became of a refund, from its order. NOT_FOUND has it sent again: it is said only where nothing is hidden."""
    if answer.error:
        if not answer.lost:
            raise answer.refused(order_id)
        # of an order whose money we have taken: that says nothing about its refunds
        return RefundOutcome(order_id=order_id, refund_id=refund_id, state=State.UNKNOWN, code=answer.issue)
    ours = orders.unit(answer.body, order_id, reference)
    rows = orders.refunds(ours)
    found = [row for row in rows if refund_id in (row.get("invoice_id"), row.get("id"))]
    if len(found) > 1:
        raise UntrustedResponse(f"PayPal lists refund {refund_id} twice.", order_id=order_id)
    if found:
        return read(found[0], account, order_id, refund_id)
    capture = orders.the_capture(ours, order_id) or {}
    # A capture that says nothing of refunds has none; one that does must list them all.
    hidden = capture.get("status") == "PARTIALLY_REFUNDED" and not rows
    clear = capture.get("status") in ("COMPLETED", "PARTIALLY_REFUNDED") and not hidden
    return RefundOutcome(order_id=order_id, refund_id=refund_id, state=State.NOT_FOUND if clear else State.UNKNOWN)


def read(row: Row, account: Account, order_id: str, refund_id: str) -> RefundOutcome:
    """One refund as PayPal shows it. Raises UntrustedResponse when it bears another of our refund ids."""
    named = objects.text(row.get("invoice_id"))
    if order_ids.is_refund(named) and named != refund_id:
        raise UntrustedResponse("PayPal answered about another refund.", order_id=order_id)
    word = objects.text(row.get("status"))
    known = codes.REFUND.get(word)
    total = objects.members(row, "seller_payable_breakdown", "total_refunded_amount")
    return RefundOutcome(
        order_id=order_id,
        refund_id=refund_id,
        state=known.state if known else State.UNKNOWN,
        merchant_id=account.merchant_id,
        amount=fields.amount(objects.members(row, "amount"))[0],
        total_refunded=fields.amount(total)[0],
        transaction_id=capture_of(row),
        gateway_refund_id=objects.identifier(row.get("id")),
        code=one_line(word, 64),
        message=one_line(objects.text(objects.members(row, "status_details").get("reason")), 64),
        shopper_text=known.shopper if known else words.REFUNDING,
        arn=objects.identifier(row.get("acquirer_reference_number")),
    )


def capture_of(row: Row) -> str:
    """The capture that a refund gives back: the end of its ``up`` link; empty where it has none."""
    links = (objects.text(link.get("href")) for link in objects.rows(row, "links") if link.get("rel") == "up")
    _, between, name = next(links, "").rpartition("/captures/")
    return name if between and fields.THEIRS.fullmatch(name) else ""
