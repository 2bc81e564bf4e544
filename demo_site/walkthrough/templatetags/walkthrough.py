"""Links to the walkthrough from the shop's pages: nothing where it does not exist or is not for this person."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from demo_site.walkthrough import access, story
from paytm_kit.models import Payment

register = template.Library()


@register.simple_tag(takes_context=True)
def walkthrough_url(context: dict[str, Any], payment: Payment | None) -> str:
    """The address of this payment's walkthrough, or an empty text."""
    request = context.get("request")
    if not payment or request is None or not access.may_watch(request, payment):
        return ""
    return reverse("walkthrough:walk", args=[payment.token])


@register.inclusion_tag("walkthrough/_panel.html", takes_context=True)
def walkthrough_panel(context: dict[str, Any], payment: Payment | None) -> dict[str, Any]:
    """The latest steps of this payment, beside the order."""
    url = walkthrough_url(context, payment)
    return {"url": url, "steps": story.latest(payment) if url and payment else []}
