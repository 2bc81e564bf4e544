"""Every call to PayPal's REST API: the token, the JSON body, PayPal-Request-Id and Prefer.

Source: developer.paypal.com/api/rest/requests and /api/rest/reference/idempotency.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse

from paytm_kit.simulator.door import Answer
from paytm_kit.simulator.faults.rules import strike
from paytm_kit.standins import faults, remembered
from paytm_kit.standins.door import api
from paytm_kit.standins.models import Order, Party
from paytm_kit.standins.parties import PAYPAL
from paytm_kit.standins.paypal import errors, tokens

LONGEST_REQUEST_ID = 108
Body = dict[str, Any]


class Done(NamedTuple):
    """``body`` as it is, and what ``Prefer: return=minimal`` leaves of it."""

    body: Body
    order: Order | None = None
    status: int = 200
    minimal: tuple[str, ...] = ()  # empty: there is no shorter form


def call(name: str, *methods: str) -> Callable[[Callable[..., Done]], Any]:
    """A view gets the request, the party, the JSON body and the parts of its path; it answers Done or raises Wrong."""

    def hang(view: Callable[..., Done]) -> Any:
        @api(PAYPAL, name, errors.refuse, *methods)
        @wraps(view)
        def enter(request: HttpRequest, party: Party, **kwargs: str) -> Answer:
            if not _welcome(request, party):
                refused = errors.unauthorized("invalid_token", "The token is missing, expired or not ours.")
                return Answer(refused, verdict="invalid_token")
            try:
                return _answered(request, party, view, kwargs)
            except errors.Wrong as wrong:
                return Answer(wrong.response(), verdict=str(wrong))

        return enter

    return hang


def _welcome(request: HttpRequest, party: Party) -> bool:
    """Whether the token is ours and good, and no fault says otherwise."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    ours = kind.lower() == "bearer" and tokens.holds(party, token.strip())
    return ours and strike(f"{PAYPAL}.token-expired", "") is None


def _answered(request: HttpRequest, party: Party, view: Callable[..., Done], kwargs: dict[str, str]) -> Answer:
    said = _body(request) if request.method == "POST" else {}
    about: list[str] = ["", ""]  # the order, the verdict

    def work() -> HttpResponse:
        try:
            done = view(request, party, said, **kwargs)
        except errors.Wrong as wrong:  # an answer, too: a bank's refusal has changed the order
            about[1] = str(wrong)
            return wrong.response()
        about[0] = faults.name_of(done.order) if done.order else ""
        return JsonResponse(_preferred(request, done), status=done.status, json_dumps_params={"ensure_ascii": False})

    key = request.headers.get("PayPal-Request-Id", "") if request.method == "POST" else ""
    if len(key) > LONGEST_REQUEST_ID:
        raise errors.Wrong("INVALID_STRING_LENGTH", "PayPal-Request-Id")
    try:
        response, again = remembered.once(party, request.path, key, json.dumps(said, sort_keys=True), work)
    except remembered.OtherQuestion:
        raise errors.Wrong("DUPLICATE_REQUEST_ID", "PayPal-Request-Id") from None
    if again and response.status_code == 201:
        response.status_code = 200  # "200 to an idempotent repeat" (REST requests)
    return Answer(response, about[0], about[1])


def _preferred(request: HttpRequest, done: Done) -> Body:
    whole = "return=representation" in request.headers.get("Prefer", "")
    if whole or not done.minimal or request.method == "GET":
        return done.body
    return {name: value for name, value in done.body.items() if name in done.minimal}


def _body(request: HttpRequest) -> Body:
    """The JSON object; no body is an empty one."""
    if not request.body.strip():
        return {}
    if request.content_type != "application/json":
        raise errors.Wrong("INVALID_PARAMETER_VALUE", "Content-Type")
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or "\x00" in str(said):
        raise errors.Wrong("MALFORMED_REQUEST_JSON")
    return said
