"""Refunds on the wire: apply, apply at once, ask; and the flat pair of the legacy kits.

Sources: Paytm docs, Refund API; Refund Sync API; Refund Status API; the deprecated-flow pages. A request that cannot
be read is 600 (unconfirmed).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, JsonResponse

from paytm_kit.simulator import faults, world
from paytm_kit.simulator.api import answers
from paytm_kit.simulator.bank import due, refunds
from paytm_kit.simulator.door import Answer, api
from paytm_kit.simulator.models import Merchant, Refund
from paytm_kit.simulator.wire import codes, envelope, refund_checks, refund_notices
from paytm_kit.simulator.wire.checks import Fault
from paytm_kit.simulator.wire.notices import result_info

ECHOED = ("MID", "ORDERID", "TXNID", "REFID", "REFUNDAMOUNT")


class _Refusal(Exception):
    """Why a request is answered with a code alone. Without a merchant the answer stays unsigned."""

    def __init__(self, fault: Fault, merchant: Merchant | None, body: dict[str, Any]) -> None:
        self.fault, self.merchant, self.body = fault, merchant, body
        super().__init__(fault.why)


@api("POST")
def apply(request: HttpRequest) -> Answer:
    """A refund that is raised now and credited later: PENDING/601."""
    return _apply(request, at_once=False)


@api("POST")
def apply_sync(request: HttpRequest) -> Answer:
    """A refund that is decided before the answer."""
    return _apply(request, at_once=True)


def _apply(request: HttpRequest, *, at_once: bool) -> Answer:
    try:
        merchant, body = _authenticated(request)
        refund = _accepted(merchant, body, refund_checks.apply_fault(body), at_once=at_once)
    except _Refusal as refusal:
        return _refused(refusal)
    verdict = f"{refund.respcode}: signature verified, refund {refund.status}"
    answer = answers.sealed(refund_notices.applied(refund), merchant.key, body["orderId"], verdict)
    return _lost_on_the_way(answer, refund)


def _accepted(merchant: Merchant, body: dict[str, Any], fault: Fault | None, *, at_once: bool = False) -> Refund:
    """The new refund. Raises _Refusal."""
    if fault:
        raise _Refusal(fault, merchant, body)
    due.run()
    try:
        return refunds.apply(merchant, _asked(body), at_once=at_once)
    except refunds.Refused as error:
        raise _Refusal(Fault(error.code, str(error)), merchant, body) from error


def _lost_on_the_way(answer: Answer, refund: Refund) -> Answer:
    """The server closes the connection of a response that is ``cut``: the refund exists, the merchant does not know."""
    if faults.strike("refund.timeout", refund.transaction.order.order_id) is not None:
        answer.response.cut = True  # type: ignore[attr-defined]
    return answer


@api("POST")
def status(request: HttpRequest) -> Answer:
    """What became of a refund. An unknown one is 631."""
    try:
        merchant, body = _authenticated(request)
        refund = _known(merchant, body)
    except _Refusal as refusal:
        return _refused(refusal)
    verdict = f"{refund.respcode}: signature verified, refund {refund.status}"
    return answers.sealed(refund_notices.status(refund), merchant.key, body["orderId"], verdict)


def _known(merchant: Merchant, body: dict[str, Any]) -> Refund:
    """The refund that is asked for. Raises _Refusal."""
    fields = refund_checks.REFUND_STATUS
    if why := refund_checks.missing(fields, body) or refund_checks.misshapen(fields, body):
        raise _Refusal(Fault("600", why), merchant, body)
    due.run()
    refund = refunds.find(merchant, body["orderId"], body["refId"])
    if refund is None:
        raise _Refusal(Fault("631", "no such refund of this order"), merchant, body)
    return refund


def _authenticated(request: HttpRequest) -> tuple[Merchant, dict[str, Any]]:
    """Merchant and body. Raises _Refusal."""
    try:
        head, body, body_text = answers.opened(request)
    except envelope.Malformed as error:
        raise _Refusal(Fault("600", str(error)), None, {}) from error
    merchant = world.merchant(body.get("mid"))
    if merchant is None:
        raise _Refusal(Fault("335", "no merchant has this MID here"), None, body)
    if fault := answers.signature_fault("330", body_text, head.get("signature"), merchant):
        raise _Refusal(fault, None, body)
    return merchant, body


def _refused(refusal: _Refusal) -> Answer:
    fault, merchant = refusal.fault, refusal.merchant
    echoed = {name: answers.text(refusal.body.get(name)) for name in ("mid", "orderId", "refId", "txnId")}
    answer = result_info(*answers.word(codes.REFUND, fault.code))
    answer |= {name: value for name, value in echoed.items() if value}
    key = merchant.key if merchant else None
    return answers.sealed(answer, key, echoed["orderId"], f"{fault.code}: {fault.why}")


def _asked(body: Mapping[str, Any]) -> refunds.Ask:
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return refunds.Ask(
        order_id=body["orderId"],
        txn_id=body["txnId"],
        ref_id=body["refId"],
        amount=Decimal(body["refundAmount"]),
        comments=body.get("comments") or "",
        destination=body.get("preferredDestination") or "TO_SOURCE",
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
    )


# ---- the legacy pair --------------------------------------------------------------------------------------------


@api("GET", "POST")
def legacy_apply(request: HttpRequest) -> Answer:
    """/refund/HANDLER_INTERNAL/REFUND: the flat form of apply; its checksum field is CHECKSUM."""
    try:
        merchant, body = _flat(request, "CHECKSUM")
        refund = _accepted(merchant, body, refund_checks.apply_fault(body))
    except _Refusal as refusal:
        return _flat_refused(refusal)
    return _lost_on_the_way(_flat_answer(refund), refund)


@api("GET", "POST")
def legacy_status(request: HttpRequest) -> Answer:
    """/refund/HANDLER_INTERNAL/getRefundStatus: the flat form of status; its checksum field is CHECKSUMHASH."""
    try:
        return _flat_answer(_known(*_flat(request, "CHECKSUMHASH")))
    except _Refusal as refusal:
        return _flat_refused(refusal)


def _flat(request: HttpRequest, signature: str) -> tuple[Merchant, dict[str, Any]]:
    """Merchant and fields, under the names of today. Raises _Refusal."""
    sent = request.POST.get("JsonData") or request.GET.get("JsonData") or ""
    raw = sent.encode("utf-8", "replace") or request.body
    try:
        fields, _ = envelope.read_json(raw.removeprefix(b"JsonData="))
    except envelope.Malformed as error:
        raise _Refusal(Fault("600", str(error)), None, {}) from error
    if not all(isinstance(value, str) for value in fields.values()):
        raise _Refusal(Fault("600", "every value must be text"), None, {})
    body = {name: fields[old] for old, name in refund_checks.LEGACY.items() if old in fields}
    merchant = world.merchant(fields.get("MID"))
    if merchant is None:
        raise _Refusal(Fault("335", "no merchant has this MID here"), None, body)
    # The PHP samples encode the signature once more before it goes into the JSON.
    given = fields.get(signature, "")
    signed = {name: value for name, value in fields.items() if name != signature}
    if fault := answers.signature_fault("330", signed, unquote(given) if "%" in given else given, merchant):
        raise _Refusal(fault, None, body)
    return merchant, body


def _flat_answer(refund: Refund) -> Answer:
    answer = refund_notices.legacy(refund)
    return Answer(JsonResponse(answer), answer["ORDERID"], f"{refund.respcode}: signature verified, {refund.status}")


def _flat_refused(refusal: _Refusal) -> Answer:
    word = codes.REFUND[refusal.fault.code]
    answer = {old: refusal.body.get(name, "") for old, name in refund_checks.LEGACY.items() if old in ECHOED}
    answer |= {"STATUS": word.status, "RESPCODE": refusal.fault.code, "RESPMSG": word.text}
    return Answer(JsonResponse(answer), answer["ORDERID"], f"{refusal.fault.code}: {refusal.fault.why}")
