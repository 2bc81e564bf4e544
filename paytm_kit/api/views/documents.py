"""The OpenAPI document as committed, and a page to read and try it."""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from paytm_kit.api import document
from paytm_kit.api.base import ApiView


class Document(ApiView):
    schema = None

    def get(self, request: Request) -> Response:
        prefix = reverse("paytm_kit_api:openapi").removesuffix("/v1/openapi.json")
        return Response({**document.committed(), "servers": [{"url": prefix or "/"}]})


@login_not_required
@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    """Swagger UI from drf-spectacular-sidecar: nothing is loaded from elsewhere, nothing is inline."""
    if not apps.is_installed("drf_spectacular_sidecar"):
        raise Http404('Add "drf_spectacular_sidecar" to INSTALLED_APPS: it holds the files of this page.')
    return render(request, "paytm_kit_api/swagger.html")
