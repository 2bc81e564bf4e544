"""How a watching page is answered: whole, with a fingerprint, so that asking again costs nothing while nothing changed.

The script of the page asks for the same address again and swaps what is different. Without it, "Reload" does the same.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from paytm_kit.simulator import clock, guests
from paytm_kit.simulator.pages.formats import span
from paytm_kit.simulator.rendering import render

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

# How far the buttons move the clock: seconds by name.
STEPS = {"15m": ("15 minutes", 900), "1d": ("1 day", 86_400), "72h": ("72 hours", 259_200)}


def watching(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page, or 304 to whoever has it already. The time is told to the minute, because it is part of the page."""
    ahead = clock.offset().total_seconds()
    told = {
        "now": clock.ist(clock.now(), "%a %d %b %Y, %H:%M"),
        "ahead": span(ahead) if ahead >= 1 else "",
        "frozen": clock.frozen(),
        "steps": [(name, label) for name, (label, _) in STEPS.items()],
        "here": request.get_full_path(),
        "guests": guests.pages(),
        "live": request.method == "GET",  # what answers a form stays as it is until it is sent again
    }
    response = render(request, template, told | context, status)
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if status == 200 and request.headers.get("If-None-Match") == tag:
        response = HttpResponseNotModified()
    response["ETag"] = tag
    response["Content-Security-Policy"] = POLICY
    return response
