"""What Paytm says of a transaction, field by field, for callback, webhook and the three status APIs.

Source: Paytm docs, Payment Status; Callback and Webhook; Transaction Status API.
"""

from __future__ import annotations

from typing import Any

from paytm_kit.simulator import clock
from paytm_kit.simulator.bank.machine import WIRE_STATUS, State
from paytm_kit.simulator.models import Order, Transaction
from paytm_kit.simulator.wire import codes, signing


def word(transaction: Transaction) -> tuple[str, str, str]:
    """STATUS, RESPCODE and RESPMSG."""
    code = transaction.respcode or "402"  # still with the bank
    return WIRE_STATUS[State(transaction.status)], code, codes.PAYMENT[code].text


def _fields(transaction: Transaction) -> dict[str, str]:
    order = transaction.order
    status, code, text = word(transaction)
    # A pending payment has no bank transaction yet: the field comes empty, the gateway's name not at all.
    known = transaction.status != State.STARTED and transaction.status != State.PENDING
    fields = {
        "ORDERID": order.order_id,
        "MID": order.merchant.mid,
        "TXNID": transaction.txn_id,
        "TXNAMOUNT": f"{transaction.amount:.2f}",
        "PAYMENTMODE": transaction.mode,
        "CURRENCY": order.currency,
        "TXNDATE": clock.ist(transaction.started_at),
        "STATUS": status,
        "RESPCODE": code,
        "RESPMSG": text,
        "GATEWAYNAME": transaction.gateway_name if known else "",
        "BANKNAME": transaction.bank_name,
        "MERC_UNQ_REF": order.merc_unq_ref,
        "SUBS_ID": order.subscription.subs_id if order.subscription else "",
    }
    return {name: value for name, value in fields.items() if value} | {"BANKTXNID": transaction.bank_txn_id}


def sign(fields: dict[str, str], key: str) -> dict[str, str]:
    return {**fields, "CHECKSUMHASH": signing.sign(fields, key)}


def callback(transaction: Transaction) -> dict[str, str]:
    """The form that the shopper's browser posts to the merchant, signed."""
    return sign(_fields(transaction), transaction.order.merchant.key)


def webhook(transaction: Transaction) -> dict[str, str]:
    """The form that Paytm's server posts to the merchant's, signed. TXNDATE is a bare date here."""
    fields = _fields(transaction) | {
        "TXNDATE": clock.ist(transaction.started_at, "%Y-%m-%d"),
        "TXNDATETIME": clock.ist(transaction.started_at),
        "CUSTID": transaction.order.cust_id,
        "TXNTYPE": "SALE",
    }
    return sign(fields, transaction.order.merchant.key)


# An early failure never became a transaction: no TXNID, and unsigned where the merchant was not authenticated.
EARLY_FIELDS = {
    "804": ("STATUS", "MID", "ORDERID", "TXNAMOUNT", "RESPMSG", "RESPCODE"),
}
EARLY_USUAL = ("ORDERID", "MID", "TXNAMOUNT", "CURRENCY", "STATUS", "RESPCODE", "RESPMSG", "BANKTXNID")


def early_failure(code: str, form: dict[str, str], key: str | None) -> dict[str, str]:
    """The callback of a legacy form that was refused at the door; signed when a key is given."""
    fields = {
        "ORDERID": form.get("ORDER_ID", ""),
        "MID": form.get("MID", ""),
        "TXNAMOUNT": form.get("TXN_AMOUNT", ""),
        "CURRENCY": "INR",
        "STATUS": codes.LEGACY[code].status,
        "RESPCODE": code,
        "RESPMSG": codes.LEGACY[code].text,
        "BANKTXNID": "",
    }
    chosen = {name: fields[name] for name in EARLY_FIELDS.get(code, EARLY_USUAL)}
    return sign(chosen, key) if key else chosen


def result_info(status: str, code: str, text: str) -> dict[str, Any]:
    return {"resultInfo": {"resultStatus": status, "resultCode": code, "resultMsg": text}}


def v3_status(order: Order, transaction: Transaction) -> dict[str, Any]:
    """The body of /v3/order/status. Every value is text."""
    fields = _fields(transaction)
    card = transaction.card_last_four
    body = {
        "txnId": transaction.txn_id,
        "bankTxnId": transaction.bank_txn_id,
        "orderId": order.order_id,
        "txnAmount": fields["TXNAMOUNT"],
        "txnType": "SALE",
        "gatewayName": fields.get("GATEWAYNAME", ""),
        "bankName": transaction.bank_name,
        "mid": order.merchant.mid,
        "paymentMode": transaction.mode,
        "refundAmt": f"{transaction.refunded():.2f}",
        "txnDate": fields["TXNDATE"],
        "merchantUniqueReference": order.merc_unq_ref,
        "subsId": fields.get("SUBS_ID", ""),
        "cardScheme": transaction.card_scheme if card else "",
        "lastFourDigit": card,
        "maskedCardNo": card and f"************{card}",  # a name of Paytm's SDKs; its form is unconfirmed
        "authCode": transaction.auth_code,
        "rrnCode": transaction.rrn,
    } | _cleared(transaction)
    return result_info(*word(transaction)) | {name: value for name, value in body.items() if value}


def _cleared(transaction: Transaction) -> dict[str, str]:
    """A card payment's acquirer reference, told once it was cleared: at the first midnight in India after it."""
    if not transaction.arn or transaction.finished_at is None:
        return {}
    if clock.ist(clock.now(), "%Y%m%d") <= clock.ist(transaction.finished_at, "%Y%m%d"):
        return {"arnAvailable": "false"}
    return {"arnAvailable": "true", "arnCode": transaction.arn}


FLAT_NAMES = (
    "TXNID", "BANKTXNID", "ORDERID", "TXNAMOUNT", "STATUS", "GATEWAYNAME", "RESPCODE", "RESPMSG", "BANKNAME", "MID",
    "PAYMENTMODE", "TXNDATE",
)  # fmt: skip


def flat_status(transaction: Transaction) -> dict[str, str]:
    """The answer of /order/status and /merchant-status/getTxnStatus: flat, upper-case, unsigned."""
    fields = _fields(transaction)
    more = {"TXNTYPE": "SALE", "REFUNDAMT": f"{transaction.refunded():.2f}"}
    return {name: fields.get(name, "") for name in FLAT_NAMES} | more
