"""Letters at the desk: which e-mails went out to whom, masked, and which did not. A payment's page sends one again."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import badges, filters
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.models import Letter
from paytm_kit.services import finding


@admin.register(Letter)
class LetterAdmin(DeskAdmin, OfPayment):
    list_display = ("at", "went", "kind", "audience", "its_payment", "recipient", "attempts", "actor", "note")
    list_filter = (filters.FailingFilter, "state", "kind", "audience", ("created_at", admin.DateFieldListFilter))
    finder = finding.LETTERS
    search_help_text = _("ORDERID, whole.")
    ordering = ("-pk",)
    list_select_related = ("event__payment",)
    fields = (
        *("its_payment", "event", "kind", "audience", "went", "recipient", "language", "copy", "actor", "attempts"),
        *("note", "created_at", "next_try_at", "closed_at"),
    )
    readonly_fields = ("its_payment", "went")

    @admin.display(description=_("state"), ordering="state")
    def went(self, letter: Letter) -> SafeString:
        return badges.badge(Letter, letter.state, letter.get_state_display())
