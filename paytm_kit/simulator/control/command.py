"""What every control-plane call does alike: read JSON, name the mistaken field, answer JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from paytm_kit.simulator.door import control, refuse_control
from paytm_kit.simulator.wire import envelope as wire


class Mistake(Exception):
    """The caller's mistake: the field, what is wrong with it, and the HTTP status to answer with."""

    def __init__(self, field: str, message: str, status: int = 400) -> None:
        self.field, self.status = field, status
        super().__init__(message)


def command(*methods: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A control-plane view: returns data, raises Mistake."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @control(*methods)
        @wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return JsonResponse(view(request, *args, **kwargs), json_dumps_params={"ensure_ascii": False})
            except Mistake as error:
                return refuse_control(request, error.status, str(error), error.field)

        return run

    return wrap


def sent(request: HttpRequest, known: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object in the body; no body is an empty one. Raises Mistake for a field that does not exist."""
    try:
        fields = wire.read_json(request.body)[0] if request.body.strip() else {}
    except wire.Malformed as error:
        raise Mistake("body", str(error)) from error
    for name in fields:
        if name not in known:
            raise Mistake(name[:50], f"There is no such field. Known: {', '.join(known) or 'none'}.")
    return fields


def one_of(field: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Mistake(field, f"Must be one of {', '.join(allowed)}.")
    return str(value)
