"""Every call to Stripe's API: who asks, the parameters, the idempotency key, the headers of the answer.

Sources: docs.stripe.com/api/authentication, /api/idempotent_requests, /api/errors. Unlike Stripe, which remembers every
answer to a key once it has begun to work, this stand-in remembers what was done and no refusal.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse

from paytm_kit.simulator.door import Answer
from paytm_kit.standins import faults, ids, remembered
from paytm_kit.standins.door import api
from paytm_kit.standins.models import Order, Party
from paytm_kit.standins.parties import STRIPE
from paytm_kit.standins.stripe import errors, params

LONGEST_KEY = 255
Body = dict[str, Any]


class Done:
    """What a view answers: the object, and the order that it is about."""

    def __init__(self, body: Body, order: Order | None = None) -> None:
        self.body, self.order = body, order


def call(name: str, *methods: str) -> Callable[[Callable[..., Done]], Any]:
    """A view gets the request, the party, the parameters and the parts of its path; it answers Done or raises Wrong."""

    def hang(view: Callable[..., Done]) -> Any:
        @api(STRIPE, name, errors.refuse, *methods)
        @wraps(view)
        def enter(request: HttpRequest, party: Party, **kwargs: str) -> Answer:
            try:
                answer = _answered(request, party, lambda said: view(request, party, said, **kwargs))
            except errors.Wrong as wrong:
                answer = Answer(wrong.response(), verdict=wrong.message)
            _dress(request, cast(HttpResponse, answer.response))
            return answer

        return enter

    return hang


def _answered(request: HttpRequest, party: Party, view: Callable[[Body], Done]) -> Answer:
    _check_key(request, party)
    if request.method == "POST" and request.body and request.content_type != "application/x-www-form-urlencoded":
        raise errors.Wrong("Invalid request: send the parameters as application/x-www-form-urlencoded.")
    try:
        said = params.nested(_pairs(request))
    except params.Malformed as error:
        raise errors.Wrong(str(error), param=error.name, code="parameter_unknown") from error
    about: list[str] = ["", ""]  # the order, the verdict

    def work() -> HttpResponse:
        try:
            done = view(said)
        except errors.Wrong as wrong:  # an answer, too: what was done before it stays done
            about[1] = wrong.message
            return wrong.response()
        about[0] = faults.name_of(done.order) if done.order else ""
        return JsonResponse(done.body, json_dumps_params={"ensure_ascii": False})

    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    if len(key) > LONGEST_KEY:
        raise errors.Wrong(f"Idempotency-Key is longer than {LONGEST_KEY} characters.", kind=errors.IDEMPOTENCY)
    try:
        response, again = remembered.once(party, request.path, key, json.dumps(said, sort_keys=True), work)
    except remembered.OtherQuestion:
        raise errors.Wrong(
            f"Keys for idempotent requests can only be used with the parameters that came first ('{key[:80]}').",
            kind=errors.IDEMPOTENCY,
        ) from None
    if again:
        response["Idempotent-Replayed"] = "true"
    return Answer(response, about[0], about[1])


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    lists = request.POST.lists() if request.method == "POST" else request.GET.lists()
    return [(name, value) for name, values in lists for value in values]


def _check_key(request: HttpRequest, party: Party) -> None:
    """The secret key as ``Bearer``, or as the user of Basic."""
    kind, _, said = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            said = base64.b64decode(said, validate=True).decode().partition(":")[0]
        except ValueError:
            said = ""
    if kind.lower() not in ("bearer", "basic") or not said:
        raise errors.Wrong("You did not provide an API key: send it as Authorization: Bearer.", status=401)
    if not hmac.compare_digest(said.strip().encode("utf-8", "replace"), party.key.encode()):
        raise errors.Wrong(f"Invalid API Key provided: {said[:8]}****", status=401)


def _dress(request: HttpRequest, response: HttpResponse) -> None:
    response["Request-Id"] = f"req_{ids.draw(ids.LETTERS, 14)}"
    for name in ("Idempotency-Key", "Stripe-Version"):
        if value := request.headers.get(name):
            response[name] = value[:LONGEST_KEY]
