"""The audit log at the desk: who did what, when, from where. Read by those who have the right, changed by nobody."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import badges, filters
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.models import AuditEntry
from paytm_kit.services import finding


@admin.register(AuditEntry)
class AuditEntryAdmin(DeskAdmin, OfPayment):
    list_display = (
        "at",
        "actor",
        "action",
        "came_of_it",
        "object_label",
        "count",
        "reason",
        "remote_ip",
        "channel",
    )
    list_filter = (
        filters.by_day("created_at"),
        "result",
        *filters.recent(action=_("action"), actor=_("who"), channel=_("through")),
    )
    finder = finding.AUDIT
    search_help_text = _("ORDERID, REFUNDID, or who: whole.")
    list_select_related = ("payment",)
    fields = (
        *("created_at", "actor", "channel", "remote_ip", "action", "came_of_it", "its_payment", "object_type"),
        *("object_label", "object_id", "count", "reason", "detail", "correlation_id"),
    )
    readonly_fields = ("came_of_it", "its_payment")

    @admin.display(description=_("result"), ordering="result")
    def came_of_it(self, entry: AuditEntry) -> SafeString:
        return badges.badge(AuditEntry, entry.result, entry.get_result_display())
