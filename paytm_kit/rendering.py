"""Renders the kit's templates: the site's own version where there is one, and the kit's when that breaks.

A shopper who has just paid must not meet an error page because of a slip in a template. What is broken stands in the
log as ``template.broken`` and in ``manage.py check``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, TemplateSyntaxError, loader
from django.template.backends.django import DjangoTemplates
from django.template.loader_tags import ExtendsNode

from paytm_kit.logs import EventLog

log = EventLog("paytm_kit.templates")

FOLDER = Path(__file__).parent / "templates"


def render(
    request: HttpRequest, template_name: str, context: Mapping[str, Any] | None = None, status: int | None = None
) -> HttpResponse:
    """As ``django.shortcuts.render``, for a template of the kit's."""
    return HttpResponse(text(template_name, context, request), status=status)


def text(
    template_name: str,
    context: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
    *,
    special: str = "",
) -> str:
    """The rendered template, by the kit's own version when the site's breaks. Raises what the kit's own raises.

    ``special`` is the name of a template that only a site may have; where it is there, it goes before.
    """
    given = dict(context or {})
    for name in filter(None, (special, template_name)):
        try:
            return loader.render_to_string(name, given, request)
        except Exception as error:  # noqa: BLE001 - a site's template runs a site's code: whatever it raises
            if not (isinstance(error, TemplateDoesNotExist) and str(error) == name):  # the site has none
                log.error("template.broken", template=name, error=f"{type(error).__name__}: {error}")
    return own().get_template(template_name).render(given, request)


@lru_cache(maxsize=1)
def own() -> DjangoTemplates:
    """The kit's templates alone, whatever the site puts in front of them or writes into TEMPLATES."""
    return DjangoTemplates({"NAME": "paytm_kit_own", "DIRS": [FOLDER], "APP_DIRS": False, "OPTIONS": {}})


def broken(special: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Each template of the kit's that a site overrides with one that cannot be loaded, and why."""
    names = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("paytm_kit/**/*.*"))
    for name in (*names, *special):
        if (why := _why_not(name)) and why != _missing(name):
            yield name, why


def _missing(name: str) -> str:
    return f"there is no template {name}"


def _why_not(name: str) -> str:
    """Why a template, or one that it extends, cannot be loaded; empty when it can. Its values may break it still."""
    try:
        for _ in range(10):
            template = loader.get_template(name)
            compiled: Any = getattr(template, "template", None)  # of Django's own language; else it is compiled now
            extends = compiled.nodelist.get_nodes_by_type(ExtendsNode) if hasattr(compiled, "nodelist") else []
            parent = extends[0].parent_name.var if extends else None
            if not isinstance(parent, str) or parent == name:
                break
            name = parent
    except TemplateDoesNotExist as error:
        return _missing(str(error))
    except TemplateSyntaxError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - such as a file that cannot be read, or one that is not UTF-8
        return f"{type(error).__name__}: {error}"
    return ""
