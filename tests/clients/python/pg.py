"""Paytm's Python SDK, ``paytm-pg``, driven as its README does. Only the host is another."""

from __future__ import annotations

import os

import line
import paytmpg
from paytmpg import MerchantProperty, Payment, Refund

ADDRESSES = ("initiate_txn_url", "payment_status_url", "refund_url", "refund_status_url")

MerchantProperty.initialize("STAGE", os.environ["CLIENT_MID"], os.environ["CLIENT_KEY"], "", "WEBSTAGING")
# Its own set_base_url() changes no address (see defects.py), hence the four.
for name in ADDRESSES:
    address = getattr(MerchantProperty, name)
    setattr(MerchantProperty, name, address.replace(MerchantProperty.base_url, os.environ["CLIENT_HOST"]))


def initiate(order_id, amount, callback_url, cust_id, merc_unq_ref=""):
    MerchantProperty.set_callback_url(callback_url)
    user = paytmpg.UserInfo()
    user.set_cust_id(cust_id)
    builder = paytmpg.PaymentDetailsBuilder("WEB", order_id, paytmpg.Money(paytmpg.EnumCurrency.INR, amount), user)
    if merc_unq_ref:
        extend_info = paytmpg.ExtendInfo()
        extend_info.set_merc_unq_ref(merc_unq_ref)
        builder.set_extend_info(extend_info)
    body, told = _told(Payment.createTxnToken(builder.build()))
    return told | {"token": getattr(body, "txnToken", None)}


def status(order_id):
    body, told = _told(Payment.getPaymentStatus(paytmpg.PaymentStatusDetailBuilder(order_id).build()))
    return told | {"txn_id": body.get_txn_id(), "amount": body.get_txn_amount(), "refunded": body.get_refund_amt()}


def refund(order_id, txn_id, ref_id, amount, comments=""):
    builder = paytmpg.RefundDetailBuilder(order_id, ref_id, txn_id, "REFUND", amount)
    if comments:
        builder.set_comments(comments)
    body, told = _told(Refund.doRefund(builder.build()))
    return told | {"refund_id": body.get_refund_id(), "amount": body.get_refund_amount()}


def refund_status(order_id, ref_id):
    builder = paytmpg.RefundStatusDetailBuilder().set_order_id(order_id).set_ref_id(ref_id)
    body, told = _told(Refund.getRefundStatus(builder.build()))
    return told | {"refund_id": body.get_refund_id(), "amount": body.get_refund_amount()}


def set_base_url(url):
    MerchantProperty.set_base_url(url)
    return {"addresses": [getattr(MerchantProperty, name) for name in ADDRESSES]}


def _told(response):
    body = response.get_response_object().get_body()
    info = body.get_result_info()
    return body, {
        "status": info.get_result_status(),
        "code": info.get_result_code(),
        "message": str(info.get_result_msg()),
    }


line.serve(
    {
        "initiate": initiate,
        "status": status,
        "refund": refund,
        "refund_status": refund_status,
        "set_base_url": set_base_url,
    }
)
