"""One payment's own page: how it stands, why, what can be done, and its story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from paytm_kit import refunds
from paytm_kit.admin import badges, flags
from paytm_kit.admin.refunds import may_refund
from paytm_kit.models import Payment
from paytm_kit.services import advice, telling, timeline

if TYPE_CHECKING:
    from paytm_kit.admin.payments import PaymentAdmin

# All that a person may read; the secret link, hashes and internal keys are in none.
FIELDSETS: Any = (
    (
        None,
        {
            "fields": (
                *("order_link", "order_label", "gateway_order_id", "state", "flagged"),
                *("customer_id", "contact_email", "contact_mobile"),
            )
        },
    ),
    (
        _("Money"),
        {
            "classes": ("collapse",),
            "fields": (
                *("amount", "amount_chosen", "currency", "captured_amount", "refunded_amount", "refunding_amount"),
                *("fee_amount", "fee_tax", "net_amount", "settled_on", "utr"),
            ),
        },
    ),
    (
        _("What the gateway said"),
        {
            "classes": ("collapse",),
            "fields": (
                *("transaction_id", "bank_transaction_id", "payment_mode", "bank_name", "gateway_name", "network"),
                *("code", "message"),
            ),
        },
    ),
    (
        _("When"),
        {
            "classes": ("collapse",),
            "fields": ("created_at", "started_at", "handed_out_at", "paid_at", "closed_at", "asked_at", "next_ask_at"),
        },
    ),
    (
        _("Through what"),
        {
            "classes": ("collapse",),
            "fields": ("account", "gateway", "environment", "merchant_id", "gateway_reference", "flow", "return_url"),
        },
    ),
)


def context(desk: PaymentAdmin, request: HttpRequest, payment: Payment) -> dict[str, Any]:
    """What the page shows beside the fields. As many queries for a long story as for a short one."""
    can_refund = may_refund(request) and any(refunds.left(payment).values())
    held = refunds.held(payment) if can_refund else ""
    return {
        "subtitle": payment.gateway_order_id,
        "badge": badges.badge(Payment, payment.status, payment.get_status_display()),
        "advice": advice.about(payment),
        "shopper_text": payment.shopper_text,
        "open_flags": flags.rows(desk, request, payment),
        "can_refund": can_refund and not held,
        "refund_held": held,
        **_story(desk, request, payment),
    }


def _story(desk: PaymentAdmin, request: HttpRequest, payment: Payment) -> dict[str, Any]:
    only, before = request.GET.get("story", ""), request.GET.get("before", "")
    sources = [*timeline.visible(request.user.has_perm)]
    chosen = [*timeline.visible(request.user.has_perm, only)]
    story = timeline.read(payment, chosen, before=before)
    one = only if len(chosen) == 1 else ""
    return {
        "story": [_shown(desk, entry) for entry in story.entries],
        "story_sources": [
            {"label": _("Everything"), "link": _link(), "chosen": not one},
            *(
                {"label": source.label, "link": _link(story=source.name), "chosen": source.name == one}
                for source in sources
            ),
        ],
        "story_older": _link(story=one, before=story.older) if story.older else "",
        "story_newest": _link(story=one) if before else "",
    }


def _link(**query: str) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"?{urlencode(given)}#events-group"


def _shown(desk: PaymentAdmin, entry: telling.Entry) -> dict[str, Any]:
    kind, state, words = entry.state
    linked = {source.name for source in telling.SOURCES if source.own_page}
    cut = any(len(text) >= telling.BODY for _label, text in entry.bodies)
    return {
        "entry": entry,
        "badge": badges.badge(kind, state, words),
        "tone": badges.tone(kind, state),
        "cut": cut,
        "link": _page_of(desk, entry.row) if entry.source in linked else "",
    }


def _page_of(desk: PaymentAdmin, row: Any) -> str:
    """Where the row has a page of its own; empty where the site has no admin for it."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    try:
        return reverse(name, args=[row.pk], current_app=desk.admin_site.name)
    except NoReverseMatch:
        return ""
