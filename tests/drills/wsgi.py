"""The shop's door for several web workers that load it once: the views, too, which else come with the first request."""

from django.urls import get_resolver

from demo_site.wsgi import application

__all__ = ["application"]

get_resolver().url_patterns  # noqa: B018 - brings the views
