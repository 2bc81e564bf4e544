"""The door every request comes through: size, method and host are checked, the exchange is recorded, headers are set.

A decorator instead of middleware, so that the same views work stand-alone and mounted in a project.
"""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import BadRequest, ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from paytm_kit.masking import one_line, redact_body
from paytm_kit.simulator import options, worker, world
from paytm_kit.simulator.faults import answers, rules
from paytm_kit.simulator.models import Message
from paytm_kit.simulator.rendering import render

LARGEST_BODY = 1_048_576  # bytes
CONNECTION = "paytm_simulator.connection"  # where the stand-alone server lends its socket (WSGI environ)
NOTICE = "This is not Paytm. No real money moves."
OWN_SITES = ("same-origin", "none")  # Fetch Metadata, Sec-Fetch-Site: none is the person's own doing
FOREIGN = "Another web site sent this. Use the simulator's own pages, or a program that is no browser."
FORGOTTEN = "What this is about was forgotten meanwhile, by a reset or with its merchant. Begin anew."

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
    return render(request, "problem.html", {"title": "This did not work", "why": why}, status=status)


def refuse_control(request: HttpRequest, status: int, why: str, field: str = "") -> HttpResponse:
    return JsonResponse({"error": {"field": field, "message": why}}, status=status)


def api(*methods: str) -> Callable[[View], Endpoint]:
    """A door for signed JSON APIs: exchanges are recorded, refusals speak Paytm's error JSON."""
    return _door(methods, refuse_api, record=True, faulty=True)


def guest_api(refuse: Refuse, *methods: str) -> Callable[[View], Endpoint]:
    """A door for another gateway's API: exchanges are recorded, refusals speak that gateway's words."""
    return _door(methods, refuse, record=True)


def page(*methods: str) -> Callable[[View], Endpoint]:
    """A door for browser pages: posts are recorded, refusals are pages."""
    return _door(methods, refuse_page, record=True)


def watching(*methods: str) -> Callable[[View], Endpoint]:
    """A door for whoever watches: nothing is recorded, it is no part of the conversation; refusals are pages."""
    return _door(methods, refuse_page, record=False, own=True)


def control(*methods: str) -> Callable[[View], Endpoint]:
    """A door for the control plane: nothing is recorded, refusals name the field."""
    return _door(methods, refuse_control, record=False, own=True)


def from_own_page(request: HttpRequest) -> bool:
    """Whether one of our pages, or a program that is no browser, sent this.

    The simulator may stand on a developer's machine beside any web site that is open there. Browsers say so in
    Sec-Fetch-Site, or, where a plain http address is not this machine's, in Origin.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in OWN_SITES
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.get_host()


def _door(
    methods: tuple[str, ...], refuse: Refuse, record: bool, *, faulty: bool = False, own: bool = False
) -> Callable[[View], Endpoint]:
    """With ``own`` nothing is changed for a page of another web site."""

    def hang(view: View) -> Endpoint:
        @csrf_exempt
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            world.ensure_open()
            worker.ensure_running()
            began = timezone.now()
            with rules.one_look():
                answer = _answer(view, methods, refuse, request, own, args, kwargs)
                if faulty:
                    answer = _spoiled(request, answer)
            if record and (request.method == "POST" or answer.verdict):
                _record(request, answer, began, kwargs.get("token", ""))
            if getattr(answer.response, "cut", False):
                return _cut(request)
            return _dressed(answer.response)

        return enter

    return hang


def _answer(
    view: View, methods: tuple[str, ...], refuse: Refuse, request: HttpRequest, own: bool, args: Any, kwargs: Any
) -> Answer:
    try:
        if request.encoding not in (None, "utf-8"):  # whatever charset is named, such as hex
            request.encoding = "utf-8"
        request.get_host(), request.GET  # each raises here, not later, when it cannot be used
        if methods and request.method not in methods:
            response = refuse(
                request, 405, f"Use {' or '.join(methods)} here, not {one_line(request.method or '', 9)}."
            )
            response["Allow"] = ", ".join(methods)
            return Answer(response, verdict="wrong method")
        if own and request.method not in ("GET", "HEAD") and not from_own_page(request):
            return Answer(refuse(request, 403, FOREIGN), verdict="sent by another web site")
        if len(request.body) > LARGEST_BODY:
            return _too_large(refuse, request)
        _check_texts(request)
        result = view(request, *args, **kwargs)
    except RequestDataTooBig:
        result = _too_large(refuse, request)
    except ObjectDoesNotExist:  # only a reset, or the end of a merchant, takes away what was found a moment ago
        result = Answer(refuse(request, 404, FORGOTTEN), verdict="forgotten meanwhile")
    except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError) as error:
        logger.info("%s refused: %s", one_line(request.path), type(error).__name__)
        why = "The request could not be read."
        return Answer(refuse(request, 400, why), verdict=type(error).__name__, readable=False)
    return result if isinstance(result, Answer) else Answer(result)


def _check_texts(request: HttpRequest) -> None:
    """Raises BadRequest for NUL, which PostgreSQL takes in no text, and for a form in a charset that is none."""
    try:
        lists = [*request.GET.lists(), *request.POST.lists()]
    except (LookupError, UnicodeError) as error:
        raise BadRequest from error
    if any("\x00" in text for text in (request.path_info, *(t for name, texts in lists for t in (name, *texts)))):
        raise BadRequest


def _spoiled(request: HttpRequest, answer: Answer) -> Answer:
    """The answer as its faults leave it; the record says which they were."""
    response, struck = answers.spoiled(request.path_info, answer.order_id, answer.response)
    verdict = "; ".join([*(f"fault {name}" for name in struck), answer.verdict])
    return replace(answer, response=response, verdict=verdict) if struck else answer


def _cut(request: HttpRequest) -> StreamingHttpResponse:
    """No answer: a view that sets ``cut`` on its response has done its work, and the connection closes.

    Our own server and gunicorn lend their socket. Other servers let no application close a connection: there the
    answer ends after one blank, without a length.
    """
    connection = request.META.get(CONNECTION) or request.META.get("gunicorn.socket")
    return StreamingHttpResponse(_silence(connection))


def _silence(connection: socket.socket | None) -> Iterator[bytes]:
    if connection is None:
        yield b" "
        return
    with suppress(OSError):  # the client was quicker
        connection.shutdown(socket.SHUT_RDWR)
    # wsgiref and gunicorn take this for a client that went away: they send nothing and log nothing.
    raise ConnectionResetError(errno.ECONNRESET, "closed on purpose")


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
        at=began, direction="in", method=one_line(request.method or "", 10), url=url,
        order_id=one_line(answer.order_id, 50),
        request=redact_body(request.body, request.content_type or "") if answer.readable else "",
        http_status=answer.response.status_code,
        response=redact_body(body, kind) if "json" in kind else "",
        verdict=one_line(answer.verdict, 2000),
    )  # fmt: skip
    if answer.verdict:
        facts = {"order_id": one_line(answer.order_id, 50)}
        logger.info("%s %s: %s", request.method, url, one_line(answer.verdict), extra=facts)


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
