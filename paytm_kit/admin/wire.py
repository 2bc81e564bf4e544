"""Wire messages at the desk: what came and went, redacted, and its verdict; what was left over is taken up."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import badges, filters
from paytm_kit.admin.acting import Act, Refused
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.models import WireMessage
from paytm_kit.services import finding, replay


def _replay(message: WireMessage, actor: str, reason: str) -> str:
    payment = replay.replay(message)
    if payment is None:
        raise Refused(gettext("Message %(id)d: no payment of ours (yet); it stays as it is.") % {"id": message.pk})
    values = {"id": message.pk, "order": payment.gateway_order_id, "status": payment.get_status_display()}
    return gettext("Message %(id)d was taken up: %(order)s is %(status)s.") % values


def _was_sent(message: WireMessage) -> str:
    return "" if message.direction == WireMessage.Direction.IN else gettext("It was sent by us, not received.")


REPLAY = Act(
    name="replay",
    action="replay",
    audit="message.replay",
    right="replay_wiremessage",
    label=_("Take up again…"),
    explains=_(
        "The gateway is asked about the payment or refund that each message speaks of; its answer decides, not the "
        "message. Safe to repeat. One question can take half a minute."
    ),
    do=_replay,
    why_not=_was_sent,
    refusals=(replay.CannotReplay,),
    asks=True,
)


class LeftOverFilter(admin.SimpleListFilter):
    title = _("trouble")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("unprocessed", gettext("Received, never dealt with")), ("refused", gettext("Refused or unanswered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() == "unprocessed":
            return queryset.filter(replay.UNPROCESSED)
        return queryset.exclude(http_status__range=(200, 399)) if self.value() == "refused" else None


@admin.register(WireMessage)
class WireMessageAdmin(DeskAdmin, OfPayment):
    list_display = (
        "at",
        "judged",
        "direction",
        "channel",
        "gateway_order_id",
        "http_status",
        "elapsed_ms",
        "remote_ip",
        "detail",
    )
    list_filter = (
        filters.by_day("created_at"),
        LeftOverFilter,
        "direction",
        "verdict",
        *filters.recent(channel=_("channel"), account=_("account")),
    )
    finder = finding.MESSAGES
    search_help_text = _("ORDERID or correlation id, whole.")
    ordering = ("-pk",)
    list_select_related = ("payment",)
    acts = (REPLAY,)
    fieldsets = (
        (None, {"fields": ("created_at", "direction", "channel", "its_payment", "gateway_order_id", "account")}),
        (_("How it went"), {"fields": ("judged", "detail", "http_status", "elapsed_ms", "processed_at")}),
        (_("What was said"), {"fields": ("url", "content_type", "shown_request", "shown_response")}),
        (_("From where"), {"fields": ("remote_ip", "correlation_id")}),
    )
    readonly_fields = ("its_payment", "judged", "shown_request", "shown_response")

    @admin.display(description=_("verdict"), ordering="verdict")
    def judged(self, message: WireMessage) -> SafeString:
        return badges.badge(WireMessage, message.verdict, message.get_verdict_display())

    @admin.display(description=_("request, redacted"))
    def shown_request(self, message: WireMessage) -> SafeString | str:
        return _body(message.request_body)

    @admin.display(description=_("response, redacted"))
    def shown_response(self, message: WireMessage) -> SafeString | str:
        return _body(message.response_body)


def _body(text: str) -> SafeString | str:
    """JSON with a line for each field; what is none, or was cut, as it stands."""
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return format_html('<pre class="pk-body-text" tabindex="0">{}</pre>', text) if text else "-"
