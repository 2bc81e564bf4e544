"""Disputes at the merchant's desk: which are open and until when, and a person's word about how one ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from paytm_kit.admin.readonly import ReadOnly, ReadOnlyInline
from paytm_kit.models import Dispute, PaymentEvent
from paytm_kit.services import busy, disputes
from paytm_kit.templatetags.paytm_kit import rupees

MARKS = {"open": "◐", "unknown": "?", "won": "●", "lost": "✕", "closed": "■"}


class Shown:
    """What a list and an inline show alike."""

    @admin.display(description=_("disputed"), ordering="amount")
    def rupees(self, dispute: Dispute) -> str:
        return gettext("all of it") if dispute.amount is None else rupees(dispute.amount)

    @admin.display(description=_("status"), ordering="status")
    def state(self, dispute: Dispute) -> str:
        return f"{MARKS[dispute.status]} {dispute.get_status_display()}"

    @admin.display(description=_("answer due"), ordering="due_at")
    def due(self, dispute: Dispute) -> str:
        if dispute.due_at is None:
            return "-"
        when = date_format(timezone.localtime(dispute.due_at), "DATETIME_FORMAT")
        return gettext("⚠ overdue since %(when)s") % {"when": when} if dispute.is_overdue else when


class DisputeInline(Shown, ReadOnlyInline):
    model = Dispute
    fields = ("opened_at", "dispute_id", "rupees", "state", "due", "kind", "reason", "closed_at")
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
class DisputeAdmin(Shown, ReadOnly, admin.ModelAdmin):
    list_display = ("dispute_id", "payment", "rupees", "state", "due", "kind", "opened_at", "closed_at")
    list_filter = (StandingFilter, "status", "opened_at")
    list_select_related = ("payment",)
    search_fields = ("dispute_id", "transaction_id", "payment__gateway_order_id", "payment__order_label")
    exclude = ("key", "due_at")
    readonly_fields = ("due",)
    inlines = (DisputeEventInline,)
    change_form_template = "admin/paytm_kit/dispute/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        close = self.admin_site.admin_view(require_POST(self.close_view))
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
            raise PermissionDenied
        said = {"reason": request.POST.get("reason", ""), "actor": request.user.get_username()}
        try:
            after = disputes.close(dispute, request.POST.get("status", ""), **said)
        except disputes.CannotClose as error:
            messages.error(request, str(error))
        except DatabaseError as error:
            messages.error(request, busy.told(error, dispute.payment.gateway_order_id))
        else:
            values = {"id": after.dispute_id, "status": after.get_status_display()}
            messages.success(request, gettext("Dispute %(id)s: %(status)s.") % values)
        page = reverse("admin:paytm_kit_dispute_change", args=[pk], current_app=self.admin_site.name)
        return HttpResponseRedirect(page)

    def _may_close(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("paytm_kit.change_dispute"))
