"""The signed JSON APIs: initiateTransaction, v3 order status, and the flat status of the legacy kits.

Sources: Paytm docs, Initiate Transaction API; Transaction Status API; the deprecated-flow integration page.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from paytm_kit import checksum
from paytm_kit.simulator import bank, checks, clock, codes, envelope, notices, options, world
from paytm_kit.simulator.checks import Fault
from paytm_kit.simulator.door import Answer, api
from paytm_kit.simulator.models import Merchant, Order, Transaction

JSON_ONLY = "send the envelope as application/json"


def _sealed(body: dict[str, Any], key: str | None, order_id: str, verdict: str) -> Answer:
    """An answer in Paytm's envelope; HTTP 200 even for refusals, as Paytm does."""
    head = {"responseTimestamp": str(int(clock.now().timestamp() * 1000)), "version": "v1"}
    text = envelope.seal(head, body, key)
    return Answer(HttpResponse(text, content_type="application/json;charset=UTF-8"), order_id, verdict)


def _open(request: HttpRequest) -> envelope.Envelope:
    if request.content_type != "application/json":
        raise envelope.Malformed(JSON_ONLY)
    return envelope.open_envelope(request.body)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


# ---- initiateTransaction ---------------------------------------------------------------------------------------


@api("POST")
def initiate(request: HttpRequest) -> Answer:
    """A token for one order, or Paytm's reason why not. Refusals before authentication are unsigned."""
    try:
        head, body, body_text = _open(request)
    except envelope.Malformed as error:
        return _refused(Fault("1001", str(error)), None, "")
    order_id, merchant = _text(body.get("orderId")), world.merchant(body.get("mid"))
    if fault := checks.query_fault(body, request.GET.dict()):
        return _refused(fault, None, order_id)
    if merchant is None:
        fault = Fault("1001", "no merchant has this MID here; the simulator serves the one given with --mid")
        return _refused(fault, None, order_id)
    if fault := _signature_fault("2005", body_text, head.get("signature"), merchant.key):
        return _refused(fault, None, order_id)
    fault = checks.initiate_fault(body, merchant.website, options.current().allow_host)
    return _refused(fault, merchant, order_id) if fault else _opened(merchant, body)


def _signature_fault(code: str, payload: str | dict[str, str], signature: Any, key: str) -> Fault | None:
    if isinstance(signature, str) and checksum.verify(payload, signature, key):
        return None
    why = checksum.explain(payload, _text(signature), key).text
    return Fault(code, f"signature does not match: {why}")


def _refused(fault: Fault, merchant: Merchant | None, order_id: str) -> Answer:
    word = codes.INITIATE[fault.code]
    body = notices.result_info(word.status, fault.code, fault.text or word.text)
    return _sealed(body, merchant.key if merchant else None, order_id, f"{fault.code}: {fault.why}")


def _opened(merchant: Merchant, body: dict[str, Any]) -> Answer:
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    fingerprint = hashlib.sha256(canonical.encode()).hexdigest()
    facts = bank.OrderFacts(
        order_id=body["orderId"],
        amount=Decimal(body["txnAmount"]["value"]),
        currency=body["txnAmount"]["currency"],
        callback_url=body["callbackUrl"],
        cust_id=body["userInfo"]["custId"],
        merc_unq_ref=checks.at(body, "extendInfo.mercUnqRef") or "",
        fingerprint=fingerprint,
    )
    order, new = bank.open_order(merchant, facts)
    if not new and order.fingerprint != fingerprint:
        return _refused(Fault("2023", "this order id came before with other contents"), merchant, order.order_id)
    if not new and bank.expired(order, clock.now()):
        return _refused(Fault("1006", "the token's 15 minutes are over; use a new order id"), merchant, order.order_id)
    code = "0000" if new else "0002"
    answer = notices.result_info(*_word(codes.INITIATE, code))
    answer |= {"txnToken": order.token, "isPromoCodeValid": False, "authenticated": False}
    said = "signature verified, token given" if new else "signature verified, same content: same token"
    return _sealed(answer, merchant.key, order.order_id, f"{code}: {said}")


def _word(table: dict[str, codes.Word], code: str) -> tuple[str, str, str]:
    return table[code].status, code, table[code].text


# ---- /v3/order/status ------------------------------------------------------------------------------------------


@api("POST")
def order_status(request: HttpRequest) -> Answer:
    """What became of an order. Unknown orders and orders without an attempt are both 331."""
    try:
        head, body, body_text = _open(request)
    except envelope.Malformed as error:
        return _no_status("501", str(error), None, "")
    order_id, merchant = _text(body.get("orderId")), world.merchant(body.get("mid"))
    if merchant is None:
        return _no_status("335", "no merchant has this MID here", None, order_id)
    if fault := _signature_fault("330", body_text, head.get("signature"), merchant.key):
        return _no_status("330", fault.why, None, order_id)
    if not checks.ORDER_ID.fullmatch(order_id):
        return _no_status("334", "orderId is missing or holds characters that are not allowed", merchant, order_id)
    order, transaction = _find(merchant, order_id)
    if order is None or transaction is None or body.get("txnType") not in (None, "", "SALE"):
        why = "no such order" if order is None else "nobody has tried to pay it yet"
        return _no_status("331", why, merchant, order_id)
    answer = notices.v3_status(order, transaction)
    info = answer["resultInfo"]
    return _sealed(answer, merchant.key, order_id, f"{info['resultCode']}: signature verified, {transaction.status}")


def _no_status(code: str, why: str, merchant: Merchant | None, order_id: str) -> Answer:
    body = notices.result_info(*_word(codes.STATUS, code))
    return _sealed(body, merchant.key if merchant else None, order_id, f"{code}: {why}")


def _find(merchant: Merchant, order_id: str) -> tuple[Order | None, Transaction | None]:
    bank.settle_due()
    rows = Order.objects.filter(merchant=merchant, order_id=order_id).select_related("merchant")
    order = rows.prefetch_related("transactions__order__merchant").first()
    return order, order.decisive() if order else None


# ---- the flat status of older kits -----------------------------------------------------------------------------


@api("POST")
def flat_status(request: HttpRequest) -> Answer:
    """/order/status: a flat JSON object, signed as a form is."""
    return _flat(request.body)


@api("GET", "POST")
def legacy_status(request: HttpRequest) -> Answer:
    """/merchant-status/getTxnStatus: the same object in a form field or query parameter named JsonData."""
    sent = request.POST.get("JsonData") or request.GET.get("JsonData") or ""
    return _flat(sent.encode("utf-8", "replace"))


def _flat(raw: bytes) -> Answer:
    try:
        fields, _ = envelope.read_json(raw)
    except envelope.Malformed as error:
        return _flat_refusal("501", str(error), {})
    if not all(isinstance(value, str) for value in fields.values()):
        return _flat_refusal("501", "every value must be text", fields)
    merchant = world.merchant(fields.get("MID"))
    if merchant is None:
        return _flat_refusal("335", "no merchant has this MID here", fields)
    if fault := _signature_fault("330", fields, fields.get("CHECKSUMHASH"), merchant.key):
        return _flat_refusal("330", fault.why, fields)
    order_id = fields.get("ORDERID", "")
    _, transaction = _find(merchant, order_id)
    if transaction is None:
        return _flat_refusal("334", "no such order, or nobody has tried to pay it yet", fields)
    answer = notices.flat_status(transaction)
    return Answer(JsonResponse(answer), order_id, f"{answer['RESPCODE']}: signature verified, {transaction.status}")


def _flat_refusal(code: str, why: str, fields: dict[str, Any]) -> Answer:
    word = codes.STATUS[code]
    answer = {
        "MID": _text(fields.get("MID")),
        "ORDERID": _text(fields.get("ORDERID")),
        "STATUS": word.status,
        "RESPCODE": code,
        "RESPMSG": word.text,
    }
    return Answer(JsonResponse(answer), answer["ORDERID"], f"{code}: {why}")
