"""The simulator's own templates, whatever TEMPLATES the project around it has."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.backends.django import DjangoTemplates
from django.utils import translation

from paytm_kit.simulator import guests

FOLDER = Path(__file__).parent / "templates"


@cache
def _engine() -> DjangoTemplates:
    options = {"builtins": ["paytm_kit.simulator.pages.formats"]}
    folders = [FOLDER, *guests.folders()]
    return DjangoTemplates({"NAME": "paytm_simulator", "DIRS": folders, "APP_DIRS": False, "OPTIONS": options})


def render(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page ``paytm_simulator/<template>``, or a guest's by its whole name. In English: a project's language would
    write amounts its own way."""
    name = template if "/" in template else f"paytm_simulator/{template}"
    with translation.override("en-us"):
        page = _engine().get_template(name).render(context, request)
    return HttpResponse(page, status=status)
