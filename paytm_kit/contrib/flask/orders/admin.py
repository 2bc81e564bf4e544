"""The shop's orders at the desk: to look at, since the shop writes them."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin.readonly import ReadOnly
from paytm_kit.contrib.flask.orders.models import FlaskOrder


@admin.register(FlaskOrder)
class FlaskOrderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("key", "label", "amount", "currency", "paid", "created_at")
    search_fields = ("=key", "label", "=email")
    list_per_page = 50  # each row asks the ledger
    fields = ("key", "label", "amount", "currency", "paid", "customer_id", "email", "mobile", "language", "created_at")

    @admin.display(boolean=True, description=_("paid"))
    def paid(self, order: FlaskOrder) -> bool:
        return order.is_paid
