"""Stripe's errors: one envelope, a type, and where there is one a code and the parameter.

Source: docs.stripe.com/api/errors, docs.stripe.com/error-codes.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from paytm_kit.masking import one_line

INVALID, IDEMPOTENCY, API = "invalid_request_error", "idempotency_error", "api_error"


class Wrong(Exception):
    """What Stripe would answer instead."""

    def __init__(
        self, message: str, *, param: str = "", code: str = "", status: int = 400, kind: str = INVALID
    ) -> None:
        self.message, self.param, self.code, self.status, self.kind = message, param, code, status, kind
        super().__init__(message)

    def response(self) -> HttpResponse:
        said: dict[str, Any] = {"message": self.message, "type": self.kind}
        said |= {name: value for name, value in (("param", self.param), ("code", self.code)) if value}
        return JsonResponse({"error": said}, status=self.status)


def refuse(request: HttpRequest, status: int, why: str) -> HttpResponse:
    return Wrong(why, status=status).response()


def missing(kind: str, wanted: str, param: str, status: int = 404) -> Wrong:
    """``No such refund: 're_1'``."""
    return Wrong(f"No such {kind}: '{one_line(wanted, 80)}'", param=param, code="resource_missing", status=status)


def unrecognized(request: HttpRequest) -> Wrong:
    return Wrong(f"Unrecognized request URL ({request.method}: {one_line(request.path, 100)}).", status=404)
