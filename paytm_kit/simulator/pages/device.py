"""Which device a shopper uses, for the risk rules: a cookie of the simulator's, else what the browser calls itself."""

from __future__ import annotations

import hashlib
import re
import secrets

from django.http import HttpRequest, HttpResponse

COOKIE = "paytm_simulator_device"


def name(request: HttpRequest) -> str:
    """The device's name: stable, and of no meaning outside these books."""
    cookie = request.COOKIES.get(COOKIE, "")
    if re.fullmatch(r"[0-9a-f]{32}", cookie):
        return cookie
    browser = request.headers.get("User-Agent", "")
    return "agent-" + hashlib.sha256(browser.encode()).hexdigest()[:24]


def remembered(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response that gives a device its cookie, once. Browsers keep it from frames of other sites."""
    if COOKIE not in request.COOKIES:
        response.set_cookie(COOKIE, secrets.token_hex(16), max_age=31_536_000, httponly=True, samesite="Lax")
    return response
