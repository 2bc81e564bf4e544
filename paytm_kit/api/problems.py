"""Every refusal of the API: its stable code, its HTTP status, what it means and what the caller does next (RFC 9457).

Clients decide by ``code``, which never changes its meaning; sentences may. ``docs/api.md`` shows this table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.response import Response

from paytm_kit.logs import correlation_id
from paytm_kit.masking import safe_line

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. ``todo`` is for whoever writes the client."""

    code: str
    status: int
    title: str
    todo: str

    @property
    def type(self) -> str:
        """The problem type, an identifier that leads nowhere."""
        return f"urn:paytm-kit:problem:{self.code}"


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("invalid_request", 400, "Something in the request is not right", "Correct the fields named in errors."),
        Kind("parse_error", 400, "The body cannot be read", "Send one JSON object in UTF-8, each key once."),
        Kind(
            "card_data",
            400,
            "Card data is not taken here",
            "Remove it and send payment_method only: the shopper types the card on the gateway's page.",
        ),
        Kind(
            "amount_mismatch",
            400,
            "The amount is not what the order owes",
            "Show the order's amount anew; the stored order decides.",
        ),
        Kind(
            "not_offered",
            400,
            "This way to pay is not offered for the order",
            "Ask /v1/gateways what is offered.",
        ),
        Kind(
            "invalid_notice",
            400,
            "The gateway's message proves nothing",
            "Nothing was changed. Compare the account's key with the gateway's dashboard.",
        ),
        Kind(
            "invalid_signature",
            400,
            "The signature is missing, wrong or too old",
            "Sign timestamp, a full stop and the very bytes of the body with API_CALLBACK_SECRET, and check the clock.",
        ),
        Kind("not_authenticated", 401, "Nobody is signed in", "Send Authorization: Bearer with a token, or sign in."),
        Kind("permission_denied", 403, "You may not do that", "Ask for the permission that detail names."),
        Kind(
            "csrf_failed", 403, "The CSRF token is missing or wrong", "With a session, send the cookie's X-CSRFToken."
        ),
        Kind("payment_refused", 403, "The shop's rules do not let this payment start", "Show the order as unpaid."),
        Kind("not_found", 404, "There is no such thing for you", "It does not exist, or it is not yours."),
        Kind("method_not_allowed", 405, "Not with this method", "See the Allow header."),
        Kind("not_acceptable", 406, "Answers are JSON", "Accept application/json."),
        Kind("already_paid", 409, "The order has been paid", "Show the order as paid."),
        Kind("nothing_to_pay", 409, "The order owes nothing that can be paid", "Look at the order's amount."),
        Kind("payment_error", 409, "The payment cannot be started", "Initiate anew; if it stays, tell the shop."),
        Kind("not_refundable", 409, "It cannot be refunded", "Nothing was sent. See detail for what is left."),
        Kind(
            "idempotency_in_flight",
            409,
            "The same request is being worked on",
            "Send it again, unchanged, after Retry-After seconds.",
        ),
        Kind("body_too_large", 413, "The body is larger than 64 KiB", "Send less: no request of this API is so large."),
        Kind("unsupported_media_type", 415, "Bodies are JSON", "Send Content-Type: application/json."),
        Kind(
            "idempotency_key_reused",
            422,
            "This Idempotency-Key belongs to another request",
            "Make a new key for each new request; repeat one only with the very same body.",
        ),
        Kind(
            "too_many_attempts", 429, "Too many attempts to pay", "Wait Retry-After seconds; the order stays payable."
        ),
        Kind("throttled", 429, "Too many requests", "Wait Retry-After seconds."),
        Kind(
            "server_error",
            500,
            "Something broke on our side",
            "It is unknown how far it came: repeat it with the same Idempotency-Key, or look at the payment.",
        ),
        Kind("gateway_refused", 502, "The gateway said no", "Offer another gateway, or initiate anew."),
        Kind("gateway_unreachable", 503, "The gateway cannot be asked just now", "Try again after Retry-After."),
        Kind(
            "still_asking",
            503,
            "An earlier payment may have been paid",
            "Nobody should pay twice: try again after Retry-After.",
        ),
        Kind("not_configured", 503, "The shop has not set this up", "Tell whoever runs the shop; detail says more."),
        Kind("unavailable", 503, "The message could not be processed now", "Send it again after Retry-After."),
        Kind("busy", 503, "Something else works on it", "Nothing was changed: try again after Retry-After."),
    )
}

RETRY_AFTER = {  # seconds
    "gateway_unreachable": 30,
    "still_asking": 60,
    "busy": 5,
    "unavailable": 60,
    "idempotency_in_flight": 2,
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. ``place`` is body, query or header."""

    field: str
    code: str  # required, unknown, invalid, …
    message: str
    place: str = "body"

    def as_data(self) -> dict[str, str]:
        return {"field": self.field, "in": self.place, "code": self.code, "message": safe_line(self.message)}


class Problem(Exception):
    """Raised anywhere below a view; answered as problem details.

    ``detail``        what happened, in a sentence for whoever writes the client; holds nothing personal
    ``errors``        the fields that it is about
    ``retry_after``   seconds; by default those of RETRY_AFTER
    ``user_message``  safe words for the shopper, in their language; empty: none
    ``more``          further members of the answer, by name; empty ones are left out
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Iterable[FieldError] = (),
        retry_after: int | None = None,
        user_message: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = KINDS[code]
        self.detail = safe_line(detail)
        self.errors = tuple(errors)
        self.retry_after = RETRY_AFTER.get(code) if retry_after is None else retry_after
        self.user_message = user_message
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        super().__init__(f"{code}: {self.detail}")


def invalid(field: str, message: str, *, code: str = "invalid", place: str = "body") -> Problem:
    """A 400 about one field."""
    return Problem("invalid_request", f"{field}: {message}", errors=[FieldError(field, code, message, place)])


def answer(problem: Problem) -> Response:
    """The problem as an HTTP answer. ``correlation_id`` is what the shop's log has about this request."""
    kind = problem.kind
    data: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": problem.detail or kind.title,
        "todo": kind.todo,
        "correlation_id": correlation_id(),
    }
    if problem.errors:
        data["errors"] = [error.as_data() for error in problem.errors]
    if problem.user_message:
        data["user_message"] = problem.user_message
    data |= {name: value for name, value in problem.more.items() if value}
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(data, status=kind.status, headers=headers, content_type=MEDIA_TYPE)
