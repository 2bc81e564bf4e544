"""The base of every page of the desk: it reads, finds by ids first, and acts behind a right and a question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin.acting import MOST, Act, deny, perform_all
from paytm_kit.admin.readonly import ReadOnly
from paytm_kit.models import Payment
from paytm_kit.services import audit, finding

CONFIRM = "admin/paytm_kit/confirm.html"


class DeskAdmin(ReadOnly, admin.ModelAdmin):
    """A list and pages that show; ``acts`` is all that can be done there, ``finder`` what its search looks for."""

    acts: tuple[Act, ...] = ()
    finder: finding.Finder | None = None
    show_facets = admin.ShowFacets.NEVER  # each would count the whole table
    show_full_result_count = False
    change_form_template = "admin/paytm_kit/change_form.html"
    object_history_template = "admin/paytm_kit/history.html"

    class Media:
        css = {"all": ("paytm_kit/desk.css",)}

    # ---- Finding

    def get_search_fields(self, request: HttpRequest) -> list[str] | tuple[str, ...]:
        return self.finder.keys if self.finder else super().get_search_fields(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if self.finder is None:
            return super().get_search_results(request, queryset, search_term)
        return finding.find(queryset, self.finder, search_term), False

    # ---- Acting

    def get_urls(self) -> list[URLPattern]:
        # An act may wait for the gateway or the mail server: never inside a transaction that holds a payment's lock.
        found = [
            path(
                f"<int:pk>/{act.name}/", self.beside_transactions(partial(self.act_view, act)), name=self.url_name(act)
            )
            for act in self.acts
        ]
        return [*found, *super().get_urls()]

    def beside_transactions(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        """A page of the desk that ATOMIC_REQUESTS does not wrap in a transaction."""
        return transaction.non_atomic_requests(self.admin_site.admin_view(view))

    def url_name(self, act: Act) -> str:
        return f"paytm_kit_{self.opts.model_name}_{act.name}"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's own keeps what its forms changed, and here there are none: the audit log is the history."""
        row = self.get_object(request, object_id)
        may_see = bool(request.user.has_perm("paytm_kit.view_auditentry"))
        entries = audit.of(row) if may_see and row is not None else []
        return super().history_view(
            request, object_id, {"entries": entries, "may_see": may_see, "media": self.media, **(extra_context or {})}
        )

    @method_decorator(transaction.non_atomic_requests)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = {**super().get_actions(request)}
        for act in self.acts:
            if act.action and act.allowed(request):
                found[act.action] = (partial(self._chosen, act), act.action, act.label)
        return found

    @staticmethod
    def _chosen(act: Act, desk: DeskAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """From the list: the rows that were ticked, asked about once more unless they are few and it is harmless."""
        chosen = list(rows[: MOST + 1])
        if len(chosen) > MOST:
            messages.error(request, gettext("At most %(most)d at a time: choose fewer.") % {"most": MOST})
            return None
        reason = request.POST.get("reason", "").strip()
        if len(chosen) <= act.at_once or (request.POST.get("confirmed") and (reason or not act.needs_reason)):
            perform_all(request, act, chosen, reason)
            return None
        return desk.confirm(request, act, chosen, {"action": act.action, "index": "0"})

    def act_view(self, act: Act, request: HttpRequest, pk: int) -> HttpResponse:
        """From a row's own page: first what will happen, then, sent as a form, it happens."""
        row = self.get_object(request, str(pk))
        if row is None or not (act.allowed(request) and self.has_view_permission(request, row)):
            raise deny(request, act.audit, row)
        if request.method != "POST" and act.at_once:
            return HttpResponseNotAllowed(["POST"])
        reason = request.POST.get("reason", "").strip()
        if request.method == "POST" and (reason or not act.needs_reason):
            perform_all(request, act, [row], reason)
            return self.back(row)
        return self.confirm(request, act, [row], {})

    def confirm(self, request: HttpRequest, act: Act, rows: list[Any], hidden: dict[str, str]) -> HttpResponse:
        """The page that asks: what will happen, on how many, and which rows it makes no sense for."""
        judged = [(row, audit.label_of(row), act.why_not(row)) for row in rows]
        able = [row for row, _label, why in judged if not why]
        if act.needs_reason and "reason" in request.POST:
            messages.error(request, gettext("Say what you found: the reason is kept."))
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "explains": act.explains,
            "rows": judged,
            "able": len(able),
            "count": ngettext("It will be done for %(count)d.", "It will be done for %(count)d.", len(able))
            % {"count": len(able)},
            "hidden": {**hidden, "confirmed": "yes"},
            "chosen": [row.pk for row in able] if hidden else [],
            "checkbox": ACTION_CHECKBOX_NAME,
            "needs_reason": act.needs_reason,
            "back": request.get_full_path() if hidden else self.page_of(rows[0]),
            "media": self.media,
        }
        return render(request, CONFIRM, context)

    def page_of(self, row: Any) -> str:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        return reverse(name, args=[row.pk], current_app=self.admin_site.name)

    def back(self, row: Any) -> HttpResponse:
        return HttpResponseRedirect(self.page_of(row))

    def offered(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """The acts that this person may do to this row now, for its own page."""
        return [
            {"act": act, "url": reverse(f"admin:{self.url_name(act)}", args=[row.pk], current_app=self.admin_site.name)}
            for act in self.acts
            if act.allowed(request) and not act.why_not(row)
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if self.acts else None
        offered = self.offered(request, row) if row is not None else []
        return super().change_view(request, object_id, form_url, {"offered": offered, **(extra_context or {})})


def moment(at: datetime) -> str:
    """``2026-11-21 10:11:12`` in the shop's time zone: short, and in a list each line stands below the other."""
    return date_format(timezone.localtime(at), "Y-m-d H:i:s")


class OfPayment:
    """For rows that belong to a payment: when, and the column that leads to it."""

    admin_site: admin.AdminSite

    @admin.display(description=_("at"), ordering="created_at")
    def at(self, row: Any) -> str:
        return moment(row.created_at)

    @admin.display(description=_("payment"))
    def its_payment(self, row: Any) -> str | SafeString:
        payment = audit.payment_of(row)
        return payment_link(self.admin_site, payment) if payment is not None else "-"


def payment_link(site: admin.AdminSite, payment: Payment) -> SafeString:
    url = reverse("admin:paytm_kit_payment_change", args=[payment.pk], current_app=site.name)
    return format_html('<a href="{}">{}</a>', url, payment.gateway_order_id)
