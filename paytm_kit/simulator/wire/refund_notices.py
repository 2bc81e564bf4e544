"""What Paytm says of refunds and chargebacks, field by field: the API answers and the webhooks.

Sources: Paytm docs, Refund API; Refund Status API; Refund webhooks (accept, success, ARN); Dispute webhook. JSON
webhooks are signed over the text of ``body``, forms over their values.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from paytm_kit.simulator import clock
from paytm_kit.simulator.models import Dispute, Refund, Transaction
from paytm_kit.simulator.wire import codes, envelope
from paytm_kit.simulator.wire.notices import result_info, sign

# In refunds the payment modes have their long names (Paytm docs, Refund Status API).
PAY_METHODS = {
    "PPI": "BALANCE", "CC": "CREDIT_CARD", "DC": "DEBIT_CARD", "NB": "NET_BANKING", "UPI": "UPI", "EMI": "EMI",
}  # fmt: skip

# Days until the customer's bank shows the money, at most (Paytm docs, Refund FAQ).
EXPECTED_DAYS = {"PPI": 1, "UPI": 5, "NB": 7}
USUAL_DAYS = 14

BALANCE_TOO_LOW = ("1", "Settlement balance is too low to accept this refund")


def _json(body: dict[str, Any], key: str) -> str:
    body = {name: value for name, value in body.items() if value not in ("", None)}
    return envelope.seal({"version": "v1"}, body, key)


def word(refund: Refund) -> tuple[str, str, str]:
    """Status, code and text of a refund's present state."""
    found = codes.REFUND[refund.respcode]
    return found.status, refund.respcode, found.text


def applied(refund: Refund) -> dict[str, Any]:
    """The body that answers an accepted request."""
    return result_info(*word(refund)) | {
        "mid": refund.merchant.mid,
        "orderId": refund.transaction.order.order_id,
        "txnId": refund.transaction.txn_id,
        "refId": refund.ref_id,
        "refundId": refund.refund_id,
        "txnTimestamp": clock.ist(refund.transaction.started_at),
        "txnAmount": f"{refund.transaction.amount:.2f}",
        "refundAmount": f"{refund.amount:.2f}",
    }


def status(refund: Refund) -> dict[str, Any]:
    """The body of /v2/refund/status. Every value is text, but the list of where the money goes."""
    row = refund.transaction
    more = {
        "totalRefundAmount": f"{row.refunded():.2f}",
        "refundType": refund.destination,
        "source": refund.source,
        "refundReason": refund.comments,
        "merchantRefundRequestTimestamp": clock.ist(refund.requested_at),
        "gatewayInfo": row.gateway_name,
    }
    if refund.accepted_at:
        more |= {"acceptRefundTimestamp": clock.ist(refund.accepted_at), "acceptRefundStatus": "SUCCESS"}
    elif refund.finished_at:
        more |= {"acceptRefundStatus": "FAILED"}
    body = applied(refund) | {name: value for name, value in more.items() if value}
    if refund.status == "success" and refund.finished_at:
        body |= {
            "userCreditInitiateTimestamp": clock.ist(refund.finished_at),
            "userCreditInitiateStatus": "SUCCESS",
            "refundDetailInfoList": [_detail(refund)],
        }
    return body


def _detail(refund: Refund) -> dict[str, str]:
    row = refund.transaction
    days = timedelta(days=EXPECTED_DAYS.get(row.mode, USUAL_DAYS))
    found = {
        "refundType": refund.destination,
        "payMethod": PAY_METHODS.get(row.mode, row.mode),
        "refundAmount": f"{refund.amount:.2f}",
        "rrn": refund.rrn,
        "issuingBankName": row.bank_name,
        "maskedCardNumber": f"XXXXXXXXXXXX{row.card_last_four}" if row.card_last_four else "",
        "maskedVpa": row.instrument if row.mode == "UPI" else "",
        "cardScheme": row.card_scheme,
        "userCreditExpectedDate": clock.ist((refund.finished_at or refund.requested_at) + days, "%Y-%m-%d"),
    }
    return {name: value for name, value in found.items() if value}


def accepted(refund: Refund) -> str:
    """Accept Refund: the amount was taken from what the merchant is owed, or there was too little of it."""
    row, taken = refund.transaction, refund.accepted_at
    code, text = ("", "") if taken else BALANCE_TOO_LOW
    body = {
        "orderId": row.order.order_id,
        "txnId": row.txn_id,
        "refId": refund.ref_id,
        "refundId": refund.refund_id,
        "refundAmount": f"{refund.amount:.2f}",
        "txnAmount": f"{row.amount:.2f}",
        "txnTimestamp": clock.ist(row.started_at),
        "merchantRefundRequestTimestamp": clock.ist(refund.requested_at),
        "acceptRefundTimestamp": clock.ist(taken) if taken else "",
        "refundReason": refund.comments,
        "status": "SUCCESS" if taken else "FAILED",
        "rejectRefundReasonCode": code,
        "rejectRefundReasonMessage": text,
    }
    return _json(body, refund.merchant.key)


def succeeded(refund: Refund) -> str:
    """Success Refund: the acquirer has it. Agent data is not kept here and does not come."""
    row = refund.transaction
    body = {
        "source": refund.source,
        "mid": refund.merchant.mid,
        "orderId": row.order.order_id,
        "txnId": row.txn_id,
        "txnAmount": f"{row.amount:.2f}",
        "refundAmount": f"{refund.amount:.2f}",
        "totalRefundAmount": f"{row.refunded():.2f}",
        "txnTimestamp": clock.ist(row.started_at),
        "acceptRefundTimestamp": clock.ist(refund.accepted_at) if refund.accepted_at else "",
        "merchantRefundRequestTimestamp": clock.ist(refund.requested_at),
        "userCreditInitiateTimestamp": clock.ist(refund.finished_at) if refund.finished_at else "",
        "refId": refund.ref_id,
        "refundId": refund.refund_id,
        "refundDetailInfoList": [_detail(refund)],
        "gatewayInfo": row.gateway_name,
    }
    return _json(body, refund.merchant.key)


def arn(refund: Refund) -> dict[str, str]:
    """Refund ARN: the form with the numbers under which a card's bank finds the refund."""
    row = refund.transaction
    fields = {
        "ORDERID": row.order.order_id,
        "REFID": refund.ref_id,
        "MID": refund.merchant.mid,
        "TXNID": row.txn_id,
        "REFUNDID": refund.refund_id,
        "TXNAMOUNT": f"{row.amount:.2f}",
        "REFUNDAMOUNT": f"{refund.amount:.2f}",
        "TXNDATETIME": clock.ist(row.started_at),
        "REFUNDDATETIME": clock.ist(refund.finished_at) if refund.finished_at else "",
        "PAYMENTMODE": row.mode,
        "GATEWAYNAME": row.gateway_name,
        "BANKNAME": row.bank_name,
        "ARN": refund.arn,
        "RRN": refund.rrn,
    }
    return sign(fields, refund.merchant.key)


def legacy(refund: Refund) -> dict[str, str]:
    """The flat answer of the HANDLER_INTERNAL pair."""
    row = refund.transaction
    status_word, code, text = word(refund)
    return {
        "MID": refund.merchant.mid,
        "TXNID": row.txn_id,
        "ORDERID": row.order.order_id,
        "TXNAMOUNT": f"{row.amount:.2f}",
        "REFUNDAMOUNT": f"{refund.amount:.2f}",
        "REFID": refund.ref_id,
        "REFUNDID": refund.refund_id,
        "STATUS": status_word,
        "RESPCODE": code,
        "RESPMSG": text,
        "TXNDATE": clock.ist(row.started_at),
        "REFUNDDATE": clock.ist(refund.requested_at),
        "CARD_ISSUER": row.bank_name if row.card_last_four else "",
        "PAYMENTMODE": row.mode,
        "BANKTXNID": row.bank_txn_id,
        "TOTALREFUNDAMT": f"{row.refunded():.2f}",
        "REFUNDTYPE": refund.destination,
    }


DISPUTE_WORDS = {"open": "NEW", "won": "WON", "lost": "LOST"}  # only NEW is published


def chargeback(dispute: Dispute) -> str:
    """The chargeback event."""
    row: Transaction = dispute.transaction
    body = {
        "disputeId": dispute.dispute_id,
        "disputeStatus": DISPUTE_WORDS[dispute.status],
        "disputeAmount": f"{dispute.amount:.2f}",
        "disputeDueDate": clock.ist(dispute.opened_at + timedelta(days=7)),
        "disputeType": "CHARGEBACK",
        "message": dispute.reason,
        "transactionId": row.txn_id,
        "orderId": row.order.order_id,
        "bankReferenceNo": row.bank_txn_id,
        "mid": row.order.merchant.mid,
        "merchantName": row.order.merchant.mid,
        "custId": row.order.cust_id,
        "transactionDateTime": clock.ist(row.started_at),
        "transactionAmount": f"{row.amount:.2f}",
    }
    return _json(body, row.order.merchant.key)
