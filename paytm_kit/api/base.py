"""What every view of the API has in common. Nothing here depends on the site's own REST_FRAMEWORK settings."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django.utils.cache import patch_vary_headers
from drf_spectacular.openapi import AutoSchema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from paytm_kit.api import cards, errors, idempotency
from paytm_kit.api.authentication import SessionAuthentication, TokenAuthentication, identity, session_key
from paytm_kit.api.idempotency import Claim
from paytm_kit.api.problems import FieldError, Problem
from paytm_kit.api.reading import StrictJSONParser, body_of
from paytm_kit.api.throttles import ScopedThrottle
from paytm_kit.logs import correlate, correlation_id
from paytm_kit.masking import safe_line


class Negotiation(DefaultContentNegotiation):
    """By the header Accept alone: in the query ``format`` is a name as any other that is not known."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE=None)


class ApiView(APIView):
    """JSON in and out, problem details, bounded bodies without card data, tokens and sessions, no caching."""

    renderer_classes = (JSONRenderer,)
    parser_classes = (StrictJSONParser,)
    authentication_classes: Any = (TokenAuthentication, SessionAuthentication)
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedThrottle,)
    content_negotiation_class: Any = Negotiation
    metadata_class = None
    versioning_class = None
    schema: Any = AutoSchema()

    throttle_scope: ClassVar[str | None] = "read"
    parameters: ClassVar[frozenset[str] | None] = frozenset()  # of the query; any other one is refused. None: none is
    order_ids: ClassVar[frozenset[str]] = frozenset()  # fields that may look like a card number by chance
    takes_cards_out = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def get_exception_handler(self) -> Any:
        return errors.respond

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        correlate()
        if any("\x00" in value for value in kwargs.values()):
            raise Problem("not_found")  # of no row: PostgreSQL refuses to look for it
        self.body = body_of(request._request)
        if self.takes_cards_out and self.body:
            cards.refuse(self.body, request.content_type or "", but_for=self.order_ids)
        super().initial(request, *args, **kwargs)
        self._refuse_odd_parameters(request)

    def _refuse_odd_parameters(self, request: Request) -> None:
        """A value that is not there would mean that all rows were asked for; a name that is not known likewise."""
        if self.parameters is None:
            return
        known = ", ".join(sorted(self.parameters)) or "none"
        errors = []
        for name, values in request.query_params.lists():
            if name not in self.parameters:
                if any(cards.is_any(name, value) for value in values):
                    raise cards.found("query")
                message = f"is not known here. Known: {known}."
                errors.append(FieldError(safe_line(name, 60), "unknown", message, "query"))
            elif "" in values:
                errors.append(FieldError(name, "blank", "is empty: leave it out, or give it a value.", "query"))
        if errors:
            raise Problem("invalid_request", errors=errors)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        done = super().finalize_response(request, response, *args, **kwargs)
        done.headers.setdefault("Cache-Control", "no-store")
        done.headers["X-Correlation-Id"] = correlation_id()
        done.headers["X-Content-Type-Options"] = "nosniff"
        patch_vary_headers(done, ("Authorization", "Cookie"))
        return done

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        raise Problem("method_not_allowed", headers={"Allow": ", ".join(self.allowed_methods)})

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The document describes everything: OPTIONS describes nothing here."""
        return self.http_method_not_allowed(request, *args, **kwargs)

    def _allowed_methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if hasattr(self, name) and name != "options"]

    # ---- What views ask

    def payload(self, request: Request) -> dict[str, Any]:
        """The parsed body. A body without a content type is none of JSON: 415."""
        if not self.body:
            raise Problem("parse_error", "The body is empty. Send one JSON object.")
        return cast("dict[str, Any]", request.data)  # the parser takes nothing else

    def once(
        self, request: Request, operation: str, work: Callable[[Claim | None], Response], *, required: bool = False
    ) -> Response:
        """Carries the work out once for each Idempotency-Key."""
        key = idempotency.read_key(request.headers.get(idempotency.HEADER), required=required)
        content = idempotency.content_of(operation, self.payload(request))
        if not key:
            return work(None)
        return idempotency.once(idempotency.Request(identity(request), key, content), work)


def need_caller(request: Request) -> None:
    """Raises NotAuthenticated for whoever shows neither a token nor a session: there is nothing that is theirs."""
    known = request.user is not None and not isinstance(request.user, AnonymousUser) and request.user.is_authenticated
    if not known and not session_key(request):
        raise NotAuthenticated


def may(request: Request, permission: str) -> bool:
    """Whether the caller has a permission of the kit, such as ``view_payment``."""
    return bool(request.user is not None and request.user.has_perm(f"paytm_kit.{permission}"))
