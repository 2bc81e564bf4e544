"""The shop for its staff: the catalogue to edit, the orders to read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from demo_site.shop.models import Category, Order, OrderLine, Product
from paytm_kit.templatetags.paytm_kit import money


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "currency", "position"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "category", "pack", "price", "is_available"]
    list_filter = ["category", "is_available"]
    list_select_related = ["category"]
    search_fields = ["name", "summary"]
    prepopulated_fields = {"slug": ["name"]}


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    fields = ("name", "pack", "unit_price", "quantity")
    readonly_fields = fields
    can_delete = False
    max_num = 0


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """What was ordered stays as it was; staff may correct the address and write remarks."""

    list_display = ["number", "name", "amount", "created_at", "paid_at", "needs_a_look"]
    list_filter = [("paid_at", admin.EmptyFieldListFilter), "created_at"]
    search_fields = ["name", "email", "token"]
    inlines = [OrderLineInline]
    view_on_site = False  # an order opens for its own shopper only
    readonly_fields = ["number", "user", "amount", "created_at", "paid_at", "payment_links"]
    fields = [*readonly_fields, "name", "email", "mobile", "address", "city", "pin_code", "staff_remark"]

    @admin.display(description=_("order"), ordering="pk")
    def number(self, order: Order) -> str:
        return order.number

    @admin.display(description=_("total"))
    def amount(self, order: Order) -> str:
        return money(order.total, order)

    @admin.display(description=_("needs a look"), boolean=True)
    def needs_a_look(self, order: Order) -> bool:
        return bool(order.staff_remark)

    @admin.display(description=_("payments"))
    def payment_links(self, order: Order) -> SafeString:
        rows = (
            (
                reverse("admin:paytm_kit_payment_change", args=[payment.pk]),
                payment.gateway_order_id,
                money(payment),
                payment.get_status_display(),
            )
            for payment in order.payments
        )
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a> {} {}', rows) or mark_safe("-")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False
