"""Flags at the desk: what each asks for, and the page where a person says that it is seen to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from paytm_kit.admin import badges
from paytm_kit.admin.acting import deny, note
from paytm_kit.admin.desk import CONFIRM, DeskAdmin
from paytm_kit.models import Payment
from paytm_kit.services import advice, audit, busy, flags

ACTION = "payment.resolve_flag"


def may_resolve(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("paytm_kit.resolve_flag"))


def rows(desk: DeskAdmin, request: HttpRequest, payment: Payment) -> list[dict[str, Any]]:
    """A payment's open flags with what to do; a link to resolve each where that is allowed and holds nobody up."""
    offered = may_resolve(request) and not payment.is_held
    return [
        {"word": badges.FLAGS[said.flag], "advice": said, "url": _url(desk, payment, said.flag) if offered else ""}
        for said in advice.about_flags(payment)
    ]


def _url(desk: DeskAdmin, payment: Payment, word: str) -> str:
    return reverse("admin:paytm_kit_payment_resolve", args=[payment.pk, word], current_app=desk.admin_site.name)


def resolve_view(desk: DeskAdmin, request: HttpRequest, pk: int, word: str) -> HttpResponse:
    """First what the flag says and asks for, then a person's reason; a flag raised anew in between stays open."""
    payment = desk.get_object(request, str(pk))
    if payment is None or not may_resolve(request) or not desk.has_view_permission(request, payment):
        raise deny(request, ACTION, payment)
    reason = request.POST.get("reason", "").strip()
    if why := flags.why_not(payment, word):
        messages.error(request, why)
        return desk.back(payment)
    if request.method == "POST" and reason:
        _resolve(request, payment, word, reason)
        return desk.back(payment)
    return _page(desk, request, payment, word)


def _resolve(request: HttpRequest, payment: Payment, word: str, reason: str) -> None:
    seen = request.POST.get("seen", "")
    result, said = audit.Result.DONE, gettext("The flag is resolved. It stays in the story, with your reason.")
    try:
        person = request.user.get_username()
        flags.resolve(payment, word, actor=person, reason=reason, seen=int(seen) if seen.isdecimal() else 0)
    except flags.CannotResolve as error:
        result, said = audit.Result.REFUSED, str(error)
    except DatabaseError as error:
        result, said = audit.Result.FAILED, busy.told(error, payment.gateway_order_id)
    level = messages.SUCCESS if result == audit.Result.DONE else messages.ERROR
    messages.add_message(request, level, said)
    note(request, ACTION, payment, reason=reason, result=result, detail=f"{word}: {said}")


def _page(desk: DeskAdmin, request: HttpRequest, payment: Payment, word: str) -> HttpResponse:
    said = next(row for row in advice.about_flags(payment) if row.flag == word)
    if request.method == "POST":
        messages.error(request, gettext("Say what you found: the reason is kept with the payment."))
    context = {
        **desk.admin_site.each_context(request),
        "title": gettext("Resolve a flag"),
        "opts": desk.opts,
        "explains": f"{said.what}. {said.todo}",
        "warning": gettext(
            "It will no longer count as open. No money moves, and the order does not become payable. Should the "
            "gateway report something new of that kind, it is raised again."
        ),
        "rows": [(payment, audit.label_of(payment), "")],
        "able": 1,
        "hidden": {"seen": str(flags.newest(payment, word))},
        "needs_reason": True,
        "back": desk.page_of(payment),
        "media": desk.media,
    }
    return render(request, CONFIRM, context)
