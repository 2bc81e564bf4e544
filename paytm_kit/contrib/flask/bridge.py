"""Between a Flask view and the kit: Django's surroundings for a request, and its answers as Flask's."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIRequest, get_script_name
from django.db import connections, reset_queries
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.urls import clear_script_prefix, set_script_prefix
from django.utils import translation
from flask import Flask, Response, request


def attach(app: Flask) -> None:
    """What Django does around its own requests, around Flask's."""
    app.before_request(_begin)
    app.teardown_request(_end)
    app.teardown_appcontext(_let_go)


def _begin() -> None:
    reset_queries()  # what DEBUG keeps of them
    _let_go()
    set_script_prefix(get_script_name(request.environ))
    translation.activate(translation.get_language_from_request(_as_django()))


def _end(error: BaseException | None = None) -> None:
    clear_script_prefix()
    translation.deactivate()


def _let_go(error: BaseException | None = None) -> None:
    """As Django's ``close_old_connections``, which would also close one in the middle of a transaction.

    An app context may end there: that of a function that hears an announcement, or of a test.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def answer(view: Callable[[HttpRequest], HttpResponse]) -> Response:
    """What a view of Django's answers to the current request, as if a form had been sent to it.

    As POST whatever the method is: the kit answers a POST with the way to a page of its own, so that Flask's headers
    (a Content-Security-Policy, say) do not stand on the page that leads to the gateway.
    """
    dressed = LocaleMiddleware(CsrfViewMiddleware(view))  # the language, and the cookie that a form of ours needs
    given: Any = dressed(_as_django(method="POST"))
    made = Response(given.content, given.status_code, list(given.items()))
    for cookie in given.cookies.values():
        made.headers.add("Set-Cookie", cookie.OutputString())
    return made


def _as_django(method: str = "") -> HttpRequest:
    """The current request without its body, which Flask may have read."""
    environ = {**request.environ, "wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"}
    return WSGIRequest(environ | ({"REQUEST_METHOD": method} if method else {}))
