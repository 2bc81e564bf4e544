"""What every signed API does alike: open the envelope, check the signature, seal the answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from paytm_kit import checksum
from paytm_kit.simulator import clock
from paytm_kit.simulator.door import Answer
from paytm_kit.simulator.models import Merchant
from paytm_kit.simulator.wire import codes, envelope
from paytm_kit.simulator.wire.checks import Fault

JSON_ONLY = "send the envelope as application/json"


def sealed(body: dict[str, Any], key: str | None, order_id: str, verdict: str) -> Answer:
    """An answer in Paytm's envelope; HTTP 200 even for refusals, as Paytm does."""
    head = {"responseTimestamp": str(int(clock.now().timestamp() * 1000)), "version": "v1"}
    text = envelope.seal(head, body, key)
    return Answer(HttpResponse(text, content_type="application/json;charset=UTF-8"), order_id, verdict)


def opened(request: HttpRequest) -> envelope.Envelope:
    """The request's envelope. Raises Malformed."""
    if request.content_type != "application/json":
        raise envelope.Malformed(JSON_ONLY)
    return envelope.open_envelope(request.body)


def text(value: Any) -> str:
    """The value if it is text, else "": nothing that a client sends is trusted to have a type."""
    return value if isinstance(value, str) else ""


def signature_fault(code: str, payload: str | dict[str, str], signature: Any, merchant: Merchant) -> Fault | None:
    """Why none of the merchant's keys made this signature, or None."""
    if isinstance(signature, str) and checksum.verify(payload, signature, merchant.keys()):
        return None
    why = checksum.explain(payload, text(signature), merchant.key).text
    return Fault(code, f"signature does not match: {why}")


def word(table: dict[str, codes.Word], code: str) -> tuple[str, str, str]:
    """Status, code and text for ``notices.result_info``."""
    return table[code].status, code, table[code].text
