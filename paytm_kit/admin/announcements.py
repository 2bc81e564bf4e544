"""Events and announcements at the desk: what the ledger accepted, who has still to hear of it, and "try it now"."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import badges, filters
from paytm_kit.admin.acting import Act, Refused
from paytm_kit.admin.desk import DeskAdmin, OfPayment
from paytm_kit.models import Announcement, PaymentEvent
from paytm_kit.services import announce, audit, finding
from paytm_kit.templatetags.paytm_kit import money


def _retry(announcement: Announcement, actor: str, reason: str) -> str:
    values = {"signal": announcement.signal, "id": audit.label_of(announcement)}
    if announce.deliver(announcement.pk):
        return gettext("%(signal)s of %(id)s: your code has heard it.") % values
    announcement.refresh_from_db()
    values["error"] = announcement.last_error or gettext("another worker has it in hand")
    raise Refused(gettext("%(signal)s of %(id)s was not delivered: %(error)s") % values)


def _was_heard(announcement: Announcement) -> str:
    waiting = announcement.state == Announcement.State.WAITING
    return "" if waiting else gettext("It was delivered already, and is never delivered twice.")


RETRY = Act(
    name="retry",
    action="retry",
    audit="announcement.retry",
    right="retry_announcement",
    label=_("Try again now…"),
    explains=_(
        "Your code's receivers are called again, without waiting for the next try. What they wrote in vain before was "
        "undone, so nothing happens twice. The payment is not touched."
    ),
    do=_retry,
    why_not=_was_heard,
)


@admin.register(PaymentEvent)
class PaymentEventAdmin(DeskAdmin, OfPayment):
    list_display = ("at", "what", "its_payment", "flag", "money", "code", "source", "actor", "message")
    list_filter = (filters.by_day("created_at"), "kind", "flag", *filters.recent(source=_("heard through")))
    finder = finding.EVENTS
    search_help_text = _("ORDERID or TXNID, whole.")
    ordering = ("-pk",)
    list_select_related = ("payment",)
    exclude = ("fingerprint",)

    @admin.display(description=_("what happened"), ordering="kind")
    def what(self, event: PaymentEvent) -> SafeString:
        return badges.badge(PaymentEvent, event.kind, event.get_kind_display())

    @admin.display(description=_("amount"), ordering="amount")
    def money(self, event: PaymentEvent) -> str:
        return money(event) if event.amount is not None else "-"


@admin.register(Announcement)
class AnnouncementAdmin(DeskAdmin, OfPayment):
    list_display = ("at", "heard", "signal", "its_payment", "attempts", "next_try_at", "last_error")
    list_filter = (filters.by_day("created_at"), filters.FailingFilter, "state", *filters.recent(signal=_("signal")))
    finder = finding.ANNOUNCEMENTS
    search_help_text = _("ORDERID, whole.")
    ordering = ("-pk",)
    list_select_related = ("event__payment",)
    acts = (RETRY,)
    fields = (
        *("its_payment", "event", "signal", "heard", "attempts", "last_error", "next_try_at"),
        *("created_at", "delivered_at"),
    )
    readonly_fields = ("its_payment", "heard")

    @admin.display(description=_("state"), ordering="state")
    def heard(self, announcement: Announcement) -> SafeString:
        return badges.badge(Announcement, announcement.state, announcement.get_state_display())
