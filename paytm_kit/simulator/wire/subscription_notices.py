"""What Paytm says of a mandate: the answer of checkStatus and the two webhooks.

Sources: Paytm docs, Fetch Subscription Status; Subscription Status Webhook; Subscription Pre-notify Callback.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from paytm_kit.simulator import clock
from paytm_kit.simulator.models import Order, Subscription
from paytm_kit.simulator.wire.notices import sign, word


def facts(row: Subscription) -> dict[str, Any]:
    """The body of checkStatus without resultInfo."""
    order = row.orders.order_by("-pk").first()
    last = order.decisive() if order else None
    body = {
        "subsId": row.subs_id,
        "status": row.status,
        "subStatus": row.sub_status,
        "lastOrderId": order.order_id if order else "",
        "lastOrderStatus": word(last)[0] if last else "",
        "custId": row.cust_id,
        "paymentMode": row.mode,
        "amountType": row.amount_type,
        "maxAmount": f"{row.max_amount:.2f}",
        "frequency": str(row.frequency),
        "frequencyUnit": row.frequency_unit,
        "startDate": row.starts_on.isoformat(),
        "expiryDate": row.expires_on.isoformat(),
    }
    return {name: value for name, value in body.items() if value}


def notice_facts(notice: dict[str, str]) -> dict[str, str]:
    """The body of preNotify/status without resultInfo."""
    day = datetime.fromisoformat(notice["date"])
    body = {
        "referenceId": notice["reference"],
        "paytmReferenceId": notice["paytm_reference"],
        "txnDate": day.strftime("%d-%m-%Y"),
        "txnMessage": notice["message"],
        "notificationStatus": notice["status"],
        "notificationDate": _sent(notice),
    }
    return {name: value for name, value in body.items() if value}


def _sent(notice: dict[str, str]) -> str:
    return clock.ist(datetime.fromisoformat(notice["sent"]), "%d/%m/%Y %H:%M") if "sent" in notice else ""


def changed(row: Subscription, order: Order) -> dict[str, str]:
    """The subscription status form. Contacts are not kept here: their fields come empty."""
    first = order.decisive()
    fields = {
        "SUBS_ID": row.subs_id,
        "STATUS": row.status,
        "ORDERID": order.order_id,
        "MID": row.merchant.mid,
        "CUSTID": row.cust_id,
        "CUSTEMAILID": "",
        "CUSTMOBILE": "",
        "PAYMENTMODE": row.mode,
        "BANKNAME": first.bank_name if first else "",
        "PPITYPE": "",
        "AMOUNTTYPE": row.amount_type,
        "MAXAMOUNT": f"{row.max_amount:.2f}",
        "UPFRONTTXNAMOUNT": f"{order.amount:.2f}",
        "FREQUENCYUNIT": row.frequency_unit,
        "CREATEDDATE": clock.ist(row.created_at),
        "UPDATEDDATE": clock.ist(row.updated_at),
        "EXPIRYDATE": row.expires_on.isoformat(),
        "MERCHANTNAME": row.merchant.mid,
    }
    return sign(fields, row.merchant.key)


def announced(row: Subscription, notice: dict[str, str]) -> dict[str, str]:
    """The pre-notify form. The codes in it are ours: Paytm's are not published."""
    done = notice["status"] == "SUCCESS"
    fields = {
        "REFERENCEID": notice["reference"],
        "TXNMESSAGE": notice["message"],
        "NOTIFICATIONSTATUS": notice["status"],
        "NOTIFICATIONSTATUSCODE": "00" if done else "01",
        "NOTIFICATIONSTATUSMESSAGE": "Success" if done else f"The subscription is {row.status}",
        "TXNDATE": datetime.fromisoformat(notice["date"]).strftime("%d-%m-%Y"),
        "NOTIFICATIONDATE": _sent(notice),
    }
    return sign(fields, row.merchant.key)
