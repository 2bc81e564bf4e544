"""Webhooks of ours at the desk: which system was told what, each attempt, and "deliver again"."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import badges, filters
from paytm_kit.admin.acting import Act, Refused
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.admin.readonly import ReadOnlyInline
from paytm_kit.outgoing import deliveries
from paytm_kit.outgoing.models import Attempt, Delivery
from paytm_kit.services.finding import Finder

State = Delivery.State
badges.LOOKS[Delivery] = {
    State.WAITING: ("◐", badges.WAIT),
    State.DELIVERED: ("●", badges.GOOD),
    State.REFUSED: ("■", badges.BAD),
    State.GIVEN_UP: ("✕", badges.BAD),
    State.SKIPPED: ("○", badges.QUIET),
}


def _redeliver(delivery: Delivery, actor: str, reason: str) -> str:
    attempt = deliveries.redeliver(delivery, actor=actor)
    values = {"id": delivery.message_id, "endpoint": delivery.endpoint, "error": attempt.error}
    if attempt.error:
        raise Refused(gettext("Not taken by %(endpoint)s: %(error)s (%(id)s)") % values)
    return gettext("Taken by %(endpoint)s: %(id)s") % values


REDELIVER = Act(
    name="redeliver",
    action="redeliver",
    audit="webhook.redeliver",
    right="paytm_kit_outgoing.redeliver_delivery",
    label=_("Deliver again…"),
    explains=_(
        "The same message is sent to its endpoint now, with the same webhook-id, whether or not it was taken before. "
        "If it is not taken, it is tried again as a new one is. No payment is touched."
    ),
    do=_redeliver,
    refusals=(deliveries.CannotDeliver,),
)


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = ("number", "begun_at", "http_status", "elapsed_ms", "error", "answer", "actor")
    ordering = ("-number",)


@admin.register(Delivery)
class DeliveryAdmin(DeskAdmin, OfPayment):
    list_display = ("at", "went", "kind", "endpoint", "its_payment", "message_id", "attempts", "next_try_at", "note")
    list_filter = (
        filters.by_day("created_at"),
        filters.FailingFilter,
        "state",
        *filters.recent(endpoint=_("endpoint"), kind=_("type")),
    )
    finder = Finder(keys=("event__payment__gateway_order_id", "message_id"))
    search_help_text = _("ORDERID or webhook-id, whole.")
    ordering = ("-pk",)
    list_select_related = ("event__payment",)
    acts = (REDELIVER,)
    inlines = (AttemptInline,)
    fields = (
        *("its_payment", "event", "kind", "endpoint", "message_id", "went", "attempts", "note"),
        *("created_at", "opened_at", "next_try_at", "closed_at", "message"),
    )
    readonly_fields = ("its_payment", "went", "message")

    @admin.display(description=_("state"), ordering="state")
    def went(self, delivery: Delivery) -> SafeString:
        return badges.badge(Delivery, delivery.state, delivery.get_state_display())

    @admin.display(description=_("body"))
    def message(self, delivery: Delivery) -> SafeString:
        read: Any = json.loads(delivery.body)
        return format_html("<pre>{}</pre>", json.dumps(read, indent=2, ensure_ascii=False))
