"""Django's addresses in a Flask app: the kit, its static files, the desk and the API, all below one prefix."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

_place = getattr(settings, "PAYTM_KIT_FLASK", {"prefix": "/paytm", "desk": True})
_prefix = _place["prefix"][1:]


def _absent(request: HttpRequest) -> HttpResponse:
    """ "My payments" lists those of a signed-in user of Django's; shoppers of a Flask app are none."""
    raise Http404


urlpatterns = [
    # Files of installed packages only. A web server that serves collectstatic's folder at this address is quicker.
    path(f"{_prefix}/static/<path:path>", serve, {"insecure": True}),
    *([path(f"{_prefix}/admin/", admin.site.urls)] if _place["desk"] else []),
    *([path(f"{_prefix}/api/", include("paytm_kit.api.urls"))] if apps.is_installed("paytm_kit.api") else []),
    path(f"{_prefix}/payments/", _absent),
    path(f"{_prefix}/", include("paytm_kit.urls")),
]
