"""What a body must be before anybody looks into it: at most 64 KiB, one JSON object, each key once, exact numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.http import HttpRequest, UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from paytm_kit.api.problems import Problem

LARGEST_BODY = 64 * 1024  # bytes, as of the gateways' messages


def body_of(request: HttpRequest) -> bytes:
    """The raw bytes, read once and kept for whoever parses them. Raises Problem."""
    try:
        body = request.read(LARGEST_BODY + 1)
    except UnreadablePostError:  # the sender went away in the middle
        raise Problem("parse_error", "The body broke off.") from None
    if len(body) > LARGEST_BODY:
        raise Problem("body_too_large")
    request._body = body  # where HttpRequest.body keeps it
    return body


class StrictJSONParser(BaseParser):
    """One JSON object in UTF-8. Numbers become Decimal or int: a float would lose paise."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            return parse(stream.read())
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except RecursionError:
            raise ParseError("The body nests too deeply.") from None
        except ValueError as error:
            raise ParseError(_safe(error)) from None


def parse(body: bytes) -> dict[str, Any]:
    """Raises ValueError and RecursionError; ``str()`` of a ParseError's cause repeats nothing of the body."""
    found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_float=Decimal, parse_constant=_no_constant)
    if not isinstance(found, dict):
        raise ValueError("The body is not a JSON object.")  # noqa: TRY004 - as everything else that is wrong with it
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key stands in the body twice.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON.")


def _safe(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
    return str(error) if "body" in str(error) or "JSON" in str(error) else "A number in the body is too long."
