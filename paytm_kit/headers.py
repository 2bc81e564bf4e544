"""Headers of answers to shoppers: their pages are never cached, framed or named by Referer; 303 after a POST."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.cache import add_never_cache_headers


def keep_private(response: HttpResponse) -> HttpResponse:
    """The same response with those headers."""
    add_never_cache_headers(response)
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def see_other(url: str) -> HttpResponse:
    """A 303: the next request is a GET, whatever the browser sent here."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
