"""The simulator as a WSGI application that takes nothing from the settings around it: no middleware, own addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, set_script_prefix, set_urlconf
from django.utils.http import parse_header_parameters

from paytm_kit.simulator import database, options

URLCONF = "paytm_kit.simulator.run.site"


class Request(WSGIRequest):
    urlconf = URLCONF  # Django asks the request before ROOT_URLCONF

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Without the charset: texts are UTF-8, and Django reads the query here in whatever codec is named."""
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):  # a parameter in a charset that is none (RFC 2231)
            self.content_type, self.content_params = "", {}

    def get_host(self) -> str:
        """The Host header, if the simulator is to be found under it. Raises DisallowedHost."""
        host = str(self._get_raw_host())  # type: ignore[attr-defined]
        domain, _ = split_domain_port(host)
        if domain and validate_host(domain, options.current().served_hosts()):
            return host
        raise DisallowedHost(f"The simulator is not to be found under {host[:100]!r}; --allow-host adds a name.")


class Application(WSGIHandler):
    request_class = Request

    def load_middleware(self, is_async: bool = False) -> None:
        """None at all: every view stands behind ``door``."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]

    def make_view_atomic(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """The project's ATOMIC_REQUESTS would open the project's databases."""
        return view

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """ROOT_URLCONF is the project's; where there is no project there is none."""
        set_urlconf(URLCONF)
        response: Any = self._middleware_chain(request)
        response._resource_closers.append(request.close)
        return cast(HttpResponseBase, response)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Unknown addresses have an answer of ours even where DEBUG is on."""
        try:
            return super().resolve_request(request)
        except Resolver404:
            from paytm_kit.simulator.run import site  # needs a urlconf that can be read by now

            return ResolverMatch(site.not_found, (), {})

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
        """As Django's, without its signals: those belong to the project's requests. FORCE_SCRIPT_NAME is not ours."""
        set_script_prefix("/")
        try:
            request = Request(environ)
            request.path = request.path_info
            response = self.get_response(request)
        finally:
            database.rest()
        cookies = (("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values())
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
        return response
