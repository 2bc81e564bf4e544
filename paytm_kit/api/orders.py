"""The order behind an ``order_id``: found by the shop's own function, which also says who may pay it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError
from django.http import Http404
from django.utils.module_loading import import_string
from rest_framework.request import Request

from paytm_kit import conf
from paytm_kit.api.cards import found, looks_like_one
from paytm_kit.api.problems import FieldError, Problem
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.logs import EventLog
from paytm_kit.payable import PayableMixin

log = EventLog("paytm_kit.api")

# What a shop's function may raise for "none that you may pay": its own words for it, and a key of the wrong kind.
NONE_FOR_YOU = (ObjectDoesNotExist, PermissionDenied, Http404)
NO_KEY = (ValueError, OverflowError, ValidationError, DataError)


def resolver() -> Any:
    """The function of API_ORDER_RESOLVER. Raises ConfigurationError."""
    path = conf.api().api_order_resolver
    if not path:
        raise ConfigurationError(
            'API_ORDER_RESOLVER is missing: set it in PAYTM_KIT, such as "shop.api.order_for", a function '
            "(order_id, request) that gives the order which the caller may pay, or None."
        )
    try:
        function = import_string(path)
    except ImportError as error:
        raise ConfigurationError(f"API_ORDER_RESOLVER {path} cannot be imported: {error}") from error
    if not callable(function):
        raise ConfigurationError(f"API_ORDER_RESOLVER {path} is not a function.")
    return function


def find(request: Request, order_id: str, *, place: str = "body") -> PayableMixin:
    """The order that this caller may pay. Raises Problem: another's order is as unknown as one that does not exist."""
    try:
        order = _ask(resolver(), order_id, request)
    except Exception:
        if looks_like_one(order_id):  # the traceback of a defect may show it
            raise found(place) from None
        raise
    if order is None:
        if looks_like_one(order_id):
            raise found(place)
        raise Problem(
            "not_found",
            "There is no such order for you.",
            errors=[FieldError("order_id", "not_found", "is no order that you may pay", place)],
        )
    if not isinstance(order, PayableMixin):
        raise ConfigurationError(f"API_ORDER_RESOLVER gave a {type(order).__name__}, which is not payable.")
    return order


def _ask(function: Any, order_id: str, request: Request) -> Any:
    try:
        return function(order_id, request._request)
    except NONE_FOR_YOU:
        return None
    except NO_KEY as error:
        log.warning("api.order_id_unreadable", error=type(error).__name__)
        return None
