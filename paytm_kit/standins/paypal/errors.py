"""PayPal's errors: a name, a message and the issues. The sentences are ours.

Source: developer.paypal.com/api/rest/responses, and the pages of the issues beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from paytm_kit.standins import ids

MALFORMED, UNPROCESSABLE, NOT_FOUND = "INVALID_REQUEST", "UNPROCESSABLE_ENTITY", "RESOURCE_NOT_FOUND"
STATUS = {
    MALFORMED: 400,
    UNPROCESSABLE: 422,
    NOT_FOUND: 404,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "METHOD_NOT_SUPPORTED": 405,
}
MESSAGES = {
    MALFORMED: "The request is not well-formed or breaks the schema.",
    UNPROCESSABLE: "The request is well-formed, but it cannot be done.",
    NOT_FOUND: "There is no such resource.",
}
# What each issue says, and the error that it belongs to.
ISSUES: dict[str, tuple[str, str]] = {
    "MALFORMED_REQUEST_JSON": (MALFORMED, "The body is no JSON object."),
    "MISSING_REQUIRED_PARAMETER": (MALFORMED, "A required field is missing."),
    "INVALID_PARAMETER_SYNTAX": (MALFORMED, "The value of a field has the wrong form."),
    "INVALID_PARAMETER_VALUE": (MALFORMED, "The value of a field is not known."),
    "INVALID_STRING_LENGTH": (MALFORMED, "The value of a field is too long or too short."),
    "INVALID_ARRAY_MAX_ITEMS": (MALFORMED, "This stand-in takes one purchase unit."),
    "PAYPAL_REQUEST_ID_REQUIRED": (MALFORMED, "PayPal-Request-Id is needed when payment_source is sent."),
    "CURRENCY_NOT_SUPPORTED": (UNPROCESSABLE, "This currency is not supported."),
    "DECIMALS_NOT_SUPPORTED": (UNPROCESSABLE, "This currency has no decimals."),
    "DECIMAL_PRECISION": (UNPROCESSABLE, "The amount has more than two decimals."),
    "CANNOT_BE_ZERO_OR_NEGATIVE": (UNPROCESSABLE, "The amount must be above zero."),
    "DUPLICATE_INVOICE_ID": (UNPROCESSABLE, "The invoice id was used for a payment before."),
    "DUPLICATE_REQUEST_ID": (UNPROCESSABLE, "PayPal-Request-Id was used with another request."),
    "ORDER_NOT_APPROVED": (UNPROCESSABLE, "The payer has not approved the order."),
    "ORDER_ALREADY_CAPTURED": (UNPROCESSABLE, "The order was captured before."),
    "ORDER_EXPIRED": (UNPROCESSABLE, "The order has expired."),
    "INSTRUMENT_DECLINED": (UNPROCESSABLE, "The payer's bank declined: send the payer back to the approval page."),
    "CAPTURE_FULLY_REFUNDED": (UNPROCESSABLE, "The capture was refunded in full before."),
    "REFUND_AMOUNT_EXCEEDED": (UNPROCESSABLE, "Not so much is left of the capture."),
    "REFUND_CAPTURE_CURRENCY_MISMATCH": (UNPROCESSABLE, "The currency is not the capture's."),
    "REFUND_NOT_ALLOWED": (UNPROCESSABLE, "A capture that is not completed cannot be refunded."),
    "ACTION_NOT_SUPPORTED": (UNPROCESSABLE, "This stand-in cannot do that."),
    "INVALID_RESOURCE_ID": (NOT_FOUND, "No resource has this id."),
}


class Wrong(Exception):
    """One issue; ``field`` is a JSON pointer."""

    def __init__(self, issue: str, field: str = "", links: list[dict[str, str]] | None = None) -> None:
        self.issue, self.field, self.links = issue, field, links or []
        super().__init__(f"{issue} {field}".strip())

    def response(self) -> HttpResponse:
        name, description = ISSUES[self.issue]
        detail = {"issue": self.issue, "description": description} | ({"field": self.field} if self.field else {})
        return body(name, MESSAGES[name], STATUS[name], [detail], self.links)


def body(
    name: str,
    message: str,
    status: int,
    details: Sequence[dict[str, str]] = (),
    links: Sequence[dict[str, str]] = (),
) -> HttpResponse:
    debug_id = ids.draw("0123456789abcdef", 13)
    said: dict[str, Any] = {"name": name, "message": message, "debug_id": debug_id}
    said |= {"details": [*details], "links": [*links]}
    response = JsonResponse(said, status=status)
    response["PayPal-Debug-Id"] = debug_id
    return response


def refuse(request: HttpRequest, status: int, why: str) -> HttpResponse:
    name = next((one for one, number in STATUS.items() if number == status), MALFORMED)
    return body(name, why, status)


def unauthorized(error: str, why: str) -> HttpResponse:
    """OAuth's own shape (RFC 6749, 5.2)."""
    return JsonResponse({"error": error, "error_description": why}, status=401)
