"""Payments in the admin: find one, read its story, ask the gateway about it now."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from paytm_kit.admin.disputes import DisputeInline
from paytm_kit.admin.readonly import ReadOnly, ReadOnlyInline
from paytm_kit.admin.refunds import RefundInline, may_refund, refund_view
from paytm_kit.gateways.base import GatewayError
from paytm_kit.models import Flag, Payment, PaymentEvent, WireMessage
from paytm_kit.refunds import held, left
from paytm_kit.services import busy, closing, confirm
from paytm_kit.templatetags.paytm_kit import rupees

# A shape besides the colour, so that the status can be told without seeing colours.
MARKS = {"created": "○", "processing": "◐", "paid": "●", "failed": "✕", "expired": "⌛"}


class FlagFilter(admin.SimpleListFilter):
    title = _("flag")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("any", gettext("Any flag")), *((value, str(label)) for value, label in Flag.choices)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() == "any":
            return queryset.exclude(flags="")
        if not self.value():
            return None
        words = Concat(Value(" "), F("flags"), Value(" "), output_field=TextField())
        return queryset.alias(flag_words=words).filter(flag_words__contains=f" {self.value()} ")


class EventInline(ReadOnlyInline):
    model = PaymentEvent
    fields = (
        "created_at",
        "kind",
        "flag",
        "status_before",
        "status_after",
        "amount",
        "code",
        "message",
        "source",
        "actor",
    )
    readonly_fields = fields


class WireMessageInline(ReadOnlyInline):
    model = WireMessage
    fields = ("created_at", "direction", "channel", "verdict", "http_status", "detail", "elapsed_ms", "correlation_id")
    readonly_fields = fields


@admin.register(Payment)
class PaymentAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "gateway_order_id",
        "order_label",
        "rupees",
        "state",
        "flags",
        "payment_mode",
        "account",
        "created_at",
    )
    # No date_hierarchy: it fails on MariaDB and MySQL servers whose time zone tables were never loaded.
    list_filter = ("status", FlagFilter, "created_at", "payment_mode", "account", "environment")
    search_fields = (
        "gateway_order_id",
        "order_label",
        "transaction_id",
        "bank_transaction_id",
        "events__transaction_id",
    )
    actions = ("ask_now",)
    inlines = (DisputeInline, RefundInline, EventInline, WireMessageInline)
    change_form_template = "admin/paytm_kit/payment/change_form.html"
    exclude = ("token", "open_slot", "shopper_text_source", "content_type", "object_id")
    readonly_fields = ("order_link",)

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description=_("amount"), ordering="amount")
    def rupees(self, payment: Payment) -> str:
        return rupees(payment.amount)

    @admin.display(description=_("status"), ordering="status")
    def state(self, payment: Payment) -> str:
        return f"{MARKS[payment.status]} {payment.get_status_display()}"

    @admin.display(description=_("order page"))
    def order_link(self, payment: Payment) -> str | SafeString:
        name = f"admin:{payment.content_type.app_label}_{payment.content_type.model}_change"
        try:
            url = reverse(name, args=[payment.object_id], current_app=self.admin_site.name)
        except NoReverseMatch:
            return payment.order_label
        return format_html('<a href="{}">{}</a>', url, payment.order_label or payment.object_id)

    @admin.action(description=_("Ask the gateway now"), permissions=["ask"])
    def ask_now(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        for payment in queryset:
            self._ask(request, payment)

    def get_urls(self) -> list[URLPattern]:
        # Asking waits for the gateway: never inside a transaction that holds a payment's lock.
        ask = transaction.non_atomic_requests(self.admin_site.admin_view(require_POST(self.ask_view)))
        close = self.admin_site.admin_view(require_POST(self.close_view))
        refund = transaction.non_atomic_requests(self.admin_site.admin_view(partial(refund_view, self)))
        return [
            path("<int:pk>/ask/", ask, name="paytm_kit_payment_ask"),
            path("<int:pk>/close/", close, name="paytm_kit_payment_close"),
            path("<int:pk>/refund/", refund, name="paytm_kit_payment_refund"),
            *super().get_urls(),
        ]

    @method_decorator(transaction.non_atomic_requests)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        payment = self.get_object(request, object_id)
        can_close = payment is not None and (payment.is_open or payment.is_held) and self._may_close(request)
        can_refund = payment is not None and may_refund(request) and any(left(payment).values())
        refund_held = held(payment) if payment is not None and can_refund else ""
        offered = {"can_close": can_close, "can_refund": can_refund and not refund_held, "refund_held": refund_held}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **offered})

    def _may_close(self, request: HttpRequest) -> bool:
        return request.user.has_perm("paytm_kit.change_payment")

    def ask_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button on a payment's own page."""
        payment = self.get_object(request, str(pk))
        if payment is None or not self.has_view_permission(request, payment):
            raise PermissionDenied
        self._ask(request, payment)
        return self._back(pk)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A person has looked: the reason goes into the payment's events."""
        payment = self.get_object(request, str(pk))
        if payment is None or not self._may_close(request):
            raise PermissionDenied
        try:
            closing.close(payment, actor=request.user.get_username(), reason=request.POST.get("reason", ""))
        except closing.CannotClose as error:
            messages.error(request, str(error))
        except DatabaseError as error:
            messages.error(request, busy.told(error, payment.gateway_order_id))
        else:
            messages.success(request, gettext("Closed. The order can be paid anew."))
        return self._back(pk)

    def _back(self, pk: int) -> HttpResponse:
        page = reverse("admin:paytm_kit_payment_change", args=[pk], current_app=self.admin_site.name)
        return HttpResponseRedirect(page)

    def _ask(self, request: HttpRequest, payment: Payment) -> None:
        try:
            after = confirm.ask(payment, source="admin", actor=request.user.get_username())
        except GatewayError as error:
            text = gettext("%(id)s: the gateway could not be asked: %(error)s")
            messages.error(request, text % {"id": payment.gateway_order_id, "error": error})
            return
        except DatabaseError as error:
            messages.error(request, busy.told(error, payment.gateway_order_id, asked=True))
            return
        text = gettext("%(id)s: %(status)s. %(message)s")
        values = {"id": after.gateway_order_id, "status": after.get_status_display(), "message": after.message}
        messages.success(request, text % values)
