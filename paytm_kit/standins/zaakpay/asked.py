"""What ``/checkTxn`` and ``/updateTxn`` have in common: ``data`` is a JSON text, ``checksum`` is that exact text's."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from paytm_kit.simulator.door import Answer
from paytm_kit.standins.models import Order, Party
from paytm_kit.standins.zaakpay import signing
from paytm_kit.standins.zaakpay.codes import WORDS


class Wrong(Exception):
    """What is wrong with the question; ``code`` is Zaakpay's."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code}: {WORDS[code]} {detail}".strip())


def refuse(request: HttpRequest, status: int, why: str) -> HttpResponse:
    return JsonResponse({"success": False, "responseCode": "182", "responseDescription": why}, status=status)


def data(request: HttpRequest, party: Party) -> dict[str, Any]:
    """The signed question. Raises Wrong."""
    text, checksum = request.POST.get("data", ""), request.POST.get("checksum", "")
    if not checksum:
        raise Wrong("189")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise Wrong("182", "data is no JSON.") from None
    if not isinstance(said, dict):
        raise Wrong("182", "data is no JSON object.")
    merchant = said.get("merchantIdentifier")
    if not merchant:
        raise Wrong("110")
    if merchant != party.identifier:
        raise Wrong("111")
    if not signing.fits(text, checksum, party.key):
        raise Wrong("180", "It is that of the exact text of data.")
    if said.get("mode") != "0":
        raise Wrong("156" if said.get("mode") else "155")
    return said


def order_id(said: dict[str, Any]) -> str:
    """Raises Wrong."""
    detail = said.get("orderDetail")
    found = detail.get("orderId") if isinstance(detail, dict) else None
    if not isinstance(found, str) or not found:
        raise Wrong("129")
    return found


def find(party: Party, wanted: str) -> Order | None:
    rows = Order.objects.filter(party=party, reference=wanted).select_related("party")
    return next((row for row in rows.prefetch_related("captures__refunds") if row.reference == wanted), None)


def answer(body: dict[str, Any], order_name: str, verdict: str = "") -> Answer:
    return Answer(JsonResponse(body, json_dumps_params={"ensure_ascii": False}), order_name[:50], verdict)
