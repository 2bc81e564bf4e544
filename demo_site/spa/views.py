"""The page as it is before any script runs, and the order to try it with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from demo_site.spa import orders
from demo_site.spa.texts import TEXTS


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The script takes the order to pay from ``?order=``; without it the visitor chooses.

    The forms on the page set the CSRF cookie that the API asks for.
    """
    return render(request, "spa/page.html", {"orders": orders.open_orders(request), "texts": TEXTS})


@require_POST
def example(request: HttpRequest) -> HttpResponse:
    """Places an example order and shows it on the page."""
    order = orders.place_example(request)
    if order is None:
        messages.info(request, _("Nothing is on sale just now."))
        return redirect("spa:page")
    return redirect(f"{reverse('spa:page')}?order={order.number}")
