"""Payments in the admin: find one, and from its page do what its state allows."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from paytm_kit import modes
from paytm_kit.admin import badges, filters, payment_page
from paytm_kit.admin.desk import moment
from paytm_kit.admin.disputes import DisputeInline
from paytm_kit.admin.export import Exported
from paytm_kit.admin.flags import resolve_view
from paytm_kit.admin.overview import overview_view
from paytm_kit.admin.payment_acts import ACTS
from paytm_kit.admin.refunds import RefundInline, refund_view
from paytm_kit.admin.risk import RiskDecisionInline
from paytm_kit.models import Payment
from paytm_kit.services import export, finding
from paytm_kit.templatetags.paytm_kit import money


@admin.register(Payment)
class PaymentAdmin(Exported):
    sheet = export.PAYMENTS
    list_display = (
        "gateway_order_id",
        "state",
        "flagged",
        "money",
        "order_label",
        "made",
        "payment_mode",
        "bank_name",
        "account",
    )
    # No date_hierarchy: it fails on MariaDB and MySQL servers whose time zone tables were never loaded.
    list_filter = (
        filters.by_day("created_at"),
        "status",
        filters.AgeFilter,
        filters.FlagFilter,
        *filters.recent(
            payment_mode=(_("payment mode"), filters.ModeFilter),
            bank_name=_("bank"),
            gateway_name=_("acquirer"),
            gateway=_("gateway"),
            account=_("account"),
            environment=_("environment"),
        ),
    )
    finder = finding.PAYMENTS
    search_help_text = _(
        "Order, ORDERID or its end, TXNID, bank reference (BANKTXNID, RRN), REFUNDID; e-mail or mobile number, whole "
        "or masked: contacts are kept masked, so several customers can share one. Both together narrow it down."
    )
    acts = ACTS
    inlines = (RiskDecisionInline, DisputeInline, RefundInline)
    change_form_template = "admin/paytm_kit/payment/change_form.html"
    fieldsets = payment_page.FIELDSETS
    readonly_fields = ("order_link", "state", "flagged")

    @admin.display(description=_("amount"), ordering="amount")
    def money(self, payment: Payment) -> str:
        return money(payment)

    @admin.display(description=_("status"), ordering="status")
    def state(self, payment: Payment) -> SafeString:
        return badges.badge(Payment, payment.status, payment.get_status_display())

    @admin.display(description=_("created"), ordering="created_at")
    def made(self, payment: Payment) -> str:
        return moment(payment.created_at)

    @admin.display(description=_("flags"), ordering="flags")
    def flagged(self, payment: Payment) -> SafeString | str:
        return badges.flags(payment)

    @admin.display(description=_("payment mode"), ordering="payment_mode")
    def payment_mode(self, payment: Payment) -> str:
        return modes.in_words(payment.payment_mode)

    @admin.display(description=_("order page"))
    def order_link(self, payment: Payment) -> str | SafeString:
        name = f"admin:{payment.content_type.app_label}_{payment.content_type.model}_change"
        try:
            url = reverse(name, args=[payment.object_id], current_app=self.admin_site.name)
        except NoReverseMatch:
            return payment.order_label
        return format_html('<a href="{}">{}</a>', url, payment.order_label or payment.object_id)

    def get_urls(self) -> list[URLPattern]:
        refund = self.beside_transactions(partial(refund_view, self))
        resolve = self.beside_transactions(partial(resolve_view, self))
        return [
            path("overview/", self.admin_site.admin_view(partial(overview_view, self)), name="paytm_kit_overview"),
            path("<int:pk>/refund/", refund, name="paytm_kit_payment_refund"),
            path("<int:pk>/resolve/<str:word>/", resolve, name="paytm_kit_payment_resolve"),
            *super().get_urls(),
        ]

    def get_inlines(self, request: HttpRequest, obj: Payment | None) -> list[Any]:
        """Those that have something to show."""
        return [inline for inline in self.inlines if obj and inline.model._default_manager.filter(payment=obj).exists()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        payment = self.get_object(request, object_id)
        shown = payment_page.context(self, request, payment) if payment is not None else {}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})
