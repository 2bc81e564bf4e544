"""Which problem an exception is: the kit's own, Django's, REST framework's, and whatever else may break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import Error as DatabaseError
from django.http import Http404
from django.utils.translation import gettext
from rest_framework import exceptions
from rest_framework.response import Response

from paytm_kit.api import problems
from paytm_kit.api.problems import FieldError, Problem
from paytm_kit.gateways.base import ConfigurationError, GatewayError
from paytm_kit.logs import EventLog
from paytm_kit.refunds import NotRefundable
from paytm_kit.services import busy
from paytm_kit.services.opening import PaymentError

log = EventLog("paytm_kit.api")


def respond(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's exception handler: nothing gets past it, so that even a defect is answered calmly."""
    problem = error if isinstance(error, Problem) else _translated(error)
    if problem.kind.status >= 500:
        broken = error if problem.kind.code == "server_error" else None
        log.error("api.failed", exception=broken, error=problem.kind.code, why=str(error), view=_name(context))
    return problems.answer(problem)


def _name(context: dict[str, Any]) -> str:
    return type(context.get("view")).__name__


def _translated(error: Exception) -> Problem:
    for kind, translate in TABLE:
        if isinstance(error, kind):
            return translate(error)
    return Problem("server_error", "The request could not be finished. The log of the shop has more.")


def _gateway(error: GatewayError) -> Problem:
    code = "gateway_unreachable" if error.retryable else "gateway_refused"
    detail = f"Payment {error.order_id}: {error.code}." if error.order_id else f"{error.code}."
    return Problem(code, detail, user_message=gettext(error.user_message))


def _payment(error: PaymentError) -> Problem:
    code = error.code if error.code in problems.KINDS else "payment_error"
    return Problem(code, str(error), user_message=error.user_message)


def _database(error: DatabaseError) -> Problem:
    if busy.only(error):
        return Problem("busy", "Another request works on the same payment.")
    return Problem("server_error", "The database did not do its work. The log of the shop has more.")


def _validation(error: exceptions.ValidationError) -> Problem:
    errors = list(fields(error.detail))
    named = ", ".join(dict.fromkeys(each.field for each in errors))
    return Problem("invalid_request", f"Not right: {named}.", errors=errors)


def fields(detail: Any, name: str = "") -> Iterator[FieldError]:
    """REST framework's nested lists and dictionaries as one row for each thing that is wrong."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            path = f"{name}.{key}" if name and key != "non_field_errors" else name or str(key)
            yield from fields(value, path)
    elif isinstance(detail, list):
        for value in detail:
            yield from fields(value, name)
    else:
        yield FieldError(name or "body", str(getattr(detail, "code", "invalid")), str(detail))


def _throttled(error: exceptions.Throttled) -> Problem:
    return Problem("throttled", retry_after=max(int(getattr(error, "wait", None) or 1), 1))


def _not_authenticated(error: exceptions.APIException) -> Problem:
    headers = {"WWW-Authenticate": getattr(error, "auth_header", "") or "Bearer"}
    return Problem("not_authenticated", str(error.detail), headers=headers)


def _as(code: str) -> Callable[[Any], Problem]:
    return lambda error: Problem(code, str(getattr(error, "detail", "")))


# The first row that fits counts.
TABLE: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (ConfigurationError, lambda error: Problem("not_configured", "The account or the API is not set up: see the log.")),
    (GatewayError, _gateway),
    (PaymentError, _payment),
    (NotRefundable, lambda error: Problem("not_refundable", str(error))),
    (DatabaseError, _database),
    (Http404, lambda error: Problem("not_found")),
    (DjangoPermissionDenied, _as("permission_denied")),
    (exceptions.ValidationError, _validation),
    (exceptions.ParseError, _as("parse_error")),
    (exceptions.NotAuthenticated, _not_authenticated),
    (exceptions.AuthenticationFailed, _not_authenticated),
    (exceptions.PermissionDenied, _as("permission_denied")),
    (exceptions.NotFound, _as("not_found")),
    (exceptions.MethodNotAllowed, _as("method_not_allowed")),
    (exceptions.NotAcceptable, _as("not_acceptable")),
    (exceptions.UnsupportedMediaType, lambda error: Problem("unsupported_media_type")),  # its text repeats the header
    (exceptions.Throttled, _throttled),
)
