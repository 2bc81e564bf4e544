"""The simulator's own templates, whatever TEMPLATES the project around it has."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.backends.django import DjangoTemplates
from django.utils import translation

FOLDER = Path(__file__).parent / "templates"


@cache
def _engine() -> DjangoTemplates:
    options = {"builtins": ["paytm_kit.simulator.pages.formats"]}
    return DjangoTemplates({"NAME": "paytm_simulator", "DIRS": [FOLDER], "APP_DIRS": False, "OPTIONS": options})


def render(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page ``paytm_simulator/<template>``, in English: a project's language would write amounts its own way."""
    with translation.override("en-us"):
        page = _engine().get_template(f"paytm_simulator/{template}").render(context, request)
    return HttpResponse(page, status=status)
