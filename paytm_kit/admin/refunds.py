"""Refunds at the merchant's desk: read them, and send money back in two steps, so that nobody does it by a slip."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit import refunds
from paytm_kit.admin import badges, filters
from paytm_kit.admin.acting import Act, deny, note
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.admin.export import Exported
from paytm_kit.admin.readonly import ReadOnlyInline
from paytm_kit.currencies import INR, decimals, fits
from paytm_kit.models import Payment, PaymentEvent, Refund
from paytm_kit.money import shown
from paytm_kit.services import audit, busy, export, finding
from paytm_kit.templatetags.paytm_kit import money

ACTION = "payment.refund"


class Shown:
    """What a list and an inline show alike."""

    @admin.display(description=_("amount"), ordering="amount")
    def money(self, refund: Refund) -> str:
        return money(refund)

    @admin.display(description=_("status"), ordering="status")
    def state(self, refund: Refund) -> SafeString:
        return badges.badge(Refund, refund.status, refund.get_status_display())


class RefundInline(Shown, ReadOnlyInline):
    model = Refund
    fields = ("requested_at", "refund_id", "money", "state", "external", "reason", "actor", "code", "message", "rrn")
    readonly_fields = fields
    classes = ("pk-inline",)


class RefundEventInline(ReadOnlyInline):
    model = PaymentEvent
    fields = ("created_at", "kind", "flag", "status_before", "status_after", "amount", "code", "message", "source")
    readonly_fields = fields


def _ask(refund: Refund, actor: str, reason: str) -> str:
    after = refunds.ask(refund, source="admin", actor=actor)
    values = {"id": after.refund_id, "status": after.get_status_display(), "message": after.message}
    return gettext("Refund %(id)s: %(status)s. %(message)s") % values


def _is_over(refund: Refund) -> str:
    return "" if refund.is_open else gettext("It is decided: there is nothing to ask.")


ASK = Act(
    name="ask",
    action="ask_now",
    audit="refund.ask",
    right="view_refund",
    label=_("Ask the gateway now"),
    explains=_(
        "The gateway is asked what became of each refund, and its answer goes into the books. No further money moves. "
        "One question can take half a minute."
    ),
    do=_ask,
    why_not=_is_over,
    at_once=5,
    asks=True,
)


@admin.register(Refund)
class RefundAdmin(Shown, Exported, OfPayment):
    sheet = export.REFUNDS
    list_display = ("refund_id", "its_payment", "money", "state", "external", "actor", "requested_at", "closed_at")
    list_filter = (filters.by_day("requested_at"), "status", "external", filters.OpenRefundFilter)
    list_select_related = ("payment",)
    finder = finding.REFUNDS
    search_help_text = _("REFUNDID, the gateway's refund id, TXNID, RRN, ARN, ORDERID, order, or a customer's contact.")
    acts = (ASK,)
    fields = (
        *("its_payment", "refund_id", "state", "money", "reason", "actor", "external", "wait", "transaction_id"),
        *("gateway_refund_id", "code", "message", "rrn", "arn", "credit_expected"),
        *("requested_at", "sent_at", "closed_at", "asked_at", "next_ask_at"),
    )
    readonly_fields = ("its_payment", "state", "money")
    inlines = (RefundEventInline,)


class RefundForm(forms.Form):
    """What a person asks for, in the payment's currency. ``seen_left`` is what they saw as left: it catches the second
    click."""

    transaction = forms.ChoiceField(label=_("Transaction"))
    amount = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    wait = forms.BooleanField(
        label=_("Ask the bank at once"),
        required=False,
        help_text=_("The gateway answers when the bank has decided; this page waits for it."),
    )
    seen_left = forms.DecimalField(required=False, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, left: dict[str, Decimal], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        offered = {key: amount for key, amount in left.items() if amount}
        labels = [
            (key, gettext("%(id)s: %(left)s left") % {"id": key, "left": shown(offered[key], currency)})
            for key in offered
        ]
        self.fields["amount"].label = _("Amount in rupees") if currency == INR else f"{gettext('Amount')} ({currency})"
        if not decimals(currency):
            self.fields["amount"].widget.attrs["step"] = "1"
        field = self.fields["transaction"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = labels
        if len(offered) == 1:
            whole = next(iter(offered.values()))
            self.fields["amount"].initial = whole if decimals(currency) else int(whole)

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if not fits(amount, self.currency):
            text = gettext("Amounts in %(currency)s have no decimals. Write a whole number.")
            raise forms.ValidationError(text % {"currency": self.currency})
        return amount


def may_refund(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("paytm_kit.refund_payment"))


def refund_view(desk: DeskAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """First what and why, then the same once more to confirm, then it is sent."""
    payment = desk.get_object(request, str(pk))
    if payment is None or not may_refund(request):
        raise deny(request, ACTION, payment)
    if why := refunds.held(payment):
        values = {"id": payment.gateway_order_id, "why": why}
        messages.error(request, gettext("%(id)s: no refund now: %(why)s") % values)
        return desk.back(payment)
    left = refunds.left(payment)
    form = RefundForm(request.POST or None, left=left, currency=payment.currency)
    if request.method == "POST" and form.is_valid():
        # Only the page that asks "are you sure?" gives what was left then; without it nobody has been asked.
        if form.cleaned_data["confirmed"] and form.cleaned_data["seen_left"] is not None:
            return _send(desk, request, payment, form.cleaned_data)
        seen = left[form.cleaned_data["transaction"]]
        said = shown(form.cleaned_data["amount"], payment.currency)
        again = {**request.POST.dict(), "seen_left": str(seen), "confirmed": "on"}
        return _page(desk, request, payment, RefundForm(again, left=left, currency=payment.currency), confirming=said)
    return _page(desk, request, payment, form)


def _page(
    desk: DeskAdmin, request: HttpRequest, payment: Payment, form: RefundForm, *, confirming: str = ""
) -> HttpResponse:
    """``confirming``: how much is about to be sent, where the person is asked whether they are sure."""
    context = {
        **desk.admin_site.each_context(request),
        "title": gettext("Refund"),
        "payment": payment,
        "form": form,
        "confirming": confirming,
        "opts": desk.opts,
        "media": desk.media,
    }
    return render(request, "admin/paytm_kit/payment/refund.html", context)


def _send(desk: DeskAdmin, request: HttpRequest, payment: Payment, asked: dict[str, Any]) -> HttpResponse:
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
        level, result, said = messages.ERROR, audit.Result.REFUSED, str(error)
    except DatabaseError as error:
        level, result, said = messages.ERROR, audit.Result.FAILED, busy.told(error, payment.gateway_order_id)
    else:
        failed = refund.status == Refund.Status.FAILED
        level = messages.ERROR if failed else messages.SUCCESS
        result = audit.Result.FAILED if failed else audit.Result.DONE
        values = {"id": refund.refund_id, "status": refund.get_status_display(), "message": refund.message}
        said = gettext("Refund %(id)s: %(status)s. %(message)s") % values
    messages.add_message(request, level, said)
    amount = shown(asked["amount"], payment.currency)
    note(request, ACTION, payment, reason=asked["reason"], result=result, detail=f"{amount}: {said}")
    return desk.back(payment)
