"""What was paid out on a day: the checksum-flat settlement list.

Source: Paytm docs, Settlement API. Which text its signature covers is unconfirmed, so both are taken: the other fields
as a form, and the JSON text as it was before ``checksumHash`` came into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse

from paytm_kit import checksum
from paytm_kit.simulator import clock, world
from paytm_kit.simulator.api import answers
from paytm_kit.simulator.bank import due, settlements
from paytm_kit.simulator.door import Answer, api
from paytm_kit.simulator.models import Merchant, Settlement
from paytm_kit.simulator.wire import codes, envelope, refund_checks
from paytm_kit.simulator.wire.checks import Fault

# The member with the comma before it, or, when it is the first, the one behind it.
_SIGNATURE = re.compile(r'\s*,\s*"checksumHash"\s*:\s*"[^"]*"|"checksumHash"\s*:\s*"[^"]*"\s*,\s*')

YEARS = range(2000, 2101)  # the calendar's own ends have no neighbouring day


@api("POST")
def settlement_list(request: HttpRequest) -> Answer:
    """Every line of the payouts whose money left on that day. RECORD_NOT_FOUND when there was none."""
    try:
        sent, text = envelope.read_json(request.body)
    except envelope.Malformed as error:
        return _refused(Fault("00000030", str(error)))
    body = refund_checks.plain(sent)
    if "merchantId" in body and "MID" not in body:  # the split list's name
        body["MID"] = body["merchantId"]
    merchant = world.merchant(body.get("MID"))
    if merchant is None:
        return _refused(Fault("00000030", "no merchant has this MID here"))
    if fault := _signature_fault(sent, text, merchant):
        return _refused(fault)
    fields = refund_checks.SETTLEMENT_LIST
    if why := refund_checks.missing(fields, body) or refund_checks.misshapen(fields, body):
        return _refused(Fault("00000030", why))
    first = refund_checks.day(body["utrProcessedStartTime"])
    last = refund_checks.day(body["utrProcessedEndTime"]) if body.get("utrProcessedEndTime") else first
    if first is None or last is None or first.year not in YEARS or not 0 <= (last - first).days <= 1:
        return _refused(Fault("00000030", "the dates must exist, from 2000 to 2100, and lie at most one day apart"))
    due.run()
    begin = datetime.combine(first, time(), clock.IST)
    rows = Settlement.objects.filter(merchant=merchant, paid_at__gte=begin, paid_at__lt=begin + timedelta(days=1))
    details = [row for settlement in rows for row in _details(settlement)]
    return _page(details, int(body["pageNum"]), int(body["pageSize"]))


def _page(details: list[dict[str, str]], number: int, size: int) -> Answer:
    shown = details[(number - 1) * size : number * size]
    word = codes.SETTLEMENT["00000000"]
    answer = {
        "status": word.status if details else codes.NO_SETTLEMENT,
        "resultCode": "00000000",
        "errorMessage": "",
        "count": len(shown),
        "totalCount": len(details),
        "settlementDetailList": shown,
        "paginatorPageNum": number,
        "paginatorPageSize": size,
        "paginatorTotalPage": -(-len(details) // size),
        "paginatorTotalCount": len(details),
    }
    return Answer(JsonResponse(answer), verdict=f"signature verified, {len(details)} lines")


def _details(settlement: Settlement) -> Iterator[dict[str, str]]:
    for line in settlements.lines(settlement):
        order = line.transaction.order
        yield {
            "txnId": line.own_id,
            "txnType": line.kind,
            "txnDate": clock.ist(line.at),
            "txnAmount": f"{line.amount:.2f}",
            "bankName": line.transaction.bank_name,
            "custId": order.cust_id,
            "paymentMode": line.transaction.mode,
            "mid": order.merchant.mid,
            "merchantName": order.merchant.mid,
            "orderId": order.order_id,
            "mercUnqRefVal": order.merc_unq_ref,
            "utrProcessedTime": clock.ist(settlement.paid_at),
            "utr": settlement.utr,
            "settleAmount": f"{line.settled:.2f}",
            "payoutDate": clock.ist(settlement.paid_at, "%Y-%m-%d"),
            "gst": f"{line.gst:.2f}",
            "commission": f"{line.commission:.2f}",
        }


def _signature_fault(sent: dict[str, Any], text: str, merchant: Merchant) -> Fault | None:
    form = {name: value for name, value in refund_checks.plain(sent).items() if name != "checksumHash"}
    given = sent.get("checksumHash")
    if isinstance(given, str) and checksum.verify(_SIGNATURE.sub("", text, count=1), given, merchant.keys()):
        return None
    if not all(isinstance(value, str) for value in form.values()):
        return Fault("00000030", "every value must be text or a number")
    return answers.signature_fault("00000022", form, given, merchant)


def _refused(fault: Fault) -> Answer:
    word = codes.SETTLEMENT[fault.code]
    answer = {
        "status": word.status, "resultCode": fault.code, "errorMessage": word.text,
        "count": 0, "totalCount": 0, "settlementDetailList": [],
    }  # fmt: skip
    return Answer(JsonResponse(answer), verdict=f"{fault.code}: {fault.why}")
