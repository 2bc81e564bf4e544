"""Refunds at the merchant's desk: read them, and send money back in two steps, so that nobody does it by a slip."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit import refunds
from paytm_kit.admin.readonly import ReadOnly, ReadOnlyInline
from paytm_kit.models import Payment, PaymentEvent, Refund
from paytm_kit.services import busy
from paytm_kit.templatetags.paytm_kit import rupees

MARKS = {"requested": "○", "pending": "◐", "succeeded": "●", "failed": "✕"}


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ("requested_at", "refund_id", "amount", "status", "external", "reason", "actor", "code", "message", "rrn")
    readonly_fields = fields


class RefundEventInline(ReadOnlyInline):
    model = PaymentEvent
    fields = ("created_at", "kind", "flag", "status_before", "status_after", "amount", "code", "message", "source")
    readonly_fields = fields


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("refund_id", "payment", "rupees", "state", "external", "actor", "requested_at", "closed_at")
    list_filter = ("status", "external", "requested_at")
    list_select_related = ("payment",)
    search_fields = ("refund_id", "gateway_refund_id", "transaction_id", "payment__gateway_order_id", "rrn", "arn")
    exclude = ("key", "shopper_text_source")
    inlines = (RefundEventInline,)

    @admin.display(description=_("amount"), ordering="amount")
    def rupees(self, refund: Refund) -> str:
        return rupees(refund.amount)

    @admin.display(description=_("status"), ordering="status")
    def state(self, refund: Refund) -> str:
        return f"{MARKS[refund.status]} {refund.get_status_display()}"


class RefundForm(forms.Form):
    """What a person asks for. ``seen_left`` is what they saw as left: it catches the second click."""

    transaction = forms.ChoiceField(label=_("Transaction"))
    amount = forms.DecimalField(label=_("Amount in rupees"), min_value=0, max_digits=12, decimal_places=2)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    wait = forms.BooleanField(
        label=_("Ask the bank at once"),
        required=False,
        help_text=_("The gateway answers when the bank has decided; this page waits for it."),
    )
    seen_left = forms.DecimalField(required=False, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, left: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {key: amount for key, amount in left.items() if amount}
        labels = [
            (key, gettext("%(id)s: %(left)s left") % {"id": key, "left": rupees(offered[key])}) for key in offered
        ]
        field = self.fields["transaction"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = labels
        if len(offered) == 1:
            self.fields["amount"].initial = next(iter(offered.values()))


def may_refund(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("paytm_kit.refund_payment"))


def refund_view(desk: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """First what and why, then the same once more to confirm, then it is sent."""
    payment = desk.get_object(request, str(pk))
    if payment is None or not may_refund(request):
        raise PermissionDenied
    if why := refunds.held(payment):
        values = {"id": payment.gateway_order_id, "why": why}
        messages.error(request, gettext("%(id)s: no refund now: %(why)s") % values)
        return _back(desk, payment)
    left = refunds.left(payment)
    form = RefundForm(request.POST or None, left=left)
    if request.method == "POST" and form.is_valid():
        # Only the page that asks "are you sure?" gives what was left then; without it nobody has been asked.
        if form.cleaned_data["confirmed"] and form.cleaned_data["seen_left"] is not None:
            return _send(desk, request, payment, form.cleaned_data)
        seen = left[form.cleaned_data["transaction"]]
        form = RefundForm({**request.POST.dict(), "seen_left": str(seen), "confirmed": "on"}, left=left)
        return _page(desk, request, payment, form, confirming=True)
    return _page(desk, request, payment, form, confirming=False)


def _page(
    desk: admin.ModelAdmin, request: HttpRequest, payment: Payment, form: RefundForm, *, confirming: bool
) -> HttpResponse:
    context = {
        **desk.admin_site.each_context(request),
        "title": gettext("Refund"),
        "payment": payment,
        "form": form,
        "confirming": confirming,
        "opts": desk.opts,
    }
    return render(request, "admin/paytm_kit/payment/refund.html", context)


def _send(desk: admin.ModelAdmin, request: HttpRequest, payment: Payment, asked: dict[str, Any]) -> HttpResponse:
    try:
        refund = refunds.request(
            payment,
            asked["amount"],
            reason=asked["reason"],
            actor=request.user.get_username(),
            transaction_id=asked["transaction"],
            wait=asked["wait"],
            seen_left=asked["seen_left"],
        )
    except refunds.NotRefundable as error:
        messages.error(request, str(error))
    except DatabaseError as error:
        messages.error(request, busy.told(error, payment.gateway_order_id))
    else:
        level = messages.ERROR if refund.status == Refund.Status.FAILED else messages.SUCCESS
        values = {"id": refund.refund_id, "status": refund.get_status_display(), "message": refund.message}
        messages.add_message(request, level, gettext("Refund %(id)s: %(status)s. %(message)s") % values)
    return _back(desk, payment)


def _back(desk: admin.ModelAdmin, payment: Payment) -> HttpResponse:
    page = reverse("admin:paytm_kit_payment_change", args=[payment.pk], current_app=desk.admin_site.name)
    return HttpResponseRedirect(page)
