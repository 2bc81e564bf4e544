"""The headers of a page that is the shopper's alone: never cached, never framed, never named to others by Referer."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.cache import add_never_cache_headers


def keep_private(response: HttpResponse) -> HttpResponse:
    """The same response with those headers."""
    add_never_cache_headers(response)
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
