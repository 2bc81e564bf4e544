"""What became of an order: the v3 API, and the flat form of the legacy kits.

Sources: Paytm docs, Transaction Status API; the deprecated-flow integration page.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse

from paytm_kit.simulator import world
from paytm_kit.simulator.api import answers
from paytm_kit.simulator.bank import due
from paytm_kit.simulator.door import Answer, api
from paytm_kit.simulator.faults.answers import told
from paytm_kit.simulator.models import Merchant, Order, Transaction
from paytm_kit.simulator.wire import checks, codes, envelope, notices


@api("POST")
def order_status(request: HttpRequest) -> Answer:
    """What became of an order. Unknown orders and orders without an attempt are both 331."""
    try:
        head, body, body_text = answers.opened(request)
    except envelope.Malformed as error:
        return _no_status("501", str(error), None, "")
    order_id, merchant = answers.text(body.get("orderId")), world.merchant(body.get("mid"))
    if merchant is None:
        return _no_status("335", "no merchant has this MID here", None, order_id)
    if fault := answers.signature_fault("330", body_text, head.get("signature"), merchant):
        return _no_status("330", fault.why, None, order_id)
    if not checks.ORDER_ID.fullmatch(order_id):
        return _no_status("334", "orderId is missing or holds characters that are not allowed", merchant, order_id)
    order, transaction = _find(merchant, order_id)
    if order is None or transaction is None or body.get("txnType") not in (None, "", "SALE"):
        why = "no such order" if order is None else "nobody has tried to pay it yet"
        return _no_status("331", why, merchant, order_id)
    answer = notices.v3_status(order, transaction)
    info = answer["resultInfo"]
    return answers.sealed(
        answer, merchant.key, order_id, f"{info['resultCode']}: signature verified, {transaction.status}"
    )


def _no_status(code: str, why: str, merchant: Merchant | None, order_id: str) -> Answer:
    body = notices.result_info(*answers.word(codes.STATUS, code))
    return answers.sealed(body, merchant.key if merchant else None, order_id, f"{code}: {why}")


def _find(merchant: Merchant, order_id: str) -> tuple[Order | None, Transaction | None]:
    due.run()
    order = Order.objects.filter(merchant=merchant, order_id=order_id).first()
    if order is None:
        return None, None
    order.merchant = merchant
    transaction = order.decisive()
    return told(order, transaction) if transaction else (order, None)


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
    if fault := answers.signature_fault("330", fields, fields.get("CHECKSUMHASH"), merchant):
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
        "MID": answers.text(fields.get("MID")),
        "ORDERID": answers.text(fields.get("ORDERID")),
        "STATUS": word.status,
        "RESPCODE": code,
        "RESPMSG": word.text,
    }
    return Answer(JsonResponse(answer), answer["ORDERID"], f"{code}: {why}")
