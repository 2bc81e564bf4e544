"""The OpenAPI 3.1 document: made from the views by drf-spectacular, committed, and compared by a test.

The site's own SPECTACULAR_SETTINGS play no part: the document describes the kit, and is the same everywhere.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from drf_spectacular.validation import validate_schema

from paytm_kit.api import asked, problems, shapes
from paytm_kit.models import Payment, Refund

FILE = Path(__file__).parent / "openapi.json"
VERSION = "1.0.0"  # of the API; additions raise the second number, and nothing that works today stops within v1

SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "paytm-kit REST API",
    "VERSION": VERSION,
    "DESCRIPTION": "Take payments for the orders of a shop, through whichever gateway it has. Decide by the code of a "
    "problem, never by its sentences.",
    "SERVERS": [{"url": "/api"}],
    "SCHEMA_PATH_PREFIX": "/v[0-9]+/|/",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "PaymentStatus": Payment.Status.values,
        "RefundStatus": Refund.Status.values,
        "NoticeStatus": asked.NOTICE_STATUSES,
        "HealthStatus": shapes.HEALTH,
    },
    "SORT_OPERATIONS": False,
    "PREPROCESSING_HOOKS": ["paytm_kit.api.document.once"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "paytm_kit.api.document.exact",
    ],
    "AUTHENTICATION_WHITELIST": None,
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "TAGS": [],
    "CONTACT": {},
    "LICENSE": {"name": "BSD-3-Clause"},
}
TAGS = {
    "payment": "Start a payment; hear how it went.",
    "payments": "Payments as they stand.",
    "refunds": "Money back.",
    "events": "What happened, fact by fact.",
    "gateways": "Ways to pay.",
    "health": "For monitoring.",
}

OF_SOMEBODY = ("payments", "refunds", "events")  # without a token or a session there is nothing to see


def once(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Aliases are left out: of the two without a version the versioned ones, of the callback the one with a path."""
    return [row for row in endpoints if not row[0].startswith("/v1/payment/") and not row[0].endswith("{account}")]


def exact(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """What the generator cannot know: strict bodies, pages, tags, and that errors have headers."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("In"):
            schema["additionalProperties"] = False
        if schema.get("description") in (shapes.Shape.__doc__, asked.Strict.__doc__):
            del schema["description"]
    for path, operations in result["paths"].items():
        for operation in operations.values():
            tag = next(part for part in path.split("/") if part and part != "v1")
            operation["tags"] = [tag]
            if tag in OF_SOMEBODY:
                operation["security"].remove({})
            _describe(operation)
    result["tags"] = [{"name": name, "description": about} for name, about in TAGS.items()]
    schemas["ProblemOut"]["properties"]["code"]["enum"] = list(problems.KINDS)
    return result


def _describe(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query" and parameter["schema"] == {"type": "string"}:
            parameter["schema"]["minLength"] = 1
    for status, response in operation["responses"].items():
        response["description"] = response["description"] or "As it should be."
        for media in response.get("content", {}).values():
            if media.get("schema", {}).get("type") == "array":
                media["schema"] = _page_of(media["schema"])
        if status in ("429", "503"):
            about = {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait before the next try."}
            response.setdefault("headers", {})["Retry-After"] = about


def _page_of(rows: dict[str, Any]) -> dict[str, Any]:
    next_ = {"type": ["string", "null"], "description": "Where the next page is; null at the end."}
    return {"type": "object", "properties": {"results": rows, "next": next_}, "required": ["results", "next"]}


def generate() -> dict[str, Any]:
    """The document of the code as it stands. Raises RuntimeError when the generator warns of anything."""
    with translation.override("en"), patched_settings(SETTINGS), GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        made = SchemaGenerator(urlconf="paytm_kit.api.urls").get_schema(request=None, public=True)
        if GENERATOR_STATS:
            told = [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]
            raise RuntimeError("The generator warns: " + "; ".join(map(str, told)))
    plain: dict[str, Any] = json.loads(json.dumps(made, default=str))
    return plain


def validate(document: dict[str, Any]) -> None:
    """Against the specification's own schema, which takes seconds. Raises jsonschema's ValidationError."""
    validate_schema(document)


def text() -> str:
    """The document as the committed file spells it."""
    return json.dumps(generate(), ensure_ascii=False, indent=2) + "\n"


@lru_cache(maxsize=1)
def committed() -> dict[str, Any]:
    """The committed document, read once."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
