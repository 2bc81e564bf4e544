"""Takes a list out of the desk: the rows that it shows with its filters and its search, asked first, written down."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import Error as DatabaseError
from django.http import FileResponse, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin.acting import deny
from paytm_kit.admin.desk import DeskAdmin
from paytm_kit.services import audit, export

TEMPLATE = "admin/paytm_kit/export.html"
RIGHT = "paytm_kit.export_payment"
KINDS = {"csv": _("Download CSV"), "xlsx": _("Download XLSX")}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Exported(DeskAdmin):
    """A list that can be taken out, as the ``sheet`` of its rows. Its change_list.html leads there."""

    sheet: export.Sheet

    def get_urls(self) -> list[URLPattern]:
        # An XLSX file takes its time: no transaction around it.
        view = self.beside_transactions(partial(export_view, self, self.sheet))
        return [path("export/", view, name=f"paytm_kit_{self.opts.model_name}_export"), *super().get_urls()]


def export_view(desk: admin.ModelAdmin, sheet: export.Sheet, request: HttpRequest) -> HttpResponseBase:
    """First how many rows it will be; then, sent as a form, the file."""
    action = f"{desk.opts.model_name}.export"
    if not (desk.has_view_permission(request) and request.user.has_perm(RIGHT)):
        raise deny(request, action)
    request.current_app = desk.admin_site.name  # for the template's addresses
    listed = reverse(f"admin:paytm_kit_{desk.opts.model_name}_changelist", current_app=desk.admin_site.name)
    try:
        shown = desk.get_changelist_instance(request)
    except IncorrectLookupParameters:
        messages.error(request, gettext("These filters cannot be understood: nothing was exported."))
        return HttpResponseRedirect(listed)
    if request.method == "POST":
        try:
            return _given(request, action, shown, sheet)
        except export.CannotExport as error:
            messages.error(request, str(error))
        except DatabaseError:
            messages.error(request, gettext("The database failed: nothing was exported. Try again in a moment."))
    return _page(desk, request, shown, listed)


def _given(request: HttpRequest, action: str, shown: Any, sheet: export.Sheet) -> HttpResponseBase:
    """The file, once it is written down that it was given. Raises CannotExport and DatabaseError."""
    kind = request.POST.get("format", "")
    response = _file(sheet, shown.queryset, kind)
    detail = f"{kind}; {urlencode(sorted(shown.params.items())) or 'everything'}"
    try:
        audit.record(request, action, count=shown.result_count, detail=detail)
    except DatabaseError:
        response.close()
        raise
    return response


def _page(desk: admin.ModelAdmin, request: HttpRequest, shown: Any, listed: str) -> HttpResponseBase:
    context = {
        **desk.admin_site.each_context(request),
        "title": gettext("Export"),
        "opts": desk.opts,
        "media": desk.media,
        "kinds": [(kind, str(label)) for kind, label in KINDS.items()],
        "count": shown.result_count,
        "grouped": number_format(shown.result_count, force_grouping=True),
        "narrowed": shown.has_active_filters or bool(shown.query),
        "back": listed + shown.get_query_string(),
    }
    return render(request, TEMPLATE, context)


def _file(sheet: export.Sheet, rows: Any, kind: str) -> HttpResponseBase:
    name = f"{sheet.name}-{timezone.localdate().isoformat()}"
    if kind == "xlsx":
        file = export.xlsx_file(sheet, rows)
        return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    if kind == "csv":
        response = StreamingHttpResponse(export.csv_text(sheet, rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    raise export.CannotExport(gettext("Choose CSV or XLSX."))
