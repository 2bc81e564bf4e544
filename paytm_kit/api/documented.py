"""What the OpenAPI document says of an endpoint besides its shapes: which problems it answers with, which headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from paytm_kit.api import idempotency, pages, problems
from paytm_kit.api.shapes import ProblemOut

ALWAYS = (
    *("invalid_request", "card_data", "not_found", "method_not_allowed", "not_acceptable"),
    *("server_error", "busy", "not_configured"),
)
TO_CALLERS = ("not_authenticated", "permission_denied", "csrf_failed", "throttled")
WITH_BODY = ("parse_error", "body_too_large", "unsupported_media_type")
WITH_KEY = ("idempotency_in_flight", "idempotency_key_reused")

KEY_FORM = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
KEY_ABOUT = (
    "1 to 200 visible ASCII characters, such as a UUID. The same key with the same body gives the answer that it gave "
    "before; with another body 422."
)
KEY = OpenApiParameter(idempotency.HEADER, KEY_FORM, OpenApiParameter.HEADER, description=KEY_ABOUT)
KEY_NEEDED = OpenApiParameter(
    idempotency.HEADER, KEY_FORM, OpenApiParameter.HEADER, required=True, description=KEY_ABOUT
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": pages.MOST, "default": pages.USUAL},
    description="Rows of one page.",
)
CURSOR = OpenApiParameter("cursor", str, description="From next of the page before.")


class Schema(AutoSchema):
    """Whether an endpoint lists is told by its good answer: among the problems the generator loses sight of it."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        responses = self.get_response_serializers()
        listed = responses.get(200) if isinstance(responses, dict) else serializer
        return bool(listed is not None and super()._is_list_view(listed))


def described(**about: Any) -> Callable[[Any], Any]:
    """``extend_schema``, whatever schema class the site's own REST_FRAMEWORK settings name."""

    def decorate(method: Any) -> Any:
        method.kwargs = {"schema": Schema}
        return extend_schema(**about)(method)

    return decorate


def answers(good: dict[int, Any], *codes: str, callers: bool = True) -> dict[Any, Any]:
    """The good answers, and for each status the problems that it can stand for.

    ``callers``  who calls plays a part: by a token, a session, or an address that is throttled
    """
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys((*ALWAYS, *(TO_CALLERS if callers else ()), *codes)):
        by_status.setdefault(problems.KINDS[code].status, []).append(code)
    bad = {
        (status, problems.MEDIA_TYPE): OpenApiResponse(ProblemOut, description=", ".join(names))
        for status, names in sorted(by_status.items())
    }
    return {**good, **bad}


def with_headers(names: dict[str, str]) -> list[OpenApiParameter]:
    """Headers of an answer."""
    return [
        OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200, 201], description=about)
        for name, about in names.items()
    ]


REPLAYED = with_headers({idempotency.REPLAYED: "true: this is the answer that the same key got before."})
