"""Paytm's ``paytmchecksum`` for Python, used as Paytm's documentation shows: sign the body's text, send it by hand."""

from __future__ import annotations

import json
import os

import line
import paytmchecksum
import requests

HOST, MID, KEY = (os.environ[name] for name in ("CLIENT_HOST", "CLIENT_MID", "CLIENT_KEY"))


def initiate(order_id, amount, callback_url, cust_id, merc_unq_ref=""):
    body = {
        "requestType": "Payment",
        "mid": MID,
        "websiteName": "WEBSTAGING",
        "orderId": order_id,
        "callbackUrl": callback_url,
        "txnAmount": {"value": amount, "currency": "INR"},
        "userInfo": {"custId": cust_id},
    }
    if merc_unq_ref:
        body["extendInfo"] = {"mercUnqRef": merc_unq_ref}
    answer, told = _send(f"/theia/api/v1/initiateTransaction?mid={MID}&orderId={order_id}", body)
    return told | {"token": answer.get("txnToken")}


def status(order_id):
    answer, told = _send("/v3/order/status", {"mid": MID, "orderId": order_id})
    return told | {
        "txn_id": answer.get("txnId"),
        "amount": answer.get("txnAmount"),
        "refunded": answer.get("refundAmt"),
    }


def refund(order_id, txn_id, ref_id, amount, comments=""):
    body = {
        "mid": MID,
        "txnType": "REFUND",
        "orderId": order_id,
        "txnId": txn_id,
        "refId": ref_id,
        "refundAmount": amount,
    }
    answer, told = _send("/refund/apply", body | ({"comments": comments} if comments else {}))
    return told | {"refund_id": answer.get("refundId"), "amount": answer.get("refundAmount")}


def refund_status(order_id, ref_id):
    answer, told = _send("/v2/refund/status", {"mid": MID, "orderId": order_id, "refId": ref_id})
    return told | {"refund_id": answer.get("refundId"), "amount": answer.get("refundAmount")}


def flat_status(order_id):
    """The old kits' way: a flat object, signed as a form is."""
    fields = {"MID": MID, "ORDERID": order_id}
    fields["CHECKSUMHASH"] = paytmchecksum.generateSignature(dict(fields), KEY)
    answer = requests.post(HOST + "/order/status", json=fields, timeout=10).json()
    return {"status": answer["STATUS"], "code": answer["RESPCODE"], "amount": answer.get("TXNAMOUNT")}


def verify(payload, signature):
    return {"matches": paytmchecksum.verifySignature(payload, KEY, signature)}


def sign(payload):
    return {"signature": paytmchecksum.generateSignature(payload, KEY)}


def _send(path, body):
    text = json.dumps(body)
    signature = paytmchecksum.generateSignature(text, KEY)
    envelope = f'{{"head":{{"signature":{json.dumps(signature)}}},"body":{text}}}'
    response = requests.post(HOST + path, data=envelope, headers={"Content-Type": "application/json"}, timeout=10)
    answer = response.json()
    info = answer["body"]["resultInfo"]
    if info["resultStatus"] in ("S", "TXN_SUCCESS", "PENDING"):
        raw = response.text[response.text.index('"body":') + len('"body":') : -1]
        if not paytmchecksum.verifySignature(raw, KEY, answer["head"]["signature"]):
            return {}, {"status": "failure", "code": "501", "message": "Signature Validation Failed"}
    return answer["body"], {"status": info["resultStatus"], "code": info["resultCode"], "message": info["resultMsg"]}


line.serve(
    {
        "initiate": initiate,
        "status": status,
        "refund": refund,
        "refund_status": refund_status,
        "flat_status": flat_status,
        "verify": verify,
        "sign": sign,
    }
)
