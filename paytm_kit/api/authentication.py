"""Who calls: a program with a token, a person with a session (and a CSRF token), or a guest."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from paytm_kit.api import sealing, tokens
from paytm_kit.api.problems import Problem
from paytm_kit.services import caller

SCHEMES = (b"bearer", b"token")


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer ptk_…``."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() not in SCHEMES:
            return None
        token = tokens.find(text.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed("This token is not known, was revoked, or is over.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(BaseAuthentication):
    """The site's own session. Whoever comes with its cookie must show the CSRF token, guests as well.

    A guest's session may hold what lets them pay; a request without any cookie holds nothing a foreign page could use.
    """

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        django = request._request
        if settings.SESSION_COOKIE_NAME in django.COOKIES:
            _check_csrf(django)
        user = getattr(django, "user", None)
        return (user, None) if user is not None and user.is_active else None


def _no_view(request: Any) -> Any:
    """CSRFCheck looks whether it is exempt, and calls it never."""


def _check_csrf(request: Any) -> None:
    check = CSRFCheck(_no_view)
    check.process_request(request)
    if reason := check.process_view(request, _no_view, (), {}):
        raise Problem("csrf_failed", str(reason))


def identity(request: Request) -> str:
    """Who calls: a user (however signed in), a guest's session, or an address. Never stored as it is."""
    if request.user is not None and request.user.is_authenticated:
        return f"user {request.user.pk}"
    if session := session_key(request):
        return f"session {session}"
    return f"address {caller.network_of(request._request)}"


def callers(request: Request) -> list[str]:
    """The keyed hashes by which a caller is remembered: the present one, and those of SECRET_KEY_FALLBACKS."""
    return sealing.hashes("caller", identity(request))


def session_key(request: Request) -> str:
    """Of a guest or a person whose session is stored; else empty."""
    session = getattr(request._request, "session", None)
    return (session.session_key or "") if session is not None else ""


def is_program(request: Request) -> bool:
    """Whether a token was shown: then the address is a server's, and stands for many shoppers."""
    return request.auth is not None


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of manage.py paytm_api_token."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The site's session; every POST needs the header X-CSRFToken as well.",
        }
