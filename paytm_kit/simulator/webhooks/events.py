"""A form notice as the JSON event that newer merchants get: head with signature, body with camelCase names. Pure.

Unconfirmed: Paytm's agent skills describe such events, its documentation and its plugins send forms. The names are
those of the Transaction Status API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from paytm_kit.simulator.wire import envelope

NAMES = {
    "ORDERID": "orderId", "MID": "mid", "TXNID": "txnId", "TXNAMOUNT": "txnAmount", "PAYMENTMODE": "paymentMode",
    "CURRENCY": "currency", "TXNDATE": "txnDate", "TXNDATETIME": "txnDateTime", "STATUS": "status",
    "RESPCODE": "respCode", "RESPMSG": "respMsg", "GATEWAYNAME": "gatewayName", "BANKNAME": "bankName",
    "BANKTXNID": "bankTxnId", "CUSTID": "custId", "TXNTYPE": "txnType", "MERC_UNQ_REF": "merchantUniqueReference",
    "SUBS_ID": "subsId", "REFID": "refId", "REFUNDID": "refundId", "REFUNDAMOUNT": "refundAmount",
    "REFUNDDATETIME": "refundDateTime", "REFUNDAMT": "refundAmt", "ARN": "arn", "RRN": "rrn",
}  # fmt: skip


def as_json(notice: Mapping[str, str], key: str) -> str:
    """The event's text; the signature covers the text of ``body`` as it stands there."""
    body = {_name(field): value for field, value in notice.items() if field != "CHECKSUMHASH"}
    return envelope.seal({"version": "v1"}, body, key)


def _name(field: str) -> str:
    """By the table; a name that is not in it loses its underscores: ``PROMO_CAMP_ID`` is ``promoCampId``."""
    return NAMES.get(field) or re.sub(r"_+(\w)", lambda match: match[1].upper(), field.lower())
