"""Disputes at the merchant's desk: which are open and until when, and a person's word about how one ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import Error as DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from paytm_kit.admin import badges, filters
from paytm_kit.admin.acting import deny, note
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.admin.readonly import ReadOnlyInline
from paytm_kit.models import Dispute, PaymentEvent
from paytm_kit.services import audit, busy, disputes, finding
from paytm_kit.templatetags.paytm_kit import money

ACTION = "dispute.close"


class Shown:
    """What a list and an inline show alike."""

    @admin.display(description=_("disputed"), ordering="amount")
    def money(self, dispute: Dispute) -> str:
        return gettext("all of it") if dispute.amount is None else money(dispute)

    @admin.display(description=_("status"), ordering="status")
    def state(self, dispute: Dispute) -> SafeString:
        return badges.badge(Dispute, dispute.status, dispute.get_status_display())

    @admin.display(description=_("answer due"), ordering="due_at")
    def due(self, dispute: Dispute) -> str:
        if dispute.due_at is None:
            return "-"
        when = date_format(timezone.localtime(dispute.due_at), "DATETIME_FORMAT")
        return gettext("⚠ overdue since %(when)s") % {"when": when} if dispute.is_overdue else when


class DisputeInline(Shown, ReadOnlyInline):
    model = Dispute
    fields = ("opened_at", "dispute_id", "money", "state", "due", "kind", "reason", "closed_at")
    readonly_fields = fields


class DisputeEventInline(ReadOnlyInline):
    model = PaymentEvent
    fields = ("created_at", "kind", "flag", "status_before", "status_after", "amount", "message", "source", "actor")
    readonly_fields = fields


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("undecided", gettext("Undecided")), ("overdue", gettext("Answer overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        found = {"undecided": Dispute.objects.undecided(), "overdue": Dispute.objects.overdue(timezone.now())}
        wanted = found.get(self.value() or "")
        return None if wanted is None else queryset.filter(pk__in=wanted.values("pk"))


@admin.register(Dispute)
class DisputeAdmin(Shown, DeskAdmin, OfPayment):
    list_display = ("dispute_id", "its_payment", "money", "state", "due", "kind", "opened_at", "closed_at")
    list_filter = (filters.by_day("opened_at"), StandingFilter, "status")
    list_select_related = ("payment",)
    finder = finding.DISPUTES
    search_help_text = _("Dispute id, TXNID, ORDERID or order.")
    fields = (
        *("its_payment", "dispute_id", "state", "due", "money", "transaction_id", "word", "kind", "reason"),
        *("opened_at", "closed_at"),
    )
    readonly_fields = ("its_payment", "state", "due", "money")
    inlines = (DisputeEventInline,)
    change_form_template = "admin/paytm_kit/dispute/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        close = self.beside_transactions(require_POST(self.close_view))
        return [path("<int:pk>/close/", close, name="paytm_kit_dispute_close"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        dispute = self.get_object(request, object_id)
        offered = [(value, label) for value, label in Dispute.Status.choices if value not in Dispute.UNDECIDED]
        endings = [ending for ending in offered if dispute and ending[0] != dispute.status]
        context = {**(extra_context or {}), "endings": endings if self._may_close(request) else []}
        return super().change_view(request, object_id, form_url, context)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A person has looked into the gateway's dashboard; what was found there goes into the payment's events."""
        dispute = self.get_object(request, str(pk))
        if dispute is None or not self._may_close(request):
            raise deny(request, ACTION, dispute)
        said = {"reason": request.POST.get("reason", ""), "actor": request.user.get_username()}
        level, result = messages.ERROR, audit.Result.REFUSED
        try:
            after = disputes.close(dispute, request.POST.get("status", ""), **said)
        except disputes.CannotClose as error:
            told = str(error)
        except DatabaseError as error:
            result, told = audit.Result.FAILED, busy.told(error, dispute.payment.gateway_order_id)
        else:
            values = {"id": after.dispute_id, "status": after.get_status_display()}
            level, result = messages.SUCCESS, audit.Result.DONE
            told = gettext("Dispute %(id)s: %(status)s.") % values
        messages.add_message(request, level, told)
        note(request, ACTION, dispute, reason=said["reason"], result=result, detail=told)
        return self.back(dispute)

    def _may_close(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("paytm_kit.change_dispute"))
