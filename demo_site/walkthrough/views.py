"""The walkthrough's pages: one payment's story, and the buttons that try to break it."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from demo_site.shop.models import Order
from demo_site.shop.ordering import remember
from demo_site.walkthrough import access, attempts, copies, needs, story, trials
from demo_site.walkthrough.record import Record
from paytm_kit.checkout import PaymentError


@require_safe
@never_cache
def walk(request: HttpRequest, token: str) -> HttpResponse:
    """What happened on the wire, in twelve steps."""
    payment = access.watched(request, token)
    order = payment.order
    assert isinstance(order, Order)  # access.may_watch
    record = Record(payment)
    context = {
        "payment": payment,
        "order": order,
        "is_own": access.owns(request, order),
        "steps": story.steps(payment),
        "attempts": [(attempt, needs.refusal(attempt.need, record)) for attempt in attempts.ALL],
        "trials": trials.shown(payment),
    }
    return render(request, "walkthrough/walk.html", context)


@require_POST
def attempt(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """Presses one button, then shows what came of it."""
    payment = access.watched(request, token)
    chosen = attempts.BY_NAME.get(name)
    if chosen is None:
        raise Http404
    page = reverse("walkthrough:walk", args=[token])
    why = needs.refusal(chosen.need, Record(payment))
    if not why:
        try:
            trials.run(payment, chosen, partial(remember, request))
            return redirect(f"{page}#tried")
        except PaymentError as error:  # of the second order that it needs
            why = error.user_message
    messages.error(request, f"{chosen.title}: {why}")
    return redirect(page)


@require_POST
def again(request: HttpRequest, token: str) -> HttpResponse:
    """A fresh order with the same lines, to try the next thing on."""
    payment = access.watched(request, token)
    order = payment.order
    if not isinstance(order, Order) or not access.owns(request, order):
        raise Http404
    fresh = copies.again(order)
    remember(request, fresh)
    return redirect(fresh)
