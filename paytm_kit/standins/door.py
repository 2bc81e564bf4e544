"""The door of the gateways' APIs: the simulator's, with the party found, the clock caught up and the faults drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from paytm_kit.simulator import door
from paytm_kit.simulator.door import Answer
from paytm_kit.standins import due, faults
from paytm_kit.standins.models import Order, Party

Refuse = Callable[[HttpRequest, int, str], HttpResponse]
FARTHEST = 50  # characters of an order's name in the record


def api(gateway: str, name: str, refuse: Refuse, *methods: str) -> Callable[[Callable[..., Answer]], Any]:
    """``name`` is the API's in the table of faults. The view gets the party after the request."""

    def hang(view: Callable[..., Answer]) -> Any:
        @door.guest_api(refuse, *methods)
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
            if faults.of_api(gateway, "down", name, "") is not None:
                unavailable = HttpResponse("Service Unavailable", status=503, content_type="text/plain")
                return Answer(unavailable, verdict=f"fault {gateway}.down")
            due.run()
            answer = view(request, Party.objects.get(gateway=gateway), *args, **kwargs)
            response, struck = faults.spoiled(gateway, name, answer.order_id, answer.response)
            verdict = "; ".join([*(f"fault {fault}" for fault in struck), *filter(None, [answer.verdict])])
            return replace(answer, response=response, verdict=verdict)

        return enter

    return hang


def about(response: HttpResponseBase, order: Order | None, verdict: str = "") -> Answer:
    """The answer with the order that it is about."""
    return Answer(response, faults.name_of(order) if order else "", verdict)


def base_url(request: HttpRequest) -> str:
    """Where this server is found, without a slash at the end."""
    return request.build_absolute_uri("/").rstrip("/")
