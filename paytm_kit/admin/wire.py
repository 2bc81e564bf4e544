"""Wire messages, events and announcements in the admin, each as a list of its own."""

from __future__ import annotations

from django.contrib import admin

from paytm_kit.admin.readonly import ReadOnly
from paytm_kit.models import Announcement, PaymentEvent, WireMessage


@admin.register(WireMessage)
class WireMessageAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "created_at",
        "direction",
        "channel",
        "gateway_order_id",
        "verdict",
        "http_status",
        "elapsed_ms",
        "remote_ip",
    )
    list_filter = ("created_at", "direction", "channel", "verdict", "account")
    search_fields = ("gateway_order_id", "correlation_id")
    list_select_related = ("payment",)


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("created_at", "payment", "kind", "flag", "amount", "code", "source", "actor")
    list_filter = ("created_at", "kind", "flag", "source")
    search_fields = ("payment__gateway_order_id", "transaction_id")
    list_select_related = ("payment",)
    exclude = ("fingerprint",)


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("created_at", "signal", "state", "attempts", "next_try_at", "last_error")
    list_filter = ("state", "signal")
    search_fields = ("event__payment__gateway_order_id",)
    list_select_related = ("event",)
