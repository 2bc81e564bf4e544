"""Settlements at the merchant's desk: which reports were read, and each of their lines with its verdict."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import badges
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.models import Settlement, SettlementLine
from paytm_kit.money import shown
from paytm_kit.services import audit, settlement_table, settlements


class VerdictFilter(admin.SimpleListFilter):
    title = _("verdict")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        every = [(value, str(label)) for value, label in SettlementLine.Verdict.choices]
        return [("differences", gettext("Any difference")), *every]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() == "differences":
            return queryset.exclude(verdict__in=SettlementLine.FINE)
        return queryset.filter(verdict=self.value()) if self.value() else None


@admin.register(Settlement)
class SettlementAdmin(DeskAdmin):
    list_display = ("name", "day", "account", "source", "lines_read", "matched", "differences", "net", "finished_at")
    list_filter = ("source", "account", "day")
    search_fields = ("name", "merchant_id")
    readonly_fields = ("its_lines",)

    @admin.display(description=_("net"), ordering="net_amount")
    def net(self, settlement: Settlement) -> str:
        return shown(settlement.net_amount, settlements.currency(settlement))

    @admin.display(description=_("lines of this report"))
    def its_lines(self, settlement: Settlement) -> str | SafeString:
        page = reverse("admin:paytm_kit_settlementline_changelist", current_app=self.admin_site.name)
        # Lines that stood in an earlier report as well belong to that one.
        links = (("", gettext("all first read in this report")), ("&verdict=differences", gettext("its differences")))
        shown = [
            format_html('<a href="{}?settlement__id__exact={}{}">{}</a>', page, settlement.pk, more, text)
            for more, text in links
        ]
        return format_html("{} · {}", *shown)


@admin.register(SettlementLine)
class SettlementLineAdmin(DeskAdmin, OfPayment):
    list_display = (
        *("judged", "reason", "kind", "order_id", "transaction_id", "gross_amount", "fee_amount", "fee_tax"),
        *("net_amount", "utr", "settled_on", "number", "settlement"),
    )
    list_filter = (VerdictFilter, "kind", "settled_on", "settlement__account")
    list_select_related = ("settlement",)
    search_fields = ("order_id", "transaction_id", "utr", "payout_id")
    readonly_fields = ("its_payment", "judged")
    actions = ("export_csv",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "settlement__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("verdict"), ordering="verdict")
    def judged(self, line: SettlementLine) -> SafeString:
        return badges.badge(SettlementLine, line.verdict, line.get_verdict_display())

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description=_("Download as CSV"), permissions=["export"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[SettlementLine]) -> StreamingHttpResponse:
        lines = queryset.select_related("refund").iterator(chunk_size=2000)
        filters = request.GET.urlencode() or "no filter"
        audit.record(request, "settlement.export", count=queryset.count(), detail=filters)
        response = StreamingHttpResponse(settlement_table.rows(lines), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="settlement-lines.csv"'
        return response
