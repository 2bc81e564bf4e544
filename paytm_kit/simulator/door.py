"""The door every request comes through: size, method and host are checked, the exchange is recorded, headers are set.

A decorator instead of middleware, so that the same views work stand-alone and mounted in a project.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from paytm_kit.masking import one_line, redact_body
from paytm_kit.simulator import options, worker, world
from paytm_kit.simulator.models import Message

LARGEST_BODY = 1_048_576  # bytes
NOTICE = "This is not Paytm. No real money moves."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and what the record says beside it."""

    response: HttpResponseBase
    order_id: str = ""
    verdict: str = ""
    readable: bool = True  # False: neither body nor query of the request can be read


View = Callable[..., "HttpResponseBase | Answer"]
Endpoint = Callable[..., HttpResponseBase]
Refuse = Callable[[HttpRequest, int, str], HttpResponse]


def refuse_api(request: HttpRequest, status: int, why: str) -> HttpResponse:
    """Paytm's own shape for a request that reached no API."""
    code = {404: "SVE-003"}.get(status, f"SVE-{status}")
    return JsonResponse({"errorDetails": {"code": status, "errorCode": code, "errorMessage": why}}, status=status)


def refuse_page(request: HttpRequest, status: int, why: str) -> HttpResponse:
    return render(request, "paytm_simulator/problem.html", {"title": "This did not work", "why": why}, status=status)


def refuse_control(request: HttpRequest, status: int, why: str, field: str = "") -> HttpResponse:
    return JsonResponse({"error": {"field": field, "message": why}}, status=status)


def api(*methods: str) -> Callable[[View], Endpoint]:
    """A door for signed JSON APIs: exchanges are recorded, refusals speak Paytm's error JSON."""
    return _door(methods, refuse_api, record=True)


def page(*methods: str) -> Callable[[View], Endpoint]:
    """A door for browser pages: posts are recorded, refusals are pages."""
    return _door(methods, refuse_page, record=True)


def control(*methods: str) -> Callable[[View], Endpoint]:
    """A door for the control plane: nothing is recorded, refusals name the field."""
    return _door(methods, refuse_control, record=False)


def _door(methods: tuple[str, ...], refuse: Refuse, record: bool) -> Callable[[View], Endpoint]:
    def hang(view: View) -> Endpoint:
        @csrf_exempt
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            world.ensure_open()
            worker.ensure_running()
            began = timezone.now()
            answer = _answer(view, methods, refuse, request, args, kwargs)
            if record and (request.method == "POST" or answer.verdict):
                _record(request, answer, began, kwargs.get("token", ""))
            return _dressed(answer.response)

        return enter

    return hang


def _answer(
    view: View, methods: tuple[str, ...], refuse: Refuse, request: HttpRequest, args: Any, kwargs: Any
) -> Answer:
    try:
        request.get_host(), request.GET  # each raises here, not later, when it cannot be used
        if methods and request.method not in methods:
            response = refuse(
                request, 405, f"Use {' or '.join(methods)} here, not {one_line(request.method or '', 9)}."
            )
            response["Allow"] = ", ".join(methods)
            return Answer(response, verdict="wrong method")
        too_large = len(request.body) > LARGEST_BODY
        result = _too_large(refuse, request) if too_large else view(request, *args, **kwargs)
    except RequestDataTooBig:
        result = _too_large(refuse, request)
    except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError) as error:
        logger.info("%s refused: %s", one_line(request.path), type(error).__name__)
        why = "The request could not be read."
        return Answer(refuse(request, 400, why), verdict=type(error).__name__, readable=False)
    return result if isinstance(result, Answer) else Answer(result)


def _too_large(refuse: Refuse, request: HttpRequest) -> Answer:
    why = "The body is larger than 1 MB."
    return Answer(refuse(request, 413, why), verdict="body too large", readable=False)


def _record(request: HttpRequest, answer: Answer, began: Any, token: str) -> None:
    query = request.GET.dict() if answer.readable else {}
    shown = [(name, query[name]) for name in ("mid", "orderId", "ORDER_ID") if name in query]
    path = request.path.replace(token, f"{token[:4]}…") if token else request.path
    url = one_line(path + (f"?{urlencode(shown)}" if shown else ""))
    kind = answer.response.headers.get("Content-Type", "")
    body = getattr(answer.response, "content", b"")
    Message.objects.create(
        at=began, direction="in", method=(request.method or "")[:10], url=url,
        order_id=one_line(answer.order_id, 50),
        request=redact_body(request.body, request.content_type or "") if answer.readable else "",
        http_status=answer.response.status_code,
        response=redact_body(body, kind) if "json" in kind else "",
        verdict=one_line(answer.verdict, 2000),
    )  # fmt: skip
    if answer.verdict:
        logger.info("%s %s: %s", request.method, url, one_line(answer.verdict))


def _dressed(response: HttpResponseBase) -> HttpResponseBase:
    """Security headers, and a length so that connections can stay open."""
    response.headers.setdefault("Content-Security-Policy", policy())
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "origin"
    response.headers["X-Paytm-Simulator"] = NOTICE
    if isinstance(response, HttpResponse):
        response.headers["Content-Length"] = str(len(response.content))
    return response


def policy(callback_url: str = "") -> str:
    """The page's Content-Security-Policy: nothing foreign; shops may frame it; a callback form may leave.

    Browsers hold redirects after a form to ``form-action`` too, so the local hosts are named beside the shop's.
    """
    shops = ["http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "https://127.0.0.1:*"]
    shops += [f"{scheme}://{name}:*" for name in options.current().allow_host for scheme in ("http", "https")]
    targets = "'self'"
    if callback_url:
        parts = urlsplit(callback_url)
        # A source list cannot name an IPv6 address (W3C, CSP Level 3, host-source).
        own = f"{parts.scheme}:" if ":" in (parts.hostname or "") else f"{parts.scheme}://{parts.netloc}"
        targets = " ".join([targets, own, *shops])
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action {targets}; frame-ancestors 'self' {' '.join(shops)}"
    )
