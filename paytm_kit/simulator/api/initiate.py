"""initiateTransaction: a token for one order.

Source: Paytm docs, Initiate Transaction API.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from paytm_kit.simulator import clock, options, world
from paytm_kit.simulator.api import answers
from paytm_kit.simulator.bank import payments
from paytm_kit.simulator.door import Answer, api
from paytm_kit.simulator.faults.initiate import surprise
from paytm_kit.simulator.models import Merchant
from paytm_kit.simulator.wire import checks, codes, envelope, notices
from paytm_kit.simulator.wire.checks import Fault


@api("POST")
def initiate(request: HttpRequest) -> Answer:
    """A token for one order, or Paytm's reason why not. Refusals before authentication are unsigned."""
    try:
        head, body, body_text = answers.opened(request)
    except envelope.Malformed as error:
        return _refused(Fault("1001", str(error)), None, "")
    order_id, merchant = answers.text(body.get("orderId")), world.merchant(body.get("mid"))
    if fault := checks.query_fault(body, request.GET.dict()):
        return _refused(fault, None, order_id)
    if merchant is None:
        fault = Fault("1001", "no merchant has this MID here; the simulator serves the one given with --mid")
        return _refused(fault, None, order_id)
    if fault := answers.signature_fault("2005", body_text, head.get("signature"), merchant):
        return _refused(fault, None, order_id)
    fault = checks.initiate_fault(body, merchant.website, options.current().allow_host)
    return _refused(fault, merchant, order_id) if fault else _opened(merchant, body)


def _refused(fault: Fault, merchant: Merchant | None, order_id: str) -> Answer:
    word = codes.INITIATE[fault.code]
    body = notices.result_info(word.status, fault.code, fault.text or word.text)
    return answers.sealed(body, merchant.key if merchant else None, order_id, f"{fault.code}: {fault.why}")


def _opened(merchant: Merchant, body: dict[str, Any]) -> Answer:
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    fingerprint = hashlib.sha256(canonical.encode()).hexdigest()
    facts = payments.OrderFacts(
        order_id=body["orderId"],
        amount=Decimal(body["txnAmount"]["value"]),
        currency=body["txnAmount"]["currency"],
        callback_url=body["callbackUrl"],
        cust_id=body["userInfo"]["custId"],
        merc_unq_ref=checks.at(body, "extendInfo.mercUnqRef") or "",
        fingerprint=fingerprint,
        modes=checks.payment_modes(body),
    )
    try:
        order, new = payments.open_order(merchant, facts)
    except payments.MerchantGone as error:
        return _refused(Fault("1001", str(error)), None, facts.order_id)
    if new and (fault := surprise(order)):
        return _refused(fault, merchant, order.order_id)
    if not new and order.fingerprint != fingerprint:
        return _refused(Fault("2023", "this order id came before with other contents"), merchant, order.order_id)
    if not new and payments.expired(order, clock.now()):
        return _refused(Fault("1006", "the token's 15 minutes are over; use a new order id"), merchant, order.order_id)
    code = "0000" if new else "0002"
    answer = notices.result_info(*answers.word(codes.INITIATE, code))
    answer |= {"txnToken": order.token, "isPromoCodeValid": False, "authenticated": False}
    said = "signature verified, token given" if new else "signature verified, same content: same token"
    return answers.sealed(answer, merchant.key, order.order_id, f"{code}: {said}")
